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
  WORKLOADS=$BATS_TEST_TMPDIR/workloads
  mkdir "$WORKLOADS"
  workload connections 'axis: connections' 'points: 1,10' 'words: few'
  workload idle 'axis: idle' 'points: 0,5000' 'active: 10' 'cores: shared'
  command -v gnuplot >/dev/null || skip "gnuplot is missing: make deps"
}
teardown() { common_teardown; }

# workload NAME LINE...: writes its file
workload() {
  local name=$1
  shift
  printf '%s\n' "$@" >"$WORKLOADS/$name.txt"
}

# compare ARGUMENT...: one short repetition
compare() {
  run --separate-stderr bench/compare.sh -o "$RESULTS" --workloads-dir "$WORKLOADS" --reps 1 --duration 500ms --seed 7 "$@"
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
  run bench/compare.sh --plan --seed 7 # seven backends at most, and none that serves one client
  assert_success
  run ! grep iterative <<<"$output"
  (($(awk '/repetition/ { print $3 }' <<<"$output" | sort -u | wc -l) <= 7))
  run bench/compare.sh --plan --seed 7
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

@test "a workload of one's own needs no more than a file" {
  workload churn 'points: 1,20' 'load: --churn' 'question: What does connecting cost?'
  compare --backends epoll_lt,thread --workloads churn
  assert_success
  [[ -s $RESULTS/charts/throughput-churn.svg && -s $RESULTS/charts/cpu-churn.svg ]]
  grep -q 'What does connecting cost?' "$RESULTS/index.html"
  grep -q -- '--churn -c 20' "$RESULTS/commands.txt"
}

@test "a workload with a mistake is refused, and the line says where" {
  for lines in 'points: 1,x' 'points: 0' 'frob: 1' 'points: 1k' 'no colon' $'points: 1\naxis: size' \
    $'points: 1\nvariant: a/b |' $'points: 1\nfiles: many' $'points: 0\naxis: workers\nactive: 1' \
    $'points: 1\nworkers: 0' $'points: 1\nonly: some' $'points: 1\nerrors: no' $'points: 1\ncores: 3' \
    $'points: 1\naxis: workers\nactive: 1\nworkers: 2' $'points: 1\nfamilies: A/B'; do
    workload wrong "$lines"
    run bench/compare.sh --workloads-dir "$WORKLOADS" --workloads wrong
    assert_equal "$lines: $status" "$lines: 2"
    one_line
    assert_output --partial wrong.txt
  done
}

@test "--list tells what there is, what it asks, and how long it takes" {
  run --separate-stderr bench/compare.sh --list
  assert_success
  for name in connections idle redirect static sendfile proxy_hits proxy_misses cache cluster think_block think_timer churn \
    idle_memory starve c10k handover; do
    assert_line --regexp "^$name +[0-9]+ (s|min|h).*\?\$"
  done
  assert_line --regexp '^pools .*\?$'
  assert_line --regexp '^fairness .*\?$'
  [[ ! -e $RESULTS ]]
}

@test "families and their reference: a chart of columns, and what was left out is said" {
  workload pair 'points: 10' 'families: blocking' 'backends: poll' 'cores: shared' 'figures: handover'
  compare --backends iterative,thread,select,poll --workloads pair
  assert_success
  assert_equal "$(column backend | sort | tr '\n' ' ')" "poll thread "
  grep -q '^family thread: blocking$' "$RESULTS/run.txt"
  grep -q '>context switches<' "$RESULTS/charts/handover-pair.svg"
  [[ -s $RESULTS/charts/handover-pair.png ]]
  grep -q 'class="remarks">Left out, since it serves 1 client at a time: iterative\. ' "$RESULTS/index.html"
}

@test "a backend without workers has one point on that axis" {
  workload sweep 'axis: workers' 'points: 1,2' 'active: 4' 'load: --churn' 'server: --think-ms 2 --think block'
  compare --backends thread --workloads sweep
  assert_success
  assert_equal "$(column x)" 1
  grep -q 'thread is measured at one point, since it has no workers' "$RESULTS/notes.csv"
  run ! grep -q -- '--workers' "$RESULTS/commands.txt"
}

@test "memory of silent connections: a thread for each takes more than a loop" {
  workload silent 'axis: idle' 'points: 200' 'active: 2' 'cores: shared' 'figures: memory'
  compare --backends thread,epoll_lt --workloads silent
  assert_success
  assert_equal "$(grep -c '^[^#].*zen_server' "$RESULTS/commands.txt")" 4 # each with and without them
  awk -F , 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "memory_bytes") at = i }
    NR > 1 { bytes[$2] = $at } END { exit !(bytes["thread"] > 2 * bytes["epoll_lt"]) }' "$RESULTS/results.csv"
  [[ -s $RESULTS/charts/memory-silent.svg ]]
}

@test "where errors are the result, nobody answered is a figure and no failure" {
  workload hungry 'axis: idle' 'points: 0' 'active: 2' 'errors: count' 'figures: starve' \
    'server: --think-ms 5000' 'load: --timeout 100ms'
  compare --backends epoll_lt --workloads hungry --duration 300ms
  assert_success
  assert_equal "$(column status)" ok
  assert_equal "$(column requests)" 0
  grep -q '1 of 1 backends answer nobody' "$RESULTS/charts/starve-hungry.svg"
}

@test "files by size: CPU time for a request and for a MiB, sizes on the axis" {
  sed 's/^points:.*/points: 1k,100k/' bench/workloads/static.txt >"$WORKLOADS/static.txt"
  compare --backends epoll_lt,thread --workloads static
  assert_success
  assert_equal "$(column status | sort | uniq -c | tr -s ' ')" " 4 ok"
  assert_equal "$(column body_bytes | sort -n | uniq -c | tr -s ' ')" " 2 1024
 2 102400"
  grep -q '>100 KiB<' "$RESULTS/charts/cpu_mib-static.svg"
  [[ -s $RESULTS/charts/cpu-static.png ]]
  grep -q 'server CPU, µs/MiB' "$RESULTS/index.html"
}

@test "variants are lines: of one backend by their names alone, of several behind the backend's" {
  sed 's/^points:.*/points: 1k/' bench/workloads/sendfile.txt >"$WORKLOADS/sendfile.txt"
  compare --backends epoll_lt,thread --workloads sendfile
  assert_success
  assert_equal "$(column backend | sort | tr '\n' ' ')" "memory pread_send sendfile "
  grep -q -- '-b epoll_lt .*--file-cache 0 --sendfile no$' "$RESULTS/commands.txt"
  grep -q '>pread_send<' "$RESULTS/charts/cpu_mib-sendfile.svg"
  rm -r "$RESULTS"
  sed -i '/^backends:/d' "$WORKLOADS/sendfile.txt"
  compare --backends epoll_lt,thread --workloads sendfile
  assert_success
  assert_equal "$(column backend | sort | tail -n 3 | tr '\n' ' ')" "thread/memory thread/pread_send thread/sendfile "
  grep -q '>thread/memory<' "$RESULTS/charts/cpu-sendfile.svg"
}

@test "a proxy with an origin: the more cache, the more hits; nothing is left running" {
  workload cache 'service: proxy_server' 'server: --cache-size {x}' 'files: 20 of 1k' 'origin: web_server --root {files}' \
    'target: http://{origin}/1' 'load: --proxy {server} --urls {urls}' 'axis: cache' 'unit: bytes' 'points: 0,1m' \
    'active: 2' 'figures: hit_rate'
  compare --backends epoll_lt --workloads cache
  assert_success
  assert_equal "$(column status | sort -u)" ok
  assert_equal "$(awk -F , '$5 == 0 { print "none" }' "$RESULTS/results.csv")" none
  column cache_hit_pct | sort -n | awk 'NR == 1 && $1 > 0 || NR == 2 && $1 < 50 { exit 1 }'
  [[ -s $RESULTS/charts/hit_rate-cache.svg ]]
  run ! pgrep -f -- "--stats $RESULTS/"
}

@test "wrong usage is one line and status 2" {
  for arguments in '--frob' '--backends nope' '--backends ,' '--workloads nope' '--reps 0' '--duration 1e3' \
    '--seed x' '-o' 'word' '--backends ./nope.so' '--workloads-dir nope' '--workloads=' "-o $ROOT"; do
    # shellcheck disable=SC2086
    run bench/compare.sh $arguments
    assert_equal "$arguments: $status" "$arguments: 2"
    one_line
  done
}

@test "pairs of models: wrong usage is one line and status 2" {
  for arguments in '--frob' 'nope' '--pairs 0' '--pairs x' '-n' '--core'; do
    # shellcheck disable=SC2086
    run bench/models.sh $arguments
    assert_equal "$arguments: $status" "$arguments: 2"
    one_line
  done
  run --separate-stderr bench/models.sh --help
  assert_success
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
