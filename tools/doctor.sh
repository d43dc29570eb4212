#!/usr/bin/env bash
# doctor.sh - says what this machine lacks or limits, and what to do about it. Changes nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  good=$'\e[32m' bad=$'\e[33m' off=$'\e[0m'
else
  good='' bad='' off=''
fi
n_bad=0

fine() { printf '  %sok%s     %-14s %s\n' "$good" "$off" "$1" "$2"; }
note() {
  printf '  %slimits%s %-14s %s\n' "$bad" "$off" "$1" "$2"
  printf '         %-14s -> %s\n' '' "$3"
  n_bad=$((n_bad + 1))
}

tool() { # tool NAME WHAT-FOR
  if command -v "$1" >/dev/null; then
    fine "$1" "$2"
  else
    note "$1" "missing: $2" "make deps"
  fi
}

kernel_setting() { cat "/proc/sys/$1" 2>/dev/null || echo '?'; }

check_tools() {
  echo 'Tools'
  tool "${CC:-gcc}" 'compiles everything'
  tool make 'builds'
  tool gnuplot 'draws the charts (make bench)'
  tool bats 'runs the tests of the command line (make test)'
  tool curl 'speaks to the HTTP servers in the tests'
  tool shellcheck 'checks the scripts (make lint)'
  tool clang-tidy 'checks the C (make lint)'
  tool clang 'makes up bytes for parsers and services (make fuzz)'
}

check_cores() {
  local cores
  cores=$(nproc)
  if ((cores >= 2)); then
    fine cores "$cores: server and load each get one"
  else
    note cores "$cores: server and load share it" 'read CPU time per request, not throughput'
  fi
}

check_descriptors() {
  local hard
  hard=$(ulimit -Hn)
  if [[ $hard == unlimited ]] || ((hard >= 10200)); then
    fine descriptors "up to $hard in a process: 10,000 idle connections fit"
  else
    note descriptors "up to $hard in a process: 10,000 idle connections do not fit" \
      'ulimit -Hn 20000 as root, or nofile in /etc/security/limits.conf'
  fi
}

check_ports() {
  local low high
  read -r low high < <(kernel_setting net/ipv4/ip_local_port_range)
  if ((high - low >= 20000)); then
    fine ports "$low to $high for clients; the load uses several 127.0.0.x besides"
  else
    note ports "only $((high - low)) for clients" 'sysctl -w net.ipv4.ip_local_port_range="32768 60999"'
  fi
}

check_backlog() {
  local max
  max=$(kernel_setting net/core/somaxconn)
  if ((max >= 1024)); then
    fine backlog "somaxconn $max"
  else
    note backlog "somaxconn $max: many clients at once may be refused" 'sysctl -w net.core.somaxconn=4096'
  fi
}

check_threads() {
  local max
  max=$(kernel_setting kernel/threads-max)
  if ((max >= 11000)); then
    fine threads "up to $max: a thread for each of 10,000 clients"
  else
    note threads "up to $max" 'sysctl -w kernel.threads-max=30000, or fewer idle connections'
  fi
}

check_io_uring() {
  case $(kernel_setting kernel/io_uring_disabled) in
    0) fine io_uring 'allowed by the kernel' ;;
    1) note io_uring 'only for root and one group' 'sysctl -w kernel.io_uring_disabled=0' ;;
    2) note io_uring 'switched off' 'sysctl -w kernel.io_uring_disabled=0' ;;
    *) note io_uring 'this kernel does not say (older than 6.6, or without it)' 'other backends are not affected' ;;
  esac
}

check_sanitizers() {
  local bits
  bits=$(kernel_setting vm/mmap_rnd_bits)
  if [[ $bits == '?' ]] || ((bits <= 28)); then
    fine sanitizers "mmap_rnd_bits $bits"
  else
    note sanitizers "mmap_rnd_bits $bits: older ThreadSanitizers stop at once" 'sysctl -w vm.mmap_rnd_bits=28'
  fi
}

check_load() {
  local load
  read -r load _ </proc/loadavg
  if awk -v l="$load" 'BEGIN { exit !(l < 0.5) }'; then
    fine load "$load: the machine is quiet"
  else
    note load "$load: something else is running" 'measure when it is quiet, and trust ratios'
  fi
}

check_tools
echo 'Machine'
check_cores
check_descriptors
check_ports
check_backlog
check_threads
check_io_uring
check_sanitizers
check_load
echo 'Backends'
if [[ -x servers/zen_server ]]; then
  servers/zen_server --list-backends | sed 's/^/  /'
else
  echo '  not built yet: make'
fi
if ((n_bad)); then
  echo "$n_bad to look at; none of them keeps the toolkit from running."
else
  echo 'Nothing is missing.'
fi
