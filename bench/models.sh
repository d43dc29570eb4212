#!/usr/bin/env bash
# models.sh - what a model costs beside epoll_lt: CPU time per Zen request, in interleaved pairs on one core.
#
#     bench/models.sh                              hybrids and completion, with and without a connection per request
#     bench/models.sh --pairs 9 io_uring           one of them, more carefully
#     bench/models.sh --connections 10 thread poll
#
# compare.sh shows all models under all loads; this answers one question with as little noise as there can be. Each line
# is the median of the pairs' ratios and the interval in which it lies (lib/pairs.sh). The first line is epoll_lt
# against itself: what differs less than that differs not at all. The second one is epoll_lt with --workers 1.
#
# SPDX-License-Identifier: MIT
set -euo pipefail
export LC_ALL=C
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# shellcheck source=bench/lib/pairs.sh
source bench/lib/pairs.sh

server=${MUXLAB_OUT-}servers/zen_server reference=epoll_lt
pairs=5 seconds=1 core=0 connections=100 names=()

usage() { say "$me: $1 (--help lists all)"; exit 2; }

help() {
  cat <<TEXT
Usage: bench/models.sh [OPTION...] [BACKEND...]
Compares backends with $reference: CPU time per request, server and load on one core, in interleaved pairs.
Without a BACKEND, those of the families hybrid and completion.

  -n, --pairs N       so many pairs for each line ($pairs)
  -d, --seconds N     of each run ($seconds)
  -c, --connections N that ask ($connections)
  --core N            the CPU that server and load share ($core)
  --help              print this page and exit
TEXT
}

number() { # OPTION VALUE
  [[ $2 =~ ^(0|[1-9][0-9]{0,4})$ ]] || usage "$1: '$2' is not a number"
}

declare -A long_of=([-n]=--pairs [-d]=--seconds [-c]=--connections)
while (($#)); do
  case $1 in
    --help) help; exit 0 ;;
    --pairs | -n | --seconds | -d | --connections | -c | --core)
      (($# >= 2)) || usage "$1 needs a value"
      number "$1" "$2"
      [[ $1 == --core || $2 != 0 ]] || usage "$1: give 1 or more"
      name=${long_of[$1]-$1}
      declare "${name#--}=$2"
      shift ;;
    -*) usage "there is no option $1" ;;
    *) names+=("$1") ;;
  esac
  shift
done

# ---- backends ----

# A pool gets a worker for each client: else it would serve some of them only.
declare -A workers_of=()
known=() wanted=()
[[ -x $server ]] || fail "there is no $server: run make"
while read -r name family clients usable _; do
  [[ $name != backend ]] || continue
  known+=("$name")
  [[ $clients =~ ^(many|1|'<'[0-9]+)$ ]] || workers_of[$name]=$connections
  if [[ ! $family =~ ^(hybrid|completion)$ ]]; then
    continue
  elif [[ $usable == yes ]]; then
    wanted+=("$name")
  else
    say "$me: $name is left out: this machine cannot"
  fi
done < <("$server" --list-backends)
for name in ${names[@]+"${names[@]}"}; do
  [[ " ${known[*]} " == *" $name "* ]] || usage "there is no backend '$name'; there are: ${known[*]}"
done
((${#names[@]} == 0)) || wanted=("${names[@]}")

# ---- measuring ----

# one BACKEND OPTION... - starts it, loads it, stops it -> figure, both
one() {
  local more=()
  [[ -z ${workers_of[$1]-} ]] || more=(--workers "${workers_of[$1]}")
  start_ours "$server" -p 0 -b "$1" --idle-timeout 0 ${more[@]+"${more[@]}"} "${@:2}"
  run_load -c "$connections" ${load_more[@]+"${load_more[@]}"} "zen://127.0.0.1:$port"
  stop_server
}

first() { one "$reference"; }
second() { one ${second_is[@]+"${second_is[@]}"}; }

line() { # NAME BACKEND OPTION...
  second_is=("${@:2}")
  run_pairs "$1" "$pairs" first second
  read -r low high < <(interval "$work/ratios")
  printf '%-24s %10.2f %10.2f %8.3f   %.3f .. %.3f\n' "$1" "$(median "$work/first")" "$(median "$work/second")" \
    "$(median "$work/ratios")" "$low" "$high"
}

table() { # TITLE LOAD-OPTION...
  local name
  load_more=("${@:2}")
  printf '%s\n\n%-24s %10s %10s %8s   %s\n' "$1" backend "$reference us" 'its us' ratio 'interval of the ratio'
  line '(itself)' "$reference"
  line "$reference --workers 1" "$reference" --workers 1
  for name in ${wanted[@]+"${wanted[@]}"}; do line "$name" "$name"; done
}

pairs_begin
printf 'Server CPU time per Zen request, %d connections, server and load on CPU %d, %d pairs of %d s runs\n\n' \
  "$connections" "$core" "$pairs" "$seconds"
table 'Connections are kept'
echo
table 'A connection for each request' --churn
