# uring.bats - io_uring: what is special about it. All else is in the conformance suite, as for every backend.
#
# A server that is stopped (SIGSTOP) takes nothing, so what its clients do meanwhile is there all at once when it goes on.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() {
  common_setup
  if [[ $BATS_TEST_DESCRIPTION != *forbidden* ]]; then
    local line
    line=$("${OUT}servers/zen_server" --list-backends | awk '$1 == "io_uring" && $4 != "yes"')
    [[ ! $line ]] || skip "io_uring cannot be used here"
  fi
}
teardown() { common_teardown; }

# forbid ERROR COMMAND...: run it where io_uring_setup(2) says so.
forbid() {
  [[ -x $BATS_TEST_TMPDIR/forbid ]] || "${CC:-cc}" -o "$BATS_TEST_TMPDIR/forbid" tests/plugins/forbid_uring.c
  run "$BATS_TEST_TMPDIR/forbid" "$@"
  ((status != 77)) || skip "seccomp(2) cannot be used here"
}

start() {
  server_start "${OUT}servers/${1}_server" -b io_uring --stats "$BATS_TEST_TMPDIR/stats" "${@:2}"
}

# load_well PROTOCOL ARGUMENT...: each answer is there, and right.
load_well() {
  run timeout $((6 * PATIENCE)) "${OUT}bench/load" --timeout "${PATIENCE}s" -q --no-progress "${@:2}" \
    "$1://127.0.0.1:$SERVER_PORT"
  assert_success
}

# A field of the JSON that --stats has written; 0: there is none.
counted() {
  local n
  n=$(sed -n 's/.*"counts":{\([^}]*\)}.*/,\1/; s/.*[{,]"'"$1"'":\([0-9]*\).*/\1/p' "$BATS_TEST_TMPDIR/stats")
  echo "${n:-0}"
}

n_descriptors() {
  find "/proc/$SERVER_PID/fd" -mindepth 1 | wc -l
}

holds_no_more_than() {
  (($(n_descriptors) <= $1))
}

@test "where it is forbidden, the list and one line say by what, and everything else goes on" {
  forbid EPERM "${OUT}servers/zen_server" --list-backends
  assert_success
  assert_line --regexp '^io_uring +completion +many +no +(a seccomp filter forbids|kernel.io_uring_disabled is)'
  assert_line --regexp '^epoll_lt .* yes '
  forbid ENOSYS "${OUT}servers/zen_server" --list-backends
  assert_line --regexp '^io_uring .* no +this kernel has no io_uring .* or a container hides it'
  forbid EPERM "${OUT}servers/zen_server" -b io_uring -p 0
  assert_failure 1
  one_line
  assert_output --regexp '^zen_server: backend io_uring does not work on this machine: (a seccomp|kernel)'
}

@test "one call for many requests: none for receives and sends" {
  local answers
  start zen
  load_well zen -c 100 -n 20000
  server_stop
  answers=$(counted answers)
  echo "$answers answers: $(counted enter) enter, $(counted other) other"
  ((answers >= 20000))
  ((2 * $(counted enter) < answers))
  assert_equal "$(counted recv) $(counted send) $(counted wait) $(counted close)" "0 0 0 0"
}

@test "a connection for each request: less than half the calls that a reactor makes" {
  local sessions
  start zen
  load_well zen -c 50 -n 3000 --churn
  server_stop
  sessions=$(counted sessions)
  echo "$sessions sessions: $(counted enter) enter, $(counted other) other, $(counted shutdown) shutdown"
  ((sessions >= 3000))
  (($(counted enter) + $(counted other) + $(counted accept) + $(counted recv) + $(counted close) < 3 * sessions))
}

# They are accepted as they come, before we can say that there is no room.
@test "a crowd that came all at once waits for its turn, and each has one" {
  local fd
  CROWD=()
  start zen --max-conns 3
  halt
  crowd 60
  for fd in "${CROWD[@]}"; do printf 'Now is better than?' >&"$fd"; done
  kill -CONT "$SERVER_PID"
  for fd in "${CROWD[@]}"; do
    assert_equal "$(answer "$fd")" never.
    hang_up "$fd"
  done
  server_stop
  assert_equal "$(grep -c 'accepting pauses: 3 clients' "$SERVER_LOG")" 1
  assert_equal "$(counted sessions)" 60
}

@test "those who wait for a place are let go at the end" {
  CROWD=()
  start zen --max-conns 1 --grace 100ms
  crowd 1
  ask "${CROWD[0]}"
  crowd 20
  wait_until log_has 'accepting pauses: 1 clients'
  server_stop
  for fd in "${CROWD[@]}"; do hang_up "$fd"; done
}

@test "clients that flood do not take the buffers from the others" {
  start zen --idle-timeout 0
  load_well zen -c 20 -n 5000 --slow-readers 50
  server_stop
  start echo
  load_well echo -c 4 -n 200 --payload 300000 --slow-readers 20
  server_stop
}

@test "sends that the socket takes in pieces arrive whole" {
  start echo
  load_well echo -c 3 -n 60 --payload 2000000
  server_stop
}

# What is under way when a client goes is called back, and may end when its place has another owner.
@test "resets under load: no answer goes astray, and nothing is left open" {
  local before
  start zen --idle-timeout 50ms
  load_well zen -c 1 -n 10
  before=$(n_descriptors)
  load_well zen -c 50 -n 4000 --churn --reset --pipeline 3
  load_well zen -c 50 -n 4000 --churn --pipeline 20
  wait_until holds_no_more_than "$before"
  server_stop
}

# Its receive is under way, and has been for a while, when its time is over.
@test "a silent client's time is over while its receive is under way, again and again" {
  local round fd
  CROWD=()
  start zen --idle-timeout 20ms
  for round in 1 2 3; do
    CROWD=()
    crowd 10
    for fd in "${CROWD[@]}"; do
      hears_end "$fd"
      hang_up "$fd"
    done
  done
  server_stop
}

@test "it waits for a listener exclusively: several loops have a client each, and no --accept shared" {
  run "${OUT}servers/zen_server" -b io_uring -w 2 --accept shared -p 0
  assert_failure 2
  one_line
  assert_output --partial 'has no --accept shared; it has: exclusive reuseport dispatch'
  for mode in exclusive reuseport dispatch; do
    start zen -w 3 --accept "$mode"
    load_well zen -c 30 -n 3000 --churn
    server_stop
  done
}
