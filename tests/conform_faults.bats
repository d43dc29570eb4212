# conform_faults.bats - the conformance suite while system calls are interrupted or do only part of their work.
#
# No client may notice: these are not errors, and a server that takes them for some fails here. Only a build with
# -DMUXLAB_FAULTS can do it (make SAN=asan); the others skip. See core/fault.h.
#
# SPDX-License-Identifier: MIT

load lib/common
load lib/conform

setup() {
  common_setup
  grep -q -a 'MUXLAB_FAULT' "${OUT}servers/zen_server" || skip "this build injects no faults (make SAN=asan does)"
}
teardown() { common_teardown; }

# conform_with FAULT [PROBE ARGUMENT...]: every backend, every service.
conform_with() {
  local service backend
  export MUXLAB_FAULT=$1
  shift
  for service in "${CONFORM_SERVICES[@]}"; do
    for backend in $(usable_backends); do
      echo "$service on $backend, fault $MUXLAB_FAULT"
      conform "$service" "$backend" "$@" 3>/dev/null # what is skipped was said by conform.bats
    done
  done
}

@test "calls are interrupted: every second send, every third of the others" {
  conform_with 'recv:every 3:EINTR,send:every 2:EINTR,wait:every 3:EINTR,accept:every 3:EINTR'
}

@test "every second send takes one byte only" {
  conform_with 'send:every 2:short' --skip-slow
}
