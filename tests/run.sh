#!/usr/bin/env bash
# run.sh - runs the tests: unit programs first, then the .bats files; ends in "N passed, N failed, N skipped".
#
#     tests/run.sh                     everything
#     tests/run.sh cli test_zen        only files with one of these in their name
#     tests/run.sh -x compare -x cli   all but files with one of these in their name
#     tests/run.sh -f 'SIGTERM' -v     only bats tests whose name matches; every test on a line
#     tests/run.sh --san asan          the programs of `make SAN=asan tests`
#     tests/run.sh --backends a,b      what is done for every backend, for these only
#     tests/run.sh -j 1                one .bats file after the other (two at a time: much of a test is waiting)
#
# All tests print TAP (testanything.org). What fails is printed with all it said; of the rest a line for each
# file. Exits 0 when something ran and nothing failed.
#
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/.." || exit 1

usage() {
  sed -n '4,10s/^# \{0,1\}//p' "$0"
}

san='' filter='' verbose=0 jobs=2 only=() without=()
while (($#)); do
  case $1 in
  --san) san=${2-nothing} && shift ;;
  --san=*) san=${1#*=} ;;
  -f | --filter) filter=${2-} && shift ;;
  -x | --without) without+=("${2-}") && shift ;;
  --backends) export MUXLAB_BACKENDS=${2-} && shift ;;
  -j | --jobs) jobs=${2-} && shift ;;
  -v | --verbose) verbose=1 ;;
  -h | --help) usage && exit 0 ;;
  -*) echo "run.sh: unknown option $1 (--help)" >&2 && exit 2 ;;
  *) only+=("$1") ;;
  esac
  shift
done

[[ $jobs =~ ^[1-9][0-9]*$ ]] || { echo "run.sh: -j wants a number, not '$jobs'" >&2 && exit 2; }

export MUXLAB_OUT='' MUXLAB_PATIENCE=${MUXLAB_PATIENCE:-10} MUXLAB_MEMORY=8 BATS_TEST_TIMEOUT=300
export BATS_LIB_PATH=${BATS_LIB_PATH:-/usr/lib/bats}
case $san in
'') ;;
asan | tsan) # slower, and they keep freed memory for a while
  MUXLAB_OUT=build-$san/ MUXLAB_PATIENCE=60 MUXLAB_MEMORY=256 BATS_TEST_TIMEOUT=900
  export MUXLAB_SAN=$san ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=64
  ;;
*) echo "run.sh: --san is asan or tsan, not '$san'" >&2 && exit 2 ;;
esac
build=${MUXLAB_OUT:-build/}
# shellcheck source=tests/lib/backends.bash
. tests/lib/backends.bash
# shellcheck source=tests/lib/conform.bash
. tests/lib/conform.bash

if [[ ! -x ${MUXLAB_OUT}servers/zen_server || ! -x ${build}tests/conform/probe ]]; then
  echo "run.sh: build first: make ${san:+SAN=$san }tests" >&2
  exit 1
fi
conform_generate "$MUXLAB_OUT" "${build}tests/conform.bats" || exit 1

passed=0 failed=0 skipped=0
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
# Each job is a process group (set -m), so that Ctrl-C ends what it has started, servers and all.
stop() {
  local group
  trap - INT TERM
  for group in $(jobs -p); do
    kill -TERM -- "-$group"
  done
  wait
  exit 130
}
trap stop INT TERM
set -m

# wanted FILE: is it one of those asked for?
wanted() {
  local word
  for word in "${without[@]}"; do
    [[ $1 != *"$word"* ]] || return 1
  done
  ((${#only[@]})) || return 0
  for word in "${only[@]}"; do
    [[ $1 == *"$word"* ]] && return 0
  done
  return 1
}

# run_tap NAME COMMAND...: leaves what it said, its status and how long it took in $logs.
run_tap() {
  local name=$1 begin=$SECONDS
  shift
  "$@" >"$logs/$name" 2>&1 </dev/null
  echo "$? $((SECONDS - begin))" >"$logs/$name.status"
}

# Failures with what they said: a unit program says it before the line, bats behind it.
show_failures() {
  case $1 in
  test_*) awk '/^#/ { said = said $0 "\n"; next } /^not ok/ { printf "%s%s\n", said, $0 } { said = "" }' ;;
  *) awk '/^(not )?ok/ { bad = /^not ok/ } bad && !/^1\.\./' ;;
  esac <"$logs/$1"
}

count() {
  grep -c -E "$2" "$logs/$1"
}

# report NAME: counts it in and prints what failed, and a line.
report() {
  local name=$1 status took ok bad skip
  read -r status took <"$logs/$name.status"
  skip=$(count "$name" '^ok .*# [Ss][Kk][Ii][Pp]')
  ok=$(($(count "$name" '^ok ') - skip))
  bad=$(count "$name" '^not ok ')
  skip=$((skip + $(count "$name" '^# skipped: '))) # cases of the probe
  if ((verbose)); then cat "$logs/$name"; else show_failures "$name"; fi
  if ((status && !bad)); then # it died, or could not begin
    ((verbose)) || cat "$logs/$name"
    echo "not ok - $name ended with status $status"
    bad=1
  fi
  printf '%-28s %4d passed %4d failed %4d skipped  %3d s\n' "$name" "$ok" "$bad" "$skip" "$took"
  passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
}

for program in "${build}"tests/unit/test_*; do
  [[ -x $program && $program != *.* && ! $filter ]] || continue
  wanted "$program" || continue
  run_tap "${program##*/}" timeout 300 "$program"
  report "${program##*/}"
done

files=()
for file in "${build}tests/conform.bats" tests/*.bats; do # the longest one first
  [[ -f $file ]] && wanted "$file" && files+=("$file")
done
for file in "${files[@]}"; do
  while (($(jobs -r -p | wc -l) >= jobs)); do wait -n; done
  run_tap "${file##*/}" bats --tap ${filter:+--filter "$filter"} "$file" &
done
wait
for file in "${files[@]}"; do
  report "${file##*/}"
done

echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))
