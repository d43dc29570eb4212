#!/usr/bin/env bash
# versus.sh - our HTTP servers beside well-known ones: CPU time of the server for an answer, in interleaved pairs.
#
#   bench/versus.sh                                 every row for which the other server is installed
#   bench/versus.sh --only redirect,static-1k -n 15
#
# Each pair starts nginx, lighttpd or HAProxy (one worker, configured as in bench/versus/) and ours, one after the
# other, on the same core as the load, and stops them again; see lib/pairs.sh. Both get the same request (our proxy
# with the absolute URL, as a forward proxy must be asked) and the same file; both have everything in memory: what files
# there are is in the page cache, and a proxy's origin is stopped before its hits are measured, so that a miss is an
# error. The first row measures nginx against itself: so much a ratio of 1 may stray here and now.
#
# A target is met, or missed, when the whole interval in which the median lies is on that side of it; else the verdict
# is "within noise", and more pairs (-n) may tell. "all" is the ratio of what server and generator took together: work
# that TCP does for the sender while it handles the receiver's acknowledgements is in it, whoever paid for it. For
# 10 MiB that is most of the work, so there the server's own share strays; above all where congestion control is bbr,
# which paces by a timer: whom the timer interrupts, pays.
#
# Exit status: 0 measured (whatever the verdicts); 1 failed; 2 wrong usage.
#
# SPDX-License-Identifier: MIT
set -euo pipefail
export LC_ALL=C
start_folder=$PWD
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# shellcheck source=bench/lib/pairs.sh
source bench/lib/pairs.sh
# shellcheck source=bench/versus/servers.sh
source bench/versus/servers.sh

pairs=7 backend=epoll_lt only='' csv=''

# key | what | reference | target | connections | options of the load | path | what the figure is divided by
# Rows without a target show another configuration of nginx, or another pair that is worth knowing.
rows() {
  cat <<'TABLE'
itself|(nginx, itself)|nginx|-|100||/a/page?of=it|1
redirect|redirect|nginx|0.88|100||/a/page?of=it|1
static-1k|static 1 KiB|nginx|0.65|100||/1k.bin|1
static-1k|static 1 KiB|nginx-copy|-|100||/1k.bin|1
static-1k|static 1 KiB|lighttpd|0.85|100||/1k.bin|1
static-100k|static 100 KiB|lighttpd|0.92|100||/100k.bin|1
static-100k|static 100 KiB|nginx|-|100||/100k.bin|1
static-10m|10 MiB, a MiB|nginx|0.90|10||/10m.bin|10
static-10m|10 MiB, a MiB|nginx-nopush-off|-|10||/10m.bin|10
proxy-close|hit, close|nginx|0.92|100|--churn|/10k.bin|1
proxy-keep|hit, keep-alive|haproxy|0.80|100||/10k.bin|1
TABLE
}

usage() {
  cat <<TEXT
Usage: bench/versus.sh [OPTION...]
CPU time of the server for an answer: ours against nginx, lighttpd, HAProxy, by turns, on one core with the load.

  -n PAIRS         of measurements for each row ($pairs)
  -d SECONDS       of each measurement ($seconds)
  -b BACKEND       of our servers ($backend)
  --core N         where server and load run ($core)
  --only LIST      of redirect, static-1k, static-100k, static-10m, proxy-close, proxy-keep
  --csv FILE       write every pair there: what,reference,its_us,ours_us,ratio,all
  --help           print this page and exit
TEXT
}

wrong() { say "versus.sh: $* (--help lists all)"; exit 2; }

parse_options() {
  while (($#)); do
    case $1 in
      --help | -h) usage; exit 0 ;;
      -n | -d | -b | --core | --only | --csv) (($# >= 2)) || wrong "$1 needs a value" ;;&
      -n) [[ $2 =~ ^[1-9][0-9]{0,3}$ ]] || wrong "-n: '$2' is not a number from 1 to 9999"; pairs=$2 ;;
      -d) [[ $2 =~ ^[0-9]+(\.[0-9]+)?$ ]] || wrong "-d: '$2' is not a number of seconds"; seconds=$2 ;;
      -b) backend=$2 ;;
      --core) [[ $2 =~ ^[0-9]{1,4}$ ]] || wrong "--core: '$2' is not a number"; core=$2 ;;
      --only) only=$2 ;;
      --csv)
        csv=$2
        [[ $csv == /* ]] || csv=${start_folder%/}/$csv ;;
      *) wrong "there is no '$1'" ;;
    esac
    shift 2
  done
  local key
  for key in ${only//,/ }; do
    rows | grep -q "^$key|" || wrong "--only: there is no '$key'"
  done
}

# ---- one row ----

# The row at hand, for the two commands of a pair.
row_key='' row_reference='' row_path='' row_load=()

measure_reference() {
  start_reference "$row_key" "$row_reference"
  run_load "${row_load[@]}" "http://127.0.0.1:$port$row_path"
  stop_server
  stop_helper
}

measure_ours() {
  start_our_own "$row_key"
  if [[ $row_key == proxy-* ]]; then
    run_load "${row_load[@]}" --proxy "127.0.0.1:$port" "http://127.0.0.1:$origin_port$row_path"
  else
    run_load "${row_load[@]}" "http://127.0.0.1:$port$row_path"
  fi
  stop_server
  stop_helper
}

verdict() { # TARGET
  [[ $1 != - ]] || return 0
  awk -v target="$1" -v median="$(median "$work/ratios")" -v interval="$(interval "$work/ratios")" -v n="$pairs" '
  BEGIN {
    split(interval, ends, " ")
    if (n < 5) print (median <= target ? "met" : "missed") ", too few pairs"
    else if (ends[2] <= target) print "met"
    else if (ends[1] > target) print "missed"
    else print (median <= target ? "met" : "missed") ", within noise"
  }'
}

us() { # FILE DIVISOR
  awk -v us="$(median "$1")" -v by="$2" 'BEGIN { printf "%.2f", us / by }'
}

print_row() { # WHAT REFERENCE TARGET DIVISOR
  printf '%-15s %-17s %9s %9s %7.3f  %-13s %6.3f  %-6s %s\n' "$1" "$2" "$(us "$work/first" "$4")" \
    "$(us "$work/second" "$4")" "$(median "$work/ratios")" "$(span "$work/ratios")" "$(median "$work/both")" "$3" \
    "$(verdict "$3")"
}

write_pairs() { # WHAT REFERENCE
  paste -d , "$work/first" "$work/second" "$work/ratios" "$work/both" | sed "s|^|\"$1\",$2,|" >>"$csv"
}

skip_row() { # WHAT REFERENCE REASON
  printf '%-15s %-17s skipped: %s\n' "$1" "$2" "$3"
}

one_row() { # KEY WHAT REFERENCE TARGET CONNECTIONS LOAD PATH DIVISOR
  local what=$2 target=$4 divisor=$8 second=measure_ours reason
  row_key=$1 row_reference=$3 row_path=$7
  read -r -a row_load <<<"-c $5 $6"
  [[ $row_key != itself ]] || { row_key=redirect second=measure_reference; }
  if reason=$(why_not "$row_key" "$row_reference"); then
    skip_row "$what" "$row_reference" "$reason"
    return
  fi
  run_pairs "$what" "$pairs" measure_reference "$second"
  print_row "$what" "$row_reference" "$target" "$divisor"
  [[ -z $csv ]] || write_pairs "$what" "$row_reference"
}

heading() {
  printf 'Server CPU microseconds for an answer (or a MiB of one); server and load on CPU %s; medians of %s pairs\n' \
    "$core" "$pairs"
  printf 'ours with %s; %s; Linux %s, TCP %s\n\n' "$backend" "$(versions)" "$(uname -r | sed 's/[-+].*//')" \
    "$(</proc/sys/net/ipv4/tcp_congestion_control)"
  printf '%-15s %-17s %9s %9s %7s  %-13s %6s  %-6s %s\n' what reference 'its us' 'ours us' ratio 'min .. max' all \
    target verdict
}

parse_options "$@"
[[ -z $csv ]] || echo what,reference,its_us,ours_us,ratio,all >"$csv"
pairs_begin
make_files
heading
while IFS='|' read -r -u 9 key what reference target connections options path divisor; do
  [[ -z $only || $key == itself || ,$only, == *,$key,* ]] || continue
  one_row "$key" "$what" "$reference" "$target" "$connections" "$options" "$path" "$divisor"
done 9< <(rows)
