#!/usr/bin/env bash
# slow_clients.sh - what 500 clients that send their head a byte a second cost the others, and what memory they hold.
#
#   bench/slow_clients.sh                                      the web server, every backend that serves many clients
#   bench/slow_clients.sh --service redirect,proxy -b poll,thread -n 9
#
#     without   server <--- load: 4 connections
#                           dribble.sh without clients: it keeps the other core as busy as below
#     with      server <--- load: the same
#                      <--- dribble.sh: GET / HTTP/1.1, Host: ..., X-Slow: z ... z ... z ...
#
# (What runs beside a server decides where the scheduler puts everybody else: without that idle companion, "with" had
# the better p99.)
#
# Latency is that of 1000 requests a second, sent on a schedule: a core with nothing else to do waits for them, and what
# keeps an answer waiting is seen. On a busy machine that is, in p99, other programs: a time slice is milliseconds. CPU
# time is measured apart, with the load asking as fast as it can.
#
# The two are measured by turns, each with a server of its own; server and load share a core, the slow clients are on
# another one if there is one: see lib/pairs.sh. The first row measures "without" against itself: so much a ratio of 1
# may stray here and now.
#
# Nobody waits for a slow client here. What is left is what the way of waiting costs by itself: select and poll hand
# all descriptors to the kernel, which looks at each, at each turn; a thread for each client is woken up for each byte;
# epoll hears only of those that have something. Every backend also pays for reading 500 bytes a second: some tenths of
# a percent of a core. The comment at the end of a row says whether the ratio is told from 1 at all: the interval in
# which the median lies with 93 % certainty is then wholly above it, and the median farther from it than the first
# row's. Fewer than five pairs cannot tell.
#
# Memory is the growth of RssAnon, proc_pid_status(5), for each slow client: after the first bytes of a head, and after
# 16,000, little less than the 16 KiB of fields that any server of ours takes (beyond it: 431, and the end). What the
# kernel keeps for a socket is not in it. The clients may take an hour (--header-timeout); by default it is a minute.
#
# Exit status: 0 measured; 1 failed, or the server threw slow clients out; 2 wrong usage.
#
# SPDX-License-Identifier: MIT
set -euo pipefail
export LC_ALL=C
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# shellcheck source=bench/lib/pairs.sh
source bench/lib/pairs.sh

pairs=5 services=web backends='' slow=500 connections=4 rate=1000 few_bytes=40 many_bytes=16000
ours=${MUXLAB_OUT-}servers

usage() {
  cat <<TEXT
Usage: bench/slow_clients.sh [OPTION...]
What clients that send their head a byte a second cost the others: latency, CPU time, memory, by backend.

  --service LIST   of web, redirect, proxy ($services)
  -b LIST          backends (all that serve many clients)
  --slow N         slow clients ($slow)
  -c N             connections of the normal client ($connections)
  -n PAIRS         of measurements for each row ($pairs)
  -d SECONDS       of each measurement ($seconds)
  --core N         where server and load run ($core)
  --help           print this page and exit
TEXT
}

wrong() { say "$me: $* (--help lists all)"; exit 2; }

parse_options() {
  while (($#)); do
    case $1 in
      --help | -h) usage; exit 0 ;;
      --service | -b | --slow | -c | -n | -d | --core) (($# >= 2)) || wrong "$1 needs a value" ;;&
      --slow | -c | -n) [[ $2 =~ ^[1-9][0-9]{0,3}$ ]] || wrong "$1: '$2' is not a number from 1 to 9999" ;;&
      --service) services=$2 ;;
      -b) backends=$2 ;;
      --slow) slow=$2 ;;
      -c) connections=$2 ;;
      -n) pairs=$2 ;;
      -d) [[ $2 =~ ^[1-9][0-9]{0,3}(\.[0-9]+)?$ ]] || wrong "-d: '$2' is not a number of seconds from 1"; seconds=$2 ;;
      --core) [[ $2 =~ ^[0-9]{1,4}$ ]] || wrong "--core: '$2' is not a number"; core=$2 ;;
      *) wrong "there is no '$1'" ;;
    esac
    shift 2
  done
  local name
  for name in ${services//,/ }; do
    [[ $name == web || $name == redirect || $name == proxy ]] || wrong "--service: there is no '$name'"
  done
}

# all_concurrent - names of the backends that work here and serve several clients, with commas
all_concurrent() {
  "$ours/web_server" --list-backends | awk 'NR > 1 && $4 == "yes" && $3 != 1 { print $1 }' | paste -sd ,
}

# ---- the server, by service ----

# start_service SERVICE BACKEND -> asks (the load's arguments behind -c)
start_service() {
  local origin common=(-p 0 -b "$2" --header-timeout 3600 --log-level error)
  if [[ $1 != web ]]; then
    start_ours "$ours/web_server" -p 0 --root "$work/root"
    origin=127.0.0.1:$port helper_pid=$server_pid helper_fd=$server_fd server_pid='' server_fd=''
  fi
  case $1 in
    web) start_ours "$ours/web_server" "${common[@]}" --root "$work/root" ;;
    redirect) start_ours "$ours/redirect_master" "${common[@]}" --slave "$origin" --health-interval 0 ;;
    proxy) start_ours "$ours/proxy_server" "${common[@]}" ;;
  esac
  asks=("http://127.0.0.1:$port/1k.bin")
  [[ $1 != proxy ]] || asks=(--proxy "127.0.0.1:$port" "http://$origin/1k.bin")
  # What a server takes once, for its first clients, is no slow client's.
  "$load" -q --no-progress -c "$connections" -n 1000 "${asks[@]}" >"$work/first-asks" 2>&1 ||
    fail "$1, $2: $(tail -n 1 "$work/first-asks")"
}

stop_service() {
  stop_server
  [[ -n $helper_pid ]] || return 0
  kill "$helper_pid" 2>/dev/null || true
  wait "$helper_pid" 2>/dev/null || true
  exec {helper_fd}<&-
  helper_pid=''
}

# family - the server's process and those it has started
family() {
  cat "/proc/$server_pid/task/"*/children 2>/dev/null || true # threads come and go
  echo "$server_pid"
}

resident_anon() { # in KiB
  local pid
  for pid in $(family); do cat "/proc/$pid/status"; done | awk '/^RssAnon/ { sum += $2 } END { print sum + 0 }'
}

sockets() {
  local pid
  for pid in $(family); do find "/proc/$pid/fd" -lname 'socket:*' 2>/dev/null; done | wc -l
}

# ---- slow clients ----

slow_pid='' slow_in='' slow_out='' quiet_sockets=0

# start_slow CLIENTS BYTES - returns when the server has accepted all of them; 1: it never did, see held
start_slow() {
  local line end=$((SECONDS + 10)) other=$(((core + 1) % $(nproc)))
  quiet_sockets=$(sockets)
  rm -f "$work/slow-in" "$work/slow-out"
  mkfifo "$work/slow-in" "$work/slow-out"
  "${guard[@]}" taskset -c "$other" bash bench/lib/dribble.sh 127.0.0.1 "$port" "$1" "$2" \
    <"$work/slow-in" >"$work/slow-out" 2>"$work/slow.log" &
  slow_pid=$!
  exec {slow_in}>"$work/slow-in" {slow_out}<"$work/slow-out"
  read -r -t 30 -u "$slow_out" line || fail "the slow clients did not connect: $(tail -n 1 "$work/slow.log")"
  while held=$(($(sockets) - quiet_sockets)) && ((held < $1)); do
    ((SECONDS < end)) || return 1
  done
}

stop_slow() {
  [[ -n $slow_pid ]] || return 0
  exec {slow_in}>&- {slow_out}<&-
  wait "$slow_pid" || true
  slow_pid=''
}

none_was_thrown_out() { # SERVICE BACKEND
  held=$(($(sockets) - quiet_sockets))
  stop_slow
  [[ ! -s $work/slow.log ]] || fail "$1, $2: $(tail -n 1 "$work/slow.log")"
  ((held >= slow)) || fail "$1, $2: only $held of $slow slow clients are still there"
}

# ---- rows ----

row_service='' row_backend=''

# both_runs NAME - latency to its files, CPU time to figure
both_runs() {
  run_load -c "$connections" -R "$rate" "${asks[@]}"
  column p50_us >>"$work/$1.p50"
  column p99_us >>"$work/$1.p99"
  run_load -c "$connections" "${asks[@]}"
}

without() {
  start_service "$row_service" "$row_backend"
  start_slow 0 0
  both_runs without
  stop_slow
  stop_service
}

with() {
  start_service "$row_service" "$row_backend"
  start_slow "$slow" "$few_bytes" || fail "$row_service, $row_backend took $held of $slow slow clients"
  both_runs with
  none_was_thrown_out "$row_service" "$row_backend"
  stop_service
}

# grown_by BYTES -> bytes: what each slow client takes that has sent so many
grown_by() {
  local before kept=$seconds
  start_service "$row_service" "$row_backend"
  before=$(resident_anon)
  start_slow "$slow" "$1" || fail "$row_service, $row_backend took $held of $slow slow clients"
  seconds=1
  run_load -c "$connections" "${asks[@]}" # what is answered came behind what the slow ones have said
  seconds=$kept
  bytes=$((($(resident_anon) - before) * 1024 / slow))
  none_was_thrown_out "$row_service" "$row_backend"
  stop_service
}

# can_hold - false, with a line, if this backend does not serve so many (select: FD_SETSIZE)
can_hold() {
  local code=0
  start_service "$row_service" "$row_backend"
  start_slow "$slow" "$few_bytes" || code=1
  stop_slow
  stop_service
  ((code == 0)) || printf '%-9s %-10s skipped: it serves %d of %d slow clients at a time\n' \
    "$row_service" "$row_backend" "$held" "$slow"
  return $code
}

noise=0 # by how much the first row's ratio missed 1

comment() { # BACKEND
  awk -v median="$(median "$work/ratios")" -v interval="$(interval "$work/ratios")" -v noise="$noise" -v backend="$1" \
    -v slow="$slow" -v pairs="$pairs" 'BEGIN {
    if (pairs < 5) { print "too few pairs to tell"; exit }
    split(interval, ends, " ")
    if (median - 1 <= noise || ends[1] <= 1) { print "no difference to be told"; exit }
    why = backend == "select" || backend == "poll" ? ": looks at " slow " descriptors more at each turn" : ""
    if (backend == "thread") why = ": " slow " threads more, each woken for each byte"
    printf "+%.0f %%%s\n", (median - 1) * 100, why
  }'
}

# timing_row LABEL SECOND
timing_row() {
  local last=$2
  rm -f "$work"/with*.p[59]*
  run_pairs "$row_service, $1" "$pairs" without "$last"
  [[ $last == with ]] || for p in p50 p99; do # both were "without": by turns, so first one, then the other twice ...
    awk 'NR % 4 == 2 || NR % 4 == 3' "$work/without.$p" >"$work/with.$p"
    awk 'NR % 4 == 1 || NR % 4 == 0' "$work/without.$p" >"$work/first.$p" && mv "$work/first.$p" "$work/without.$p"
  done
  printf '%-9s %-10s %7.0f %7.0f %8.0f %7.0f %8.2f %7.2f %7.3f  %-13s  ' "$row_service" "$1" \
    "$(median "$work/without.p50")" "$(median "$work/with.p50")" "$(median "$work/without.p99")" \
    "$(median "$work/with.p99")" "$(median "$work/first")" "$(median "$work/second")" "$(median "$work/ratios")" \
    "$(span "$work/ratios")"
  if [[ $last == with ]]; then
    comment "$1"
  else
    noise=$(awk -v m="$(median "$work/ratios")" 'BEGIN { print (m > 1) ? m - 1 : 1 - m }')
    echo 'both without: the noise'
  fi
}

timing() {
  local itself=1
  printf 'A normal client without and with %d that send a head a byte a second; %d connections, medians of %d pairs\n' \
    "$slow" "$connections" "$pairs"
  printf 'p50, p99: microseconds until an answer, at %d a second; CPU: server microseconds for one, at full speed\n' \
    "$rate"
  printf 'server and load on CPU %d; ratio: of CPU with and without\n\n' "$core"
  printf '%-9s %-10s %7s %7s %8s %7s %8s %7s %7s  %-13s\n' service backend p50 with p99 with CPU with ratio 'min .. max'
  for row_service in ${services//,/ }; do
    for row_backend in ${backends//,/ }; do
      can_hold || continue
      ((itself == 0)) || timing_row '(itself)' without
      itself=0
      timing_row "$row_backend" with
      measured+=("$row_service $row_backend")
    done
  done
}

memory() {
  local row few
  printf '\nUser memory for each of %d slow clients: growth of RssAnon, bytes\n\n' "$slow"
  printf '%-9s %-10s %14s %16s\n' service backend "sent $few_bytes bytes" "sent $many_bytes bytes"
  for row in "${measured[@]}"; do
    read -r row_service row_backend <<<"$row"
    progress "$row_service, $row_backend: memory"
    grown_by "$few_bytes" && few=$bytes
    grown_by "$many_bytes"
    progress ''
    printf '%-9s %-10s %14d %16d\n' "$row_service" "$row_backend" "$few" "$bytes"
  done
}

parse_options "$@"
pairs_begin
trap 'kill $slow_pid 2>/dev/null; pairs_end' EXIT
ulimit -S -n "$(ulimit -H -n)"
backends=${backends:-$(all_concurrent)}
mkdir "$work/root"
head -c 1024 /dev/urandom >"$work/root/1k.bin"
measured=()
timing
((${#measured[@]} == 0)) || memory
