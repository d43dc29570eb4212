# sigio.bats - signal-driven I/O: what is special about it. All else is in the conformance suite, as for every backend.
#
# A server that is stopped (SIGSTOP) takes no signals, so what its clients do meanwhile piles up in the queue: that
# makes an overflow, or a crowd at the door, happen for certain.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() { common_setup; }
teardown() { common_teardown; }

overflow='WARNING - the queue of signals is full \(RLIMIT_SIGPENDING'

# with_queue N COMMAND...: room for N signals.
with_queue() {
  local n=$1
  shift
  server_start bash -c "ulimit -i $n; exec \"\$0\" \"\$@\"" "$@"
}

crowd_hears() {
  local fd
  for fd in "${CROWD[@]}"; do
    assert_equal "$(answer "$fd")" "$1"
  done
}

leave() {
  local fd
  for fd in "${CROWD[@]}"; do
    hang_up "$fd"
  done
}

# A field of the JSON that --stats has written.
counted() {
  sed -n 's/.*"counts":{\(.*\)}.*/,\1/; s/.*[{,]"'"$1"'":\([0-9]*\).*/\1/p' "$BATS_TEST_TMPDIR/stats"
}

@test "the queue overflows: everyone is answered, and the log says once which limit it was" {
  CROWD=()
  with_queue 8 "${OUT}servers/zen_server" -b sigio
  crowd 60
  tell_crowd 'Flat is better than?'
  crowd_hears nested.
  for _ in 1 2; do
    halt
    tell_crowd 'Now is better than?'
    kill -CONT "$SERVER_PID"
    crowd_hears never.
  done
  assert_equal "$(grep -c -E "$overflow" "$SERVER_LOG")" 1
  log_has "$overflow, ulimit -i, is 8\)"
  leave
  server_stop
}

@test "no room for a single signal: it lives on poll(2) alone" {
  with_queue 0 "${OUT}servers/zen_server" -b sigio
  run timeout "$((3 * PATIENCE))" "${OUT}bench/load" -c 20 -n 2000 --timeout "${PATIENCE}s" "zen://127.0.0.1:$SERVER_PORT"
  assert_success
  log_has "$overflow, ulimit -i, is 0\)"
  server_stop
}

# More than are accepted in one turn, and one signal tells of each of them: none is forgotten at the door.
@test "a crowd that came while no one looked is let in, whatever the room for signals" {
  local limit
  for limit in 0 8 1000; do
    CROWD=()
    with_queue "$limit" "${OUT}servers/zen_server" -b sigio
    halt
    crowd 200
    tell_crowd 'Now is better than?'
    kill -CONT "$SERVER_PID"
    crowd_hears never.
    leave
    server_stop
  done
}

# Of a question and the end behind it, which make a signal each, one receive takes the first only. There is one place: that the next client is
# served shows that the end was seen too.
@test "an end that came together with the last question is not overlooked" {
  local first next limit
  for limit in 0 8 1000; do
    with_queue "$limit" "${OUT}servers/zen_server" -b sigio --max-conns 1 --idle-timeout 0
    dial first
    ask "$first"
    halt
    printf 'Flat is better than?' >&"$first"
    hang_up "$first"
    kill -CONT "$SERVER_PID"
    dial next
    ask "$next"
    hang_up "$next"
    server_stop
  done
}

# Not the kernel's: they say nothing of a descriptor, whatever stands in their place for one.
@test "such signals from someone else change nothing" {
  local c
  server_start "${OUT}servers/zen_server" -b sigio
  dial c
  ask "$c"
  kill -s RTMIN "$SERVER_PID"
  kill -s IO "$SERVER_PID"
  ask "$c"
  hang_up "$c"
  server_stop
  run ! log_has "$overflow"
}

# The lesson in numbers: a wait brings one signal, and three calls make a connection raise them.
@test "one wait for each signal, and three calls for each connection" {
  local answers waits events sessions ctl
  server_start "${OUT}servers/zen_server" -b sigio --stats "$BATS_TEST_TMPDIR/stats"
  run timeout "$((3 * PATIENCE))" "${OUT}bench/load" -c 50 -n 5000 --timeout "${PATIENCE}s" "zen://127.0.0.1:$SERVER_PORT"
  assert_success
  server_stop
  answers=$(counted answers) waits=$(counted wait) events=$(counted events)
  sessions=$(counted sessions) ctl=$(counted ctl)
  echo "$answers answers, $waits waits, $events events, $sessions sessions, $ctl calls to set them up"
  ((answers >= 5000 && sessions >= 50))
  ((waits >= answers)) # epoll makes do with a fraction of that
  ((waits <= 3 * (answers + 2 * sessions) + 20)) # at worst two more for each: no other signal, and what it was
  ((events <= answers + 3 * sessions + 20))
  ((ctl >= 3 * sessions && ctl <= 3 * sessions + 20))
}
