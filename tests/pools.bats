# pools.bats - as many clients as workers: who starves, who waits where, and that no one is forgotten.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() { common_setup; }
teardown() { common_teardown; }

pools() {
  local backend
  for backend in $(usable_backends); do
    ! is_pool "$backend" || echo "$backend"
  done
}

# take_all N: N clients, each of whom keeps a worker. Sets HELD.
take_all() {
  local i fd
  HELD=()
  for ((i = 0; i < $1; i++)); do
    dial fd
    ask "$fd"
    HELD+=("$fd")
  done
}

# A count comes a moment after what it counts: so the server is asked until it is there.
counts_say() {
  kill -USR1 "$SERVER_PID"
  log_has "$1"
}

# The last number that the server has told of KIND.
last_count() {
  awk -v kind="$1" '$1 == kind { n = $2 } END { print n + 0 }' "$SERVER_LOG"
}

@test "as many silent clients as workers keep the next one waiting, until one of them leaves" {
  local backend next
  for backend in $(pools); do
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend" -w 4 --idle-timeout 0
    take_all 4
    dial next
    printf 'Now is better than?' >&"$next"
    for i in 0 1 2 3 0 1 2 3; do ask "${HELD[i]}"; done # who is in is served
    run ! has_heard "$next"
    hang_up "${HELD[2]}"
    assert_equal "$(answer "$next")" never.
    for i in 0 1 3; do ask "${HELD[i]}" && hang_up "${HELD[i]}"; done
    hang_up "$next"
    server_stop
  done
}

@test "--max-conns below --workers: fewer workers" {
  local backend
  for backend in $(pools); do
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend" -w 8 --max-conns 3
    [[ $SERVER_LINE == *"workers 3)" ]] || fail "$SERVER_LINE"
    take_all 3
    server_stop
  done
}

@test "SIGTERM: who waits for a worker is answered too" {
  local backend a b
  for backend in $(pools); do
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend" -w 1
    take_all 1
    dial a
    dial b
    printf 'Now is better than?' >&"$a"
    printf 'Flat is better than?' >&"$b"
    kill -TERM "$SERVER_PID"
    assert_equal "$(answer "$a")" never.
    assert_equal "$(answer "$b")" nested.
    hears_end "$a"
    hears_end "$b"
    hears_end "${HELD[0]}"
    hang_up "$a"
    hang_up "$b"
    hang_up "${HELD[0]}"
    server_wait
    server_ended_well
  done
}

@test "thread_queue: the buffer has a bound; behind it, clients wait in the kernel's queue" {
  local i fd clients=()
  usable_backends | grep -qx thread_queue || skip "thread_queue is not asked for"
  server_start "${OUT}servers/zen_server" -b thread_queue -w 1 --idle-timeout 0
  take_all 1
  for ((i = 0; i < 70; i++)); do
    dial fd
    clients+=("$fd")
    printf 'Now is better than?' >&"$fd"
  done
  wait_until counts_say '^accept +66 ' # one is served, 64 are in the buffer, one is in the acceptor's hand
  ask "${HELD[0]}"
  wait_until counts_say '^answers +2 '
  assert_equal "$(last_count accept)" 66
  hang_up "${HELD[0]}"
  for fd in "${clients[@]}"; do # first come, first served: there is one worker
    assert_equal "$(answer "$fd")" never.
    hang_up "$fd"
  done
  server_stop
}

# The semaphores are words on which someone has waited for a permit (FUTEX_WAIT with value 0); what libc does for its own
# locks is at other addresses, or waits for other values.
semaphore_calls() {
  awk '/futex\(/ { word = $0; sub(/.*futex\(/, "", word); sub(/,.*/, "", word); at[++n] = word
      if ($0 ~ /FUTEX_WAIT_PRIVATE, 0,/) ours[word] = 1 }
    END { for (i = 1; i <= n; i++) sum += (at[i] in ours); print sum + 0 }' "$1"
}

@test "thread_queue: the futex calls that are counted are those that strace sees" {
  local trace=$BATS_TEST_TMPDIR/strace stats=$BATS_TEST_TMPDIR/stats counted
  usable_backends | grep -qx thread_queue || skip "thread_queue is not asked for"
  [[ ! ${MUXLAB_SAN-} ]] || skip "a sanitizer has futex calls of its own"
  command -v strace >/dev/null || skip "strace is not installed"
  strace -o /dev/null true || skip "strace may not trace here"
  # -D: strace is the server's child and not its parent, so signals reach the server.
  server_start strace -D -f -q -e trace=futex -e signal=none -o "$trace" "${OUT}servers/zen_server" -b thread_queue -w 4 \
    --stats "$stats"
  run "${OUT}bench/load" -c 3 --churn --requests 200 --no-progress "zen://127.0.0.1:$SERVER_PORT"
  assert_success
  server_stop
  wait_until ends_whole "$trace"
  counted=$(grep -o '"futex":[0-9]*' "$stats" | head -n 1)
  assert_equal "\"futex\":$(semaphore_calls "$trace")" "$counted"
}

# strace has written the last line, and calls that were interrupted by another thread's line are in two pieces.
ends_whole() {
  tail -n 1 "$1" | grep -q '+++ exited with 0 +++'
}
