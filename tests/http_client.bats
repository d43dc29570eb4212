# http_client.bats - redirects are followed, counted and seen through; what a server says is not trusted.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() {
  common_setup
  [[ -x ${OUT}clients/http_client ]] || skip "clients/http_client is not built"
}
teardown() { common_teardown; }

client() {
  run --separate-stderr timeout $((2 * PATIENCE)) "${OUT}clients/http_client" "$@"
  echo "status $status, printed '$output', said '$stderr'"
}

# http_start HEAD BODY [ARGUMENT...]: answers every request with this. HEAD without its last line ends.
http_start() {
  local head=$1 body=$2
  shift 2
  canned_start --until $'\r\n\r\n' --say "$head"$'\r\n\r\n'"$body" "$@"
  URL=http://127.0.0.1:$SERVER_PORT
}

slaves=(--slave 127.0.0.1:9000 --slave 127.0.0.1:9001 --slave 127.0.0.1:9002 --slave 127.0.0.1:9003
  --slave 127.0.0.1:9004)

@test "six runs against a master of five slaves: 9000 to 9004, then 9000 again" {
  local backend i
  for backend in $(usable_backends); do
    echo "backend $backend"
    server_start "${OUT}servers/redirect_master" -b "$backend" --health-interval 0 "${slaves[@]}"
    client --repeat 6 "http://127.0.0.1:$SERVER_PORT/x?y"
    assert_success
    assert_equal "${#lines[@]}" 6
    for i in 0 1 2 3 4 5; do
      [[ ${lines[i]} == *301\ Moved\ Permanently*"http://127.0.0.1:900$((i % 5))/x?y" ]] || fail "${lines[i]}"
    done
    server_stop
  done
}

@test "a redirect is followed to where it leads" {
  http_start 'HTTP/1.1 200 OK'$'\r\n''Content-Length: 6' 'found!'
  local slave=$SERVER_PORT
  server_start "${OUT}servers/redirect_master" --health-interval 0 --slave "127.0.0.1:$slave"
  client "http://127.0.0.1:$SERVER_PORT/page"
  assert_success
  assert_line --partial 'HTTP/1.1 301'
  assert_line --partial 'HTTP/1.1 200 OK'
  assert_output --partial 'found!'
  client --no-follow "http://127.0.0.1:$SERVER_PORT/page"
  assert_success
  refute_output --partial 'found!'
  server_stop
}

# The second must know the first one's port before it is there: an address of our own, by our process number, is
# one on which no port is taken.
@test "two masters that send to each other: the loop is seen, exit 1" {
  local n=$BASHPID mine
  mine=127.$((n >> 16 & 255)).$((n >> 8 & 255)).$((n & 255))
  server_start "${OUT}servers/redirect_master" --health-interval 0 --slave "$mine:8080"
  server_start "${OUT}servers/redirect_master" -p 8080 "$mine" --health-interval 0 --slave "127.0.0.1:$SERVER_PORT"
  client "http://$mine:8080/x"
  assert_equal "$status" 1
  [[ $stderr == *round* ]]
  assert_equal "$(grep -c '^HTTP/1.1 301' <<<"$output")" 2
  server_stop
}

@test "a master that sends to itself with another path each time: five are followed, exit 1" {
  http_start 'HTTP/1.1 302 Found'$'\r\n''Location: x/'$'\r\n''Content-Length: 0' '' # relative: /x/, /x/x/, ...
  client "$URL/"
  assert_equal "$status" 1
  assert_equal "$(grep -c '^HTTP/1.1 302' <<<"$output")" 6
  assert_equal "${#stderr_lines[@]}" 1
  server_stop
}

@test "bodies: by length, in chunks, until the end" {
  http_start 'HTTP/1.1 200 OK'$'\r\n''Content-Length: 5' 'right, and not this'
  client "$URL/"
  assert_success
  assert_line --index $((${#lines[@]} - 1)) right
  server_stop
  http_start 'HTTP/1.1 200 OK'$'\r\n''Transfer-Encoding: chunked' $'5\r\nchunk\r\n3\r\ned!\r\n0\r\n\r\n' --apart 1ms
  client "$URL/"
  assert_success
  assert_line --index $((${#lines[@]} - 1)) chunked!
  server_stop
  http_start 'HTTP/1.1 200 OK' 'until the end' --then close
  client "$URL/"
  assert_success
  assert_line --index $((${#lines[@]} - 1)) 'until the end'
  server_stop
}

@test "an answer of 400 or more: exit 1" {
  http_start 'HTTP/1.1 404 Not Found'$'\r\n''Content-Length: 4' 'gone'
  client "$URL/"
  assert_equal "$status" 1
  assert_output --partial gone
  server_stop
}

@test "answers that are cut short, malformed or endless: one line, exit 1" {
  local head
  http_start 'HTTP/1.1 200 OK'$'\r\n''Content-Length: 50' 'short' --then close
  client "$URL/"
  assert_equal "$status" 1
  assert_equal "${#stderr_lines[@]}" 1
  server_stop
  for head in 'test data' 'HTTP/1.1 2x0 OK' $'HTTP/1.1 200 OK\r\nContent-Length: -1' \
    $'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2' $'HTTP/1.1 301 Moved\r\nLocation: ftp://x/'; do
    http_start "$head" '' --then close
    client "$URL/"
    assert_equal "$status" 1
    assert_equal "${#stderr_lines[@]}" 1
    server_stop
  done
  canned_start --until $'\r\n\r\n' --say $'HTTP/1.1 200 OK\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy' --then again
  client "http://127.0.0.1:$SERVER_PORT/"
  assert_equal "$status" 1
  server_stop
}

@test "no answer within --timeout, or only single bytes: exit 1" {
  canned_start --until $'\r\n\r\n'
  client --timeout 200ms "http://127.0.0.1:$SERVER_PORT/"
  assert_equal "$status" 1
  assert_equal "${#stderr_lines[@]}" 1
  server_stop
  canned_start --until $'\r\n\r\n' --say x --apart 20ms --then again
  client --timeout 200ms "http://127.0.0.1:$SERVER_PORT/"
  assert_equal "$status" 1
  server_stop
}

@test "nobody listens: one line, exit 1" {
  server_start "${OUT}servers/zen_server"
  server_stop
  client "http://127.0.0.1:$SERVER_PORT/"
  assert_equal "$status" 1
  assert_equal "${#stderr_lines[@]}" 1
  [[ $stderr == *refused* ]]
}

@test "what is no address of a page is a usage error" {
  local url
  for url in '' 'ftp://127.0.0.1/' 'http://' 'http://a b/' 'http://127.0.0.1:99999/' 'https://127.0.0.1/'; do
    client "$url"
    assert_equal "$status" 2
  done
}

# ---- what is asked ----

# asked_start END [ARGUMENT...]: answers only a request in which END stands, and all others never.
asked_start() {
  local end=$1
  shift
  canned_start --until "$end" --say $'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nasked!' "$@"
  URL=http://127.0.0.1:$SERVER_PORT
}

# web_start: servers/web_server, with page.txt (28 bytes) below $WEB
web_start() {
  WEB=$BATS_TEST_TMPDIR/root
  mkdir -p "$WEB"
  echo 'Sparse is better than dense' >"$WEB/page.txt"
  server_start "${OUT}servers/web_server" --root "$WEB" --log-level warning
  URL=http://127.0.0.1:$SERVER_PORT
}

@test "fields of the user's come behind ours, or in their place" {
  asked_start $'Connection: close\r\nX-Mine: 1\r\nX-Too:\r\n\r\n'
  client -H 'X-Mine: 1' --header 'X-Too:' "$URL/"
  assert_success
  server_stop
  asked_start $'GET / HTTP/1.1\r\nHost: 127.0.0.1'
  client "$URL/"
  assert_success
  server_stop
  asked_start $'HTTP/1.1\r\nAccept: */*\r\nConnection: close\r\nHOST: other\r\nUser-Agent: me\r\n\r\n'
  client -H 'HOST: other' -H 'User-Agent: me' "$URL/"
  assert_success
  server_stop
}

@test "nothing on the command line can add a line to a request" {
  local value
  for value in $'X: 1\r\nInjected: 2' $'X: 1\nInjected: 2' $'X: 1\r' $'X\r\n: 1' 'X : 1' 'no colon' ': 1' '' $'X: \x7f'; do
    client -H "$value" http://127.0.0.1:9/
    assert_equal "$status" 2
    assert_equal "${#stderr_lines[@]}" 1
  done
  for value in $'"a"\r\nX: 1' ''; do
    client --if-none-match "$value" http://127.0.0.1:9/
    assert_equal "$status" 2
    assert_equal "${#stderr_lines[@]}" 1
  done
  for value in - 5 a-b 0-9,20-29 $'0-9\r\nX: 1' ''; do
    client --range="$value" http://127.0.0.1:9/
    assert_equal "$status" 2
    assert_equal "${#stderr_lines[@]}" 1
  done
  for value in yesterday $'Sun, 06 Nov 1994 08:49:37 GMT\r\nX: 1' ''; do
    client --if-modified-since "$value" http://127.0.0.1:9/
    assert_equal "$status" 2
    assert_equal "${#stderr_lines[@]}" 1
  done
}

# The request ends where ours does: so the last fields were not sent.
@test "a redirect to another server leaves behind what was meant for the first one" {
  local slave
  asked_start $'Connection: close\r\nX-Mine: 1\r\n\r\n'
  slave=$SERVER_PORT
  http_start 'HTTP/1.1 302 Found'$'\r\n'"Location: http://127.0.0.1:$slave/x"$'\r\n''Content-Length: 0' ''
  client -H 'X-Mine: 1' -H 'Authorization: Basic eDp5' -H 'Cookie: a=b' -H 'Host: first' "$URL/"
  assert_success
  assert_output --partial 'asked!'
  server_stop
}

@test "--head shows the head and waits for no body" {
  web_start
  client --head "$URL/page.txt"
  assert_success
  assert_line 'Content-Length: 28'
  refute_output --partial Sparse
  client -I -n 2 "$URL/page.txt"
  assert_success
  assert_equal "${#lines[@]}" 2
  server_stop
}

@test "--range: a part, or 416" {
  web_start
  client --range 7-8 -o - "$URL/page.txt"
  assert_success
  assert_output is
  client --range=-6 -o - "$URL/page.txt"
  assert_output dense
  client --range 100- "$URL/page.txt"
  assert_equal "$status" 1
  assert_line --index 0 --partial 416
  server_stop
}

@test "conditions: the same version is 304 and status 0, with or without the quotes of its tag" {
  local tag date
  web_start
  client --head "$URL/page.txt"
  tag=$(sed -n 's/^ETag: //p' <<<"$output")
  date=$(sed -n 's/^Last-Modified: //p' <<<"$output")
  for arguments in "--if-none-match|$tag" "--if-none-match|${tag//\"/}" "--if-none-match|\"x\", $tag" '--if-none-match|*' \
    "--if-modified-since|$date"; do
    client "${arguments%%|*}" "${arguments#*|}" "$URL/page.txt"
    assert_success
    assert_line --index 0 --partial '304'
    refute_output --partial Sparse
  done
  client --if-none-match '"x"' "$URL/page.txt"
  assert_success
  assert_line --index 0 --partial '200'
  client --if-modified-since 'Sun, 06 Nov 1994 08:49:37 GMT' "$URL/page.txt"
  assert_line --index 0 --partial '200'
  server_stop
}

@test "-z: what is newer than a file, and all when it is not there" {
  local mine=$BATS_TEST_TMPDIR/mine
  web_start
  touch -d '2020-01-01 00:00:00 UTC' "$WEB/page.txt"
  client -z "$mine" -o "$mine" "$URL/page.txt"
  assert_success
  assert_line --index 0 --partial 200
  cmp "$mine" "$WEB/page.txt"
  client -z "$mine" -o "$mine" "$URL/page.txt"
  assert_success
  assert_line --index 0 --partial 304
  cmp "$mine" "$WEB/page.txt"
  touch -d '2019-01-01 00:00:00 UTC' "$mine"
  client -z "$mine" "$URL/page.txt"
  assert_line --index 0 --partial 200
  client -z "$mine/x" "$URL/page.txt" # not a folder
  assert_equal "$status" 2
  server_stop
}

@test "a proxy is asked for the whole address, wherever that leads" {
  asked_start $'GET http://origin.example:8080/a?b HTTP/1.1\r\nHost: origin.example:8080\r\n'
  client -x "127.0.0.1:$SERVER_PORT" http://origin.example:8080/a?b
  assert_success
  assert_output --partial 'asked!'
  server_stop
  web_start
  local origin=$URL
  server_start "${OUT}servers/proxy_server" --log-level warning
  client --proxy "127.0.0.1:$SERVER_PORT" -o "$BATS_TEST_TMPDIR/page" "$origin/page.txt"
  assert_success
  assert_line --regexp '^X-Cache: MISS'
  client --proxy "127.0.0.1:$SERVER_PORT" -o "$BATS_TEST_TMPDIR/page" "$origin/page.txt"
  assert_line --regexp '^X-Cache: HIT'
  cmp "$BATS_TEST_TMPDIR/page" "$WEB/page.txt"
  server_stop
  local wrong
  for wrong in 127.0.0.1 '' :80 a:0 'a b:80' http://a:80/; do
    client --proxy "$wrong" http://127.0.0.1:9/
    assert_equal "$status" 2
  done
}

# ---- where the body goes ----

@test "-o: the body of a good answer, every byte, and heads on standard output" {
  web_start
  head -c 300000 /dev/urandom >"$WEB/large"
  client -o "$BATS_TEST_TMPDIR/copy" "$URL/large"
  assert_success
  assert_line --index 0 --partial 'HTTP/1.1 200'
  cmp "$BATS_TEST_TMPDIR/copy" "$WEB/large"
  "${OUT}clients/http_client" -o - "$URL/large" | cmp - "$WEB/large"
  server_stop
}

@test "-o: what is cut short, an error, or not to be written leaves the file as it was" {
  local file=$BATS_TEST_TMPDIR/file
  echo before >"$file"
  chmod 640 "$file"
  http_start 'HTTP/1.1 200 OK'$'\r\n''Content-Length: 50' 'short' --then close
  client -o "$file" "$URL/"
  assert_equal "$status" 1
  assert_equal "$(cat "$file")" before
  server_stop
  http_start 'HTTP/1.1 404 Not Found'$'\r\n''Content-Length: 4' 'gone'
  client -o "$file" "$URL/"
  assert_equal "$status" 1
  assert_equal "$(cat "$file")" before
  assert_output --partial gone
  server_stop
  http_start 'HTTP/1.1 200 OK'$'\r\n''Content-Length: 5' 'after'
  client -o "$BATS_TEST_TMPDIR/no/such/folder" "$URL/"
  assert_equal "$status" 1
  assert_equal "${#stderr_lines[@]}" 1
  client -o "$file" "$URL/"
  assert_success
  assert_equal "$(cat "$file")" after
  assert_equal "$(stat -c %a "$file")" 640
  assert_equal "$(find "$BATS_TEST_TMPDIR" -name '*.tmp')" ""
  server_stop
}

@test "-o: through a link to what it means; what is no file is written in place; no room is an error" {
  http_start 'HTTP/1.1 200 OK'$'\r\n''Content-Length: 5' 'after'
  echo before >"$BATS_TEST_TMPDIR/meant"
  ln -s meant "$BATS_TEST_TMPDIR/link"
  client -o "$BATS_TEST_TMPDIR/link" "$URL/"
  assert_success
  [[ -L $BATS_TEST_TMPDIR/link ]]
  assert_equal "$(cat "$BATS_TEST_TMPDIR/meant")" after
  client -o /dev/null "$URL/"
  assert_success
  [[ -c /dev/null ]]
  client -o /dev/full "$URL/"
  assert_equal "$status" 1
  assert_equal "${#stderr_lines[@]}" 1
  [[ $stderr == */dev/full* ]]
  server_stop
}

@test "options that do not go together" {
  client -o x -n 2 http://127.0.0.1:9/
  assert_equal "$status" 2
  client -o x --head http://127.0.0.1:9/
  assert_equal "$status" 2
  client -o '' http://127.0.0.1:9/
  assert_equal "$status" 2
}
