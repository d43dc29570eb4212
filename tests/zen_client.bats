# zen_client.bats - what the client asks and prints, and what it does when the server fails it.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() { common_setup; }
teardown() { common_teardown; }

client() {
  run --separate-stderr timeout $((2 * PATIENCE)) "${OUT}clients/zen_client" -p "$SERVER_PORT" "$@" 127.0.0.1
}

# fails PATTERN: exit 1 with one line.
fails() {
  echo "status $status, printed '$output', said '$stderr'"
  assert_equal "$status" 1
  assert_equal "${#stderr_lines[@]}" 1
  [[ $stderr =~ ^zen_client:\ .*$1 ]] || fail "does not match: $1"
}

poem="b'Beautiful is better than?' b'ugly.'
b'Explicit is better than?' b'implicit.'
b'Simple is better than?' b'complex.'
b'Complex is better than?' b'complicated.'
b'Flat is better than?' b'nested.'
b'Sparse is better than?' b'dense.'
b'Now is better than?' b'never.'"

@test "asks three questions, each with its answer on a line" {
  server_start "${OUT}servers/zen_server"
  local i
  for i in 1 2 3 4 5; do
    client
    assert_success
    assert_equal "$stderr" ""
    assert_equal "${#lines[@]}" 3
    assert_equal "$(sort -u <<<"$output" | wc -l)" 3
    assert_equal "$(grep -c -x -F -e "$poem" <<<"$output")" 3
  done
  server_stop
}

@test "the order is random, and no question comes twice before all seven came" {
  server_start "${OUT}servers/zen_server"
  local i
  for i in 1 2 3 4 5 6 7 8; do
    client -n 7
    assert_success
    assert_equal "$(sort <<<"$output")" "$(sort <<<"$poem")"
    echo "$output" | tr '\n' ' ' >>"$BATS_TEST_TMPDIR/orders"
    echo >>"$BATS_TEST_TMPDIR/orders"
  done
  (($(sort -u "$BATS_TEST_TMPDIR/orders" | wc -l) > 1)) # all eight alike: once in 5040^7
  server_stop
}

@test "--all asks all seven in order, -n as many as told" {
  server_start "${OUT}servers/zen_server"
  client --all
  assert_success
  assert_output "$poem"
  client -n 50
  assert_success
  assert_equal "${#lines[@]}" 50
  server_stop
}

@test "-q asks what it is told" {
  server_start "${OUT}servers/zen_server"
  client -q 'Now is better than?'
  assert_success
  assert_output "b'Now is better than?' b'never.'"
  client -q 'Now is better than?Flat is better than? '
  assert_success
  assert_line --index 0 "b'Now is better than?' b'never.'"
  assert_line --index 1 "b'Flat is better than?' b'nested.'"
  server_stop
}

@test "-q with thousands of questions in one write does not lock up" {
  server_start "${OUT}servers/zen_server"
  client -q "$(head -c 100000 /dev/zero | tr '\0' '?')"
  assert_equal "$status" 1 # none of them is known
  assert_equal "${#lines[@]}" 100000
  server_stop
}

@test "-q without a question mark, or with words behind the last one, is a usage error" {
  SERVER_PORT=1
  client -q 'Now is better than'
  assert_equal "$status" 2
  [[ $stderr == *"has no '?'"* ]]
  client -q 'Now is better than? Really'
  assert_equal "$status" 2
  client -q ''
  assert_equal "$status" 2
}

@test "an unknown question: the server's words are printed, exit 1" {
  server_start "${OUT}servers/zen_server"
  client -q 'What is the answer?'
  assert_output "b'What is the answer?' b'Error: unknown aphorism.'"
  fails "has no answer to b'What is the answer\?': Error: unknown aphorism\.\$"
  server_stop
}

@test "-e sends a question without its last byte and leaves, exit 0" {
  server_start "${OUT}servers/zen_server" --log-level debug
  client -e
  assert_success
  assert_equal "$output$stderr" ""
  wait_until log_has "b'Beautiful is better than' but then closed"
  client -e -q 'Now is better than?'
  assert_success
  wait_until log_has "b'Now is better than' but then closed"
  server_stop
}

@test "nobody listens: one line, exit 1" {
  server_start "${OUT}servers/zen_server"
  server_stop # its port is free again
  client
  assert_output ""
  fails "cannot connect to 127\.0\.0\.1:$SERVER_PORT: Connection refused"
}

@test "no connection within --timeout: one line, exit 1" {
  server_start "${OUT}servers/zen_server" -b iterative --backlog 1
  local a b c # one is served, and two fill the backlog (listen(2) takes one more than it is told)
  dial a
  ask "$a"
  dial b
  dial c
  client --timeout 300ms # perhaps the kernel lets it in, but no one answers
  fails 'timed out|within 0\.3 s'
  hang_up "$a"
  hang_up "$b"
  hang_up "$c"
  server_stop
}

@test "answers in pieces are put together" {
  canned_start --say ugly. --apart 10ms
  client
  assert_success
  assert_equal "$(grep -c " b'ugly\.'\$" <<<"$output")" 3
  server_stop
}

@test "several answers in one segment are kept apart" {
  canned_start --say one.two.three. --then deaf
  client -q 'A?B?C?'
  assert_success
  assert_output "b'A?' b'one.'
b'B?' b'two.'
b'C?' b'three.'"
  client
  assert_success
  [[ ${lines[0]} == *" b'one.'" && ${lines[1]} == *" b'two.'" && ${lines[2]} == *" b'three.'" ]]
  server_stop
}

@test "the server closes before it answers: exit 1" {
  canned_start --then close
  client
  assert_output ""
  fails "closed the connection before it answered b'.*\?'"
  server_stop
}

@test "the server closes in the middle of an answer: exit 1" {
  canned_start --say ug --then close
  client -q 'Beautiful is better than?'
  assert_output ""
  fails "closed the connection in the middle of its answer to b'Beautiful is better than\?'"
  server_stop
}

@test "the server closes after the first of three answers: that one is printed, exit 1" {
  canned_start --say ugly. --then close
  client
  assert_equal "${#lines[@]}" 1
  fails 'closed the connection before it answered|reset the connection'
  server_stop
}

@test "the server says nothing: exit 1 after --timeout" {
  canned_start
  client --timeout 100ms
  assert_output ""
  fails 'gave no answer within 0\.1 s'
  server_stop
}

@test "single bytes without an end do not put the time-out off: exit 1" {
  canned_start --say x --apart 20ms --then again
  client --timeout 300ms
  fails 'gave no answer within 0\.3 s'
  server_stop
}

@test "an answer without an end is not kept in memory for ever: exit 1" {
  canned_start --say xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx --then again
  client
  fails 'an answer without an end'
  server_stop
}

@test "errors in answers: all are printed, exit 1" {
  canned_start --say 'Error: unknown aphorism.'
  client
  assert_equal "$status" 1
  assert_equal "${#lines[@]}" 3
  assert_equal "${#stderr_lines[@]}" 3
  server_stop
}

@test "answers that cannot be printed: exit 1" {
  [[ -w /dev/full ]] || skip "there is no /dev/full"
  server_start "${OUT}servers/zen_server"
  run bash -c '"$0" -p "$1" 127.0.0.1 >/dev/full' "${OUT}clients/zen_client" "$SERVER_PORT"
  assert_failure 1
  assert_output --partial 'standard output'
  server_stop
}

@test "a name with several addresses: the one that answers is found" {
  local host
  host=$(for host in localhost ip6-localhost "$(hostname)"; do
    (($(getent ahosts "$host" | awk '$2 == "STREAM"' | wc -l) > 1)) && echo "$host" && break
  done) || skip "no local name with several addresses"
  server_start "${OUT}servers/zen_server" "$(getent ahosts "$host" | awk '$2 == "STREAM" { a = $1 } END { print a }')"
  run "${OUT}clients/zen_client" -p "$SERVER_PORT" "$host"
  assert_success
  assert_equal "${#lines[@]}" 3
  server_stop
}
