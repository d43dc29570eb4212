# compare.bats - the comparison: a small one from start to page, what it refuses, what it says when things go
# wrong, and that nothing is left when it is stopped.
#
# Runs are as short as they can be: what is tested is that all is measured, written and drawn, never how fast
# it was.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() {
  common_setup
  RESULTS=$BATS_TEST_TMPDIR/results
  TABLE=$BATS_TEST_TMPDIR/workloads
  printf '%s\n' 'connections | connections | 1,10 | - | split | | few' 'idle | idle | 0,5000 | 10 | shared | | silent' >"$TABLE"
  command -v gnuplot >/dev/null || skip "gnuplot is missing: make deps"
}
teardown() { common_teardown; }

# compare ARGUMENT...: one short repetition
compare() {
  run --separate-stderr bench/compare.sh -o "$RESULTS" --table "$TABLE" --reps 1 --duration 500ms --seed 7 "$@"
}

# column NAME: of all rows of results.csv
column() {
  awk -F , -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i } NR > 1 { print $at }' \
    "$RESULTS/results.csv"
}

@test "a small comparison leaves rows, charts and a page" {
  compare --backends epoll_lt,poll --workloads connections
  assert_success
  assert_line "Page:    $RESULTS/index.html"
  assert_equal "$(column status | sort | uniq -c | tr -s ' ')" " 4 ok"
  assert_equal "$(column backend | sort -u | tr '\n' ' ')" "epoll_lt poll "
  for chart in throughput p99 cpu latency syscalls; do
    [[ -s $RESULTS/charts/$chart.svg && -s $RESULTS/charts/$chart.png ]]
  done
  [[ $(<"$RESULTS/seed") == 7 ]]
  [[ $(grep -c '^[^#].*zen_server' "$RESULTS/commands.txt") == 4 ]]
  grep -q '"kernel": "Linux' "$RESULTS/machine.json"
  assert_equal "$(find "$RESULTS" -name '*.new')" ""
}

@test "the page stands alone: charts inside, ids once, nothing loaded" {
  compare --backends epoll_lt --workloads connections
  assert_success
  assert_equal "$(grep -c '<svg role="img"' "$RESULTS/index.html")" 5
  assert_equal "$(grep -o ' id=["'"'"'][^"'"'"']*' "$RESULTS/index.html" | sort | uniq -d)" ""
  run ! grep -E '<script|<link|@import|src=' "$RESULTS/index.html"
}

@test "a backend that cannot go to a point goes as far as it can, and the chart says so" {
  compare --backends select,epoll_lt --workloads idle
  assert_success
  assert_equal "$(awk -F , '$1 == "idle" && $2 == "select" { print $5 }' "$RESULTS/results.csv" | sort -n | tail -n 1)" 990
  grep -q 'select goes to 990 and no further' "$RESULTS/index.html"
  grep -q 'select: to 990 (descriptors &lt; 1024)' "$RESULTS/charts/idle.svg"
}

@test "a seed gives the order, another seed another one" {
  run bench/compare.sh --plan --seed 7
  assert_success
  first=$output
  run bench/compare.sh --plan --seed 7
  assert_equal "$output" "$first"
  run bench/compare.sh --plan --seed 8
  [[ $output != "$first" ]]
  assert_equal "$(sort <<<"$output")" "$(sort <<<"$first")"
}

@test "every point is measured by all backends before the next one" {
  bench/compare.sh --plan --seed 7 --backends poll,epoll_lt,thread 2>/dev/null | awk '
    { at = (NR - 1) % 3; if (at == 0) point = $1 $2 $NF; if ($1 $2 $NF != point) exit 1; seen[$3 $1 $2 $NF]++ }
    END { for (i in seen) if (seen[i] != 1) exit 1; exit NR != 72 }'
}

@test "a plug-in is one more line" {
  mine=$BATS_TEST_TMPDIR/mine.so
  "${CC:-cc}" -std=c11 -D_GNU_SOURCE -Dpoll_backend=muxlab_backend -shared -fPIC -I. backends/poll.c -o "$mine"
  compare --backends "epoll_lt,$mine" --workloads connections
  assert_success
  assert_equal "$(column backend | sort -u | tr '\n' ' ')" "epoll_lt mine "
  grep -q '>mine<' "$RESULTS/charts/throughput.svg"
}

@test "a run that fails is in the table, in the notes, and in the exit status" {
  echo 'not a shared object' >"$BATS_TEST_TMPDIR/broken.so"
  compare --backends "epoll_lt,$BATS_TEST_TMPDIR/broken.so" --workloads connections
  assert_failure 1
  assert_equal "$(column status | sort | uniq -c | tr -s ' ')" " 2 no_server
 2 ok"
  grep -q '2 of 4 runs failed' "$RESULTS/index.html"
}

@test "stopped in the middle, it stops what it started and draws what there is" {
  mkfifo "$BATS_TEST_TMPDIR/said"
  spawn /dev/null /dev/null "$BATS_TEST_TMPDIR/said" bench/compare.sh -o "$RESULTS" --duration 200ms
  pid=$SPAWNED
  SERVERS+=("$pid")
  exec {said}<"$BATS_TEST_TMPDIR/said"
  has_rows() { [[ -e $RESULTS/results.csv ]] && (($(wc -l <"$RESULTS/results.csv") > 2)); }
  wait_until has_rows
  kill -TERM "$pid"
  while IFS= read -r -t "$PATIENCE" -u "$said" _; do :; done # the end of all that hold its standard error
  status=0
  wait "$pid" || status=$?
  forget "$pid"
  assert_equal "$status" 130
  run ! pgrep -f -- "--stats $RESULTS/"
  grep -q 'Incomplete' "$RESULTS/index.html"
}

@test "a workload of one's own needs no more than a row" {
  echo 'churn | connections | 1,20 | - | split | --churn | a connection for each question' >"$TABLE"
  compare --backends epoll_lt,thread
  assert_success
  [[ -s $RESULTS/charts/throughput-churn.svg && -s $RESULTS/charts/cpu-churn.svg ]]
  grep -q 'a connection for each question' "$RESULTS/index.html"
  grep -q -- '-c 20 --churn' "$RESULTS/commands.txt"
  echo 'churn | connections | 1,x | - | split | |' >"$TABLE"
  run bench/compare.sh --table "$TABLE"
  assert_failure 2
  one_line
}

@test "wrong usage is one line and status 2" {
  for arguments in '--frob' '--backends nope' '--backends ,' '--workloads nope' '--reps 0' '--duration 1e3' \
    '--seed x' '-o' 'word' '--backends ./nope.so' '--table nope' "-o $ROOT"; do
    # shellcheck disable=SC2086
    run bench/compare.sh $arguments
    assert_equal "$arguments: $status" "$arguments: 2"
    one_line
  done
}

@test "charts can be drawn again; a folder without results is refused" {
  compare --backends epoll_lt --workloads connections
  assert_success
  rm -r "$RESULTS/charts" "$RESULTS/data" "$RESULTS/index.html"
  report/render.sh "$RESULTS"
  [[ -s $RESULTS/charts/throughput.png && -s $RESULTS/index.html ]]
  run report/render.sh "$BATS_TEST_TMPDIR"
  assert_failure 1
  one_line
}
