#!/usr/bin/env bash
# deps.sh - installs, from the distribution's packages, what tests, charts and lint need beyond gcc and make.
#
#   tools/deps.sh            everything
#   tools/deps.sh test       what the tests need; likewise: bench, lint, fuzz
#   tools/deps.sh versus     the servers that bench/versus.sh measures ours against; only when asked by this name, since
#                            Debian starts a server as soon as it is installed
#
# Does nothing, and says nothing, when all is there. As root it asks nothing; otherwise it tries sudo without a
# password, and if that is not allowed prints the command to run.
set -euo pipefail

# what it is for : the command, or a file, that shows it is there : Debian's package
needs() {
  cat <<'LIST'
bench:gnuplot:gnuplot-nox
bench:taskset:util-linux
versus:/usr/sbin/nginx:nginx-light
versus:/usr/sbin/lighttpd:lighttpd
versus:/usr/sbin/haproxy:haproxy
test:bats:bats
test:/usr/lib/bats/bats-support/load.bash:bats-support
test:/usr/lib/bats/bats-assert/load.bash:bats-assert
test:curl:curl
test:gnuplot:gnuplot-nox
test:nc:netcat-openbsd
fuzz:clang:clang
fuzz:/usr/lib/llvm-*/lib/clang/*/lib/*/libclang_rt.fuzzer-*.a:libclang-rt-dev
lint:shellcheck:shellcheck
lint:clang-tidy:clang-tidy
LIST
}

is_there() {
  case $1 in
    /*) compgen -G "$1" >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

missing_packages() {
  local purpose=$1 for_what probe package
  while IFS=: read -r for_what probe package; do
    [[ $purpose == "$for_what" || $purpose == all && $for_what != versus ]] || continue
    is_there "$probe" || echo "$package"
  done < <(needs) | sort -u
}

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif sudo -n true 2>/dev/null; then
    sudo -n "$@"
  else
    return 1
  fi
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  as_root apt-get install -y -q --no-install-recommends "$@" >&2 && return
  # A machine that never looked has no list of packages yet.
  as_root apt-get update -q >&2 && as_root apt-get install -y -q --no-install-recommends "$@" >&2
}

main() {
  local purpose=${1:-all} packages
  case $purpose in
    all | bench | versus | test | lint | fuzz) ;;
    *)
      echo "deps.sh: not '$purpose'; one of: all bench versus test lint fuzz" >&2
      exit 2
      ;;
  esac
  mapfile -t packages < <(missing_packages "$purpose")
  ((${#packages[@]})) || exit 0
  echo "installing: ${packages[*]}" >&2
  if ! command -v apt-get >/dev/null; then
    echo "deps.sh: no apt-get here; please install the like of: ${packages[*]}" >&2
    exit 1
  fi
  if ! install_packages "${packages[@]}"; then
    echo "deps.sh: please run as root: apt-get update && apt-get install ${packages[*]}" >&2
    exit 1
  fi
}

main "$@"
