#!/usr/bin/env bash
# run.sh - feeds the fuzz targets (make fuzz-build) with the files of tests/fuzz/corpus/, and then with what libFuzzer
# makes of them. Exits 0 when nothing was found.
#
#     tests/fuzz/run.sh                ten minutes: the request parser all the time, the others beside it in turn
#     tests/fuzz/run.sh -s 60          a minute of that
#     tests/fuzz/run.sh -s 60 web url  a minute for these two
#     tests/fuzz/run.sh -s 0           only the files
#     -b DIR                           where the targets are (build-fuzz), with a log of each, and what was found
#     -c DIR                           where inputs are kept that reached new code (build-fuzz/corpus)
#
# SPDX-License-Identifier: MIT
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=600 built=build-fuzz kept=build-fuzz/corpus only=()
while (($#)); do
  case $1 in
    -s) seconds=${2-} && shift ;;
    -b) built=${2-} && shift ;;
    -c) kept=${2-} && shift ;;
    -h | --help) sed -n '5,10s/^# \{0,1\}//p' "$0" && exit 0 ;;
    -*) echo "run.sh: unknown option $1 (--help)" >&2 && exit 2 ;;
    *) only+=("$1") ;;
  esac
  shift
done
[[ $seconds =~ ^[0-9]+$ ]] || { echo "run.sh: -s wants seconds, not '$seconds'" >&2 && exit 2; }
[[ $built && $kept ]] || { echo "run.sh: -b and -c want a folder" >&2 && exit 2; }

# Little freed memory is kept: an input is over soon, and the machine may be small.
export ASAN_OPTIONS=quarantine_size_mb=16

all_targets() {
  local file
  for file in tests/fuzz/fuzz_*.c; do
    file=${file##*/fuzz_}
    echo "${file%.c}"
  done
}

# feed NAME SECONDS: leaves what libFuzzer said in $built/NAME.log.
feed() {
  local name=$1 budget=$2
  local corpus=("$kept/$name") stop=(-max_total_time="$budget")
  ((budget)) || stop=(-runs=0)
  mkdir -p "$kept/$name" "$built/findings"
  [[ ! -d tests/fuzz/corpus/$name ]] || corpus+=("tests/fuzz/corpus/$name")
  timeout --foreground -k 5 $((budget + 300)) "$built/$name" "${stop[@]}" -max_len=4096 -timeout=25 -rss_limit_mb=1024 \
    -dict=tests/fuzz/http.dict -artifact_prefix="$built/findings/$name-" -print_final_stats=1 \
    "${corpus[@]}" >"$built/$name.log" 2>&1
}

# report NAME SECONDS STATUS: a line, and in case of a finding what is needed to look at it.
report() {
  local name=$1 budget=$2 status=$3 log=$built/$1.log inputs edges
  if ((status)); then
    grep -v -E '^(#[0-9]|INFO:|stat::|Dictionary:|0x)|in fuzzer::' "$log" | head -50 || true
    echo "$name: found something (status $status); all of it is in $log, the input in $built/findings/"
    echo "again: $built/$name $built/findings/$name-..."
    return 1
  fi
  inputs=$(awk '/^stat::number_of_executed_units/ { print $2 }' "$log")
  edges=$(awk '{ for (i = 1; i < NF; i++) if ($i == "cov:") edges = $(i + 1) } END { print edges }' "$log")
  printf '%-10s %4d s %10d inputs %6d edges   no finding\n' "$name" "$budget" "$inputs" "$edges"
}

# each SECONDS NAME...: one after the other.
each() {
  local budget=$1 name status bad=0
  shift
  for name in "$@"; do
    status=0
    feed "$name" "$budget" || status=$?
    report "$name" "$budget" "$status" || bad=1
  done
  return "$bad"
}

mapfile -t targets < <(all_targets)
for name in "${only[@]}"; do
  [[ " ${targets[*]} " == *" $name "* ]] || { echo "run.sh: no target '$name'; there are: ${targets[*]}" >&2 && exit 2; }
done
for name in "${only[@]:-${targets[@]}}"; do
  [[ -x $built/$name ]] || { echo "run.sh: build first: make fuzz-build" >&2 && exit 1; }
done

# Ctrl-C ends what was started, as process groups (set -m).
set -m
# shellcheck disable=SC2317 # called by the trap
stop() {
  local group
  trap - INT TERM
  for group in $(jobs -p); do
    kill -TERM -- "-$group" || true
  done
  exit 130
}
trap stop INT TERM

failed=0
if ((${#only[@]})); then
  each $((seconds / ${#only[@]})) "${only[@]}" &
else
  others=()
  for name in "${targets[@]}"; do
    [[ $name == request ]] || others+=("$name")
  done
  each "$seconds" request &
  each $((seconds / ${#others[@]})) "${others[@]}" &
fi
for job in $(jobs -p); do
  wait "$job" || failed=1
done
exit "$failed"
