# proxy.bats - the proxy between curl and origins that behave and origins that do not, on every backend; where it is about
# what is in the cache, on those whose workers share one (tests/processes.bats has the others).
#
# Origins are our own web server, and tests/plugins/canned.c for those that stall, dribble and break off. What holds for
# the bytes of a conversation stands in tests/unit/test_proxy_talk.c and test_proxy_cache.c.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() {
  common_setup
  command -v curl >/dev/null || skip "curl is not installed"
  WEB=$BATS_TEST_TMPDIR/root
  mkdir -p "$WEB"
  echo 'Now is better than never.' >"$WEB/a"
  echo 'Flat is better than nested.' >"$WEB/b"
  ORIGINS=()
}

# Origins are stopped as the others are, and not just killed.
teardown() {
  local pid
  for pid in "${ORIGINS[@]}"; do
    kill -TERM "$pid" 2>/dev/null && wait "$pid"
  done
  common_teardown
}

# The server that was started last is an origin: sets ORIGIN, "127.0.0.1:port".
is_origin() {
  ORIGIN=127.0.0.1:$SERVER_PORT
  ORIGINS+=("$SERVER_PID")
  forget "$SERVER_PID"
}

web_origin() {
  server_start "${OUT}servers/web_server" --root "$WEB"
  is_origin
}

# canned_origin ARGUMENT...: many clients, an answer to every head.
canned_origin() {
  canned_start --until $'\r\n\r\n' "$@"
  is_origin
}

proxy_start() {
  server_start "${OUT}servers/proxy_server" "$@"
  PROXY=http://127.0.0.1:$SERVER_PORT
}

# fetch ARGUMENT...: curl through the proxy.
fetch() {
  curl -s --noproxy '' --max-time "$PATIENCE" -x "$PROXY" "$@"
}

status() {
  fetch -o /dev/null -w '%{http_code}' "$@"
}

# What X-Cache says of each URL.
cached() {
  fetch -D - -o /dev/null "$@" | tr -d '\r' | sed -n 's/^X-Cache: //p' | paste -s -d ' '
}

# count NAME: from the proxy's own counters.
count() {
  curl -s --noproxy '*' --max-time "$PATIENCE" "$PROXY/proxy/status" | sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p"
}

# await_count NAME N: until it is that.
await_count() {
  wait_until eval "[[ \$(count $1) == $2 ]]"
}

# ---- pages ----

@test "a page comes from its origin once, then from memory, on a connection that stays open" {
  local backend
  web_origin
  for backend in $(one_process_backends); do
    echo "backend $backend"
    proxy_start -b "$backend"
    run fetch "http://$ORIGIN/a" "http://$ORIGIN/b" "http://$ORIGIN/a"
    assert_output "$(cat "$WEB/a" "$WEB/b" "$WEB/a")"
    assert_equal "$(cached "http://$ORIGIN/a" "http://$ORIGIN/none" "http://$ORIGIN/none" "http://$ORIGIN/b")" \
      "HIT MISS MISS HIT"
    assert_equal "$(fetch -o /dev/null -w '%{num_connects} ' "http://$ORIGIN/a" -o /dev/null "http://$ORIGIN/none" \
      -o /dev/null "http://$ORIGIN/a")" "1 0 0 "
    assert_equal "$(fetch -0 -o /dev/null -w '%{num_connects} ' "http://$ORIGIN/a" -o /dev/null "http://$ORIGIN/a")" "1 1 "
    run fetch -I "http://$ORIGIN/a"
    assert_line --partial "Content-Length: $(stat -c %s "$WEB/a")"
    assert_equal "$(count hits)" 8
    assert_equal "$(count misses)" 5
    server_stop
  done
}

@test "bodies of all sizes come as they are, kept or not, of known length or not" {
  local backend size sizes=()
  for size in 0 1 4096 4097 16000 16384 102400 102401 3000000; do
    head -c "$size" /dev/urandom >"$WEB/$size"
    sizes+=("$size")
  done
  web_origin
  for backend in $(one_process_backends); do
    echo "backend $backend"
    proxy_start -b "$backend"
    for size in "${sizes[@]}" "${sizes[@]}"; do
      fetch "http://$ORIGIN/$size" | cmp - "$WEB/$size"
    done
    assert_equal "$(count cached_bytes)" $((0 + 1 + 4096 + 4097 + 16000 + 16384 + 102400))
    server_stop
  done
}

@test "an origin that ends its answer by closing, for clients of HTTP/1.1 and 1.0" {
  local backend head=$'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n'
  head -c 60000 /dev/urandom | base64 -w 0 >"$BATS_TEST_TMPDIR/text"
  canned_origin --say "$head$(cat "$BATS_TEST_TMPDIR/text")" --then close
  for backend in $(one_process_backends); do
    echo "backend $backend"
    proxy_start -b "$backend"
    fetch "http://$ORIGIN/1" | cmp - "$BATS_TEST_TMPDIR/text"
    fetch -0 "http://$ORIGIN/2" | cmp - "$BATS_TEST_TMPDIR/text"
    run fetch -I -X GET --max-filesize 1 "http://$ORIGIN/1"
    assert_line --partial "Content-Length: $(stat -c %s "$BATS_TEST_TMPDIR/text")" # from memory it has one
    assert_equal "$(fetch -o /dev/null -w '%{num_connects} ' "http://$ORIGIN/3" -o /dev/null "http://$ORIGIN/4")" "1 0 "
    server_stop
  done
}

@test "an origin that dribbles its chunks byte by byte and keeps the connection open" {
  local backend
  canned_origin --then stay --apart 1ms --say \
    $'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nNow \r\nd\r\nis better tha\r\n2\r\nn \r\n6\r\nnever.\r\n0\r\n\r\n'
  for backend in $(one_process_backends); do
    echo "backend $backend"
    proxy_start -b "$backend"
    assert_equal "$(fetch "http://$ORIGIN/1")" "Now is better than never."
    assert_equal "$(fetch -0 "http://$ORIGIN/2")" "Now is better than never."
    assert_equal "$(cached "http://$ORIGIN/1" "http://$ORIGIN/2")" "HIT HIT"
    server_stop
  done
}

@test "many clients at once get the right page each, from a cache that is too small for all" {
  local backend i client clients
  for i in {1..20}; do
    yes "page $i" | head -c $((i * 1500)) >"$WEB/page$i"
  done
  web_origin
  for backend in $(one_process_backends); do
    echo "backend $backend"
    proxy_start -b "$backend" --cache-size 64k
    mkdir -p "$BATS_TEST_TMPDIR/got"
    clients=()
    for i in 1 2 3 4; do
      fetch "http://$ORIGIN/page[1-20]" -o /dev/null "http://$ORIGIN/page[1-20]" -o "$BATS_TEST_TMPDIR/got/$i-#1" &
      clients+=($!)
    done
    wait "${clients[@]}"
    for i in {1..20}; do
      for client in 1 2 3 4; do
        cmp "$BATS_TEST_TMPDIR/got/$client-$i" "$WEB/page$i"
      done
    done
    (($(count cached_bytes) <= 65536))
    (($(count evictions) > 0))
    rm -r "$BATS_TEST_TMPDIR/got"
    server_stop
  done
}

# ---- what is kept ----

@test "--cache-size, --object-size, --lab" {
  head -c 3000 /dev/zero >"$WEB/large"
  web_origin
  proxy_start --cache-size 0
  assert_equal "$(cached "http://$ORIGIN/a" "http://$ORIGIN/a")" "MISS MISS"
  server_stop
  proxy_start --object-size 2999
  assert_equal "$(cached "http://$ORIGIN/large" "http://$ORIGIN/large" "http://$ORIGIN/a" "http://$ORIGIN/a")" "MISS MISS MISS HIT"
  assert_equal "$(count not_cached)" 2
  server_stop
  proxy_start --cache-size 3010
  assert_equal "$(cached "http://$ORIGIN/a" "http://$ORIGIN/large" "http://$ORIGIN/large" "http://$ORIGIN/a")" "MISS MISS HIT MISS"
  assert_equal "$(count evictions)" 2
  server_stop
  canned_origin --say $'HTTP/1.0 200 OK\r\nCache-Control: private\r\nContent-Length: 1\r\n\r\nx' --then close
  proxy_start
  assert_equal "$(cached "http://$ORIGIN/a" "http://$ORIGIN/a")" "MISS MISS"
  server_stop
  proxy_start --lab
  assert_equal "$(cached "http://$ORIGIN/a" "http://$ORIGIN/a")" "MISS HIT"
  server_stop
}

@test "wrong options are told" {
  run "${OUT}servers/proxy_server" --cache-size lots
  assert_failure 2
  one_line
  run "${OUT}servers/proxy_server" --help
  assert_success
  assert_output --partial '--object-size'
}

# ---- origins that fail ----

@test "an origin that refuses, has no name, says nothing, or nonsense: 502 and 504, and the connection lives" {
  local backend
  for backend in $(usable_backends); do
    echo "backend $backend"
    canned_origin --say $'HTTP/1.1 200 OK\r\nBroken head\r\n\r\n' --then close
    proxy_start -b "$backend"
    run fetch -w ' %{http_code} %{num_connects}\n' http://127.0.0.1:1/ http://no-such-name.invalid/ "http://$ORIGIN/"
    assert_line --index 0 'the origin refuses the connection'
    assert_line --index 1 ' 502 1'
    assert_line --index 2 "the origin's name has no address"
    assert_line --index 3 ' 502 0'
    assert_line --index 5 ' 502 0'
    server_stop
  done
}

@test "an origin that stalls: 504, in the head; in the body the connection is cut" {
  local backend
  canned_origin --say $'HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\nhello' --then deaf
  local half=$ORIGIN
  canned_start --until never
  is_origin
  for backend in $(usable_backends); do
    echo "backend $backend"
    proxy_start -b "$backend" --origin-timeout 100ms
    assert_equal "$(fetch -w '%{http_code}' "http://$ORIGIN/")" $'the origin does not answer in time\n504'
    run fetch "http://$half/"
    assert_failure 18 # a part of the file only
    assert_output hello
    assert_equal "$(count cached_objects)" 0
    server_stop
  done
}

@test "an origin that breaks off: the client is cut, and nothing is kept" {
  local backend length chunks
  canned_origin --say $'HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\nhello' --then close
  length=$ORIGIN
  canned_origin --say $'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n' --then close
  chunks=$ORIGIN
  for backend in $(usable_backends); do
    echo "backend $backend"
    proxy_start -b "$backend"
    for _ in 1 2; do
      run fetch "http://$length/"
      assert_failure 18
      run fetch "http://$chunks/"
      assert_failure 18
    done
    assert_equal "$(count misses)" 4
    assert_equal "$(count cached_objects)" 0
    assert_equal "$(count cached_bytes)" 0
    server_stop
  done
}

@test "a stalled origin holds up nobody else" {
  local backend fd i slow
  web_origin
  local good=$ORIGIN
  canned_start --until never
  is_origin
  for backend in $(concurrent_backends); do
    one_process_backends | grep -q -x "$backend" || continue
    echo "backend $backend"
    # shellcheck disable=SC2046 # none, or two words
    proxy_start -b "$backend" $(workers_for "$backend" 21) --grace 100ms # they are still there at the end
    slow=()
    for i in {1..20}; do
      dial fd
      printf 'GET http://%s/%d HTTP/1.1\r\nHost: a\r\n\r\n' "$ORIGIN" "$i" >&"$fd"
      slow+=("$fd")
    done
    await_count misses 20
    assert_equal "$(fetch "http://$good/a")" "Now is better than never."
    assert_equal "$(cached "http://$good/a")" HIT
    for fd in "${slow[@]}"; do
      has_heard "$fd" && return 1
      hang_up "$fd"
    done
    server_stop
  done
}

@test "a client that leaves in the middle of a large body costs only itself" {
  local backend fd i
  head -c 20000000 /dev/zero >"$WEB/big"
  web_origin
  for backend in $(usable_backends); do
    echo "backend $backend"
    proxy_start -b "$backend"
    for i in 1 2 3; do
      dial fd
      printf 'GET http://%s/big HTTP/1.1\r\nHost: a\r\n\r\n' "$ORIGIN" >&"$fd"
      head -c 100000 <&"$fd" >/dev/null
      hang_up "$fd"
    done
    fetch "http://$ORIGIN/big" | cmp - "$WEB/big"
    server_stop
  done
}

@test "what is under way at a stop is finished" {
  local backend fd
  canned_origin --apart 2ms --then close --say $'HTTP/1.0 200 OK\r\nContent-Length: 26\r\n\r\nNow is better than never.\n'
  for backend in $(usable_backends); do
    echo "backend $backend"
    proxy_start -b "$backend"
    dial fd
    printf 'GET http://%s/ HTTP/1.1\r\nHost: a\r\n\r\n' "$ORIGIN" >&"$fd"
    IFS= read -r -t "$PATIENCE" -u "$fd" line
    assert_equal "$line" $'HTTP/1.1 200 OK\r'
    kill -TERM "$SERVER_PID"
    run timeout "$PATIENCE" cat <&"$fd"
    assert_line "Now is better than never."
    hang_up "$fd"
    server_wait
    server_ended_well
  done
}

# ---- requests that are refused ----

@test "https, CONNECT, other methods, other targets: a clean error" {
  web_origin
  proxy_start
  run fetch https://127.0.0.1:1/
  assert_failure 56 # the tunnel is refused
  assert_equal "$(curl -s --noproxy '' --max-time "$PATIENCE" -x "$PROXY" -o /dev/null -w '%{http_connect}' https://a/)" 501
  assert_equal "$(status -d some=data "http://$ORIGIN/a")" 405
  assert_equal "$(status -X DELETE "http://$ORIGIN/a")" 405
  assert_equal "$(curl -s --noproxy '*' --max-time "$PATIENCE" -o /dev/null -w '%{http_code}' "$PROXY/a")" 400
  assert_equal "$(status --request-target https://a/ "http://$ORIGIN/a")" 400
  assert_equal "$(status --request-target http://user@a/ "http://$ORIGIN/a")" 400
  server_stop
}

@test "it does not forward to itself, by whatever name, unless it is told to" {
  local backend url
  for backend in $(usable_backends); do
    echo "backend $backend"
    proxy_start -b "$backend"
    for url in "127.0.0.1:$SERVER_PORT" "LOCALHOST:$SERVER_PORT" "0.0.0.0:$SERVER_PORT" "[::ffff:127.0.0.1]:$SERVER_PORT"; do
      assert_equal "$(status "http://$url/x")" 508
    done
    server_stop
  done
  for backend in $(concurrent_backends); do
    echo "backend $backend"
    proxy_start -b "$backend"
    # 127.1 is an address too, but none that we read: it comes back, and is found by its Via.
    assert_equal "$(status --request-target "http://127.1:$SERVER_PORT/x" http://a/)" 508
    server_stop
    proxy_start -b "$backend" --allow-self
    assert_equal "$(fetch "http://127.0.0.1:$SERVER_PORT/proxy/status" | cut -c 1-20)" '{"service": "proxy",'
    server_stop
  done
}
