# signals.bats - how a server ends, and what it tells when asked: on every backend.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() { common_setup; }
teardown() { common_teardown; }

three_questions='Beautiful is better than?Explicit is better than?Simple is better than?'

# With --think-ms they are still to be answered when the signal comes: the first answer shows that all have
# arrived.
ends_after_answers() {
  local signal=$1 backend=$2 c
  server_start "${OUT}servers/zen_server" -b "$backend" --think-ms 40
  dial c
  printf '%s' "$three_questions" >&"$c"
  assert_equal "$(answer "$c")" ugly.
  kill "-$signal" "$SERVER_PID"
  assert_equal "$(answer "$c")" implicit.
  assert_equal "$(answer "$c")" complex.
  hears_end "$c"
  hang_up "$c"
  server_wait
  server_ended_well
}

@test "SIGTERM: requests that have arrived are answered, then exit 0" {
  local backend
  for backend in $(usable_backends); do
    echo "backend $backend"
    ends_after_answers TERM "$backend"
  done
}

@test "SIGINT: the same" {
  local backend
  for backend in $(usable_backends); do
    echo "backend $backend"
    ends_after_answers INT "$backend"
  done
}

@test "SIGTERM while a handler blocks (--think block): the answer arrives, exit 0" {
  local backend c
  for backend in $(usable_backends); do
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend" --think-ms 60 --think block
    dial c
    printf '%s' "$three_questions" >&"$c"
    assert_equal "$(answer "$c")" ugly.
    kill -TERM "$SERVER_PID"
    assert_equal "$(answer "$c")" implicit.
    assert_equal "$(answer "$c")" complex.
    hears_end "$c"
    hang_up "$c"
    server_wait
    server_ended_well
  done
}

@test "SIGTERM does not wait for clients that are silent" {
  local backend c d
  for backend in $(concurrent_backends); do
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend" --grace 1h
    dial c
    dial d
    ask "$c"
    kill -TERM "$SERVER_PID"
    hears_end "$c"
    hears_end "$d"
    hang_up "$c"
    hang_up "$d"
    server_wait
    server_ended_well
  done
}

@test "SIGTERM waits for --grace and no longer for a client that does not read" {
  local backend c
  for backend in $(usable_backends); do
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend" --grace 300ms
    dial_and_never_read c
    kill -TERM "$SERVER_PID"
    server_wait
    server_ended_well
    log_has 'the time to stop is over'
    hang_up "$c"
  done
}

@test "a second SIGTERM ends the server at once" {
  local backend c
  for backend in $(usable_backends); do
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend" --grace 1h
    dial_and_never_read c
    kill -TERM "$SERVER_PID"
    wait_until log_has 'INFO - stopping'
    kill -TERM "$SERVER_PID"
    server_wait
    server_ended_well
    hang_up "$c"
  done
}

@test "after SIGTERM no one is connected any more" {
  server_start "${OUT}servers/zen_server"
  server_stop
  run "${OUT}clients/zen_client" -p "$SERVER_PORT" 127.0.0.1
  assert_failure 1
  assert_output --partial 'Connection refused'
}

# A count comes a moment after the answer that it counts: so the server is asked until it is there.
counts_say() {
  kill -USR1 "$SERVER_PID"
  log_has "$1"
}

@test "SIGUSR1 prints the counters, serving goes on" {
  local backend c
  for backend in $(usable_backends); do
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend"
    dial c
    ask "$c"
    ask "$c"
    wait_until counts_say '^answers +2 '
    log_has "zen_server, backend $backend"
    ask "$c"
    wait_until counts_say '^answers +3 '
    hang_up "$c"
    server_stop
  done
}

@test "SIGHUP without a log file changes nothing" {
  local backend c
  for backend in $(usable_backends); do
    server_start "${OUT}servers/zen_server" -b "$backend"
    dial c
    kill -HUP "$SERVER_PID"
    ask "$c"
    hang_up "$c"
    server_stop
  done
}

@test "a port is free again at once, whoever closed first" {
  local c port
  server_start "${OUT}servers/zen_server"
  port=$SERVER_PORT
  dial c
  ask "$c"
  kill -TERM "$SERVER_PID"
  hears_end "$c"
  hang_up "$c"
  server_wait
  server_ended_well
  server_start "${OUT}servers/zen_server" -p "$port"
  assert_equal "$SERVER_PORT" "$port"
  server_stop
}
