# redirect.bats - the master's options; what holds for every backend stands in tests/conform/cases_redirect.c.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() { common_setup; }
teardown() { common_teardown; }

# get TARGET [COUNT]: the heads of COUNT answers on one connection, without CR.
get() {
  local i fd line
  dial fd
  for ((i = 0; i < ${2:-1}; i++)); do
    printf 'HEAD %s HTTP/1.1\r\nHost: master.example\r\n\r\n' "$1" >&"$fd"
    while IFS= read -r -t "$PATIENCE" -u "$fd" line && [[ $line != $'\r' ]]; do
      echo "${line%$'\r'}"
    done
  done
  hang_up "$fd"
}

@test "--code: the status and its words" {
  local code words
  while read -r code words; do
    server_start "${OUT}servers/redirect_master" --health-interval 0 --slave 127.0.0.1:9000 --code "$code"
    run get /x
    assert_line --index 0 "HTTP/1.1 $code $words"
    assert_line "Location: http://127.0.0.1:9000/x"
    server_stop
  done <<END
301 Moved Permanently
302 Found
303 See Other
307 Temporary Redirect
308 Permanent Redirect
END
}

@test "answers are not to be cached, but with --cacheable" {
  server_start "${OUT}servers/redirect_master" --health-interval 0 --slave 127.0.0.1:9000
  run get /
  assert_line 'Cache-Control: no-store'
  server_stop
  server_start "${OUT}servers/redirect_master" --health-interval 0 --slave 127.0.0.1:9000 --cacheable
  run get /
  refute_output --partial 'Cache-Control'
  server_stop
}

@test "a slave with weight 3 gets three of four turns" {
  server_start "${OUT}servers/redirect_master" --health-interval 0 --slave 127.0.0.1:9000=3 --slave 127.0.0.1:9001
  run get / 40
  assert_equal "$(grep -c '^Location: http://127.0.0.1:9000/$' <<<"$output")" 30
  assert_equal "$(grep -c '^Location: http://127.0.0.1:9001/$' <<<"$output")" 10
  server_stop
}

@test "IPv6 and named slaves stand in the Location as they were given" {
  server_start "${OUT}servers/redirect_master" --health-interval 0 --slave '[::1]:9000' --slave slave.example:80
  run get /a 2
  assert_line 'Location: http://[::1]:9000/a'
  assert_line --regexp '^Location: http://slave\.example(:80)?/a$'
  server_stop
}

@test "the turn is the server's: of a hundred clients at once each slave gets its share" {
  local backend i fds fd line
  for backend in $(concurrent_backends); do
    echo "backend $backend"
    server_start "${OUT}servers/redirect_master" --health-interval 0 -b "$backend" --slave 127.0.0.1:9000 --slave 127.0.0.1:9001
    fds=()
    for ((i = 0; i < 100; i++)); do
      dial fd
      fds+=("$fd")
      printf 'HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' >&"$fd"
    done
    for fd in "${fds[@]}"; do
      while IFS= read -r -t "$PATIENCE" -u "$fd" line; do
        [[ $line != Location* ]] || echo "${line%$'\r'}"
      done
      hang_up "$fd"
    done >"$BATS_TEST_TMPDIR/locations"
    assert_equal "$(grep -c ':9000/' "$BATS_TEST_TMPDIR/locations")" 50
    assert_equal "$(grep -c ':9001/' "$BATS_TEST_TMPDIR/locations")" 50
    server_stop
  done
}

@test "curl understands it, and stops at a loop" {
  command -v curl >/dev/null || skip "curl is not installed"
  server_start "${OUT}servers/redirect_master" --health-interval 0 --slave 127.0.0.1:9000
  run curl -s --max-time "$PATIENCE" -o /dev/null -w '%{http_code} %{redirect_url}' "http://127.0.0.1:$SERVER_PORT/a?b"
  assert_success
  assert_output '301 http://127.0.0.1:9000/a?b'
  run curl -s --max-time "$PATIENCE" -X POST -d some=data -w '%{http_code}' -o /dev/null "http://127.0.0.1:$SERVER_PORT/a"
  assert_output 301
  server_stop
}
