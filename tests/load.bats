# load.bats - the load generator's command line: redirects that are followed, lists of pages, proxies, what is counted.
#
# Never how fast: runs are as short as they can be, and most of them end after a number of answers.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() {
  common_setup
  WEB=$BATS_TEST_TMPDIR/root
  URLS=$BATS_TEST_TMPDIR/urls
  STARTED=()
}
teardown() { common_teardown; }

# load ARGUMENT...: quiet, and patient with slow machines
load_run() {
  run --separate-stderr timeout $((6 * PATIENCE)) "${OUT}bench/load" -q --timeout "$PATIENCE" "$@"
  echo "status $status, printed '$output', said '$stderr'"
}

# refused PATTERN ARGUMENT...: a usage error, in one line
refused() {
  local pattern=$1
  shift
  load_run "$@"
  assert_equal "$status" 2
  assert_equal "${#stderr_lines[@]}" 1
  [[ $stderr =~ $pattern ]] || fail "does not match: $pattern"
}

# figure NAME: the first of this name in the JSON that was printed
figure() {
  [[ $output =~ \"$1\":\ ([0-9.]+|null) ]] && echo "${BASH_REMATCH[1]}"
}

# of_server PORT NAME: a figure of this server's
of_server() {
  sed -n -E "s/.*\"server\": \"127.0.0.1:$1\".*\"$2\": ([0-9]+).*/\1/p" <<<"$output"
}

# pages N: files p1 ... pN of different lengths below $WEB, and a list of them
pages() {
  local i
  mkdir -p "$WEB"
  for ((i = 1; i <= $1; i++)); do
    head -c $((i * 100)) /dev/urandom >"$WEB/p$i"
    echo "/p$i"
  done >"$URLS"
}

# start PROGRAM ARGUMENT...: one of several servers; sets PORT
start() {
  server_start "$@" --log-level warning
  PORT=$SERVER_PORT
  STARTED+=("$SERVER_PID $SERVER_OUT $SERVER_LOG")
}

# Stops all that start() has started: each must end well.
stop_all() {
  local one
  for one in "${STARTED[@]}"; do
    read -r SERVER_PID SERVER_OUT SERVER_LOG <<<"$one"
    server_stop
  done
  STARTED=()
}

# web_start [ARGUMENT...]
web_start() {
  start "${OUT}servers/web_server" --root "$WEB" "$@"
}

# has_served PORT: a thousand requests and more
has_served() {
  "${OUT}clients/http_client" -o - "http://127.0.0.1:$1/status" | grep -q -E '^[^[]*"requests": [0-9]{4}'
}

# cluster_start [ARGUMENT...]: two slaves, A and B, and a master. Sets PORT_A, PID_A, PORT_B, PORT.
cluster_start() {
  web_start
  PORT_A=$PORT PID_A=$SERVER_PID
  web_start
  PORT_B=$PORT
  start "${OUT}servers/redirect_master" --slave "127.0.0.1:$PORT_A" --slave "127.0.0.1:$PORT_B" "$@"
}

@test "--follow: each request goes to the master and on to a slave, and both are counted" {
  pages 1
  cluster_start --health-interval 0
  load_run -c 4 -n 400 --follow --expect-body "$WEB/p1" --format json "http://127.0.0.1:$PORT/p1"
  assert_success
  assert_equal "$(figure requests)" 400
  assert_equal "$(figure hops)" 1.000
  assert_equal "$(of_server "$PORT" redirects) $(of_server "$PORT" answers)" "400 0"
  assert_equal "$(of_server "$PORT_A" answers) $(of_server "$PORT_B" answers)" "200 200"
  (($(figure connects) <= 12)) # each client: one to the master, one to each slave that it is sent to
  stop_all
}

@test "--follow with a connection for each hop, by threads, and by the clock" {
  pages 1
  cluster_start --health-interval 0
  for arguments in --churn '-H Connection:close' '-t 2' '-R 2000'; do
    # shellcheck disable=SC2086
    load_run -c 4 -n 100 --follow $arguments --expect-body "$WEB/p1" --format json "http://127.0.0.1:$PORT/p1"
    assert_success
    assert_equal "$(figure requests) $(figure all)" "100 0"
    [[ $arguments == *[Cc]* ]] || continue
    (($(figure connects) >= 200))
  done
  stop_all
}

@test "--timeline: a slave is killed, its part goes to the other one, and the run goes on" {
  local pid file=$BATS_TEST_TMPDIR/timeline
  pages 1
  cluster_start --health-interval 100ms
  spawn /dev/null "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err" "${OUT}bench/load" -c 4 -d 3s --warmup 0s --follow \
    -q --timeline "$file" --format json "http://127.0.0.1:$PORT/p1"
  pid=$SPAWNED
  SERVERS+=("$pid")
  wait_until has_served "$PORT_A"
  kill -KILL "$PID_A"
  wait "$PID_A" || true
  forget "$PID_A"
  STARTED=("${STARTED[@]:1}")
  status=0
  wait "$pid" || status=$?
  forget "$pid"
  assert_equal "$status" 1 # some requests were lost
  output=$(<"$BATS_TEST_TMPDIR/out")
  (($(of_server "$PORT_A" errors) > 0 && $(of_server "$PORT_B" errors) == 0))
  assert_equal "$(of_server "$PORT_A" errors)" "$(figure all)"
  assert_equal "$(head -n 1 "$file")" time_s,server,answers,errors,redirects
  awk -F , -v a="127.0.0.1:$PORT_A" -v b="127.0.0.1:$PORT_B" '
    NR > 1 && ($2 == a && $3 > 0) { last = $1; before += $3 }
    NR > 1 && $2 == b { at[$1] = $3 }
    END { for (t in at) if (t + 0 > last + 0) after += at[t]; exit !(before > 0 && after > 0) }' "$file"
  stop_all
}

@test "--timeline: bins add up to what is counted" {
  local file=$BATS_TEST_TMPDIR/timeline
  pages 1
  cluster_start --health-interval 0
  load_run -c 4 -n 300 --follow --timeline "$file" --timeline-step 10ms "http://127.0.0.1:$PORT/p1"
  assert_success
  assert_equal "$(awk -F , '{ n += $3; e += $4; r += $5 } END { print n, e, r }' "$file")" "300 0 300"
  start "${OUT}servers/zen_server"
  load_run -n 50 --timeline "$file" "zen://127.0.0.1:$PORT"
  assert_success
  assert_equal "$(awk -F , '{ n += $3 } END { print n }' "$file")" 50
  stop_all
}

@test "redirects without end, or to nowhere, are errors with a rest between them" {
  canned_start --until $'\r\n\r\n' --say $'HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n'
  load_run -c 2 -d 300ms --warmup 0s --follow --format json "http://127.0.0.1:$SERVER_PORT/"
  assert_equal "$status" 1
  (($(figure redirect) > 0 && $(figure redirect) == $(figure all)))
  assert_output --partial 'after five redirects'
  server_stop
  canned_start --until $'\r\n\r\n' --say $'HTTP/1.1 302 Found\r\nLocation: https://x/\r\nContent-Length: 0\r\n\r\n'
  load_run -c 2 -d 300ms --warmup 0s --follow --format json "http://127.0.0.1:$SERVER_PORT/"
  assert_equal "$status" 1
  (($(figure redirect) > 0 && $(figure redirect) == $(figure all)))
  server_stop
}

@test "--urls: every page's body is its own; the first is asked for most often, by Zipf's law" {
  pages 20
  web_start --access-log "$BATS_TEST_TMPDIR/log"
  load_run -c 4 -n 2000 --urls "$URLS" --zipf 1.2 --expect-body "$WEB" --format json "http://127.0.0.1:$PORT"
  assert_success
  assert_equal "$(figure requests)" 2000
  stop_all
  (($(grep -c 'GET /p1 ' "$BATS_TEST_TMPDIR/log") > 4 * $(grep -c 'GET /p20 ' "$BATS_TEST_TMPDIR/log")))
}

@test "--urls through a master: the slaves' bodies are checked, page by page" {
  pages 10
  cluster_start --health-interval 0
  load_run -c 4 -n 400 --follow --urls "$URLS" --expect-body "$WEB" --format json "http://127.0.0.1:$PORT"
  assert_success
  assert_equal "$(figure requests) $(figure hops)" "400 1.000"
  stop_all
}

@test "a body that is not the right one is an error" {
  pages 2
  web_start
  load_run -n 20 --expect-body "$WEB/p2" --format json "http://127.0.0.1:$PORT/p1"
  assert_equal "$status" 1
  assert_equal "$(figure body) $(figure requests)" "20 0"
  assert_output --partial '100 bytes instead of 200'
  load_run -n 20 --expect-length 100 "http://127.0.0.1:$PORT/p1"
  assert_success
  load_run -n 20 --expect-length 101 "http://127.0.0.1:$PORT/p1"
  assert_equal "$status" 1
  echo x >>"$WEB/p2"
  load_run -n 20 --urls "$URLS" --expect-body "$WEB" "http://127.0.0.1:$PORT"
  assert_success
  stop_all
}

@test "--proxy: hits and misses are told apart, in text, JSON and CSV" {
  local origin
  pages 10
  web_start
  origin=$PORT
  start "${OUT}servers/proxy_server"
  load_run -c 4 -n 500 --proxy "127.0.0.1:$PORT" --urls "$URLS" --zipf 0.8 --expect-body "$WEB" --format json \
    "http://127.0.0.1:$origin"
  assert_success
  assert_equal $(($(figure cache_hits) + $(figure cache_misses))) 500
  (($(figure cache_hits) > 400 && $(figure cache_misses) >= 10))
  load_run -n 100 -x "127.0.0.1:$PORT" "http://127.0.0.1:$origin/p1"
  assert_success
  assert_line --regexp '^  cache +100.00 % hits: 100 hits, 0 misses$'
  load_run -n 100 -x "127.0.0.1:$PORT" --format csv --csv-header "http://127.0.0.1:$origin/p1"
  assert_line --index 0 --regexp ',warnings,hops,cache_hits,cache_misses,cache_hit_pct,bytes_in$'
  assert_line --index 1 --regexp ',,100,0,100.000,[0-9]+$'
  stop_all
}

@test "a proxy that does not say HIT or MISS is a warning" {
  canned_start --until $'\r\n\r\n' --say $'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
  load_run -n 10 -x "127.0.0.1:$SERVER_PORT" --format csv http://origin.example/
  assert_success
  assert_output --partial no_x_cache
  server_stop
}

@test "-H 'Connection: close': a connection for each request" {
  pages 1
  web_start
  load_run -c 2 -n 50 -H 'Connection: close' --format json "http://127.0.0.1:$PORT/p1"
  assert_success
  (($(figure connects) >= 50))
  stop_all
}

@test "what does not fit together, or cannot be read, is said in one line" {
  local url=http://127.0.0.1:9/
  pages 3
  refused 'http' --follow zen://127.0.0.1:9
  refused 'http' --urls "$URLS" zen://127.0.0.1:9
  refused 'http' -x 127.0.0.1:9 zen://127.0.0.1:9
  refused 'http' --expect-length 5 zen://127.0.0.1:9
  refused 'give a list' --zipf 1 "$url"
  refused 'pipeline' --urls "$URLS" --pipeline 2 "$url"
  refused 'pipeline' --follow --pipeline 2 "$url"
  refused 'HEAD' --expect-body "$WEB/p1" --method HEAD "$url"
  refused 'expect-length' --expect-body "$WEB/p1" --expect-length 5 "$url"
  for exponent in x -1 1e1 nan 0x1 '' 21 ' 1'; do refused zipf --urls "$URLS" --zipf="$exponent" "$url"; done
  refused 'No such file' --urls "$BATS_TEST_TMPDIR/none" "$url"
  refused 'No such file' --expect-body "$BATS_TEST_TMPDIR/none" "$url"
  refused 'p1' --urls "$URLS" --expect-body "$BATS_TEST_TMPDIR" "$url"
  refused 'directory' --urls "$WEB" "$url"
  refused 'timeline-step' --timeline "$BATS_TEST_TMPDIR/t" --timeline-step 1ms -d 1h "$url"
  echo 'http://elsewhere/' >"$URLS"
  refused 'line 1.*another server' --urls "$URLS" "$url"
  refused "line's end" -H $'X: 1\r\nY: 2' "$url"
  refused 'Name: value' -H 'X 1' "$url"
}

@test "nobody listens: one line, and nothing is left of the files that were asked for" {
  server_start "${OUT}servers/zen_server" --log-level warning
  server_stop
  load_run -n 10 --follow --timeline "$BATS_TEST_TMPDIR/t" "http://127.0.0.1:$SERVER_PORT/"
  assert_equal "$status" 1
  assert_equal "${#stderr_lines[@]}" 1
  [[ $stderr == *refused* ]]
  assert_equal "$(find "$BATS_TEST_TMPDIR" -name 't*' ! -name '*.*')" ""
}
