#!/usr/bin/env bash
# lint.sh - the rules of the house that a program can check: layers, system calls, names, scripts, clang-tidy.
#
#     tools/lint.sh             everything
#     tools/lint.sh --product   clang-tidy looks at the product's sources, and not at those of the tests
#     tools/lint.sh --fast      without clang-tidy
#
# Needs a finished build: what a file really calls is read from its object (nm), not from its text.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0

verdict() { # verdict WHAT FINDINGS
  if [[ -n $2 ]]; then
    printf 'not ok - %s\n' "$1"
    printf '%s\n' "$2" | sed 's/^/    /'
    failed=1
  else
    printf 'ok - %s\n' "$1"
  fi
}

# Calls of the named functions in the objects: "OBJECT calls FUNCTION".
calls() { # calls REGEX OBJECT...
  local regex=$1 object
  shift
  for object in "$@"; do
    nm -u "$object" | awk -v o="$object" -v r="^($regex)(@|\$)" '$2 ~ r { print o " calls " $2 }'
  done
}

serving='accept4?|recv(from|msg)?|send(to|msg)?|read|write|readv|writev|sendfile|connect|shutdown|select|poll|ppoll|epoll_wait|epoll_pwait2?|epoll_ctl|clock_nanosleep|nanosleep|usleep|sleep'
any_call="$serving|socket|bind|listen|open|openat|close|fcntl|ioctl|mmap|fork|execve|pthread_create|pthread_mutex_lock|clock_gettime|gettimeofday|time|getenv|exit|syscall|signal|sigaction"

services=()
for file in servers/*.c; do
  case $file in *_server.c | *_master.c | */cluster.c) ;; *) services+=("build/${file%.c}.o") ;; esac
done

verdict 'servers/ and proto/ include nothing of the system' \
  "$(grep -nE '#include <(sys/|unistd|fcntl|pthread|poll|netinet|arpa|netdb|signal|dlfcn)' servers/*.[ch] proto/*.[ch] || true)"
verdict 'services and protocols make no system call, take no lock and look at no clock' \
  "$(calls "$any_call" "${services[@]}" build/proto/*.o)"
verdict "the cluster's main leaves system calls to core/children.c" "$(calls "$any_call" build/servers/cluster.o)"
verdict 'a service is compiled once: the same object runs under every backend' \
  "$(find build -name 'zen.o' -path '*servers*' | tail -n +2)"
verdict 'services know no backend, no server, no descriptor' \
  "$(grep -nE '#include "(backends/|core/(server|session|worker|sys|net|backend)\.h)' servers/zen.[ch] servers/echo.[ch] servers/redirect.[ch] || true)"
verdict 'backends make no serving call past core/sys.c' "$(calls "$serving" build/backends/*.o)"
verdict 'drivers make no serving call past core/sys.c' \
  "$(calls "${serving//|read|write/}" build/core/session.o build/core/reactor.o build/core/blocking.o)"
verdict 'backends and core know no service; core knows no backend' \
  "$(grep -nE '#include "(\.\./)?(servers|clients|bench)/' backends/*.[ch] core/*.[ch]; grep -nE '#include "(\.\./)?backends/' core/*.[ch] || true)"
verdict 'core/io.h and core/backend.h include no socket header' \
  "$(grep -nE '#include <(sys/socket|netinet|sys/epoll|poll|sys/select)' core/io.h core/backend.h || true)"
verdict 'pollers have no loop of their own around the wait' \
  "$(grep -nE 'for \(;;\)|while \(true\)|while \(1\)' backends/select.c backends/poll.c backends/epoll.c || true)"

# Three neighbouring lines of code that stand in two pollers are a copy. Declarations of the interface do not count.
shared_lines() {
  awk 'FNR == 1 { a = b = "" }
    { line = $0; gsub(/[ \t]+/, " ", line) }
    line ~ /^ ?(\/?\*|#include|[{}];?$|$|\.|return|int n = 0;)/ || line ~ /_(open|watch|wait|forget|close)\(/ { a = b = ""; next }
    { key = a SUBSEP b SUBSEP line
      if (a != "" && b != "") { if (key in seen && seen[key] != FILENAME) print FILENAME ":" FNR ": as in " seen[key] ":" line; else seen[key] = FILENAME }
      a = b; b = line }' backends/select.c backends/poll.c backends/epoll.c
}
verdict 'select.c, poll.c and epoll.c share no code' "$(shared_lines)"

verdict 'each backend has a file of its name, and each file a backend' "$(
  servers/zen_server --list-backends | awk 'NR > 1 { sub(/_(lt|et)$/, "", $1); print $1 }' | sort -u >/tmp/muxlab-names.$$
  find backends -name '*.c' ! -name table.c | sed 's|.*/||; s|\.c$||' | sort | diff /tmp/muxlab-names.$$ - || true
  rm -f /tmp/muxlab-names.$$
)"
verdict 'every source says its licence' "$(grep -L 'SPDX-License-Identifier: MIT' ./*/*.c ./*/*/*.c || true)"
verdict 'no line is wider than 120 columns' \
  "$(awk '{ gsub(/\t/, "        ") } length > 120 { print FILENAME ":" FNR }' ./*/*.[ch] ./*/*/*.[ch] | head)"

mapfile -t scripts < <(find . -path ./.git -prune -o \( -name '*.sh' -o -name '*.bash' -o -path './.ci/run' \) -print)
verdict 'shellcheck' "$(shellcheck -x "${scripts[@]}" 2>&1 || true)"

if [[ ${1:-} != --fast ]]; then
  folders=(core backends servers proto clients bench report lab)
  [[ ${1:-} == --product ]] || folders+=(tests)
  mapfile -t sources < <(find "${folders[@]}" -name '*.c')
  verdict 'clang-tidy' "$(printf '%s\n' "${sources[@]}" |
    xargs -P 2 -n 4 bash -c 'clang-tidy --quiet "$@" -- 2>/dev/null' tidy |
    grep -E 'warning:|error:' | sort -u || true)"
fi
exit "$failed"
