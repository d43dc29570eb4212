# limits.bats - out of descriptors, places or patience: those who are in are served, the others wait.
#
# A connection that waits has been made by the kernel (listen(2), the backlog): its client can send, and is
# answered when there is room.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() { common_setup; }
teardown() { common_teardown; }

# CROWD from FIRST on, COUNT of them.
ask_crowd() {
  local fd
  for fd in "${CROWD[@]:$1:$2}"; do
    ask "$fd"
  done
}

leave() {
  local fd
  for fd in "${CROWD[@]:$1:$2}"; do
    hang_up "$fd"
  done
}

# No byte comes for one second: the client waits, as it should.
is_silent() {
  local byte
  run ! read -r -n 1 -t 1 -u "$1" byte
}

# How many system calls the server has made for its clients until now.
calls() {
  local n
  n=$(grep -c '^CPU time' "$SERVER_LOG")
  kill -USR1 "$SERVER_PID"
  wait_until has_reports $((n + 1))
  awk '/, backend / { sum = 0 } $1 ~ /^(accept|wait|ctl|recv|sleep)$/ { sum += $2 } END { print sum + 0 }' "$SERVER_LOG"
}

has_reports() {
  (($(grep -c '^CPU time' "$SERVER_LOG") >= $1))
}

with_descriptors() {
  local n=$1
  shift
  server_start bash -c "ulimit -n $n; exec \"\$0\" \"\$@\"" "$@"
}

@test "out of descriptors: those inside are served, the others when there is room, and no processor is burnt" {
  local backend before after
  for backend in $(concurrent_backends); do
    echo "backend $backend"
    CROWD=()
    # shellcheck disable=SC2046 # two words, or none
    with_descriptors 40 "${OUT}servers/zen_server" -b "$backend" $(workers_for "$backend" 64)
    crowd 100
    printf 'Now is better than?' >&"${CROWD[99]}"
    ask_crowd 0 20
    ask_crowd 0 20
    before=$(calls)
    is_silent "${CROWD[99]}" # a second in which no one asks
    after=$(calls)
    echo "$((after - before)) system calls in an idle second"
    ((after - before < 100)) || fail "the server spins"
    # Each process of a pool has descriptors of its own, and enough of them for one client.
    [[ $backend == prefork ]] || assert_equal "$(grep -c 'accepting pauses' "$SERVER_LOG")" 1
    leave 0 80
    assert_equal "$(answer "${CROWD[99]}")" never.
    ask_crowd 80 20
    leave 80 20
    server_stop
  done
}

@test "--max-conns: one more waits until one leaves" {
  local backend
  for backend in $(concurrent_backends); do
    echo "backend $backend"
    CROWD=()
    server_start "${OUT}servers/zen_server" -b "$backend" --max-conns 5
    crowd 6
    printf 'Now is better than?' >&"${CROWD[5]}"
    ask_crowd 0 5
    ask_crowd 0 5
    run ! has_heard "${CROWD[5]}"
    leave 0 1
    assert_equal "$(answer "${CROWD[5]}")" never.
    ask_crowd 1 5
    leave 1 5
    server_stop
  done
}

# bash reads with select(2) too, so a crowd of this size is the probe's.
@test "more clients than select has descriptors for: it stops accepting, serves on, and takes up again" {
  server_start "${OUT}servers/zen_server" -b select
  run timeout $((6 * PATIENCE)) "${BUILD}tests/conform/probe" --service zen --port "$SERVER_PORT" --patience "$PATIENCE" \
    --case crowd_at_once --crowd 1200
  assert_success
  assert_line --regexp '^ok 1 - crowd_at_once$'
  server_stop
  assert_equal "$(grep -c 'accepting pauses' "$SERVER_LOG")" 1
}

@test "--idle-timeout closes the silent and the half-said" {
  local backend silent half
  for backend in $(concurrent_backends); do
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend" --idle-timeout 100ms
    dial silent
    dial half
    printf 'Now is better' >&"$half"
    hears_end "$silent"
    hears_end "$half"
    hang_up "$silent"
    hang_up "$half"
    server_stop
  done
}

# There is one place: that someone else is served shows that it is free again.
@test "--idle-timeout closes who does not read" {
  local backend c next
  for backend in $(usable_backends); do
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend" --max-conns 1 --idle-timeout 100ms
    dial_and_never_read c
    dial next
    ask "$next"
    hang_up "$next"
    hang_up "$c"
    server_stop
  done
}

@test "--idle-timeout counts from the last sign of life" {
  local c i
  server_start "${OUT}servers/zen_server" --idle-timeout 1s
  dial c
  for i in 1 2 3; do # longer than the time-out in all
    is_silent_for_half_a_second "$c"
    ask "$c"
  done
  hears_end "$c"
  hang_up "$c"
  server_stop
}

is_silent_for_half_a_second() {
  local byte
  run ! read -r -n 1 -t 0.5 -u "$1" byte
}

# A byte now and then is no sign of life: who never gets to the '?' is closed all the same.
@test "--idle-timeout is not put off by a dribbled question" {
  local backend c i byte status
  for backend in $(usable_backends); do
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend" --idle-timeout 300ms
    dial c
    for ((i = 0; i < 10 * PATIENCE; i++)); do
      printf x >&"$c"
      status=0
      IFS= read -r -n 1 -t 0.1 -u "$c" byte || status=$?
      ((status > 128)) || break # the end, and not just nothing
    done
    ((status == 1)) || fail "still open after $i bytes"
    hang_up "$c"
    server_stop
  done
}

@test "--idle-timeout 0 closes no one" {
  local c
  server_start "${OUT}servers/zen_server" --idle-timeout 0
  dial c
  is_silent "$c"
  ask "$c"
  hang_up "$c"
  server_stop
}

@test "iterative: a silent client keeps the next one waiting, until --idle-timeout ends it" {
  local silent next
  server_start "${OUT}servers/zen_server" -b iterative --idle-timeout 200ms
  dial silent
  dial next
  printf 'Now is better than?' >&"$next"
  assert_equal "$(answer "$next")" never.
  hears_end "$silent"
  hang_up "$silent"
  hang_up "$next"
  server_stop
}
