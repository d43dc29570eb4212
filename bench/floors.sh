#!/usr/bin/env bash
# floors.sh - what the framework costs: each backend against the least server of its model, and memory per connection.
#
#   bench/floors.sh [-n PAIRS] [-d SECONDS] [-c CONNECTIONS] [--no-memory]
#
# How pairs are measured: lib/pairs.sh. The first row measures a floor against itself: so much a ratio of 1 may stray
# here and now.
#
# SPDX-License-Identifier: MIT
set -euo pipefail
export LC_ALL=C
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# shellcheck source=bench/lib/pairs.sh
source bench/lib/pairs.sh

pairs=5 seconds=2 connections=100 memory=1 idle=10000
while (($#)); do
  case $1 in
    -n) pairs=$2 && shift 2 ;;
    -d) seconds=$2 && shift 2 ;;
    -c) connections=$2 && shift 2 ;;
    --no-memory) memory=0 && shift ;;
    *)
      echo "floors.sh: not '$1'; usage: bench/floors.sh [-n PAIRS] [-d SECONDS] [-c CONNECTIONS] [--no-memory]" >&2
      exit 2
      ;;
  esac
done

# ---- CPU time ----

measure() {
  start_ours "$@"
  run_load -c "$connections" "zen://127.0.0.1:$port"
  stop_server
}

row_floor='' row_backend=''
ours() { measure servers/zen_server -p 0 --idle-timeout 60 -b "$row_backend"; }
floor() { measure "bench/floors/$row_floor"; }

compare() { # NAME FLOOR SECOND
  row_backend=$1 row_floor=$2
  run_pairs "$1" "$pairs" floor "$3"
  printf '%-12s %-8s %9.2f %9.2f %8.3f   %s\n' "$1" "$2" "$(median "$work/first")" "$(median "$work/second")" \
    "$(median "$work/ratios")" "$(span "$work/ratios")"
}

# ---- memory ----

resident_anon() { awk '/^RssAnon/ { print $2 }' "/proc/$1/status"; }
n_descriptors() { find "/proc/$1/fd" -mindepth 1 | wc -l; }

# Growth of resident memory while N connections are open and silent, in bytes for each.
memory_of() { # BACKEND N
  local before after held
  start_ours servers/zen_server -p 0 -b "$1"
  before=$(resident_anon "$server_pid")
  "$load" -c 1 --idle "$2" -d 60s --no-progress "zen://127.0.0.1:$port" >/dev/null 2>"$work/load.log" &
  load_pid=$!
  while (($(n_descriptors "$server_pid") < $2 + 1)); do
    kill -0 "$load_pid" 2>/dev/null || fail "$1: $(<"$work/load.log")"
  done
  after=$(resident_anon "$server_pid")
  held=$(n_descriptors "$server_pid")
  kill "$load_pid"
  wait "$load_pid" 2>/dev/null || true
  load_pid=''
  stop_server
  printf '%-12s %11d %12d %12.0f\n' "$1" "$held" "$((after - before))" "$(((after - before) * 1024 / $2))"
}

pairs_begin
printf 'CPU time per Zen request, %d connections, server and load on one core, median of %d pairs\n\n' \
  "$connections" "$pairs"
printf '%-12s %-8s %9s %9s %8s   %s\n' backend floor 'floor us' 'ours us' ratio 'min .. max'
compare '(itself)' epoll floor
compare epoll_lt epoll ours
compare epoll_et epoll ours
compare poll poll ours
compare select select ours
compare thread thread ours

if ((memory)); then
  printf '\nUser memory per idle connection: growth of RssAnon (libev 148 bytes, libevent 281, libuv 330)\n\n'
  printf '%-12s %11s %12s %12s\n' backend descriptors 'growth KiB' 'bytes each'
  memory_of select 1000
  for backend in poll epoll_lt epoll_et thread; do memory_of "$backend" "$idle"; done
fi
