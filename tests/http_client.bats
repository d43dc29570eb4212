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
