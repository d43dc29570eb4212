# aio.bats - POSIX AIO as glibc has it: threads. All else is in the conformance suite, as for every backend.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() {
  common_setup
  [[ $(usable_backends) == *posix_aio* ]] || skip "posix_aio cannot be used here"
}
teardown() { common_teardown; }

start() {
  server_start "${OUT}servers/zen_server" -b posix_aio --stats "$BATS_TEST_TMPDIR/stats" "$@"
}

# A field of the JSON that --stats has written.
counted() {
  sed -n 's/.*"counts":{\(.*\)}.*/,\1/; s/.*[{,]"'"$1"'":\([0-9]*\).*/\1/p' "$BATS_TEST_TMPDIR/stats"
}

n_threads() {
  sed -n 's/^Threads:\s*//p' "/proc/$SERVER_PID/status"
}

# The lesson: a thread of libc's sits in read(2) for each client that is silent.
@test "a silent client takes a thread, and the next one waits for it" {
  local a b next spare
  start -w 2
  spare=$(n_threads) # a sanitizer may have some of its own
  dial a
  ask "$a"
  dial b
  ask "$b"
  dial next
  printf 'Now is better than?' >&"$next"
  (($(n_threads) <= spare + 2))
  ask "$a"
  ask "$b"
  run ! has_heard "$next"
  hang_up "$a"
  assert_equal "$(answer "$next")" never.
  hang_up "$b"
  hang_up "$next"
  server_stop
}

# The thread cannot be taken out of its read(2); a shutdown(2) of the socket ends that.
@test "a deadline ends a read that a thread sits in, and so does a stop" {
  local silent next
  start -w 1 --idle-timeout 100ms
  dial silent
  dial next
  printf 'Now is better than?' >&"$next"
  assert_equal "$(answer "$next")" never.
  hears_end "$silent"
  hang_up "$silent"
  hang_up "$next"
  server_stop
  start -w 1 --idle-timeout 0
  dial silent
  ask "$silent"
  server_stop
  hears_end "$silent"
}

# glibc drops the result with the signal, so the client cannot be answered; the others can, if there is room again.
@test "no room for a signal: the result is lost, its client let go, and the log says why" {
  local c
  server_start bash -c "ulimit -i 0; exec \"\$0\" \"\$@\"" "${OUT}servers/zen_server" -b posix_aio
  dial c
  printf 'Now is better than?' >&"$c"
  hears_end "$c"
  hang_up "$c"
  log_has 'the queue of signals is full \(RLIMIT_SIGPENDING, ulimit -i, is 0\)'
  server_stop
}

@test "such signals from someone else change nothing" {
  local c
  start
  dial c
  ask "$c"
  kill -s RTMIN+1 "$SERVER_PID"
  ask "$c"
  hang_up "$c"
  server_stop
}

@test "three calls of AIO for each operation, and no receive or send of the loop's own" {
  local answers aio
  start
  run timeout "$((3 * PATIENCE))" "${OUT}bench/load" -c 10 -n 2000 --timeout "${PATIENCE}s" -q "zen://127.0.0.1:$SERVER_PORT"
  assert_success
  server_stop
  answers=$(counted answers) aio=$(counted aio)
  echo "$answers answers, $aio calls of AIO"
  ((answers >= 2000 && aio >= 6 * answers && aio <= 6 * answers + 200))
}
