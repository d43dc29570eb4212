# fuzz.bats - parsers and services under libFuzzer and AddressSanitizer: every file of the corpus, and a few seconds
# of made-up bytes for the request parser. The long run is `make fuzz`.
#
# SPDX-License-Identifier: MIT

load lib/common

setup_file() {
  cd "$BATS_TEST_DIRNAME/.." || return 1
  why_not_fuzz >"$BATS_FILE_TMPDIR/why"
  [[ -s $BATS_FILE_TMPDIR/why ]] || make -s fuzz-build >"$BATS_FILE_TMPDIR/build" 2>&1 || true
}

setup() {
  common_setup
  local why
  why=$(<"$BATS_FILE_TMPDIR/why")
  [[ -z $why ]] || skip "$why"
}

# Why it can not be tried here, or nothing.
why_not_fuzz() {
  local cc=${FUZZ_CC:-clang}
  if [[ ${MUXLAB_SAN-} ]]; then
    echo "the fuzz targets bring their own sanitizers: once is enough"
  elif ! command -v "$cc" >/dev/null; then
    echo "no $cc here (make deps)"
  elif ! printf '%s\n' 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' |
    "$cc" -x c -fsanitize=fuzzer,address - -o "$BATS_FILE_TMPDIR/probe" 2>/dev/null; then
    echo "$cc has no libFuzzer here (make deps)"
  fi
}

targets() {
  local file
  for file in tests/fuzz/fuzz_*.c; do
    file=${file##*/fuzz_}
    echo "${file%.c}"
  done
}

@test "the fuzz targets are built" {
  cat "$BATS_FILE_TMPDIR/build"
  local name
  for name in $(targets); do
    [[ -x build-fuzz/$name ]] || fail "$name was not built"
  done
}

@test "each fuzz target has a corpus, and each corpus a target" {
  local name
  for name in $(targets); do
    [[ -n $(ls "tests/fuzz/corpus/$name") ]] || fail "$name has no corpus"
  done
  for name in tests/fuzz/corpus/*/; do
    [[ -f tests/fuzz/fuzz_$(basename "$name").c ]] || fail "$name is nobody's"
  done
}

@test "every file of the corpus, through every target: no finding" {
  local name n
  run timeout 250 tests/fuzz/run.sh -s 0 -c "$BATS_TEST_TMPDIR"
  echo "$output"
  assert_success
  for name in $(targets); do
    n=$(find "tests/fuzz/corpus/$name" -type f | wc -l)
    awk -v name="$name" -v n="$n" '$1 == name && $4 >= n - 1 && /no finding/ { found = 1 } END { exit !found }' \
      <<<"$output" || fail "$name did not take its $n files"
  done
}

@test "the request parser takes made-up bytes for five seconds: no finding" {
  run timeout 250 tests/fuzz/run.sh -s 5 -c "$BATS_TEST_TMPDIR" request
  echo "$output"
  assert_success
  assert_output --partial "no finding"
}

@test "a target that finds something is reported, with all it said" {
  printf '#!/bin/sh\necho "a broken promise"\nexit 77\n' >"$BATS_TEST_TMPDIR/url"
  chmod +x "$BATS_TEST_TMPDIR/url"
  run tests/fuzz/run.sh -s 0 -b "$BATS_TEST_TMPDIR" url
  assert_failure 1
  assert_output --partial "a broken promise"
  assert_output --partial "url: found something (status 77)"
  run tests/fuzz/run.sh -s 1 nonsense
  assert_failure 2
  assert_output --partial "no target 'nonsense'"
}
