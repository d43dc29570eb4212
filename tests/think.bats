# think.bats - a slow answer: --think timer lets a loop serve others meanwhile, --think block freezes it.
#
# The only statement on time is against a bound that follows from the option itself: N thoughts of T one after
# the other cannot take less than N * T, and those at the same time take about T.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() { common_setup; }
teardown() { common_teardown; }

now_ms() {
  echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# N clients ask at once, each is answered. Sets ELAPSED, in ms.
crowd_thinks() {
  local i fd fds=() begin
  for ((i = 0; i < $1; i++)); do
    dial fd
    fds+=("$fd")
  done
  begin=$(now_ms)
  for fd in "${fds[@]}"; do
    printf 'Sparse is better than?' >&"$fd"
  done
  for fd in "${fds[@]}"; do
    assert_equal "$(answer "$fd")" dense.
    hang_up "$fd"
  done
  ELAPSED=$(($(now_ms) - begin))
  echo "$1 answers in $ELAPSED ms"
}

@test "--think timer: 100 clients wait at the same time" {
  local backend
  for backend in $(concurrent_backends); do
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend" --think-ms 200 --think timer
    crowd_thinks 100 # 20 s if it were one after the other
    ((ELAPSED >= 200)) || fail "answered before the time"
    ((ELAPSED < 20000)) || fail "one after the other"
    server_stop
  done
}

@test "--think block: a loop answers one after the other" {
  local backend
  for backend in $("${OUT}servers/zen_server" --list-backends | awk '$2 == "readiness" && $4 == "yes" { print $1 }'); do
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend" --think-ms 50 --think block
    crowd_thinks 8
    ((ELAPSED >= 8 * 50)) || fail "the loop did not block"
    server_stop
  done
}

@test "--think block: a thread of its own for each client makes no difference to the others" {
  server_start "${OUT}servers/zen_server" -b thread --think-ms 200 --think block
  crowd_thinks 100
  ((ELAPSED >= 200)) || fail "answered before the time"
  ((ELAPSED < 20000)) || fail "one after the other"
  server_stop
}

@test "thoughts of one client stay in order, and each takes its time" {
  local backend c begin
  for backend in $(usable_backends); do
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend" --think-ms 50
    dial c
    begin=$(now_ms)
    printf 'Now is better than?What?Flat is better than?' >&"$c"
    assert_equal "$(answer "$c")$(answer "$c")$(answer "$c")" "never.Error: unknown aphorism.nested."
    (($(now_ms) - begin >= 150)) || fail "three thoughts of 50 ms took less than 150 ms"
    hang_up "$c"
    server_stop
  done
}

@test "a client that leaves while the server thinks does no harm" {
  local backend c i
  for backend in $(usable_backends); do
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend" --think-ms 20
    for i in 1 2 3 4 5; do
      dial c
      printf 'Now is better than?Flat is better than?' >&"$c"
      hang_up "$c"
    done
    dial c
    ask "$c"
    hang_up "$c"
    server_stop
  done
}

@test "a long thought is not counted against the client's time-out" {
  local backend c begin rest
  for backend in $(usable_backends); do
    echo "backend $backend"
    # The thought takes longer than the time-out: a clock read before it would close the connection at once.
    server_start "${OUT}servers/zen_server" -b "$backend" --think-ms 700 --think block --idle-timeout 500ms
    dial c
    begin=$(now_ms)
    ask "$c"
    IFS= read -r -d '' -t "$PATIENCE" -u "$c" rest || true
    (($(now_ms) - begin >= 1200)) || fail "closed $(($(now_ms) - begin)) ms after the question, and not 700 + 500"
    hang_up "$c"
    server_stop
  done
}
