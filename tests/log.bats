# log.bats - what servers write: events in the form of Python's logging module, and nothing on the request path.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() { common_setup; }
teardown() { common_teardown; }

stamp='^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3}'

@test "debug: accept, receive and close of a client, with its address and descriptor" {
  local backend c line fd port
  for backend in $(usable_backends); do
    echo "backend $backend"
    server_start "${OUT}servers/echo_server" -b "$backend" --log-level debug
    dial c
    printf 'test data\n' >&"$c"
    IFS= read -r -t "$PATIENCE" -u "$c" line
    assert_equal "$line" 'test data'
    hang_up "$c"
    wait_until log_has ' closed$'
    cat "$SERVER_LOG"
    line=$(grep -m 1 'accept connection' "$SERVER_LOG")
    [[ $line =~ $stamp\ -\ echo_server\ -\ DEBUG\ -\ accept\ connection\ from\ 127\.0\.0\.1,\ ([0-9]+),\ fd\ =\ ([0-9]+)$ ]]
    port=${BASH_REMATCH[1]} fd=${BASH_REMATCH[2]}
    log_has "$stamp - echo_server - DEBUG - $fd receive b'test data\\\\n'\$"
    log_has "$stamp - echo_server - DEBUG - 127\\.0\\.0\\.1, $port closed\$"
    server_stop
  done
}

@test "debug: bytes that cannot be printed are escaped, long ones are cut" {
  local c line
  server_start "${OUT}servers/echo_server" --log-level debug
  dial c
  printf '\001\377"\\\r\n' >&"$c"
  IFS= read -r -t "$PATIENCE" -u "$c" line
  log_has "receive b'\\\\x01\\\\xff\"\\\\\\\\\\\\r\\\\n'\$"
  head -c 5000 /dev/zero | tr '\0' y >&"$c"
  printf '\n' >&"$c"
  IFS= read -r -t "$PATIENCE" -u "$c" line
  hang_up "$c"
  server_stop
  assert_equal "$(awk 'length > 1024' "$SERVER_LOG")" ""
  log_has "receive b'y+'\\.\\.\\.\$"
}

@test "debug: a client that closes inside a question is told of" {
  local backend c
  for backend in $(usable_backends); do
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend" --log-level debug
    run "${OUT}clients/zen_client" -p "$SERVER_PORT" -e 127.0.0.1
    assert_success
    assert_output ""
    wait_until log_has "sent b'Beautiful is better than' but then closed"
    server_stop
  done
}

# What the server said; AddressSanitizer has a word of its own on coroutines, though we tell it of each switch.
said() {
  grep -v "ASan doesn't fully support makecontext" "$SERVER_LOG" || true
}

@test "at the default level nothing is written while clients are served" {
  local backend
  for backend in $(usable_backends); do
    server_start "${OUT}servers/zen_server" -b "$backend"
    "${OUT}clients/zen_client" -p "$SERVER_PORT" -n 20 127.0.0.1
    "${OUT}clients/zen_client" -p "$SERVER_PORT" -e 127.0.0.1
    assert_equal "$(said)" ""
    server_stop
  done
}

@test "--log-level error says nothing of a good end" {
  server_start "${OUT}servers/zen_server" --log-level error
  server_stop
  assert_equal "$(said)" ""
}

@test "--log-file takes the log; SIGHUP opens it anew after it was moved away" {
  local backend log c moved
  for backend in $(usable_backends); do
    echo "backend $backend"
    log=$BATS_TEST_TMPDIR/$backend.log
    server_start "${OUT}servers/zen_server" -b "$backend" --log-level debug --log-file "$log"
    dial c
    ask "$c"
    log_has 'accept connection' "$log"
    mv "$log" "$log.1"
    kill -HUP "$SERVER_PID"
    wait_until test -e "$log"
    moved=$(wc -l <"$log.1")
    ask "$c"
    hang_up "$c"
    wait_until log_has ' closed$' "$log"
    server_stop
    assert_equal "$(wc -l <"$log.1")" "$moved"
    log_has 'INFO - stopping' "$log"
    assert_equal "$(said)" ""
  done
}

@test "--stats writes the counters as JSON when the server ends" {
  command -v jq >/dev/null || skip "jq is not installed"
  local backend file
  for backend in $(usable_backends); do
    echo "backend $backend"
    file=$BATS_TEST_TMPDIR/$backend.json
    server_start "${OUT}servers/zen_server" -b "$backend" --stats "$file"
    "${OUT}clients/zen_client" -p "$SERVER_PORT" -n 12 127.0.0.1
    assert [ ! -e "$file" ]
    server_stop
    cat "$file"
    run jq -e -r '[.program, .backend, .answers, .sessions, .counts.answers] | join(" ")' "$file"
    assert_success
    assert_output "zen_server $backend 12 1 12"
    # Who has it done by the kernel, or by the C library, counts what it asks of them.
    run jq -e '(.counts.recv >= 12 and .counts.send == 12 and .counts.accept >= 1 or .counts.enter + .counts.aio >= 12)
      and .bytes_in > 100 and .bytes_out > 50 and .user_us >= 0 and .sys_us >= 0' "$file"
    assert_success
  done
}

# A count comes a moment after the answer that it counts: so the server is asked until it is there.
counts_say() {
  kill -USR1 "$SERVER_PID"
  log_has "$1"
}

# counted KIND...: the newest counts of these kinds, together.
counted() {
  awk -v kinds=" $* " 'index(kinds, " " $1 " ") { n[$1] = $2 } END { for (k in n) all += n[k]; print all + 0 }' "$SERVER_LOG"
}

@test "one request, one receive and one send: what a model adds is waiting" {
  local backend calls
  for backend in $(usable_backends); do
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend"
    "${OUT}clients/zen_client" -p "$SERVER_PORT" -n 50 127.0.0.1
    wait_until counts_say '^answers +50 '
    if [[ $(family_of "$backend") == completion ]]; then
      calls=$(counted enter aio)
      ((calls >= 50 && calls <= 406)) || fail "$calls calls for 50 requests"
    else
      assert_equal "$(counted send)" 50
      calls=$(counted recv)
      ((calls >= 50 && calls <= 103)) || fail "$calls receives for 50 requests" # at most one more each, for EAGAIN
    fi
    server_stop
  done
}
