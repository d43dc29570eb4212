#!/usr/bin/env bash
# floors.sh - what the framework costs: each backend against the least server of its model, and memory per connection.
#
#   bench/floors.sh [-n PAIRS] [-d SECONDS] [-c CONNECTIONS] [--no-memory]
#
# Server and load share one core, so that the server is never asleep for want of work: then CPU time per request
# repeats within a few percent, which throughput on a small machine does not. Each pair runs the floor and the backend
# one after the other, in alternating order; the figure is the median of the pairs' ratios. The first row measures a
# floor against itself: so much a ratio of 1 may stray here and now.
set -euo pipefail
cd "$(dirname "$0")/.."

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

work=$(mktemp -d)
server_pid='' load_pid=''
clean_up() {
  [[ -z $load_pid ]] || kill "$load_pid" 2>/dev/null || true
  [[ -z $server_pid ]] || kill "$server_pid" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# Sets server_pid and port. The line "listening on ADDRESS:PORT" comes when it is ready, and not before.
start_server() {
  mkfifo "$work/out"
  taskset -c 0 "$@" >"$work/out" 2>"$work/err" &
  server_pid=$!
  local line
  if ! read -r -t 10 line <"$work/out"; then
    echo "floors.sh: $1 did not start: $(cat "$work/err")" >&2
    exit 1
  fi
  rm "$work/out"
  line=${line#*listening on *:}
  port=${line%% *}
}

stop_server() {
  kill "$server_pid"
  wait "$server_pid" 2>/dev/null || true
  server_pid=''
}

# The server's CPU microseconds for a request, by its name in the CSV.
measure() {
  start_server "$@"
  bench/load -c "$connections" -d "${seconds}s" --warmup 500ms --cpu 0 --server-pid "$server_pid" --no-progress \
    --format csv --csv-header "zen://127.0.0.1:$port" >"$work/csv" 2>"$work/load-err" || {
    echo "floors.sh: the load failed: $(cat "$work/load-err")" >&2
    exit 1
  }
  stop_server
  awk -F , 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "server_cpu_us") c = i } NR == 2 { print $c }' "$work/csv"
}

ours() { measure servers/zen_server -p 0 --idle-timeout 60 -b "$1"; }
floor() { measure "bench/floors/$1"; }

median() { sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

compare() { # compare NAME FLOOR COMMAND ARGUMENT
  local name=$1 below=$2 how=$3 what=$4 i a b
  : >"$work/a" && : >"$work/b" && : >"$work/ratios"
  for ((i = 0; i < pairs; i++)); do
    printf '\r%-12s pair %d of %d ' "$name" $((i + 1)) "$pairs" >&2
    if ((i % 2)); then b=$("$how" "$what") && a=$(floor "$below"); else a=$(floor "$below") && b=$("$how" "$what"); fi
    echo "$a" >>"$work/a"
    echo "$b" >>"$work/b"
    awk -v a="$a" -v b="$b" 'BEGIN { printf "%.4f\n", b / a }' >>"$work/ratios"
  done
  printf '\r%40s\r' '' >&2
  printf '%-12s %-8s %9.2f %9.2f %8.3f   %s\n' "$name" "$below" "$(median <"$work/a")" "$(median <"$work/b")" \
    "$(median <"$work/ratios")" "$(sort -g "$work/ratios" | awk 'NR == 1 { a = $1 } { b = $1 } END { print a " .. " b }')"
}

resident_anon() { awk '/^RssAnon/ { print $2 }' "/proc/$1/status"; }
n_descriptors() { find "/proc/$1/fd" -mindepth 1 | wc -l; }

# Growth of resident memory while `n` connections are open and silent, in bytes for each.
memory_of() { # memory_of BACKEND N
  local before after held
  start_server servers/zen_server -p 0 -b "$1"
  before=$(resident_anon "$server_pid")
  bench/load -c 1 --idle "$2" -d 60s --no-progress "zen://127.0.0.1:$port" >/dev/null 2>"$work/load-err" &
  load_pid=$!
  while (($(n_descriptors "$server_pid") < $2 + 1)); do
    kill -0 "$load_pid" 2>/dev/null || {
      echo "floors.sh: $1: $(cat "$work/load-err")" >&2
      exit 1
    }
  done
  after=$(resident_anon "$server_pid")
  held=$(n_descriptors "$server_pid")
  kill "$load_pid"
  wait "$load_pid" 2>/dev/null || true
  load_pid=''
  stop_server
  printf '%-12s %11d %12d %12.0f\n' "$1" "$held" "$((after - before))" "$(((after - before) * 1024 / $2))"
}

printf 'CPU time per Zen request, %d connections, server and load on one core, median of %d pairs\n\n' "$connections" "$pairs"
printf '%-12s %-8s %9s %9s %8s   %s\n' backend floor 'floor us' 'ours us' ratio 'all ratios'
compare '(itself)' epoll floor epoll
compare epoll_lt epoll ours epoll_lt
compare epoll_et epoll ours epoll_et
compare poll poll ours poll
compare select select ours select
compare thread thread ours thread

if ((memory)); then
  printf '\nUser memory per idle connection: growth of RssAnon (libev 148 bytes, libevent 281, libuv 330)\n\n'
  printf '%-12s %11s %12s %12s\n' backend descriptors 'growth KiB' 'bytes each'
  memory_of select 1000
  for backend in poll epoll_lt epoll_et thread; do memory_of "$backend" "$idle"; done
fi
