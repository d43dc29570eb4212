# loops.bats - several loops at one address: every way to share the listener, under every backend that has loops.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() { common_setup; }
teardown() { common_teardown; }

MODES=(shared exclusive reuseport dispatch)

# modes_of BACKEND: those that it has, by its own word; it cannot listen on an address that is no one's (RFC 5737).
modes_of() {
  local mode line
  for mode in "${MODES[@]}"; do
    line=$("${OUT}servers/zen_server" 192.0.2.1 -b "$1" -w 2 --accept "$mode" 2>&1) || true
    [[ $line != *"cannot listen"* ]] || echo "$mode"
  done
}

# Those with loops: they can deal.
loop_backends() {
  local backend
  for backend in $(usable_backends); do
    [[ $(modes_of "$backend") != *dispatch* ]] || echo "$backend"
  done
}

# per_worker FIELD: of each worker, from --stats.
per_worker() {
  sed -n -E 's/^\{"worker".*"'"$1"'":([0-9]+).*/\1/p' "$BATS_TEST_TMPDIR/stats"
}

sum() {
  local n total=0
  for n in "$@"; do total=$((total + n)); done
  echo "$total"
}

# serves_all BACKEND MODE [ARGUMENT...]: twelve clients, who are counted.
serves_all() {
  local backend=$1 mode=$2 clients=() i
  shift 2
  echo "backend $backend, --accept $mode $*"
  server_start "${OUT}servers/zen_server" -b "$backend" -w 3 --accept "$mode" "$@" --stats "$BATS_TEST_TMPDIR/stats"
  for ((i = 0; i < 12; i++)); do
    dial "clients[$i]"
  done
  for i in "${clients[@]}"; do ask "$i"; done
  for i in "${clients[@]}"; do hang_up "$i"; done
  server_stop
  # shellcheck disable=SC2046 # numbers
  assert_equal "$(sum $(per_worker sessions)) $(sum $(per_worker answers))" "12 12"
  assert_equal "$(per_worker sessions | wc -l)" 3
}

@test "each way to share the listener serves everyone, and counts who served whom" {
  local backend mode
  for backend in $(loop_backends); do
    for mode in $(modes_of "$backend"); do
      serves_all "$backend" "$mode"
      [[ $mode == dispatch ]] || continue
      assert_equal "$(per_worker sessions | tr '\n' ' ')" "4 4 4 "
      # One who accepts for all is never told in vain.
      assert_equal "$(per_worker vain | tr '\n' ' ')" "0 0 0 "
    done
  done
}

@test "--processes: the same, with a process for each loop" {
  local backend mode
  for backend in $(loop_backends); do
    for mode in $(modes_of "$backend"); do
      [[ $mode == dispatch ]] || serves_all "$backend" "$mode" --processes
    done
  done
}

@test "--processes: one that is killed is replaced, and its clients are not counted any more" {
  local c d victim
  server_start "${OUT}servers/zen_server" -w 1 --processes --max-conns 1
  dial c
  ask "$c"
  victim=$(tr -d " " <"/proc/$SERVER_PID/task/$SERVER_PID/children")
  kill -KILL "$victim"
  hang_up "$c"
  dial d
  ask "$d" # with the dead one's client still counted there would be no room
  log_has "WARNING - worker 0 \(pid $victim\) was killed by signal 9: another takes its place"
  hang_up "$d"
  server_stop
}

# listeners: how many sockets listen at the server's port.
listeners() {
  local port
  printf -v port %04X "$SERVER_PORT"
  awk -v port="$port" '$4 == "0A" && $2 ~ ":" port "$"' /proc/net/tcp | wc -l
}

@test "--accept reuseport: a listener for each loop; else there is one" {
  server_start "${OUT}servers/zen_server" -w 3 --accept reuseport
  assert_equal "$(listeners)" 3
  server_stop
  server_start "${OUT}servers/zen_server" -w 3
  assert_equal "$(listeners)" 1
  server_stop
}

# stops_well BACKEND MODE [ARGUMENT...]. As in signals.bats: the first answer shows that all questions have arrived.
stops_well() {
  local clients=() silent i backend=$1 mode=$2
  shift 2
  server_start "${OUT}servers/zen_server" -b "$backend" -w 3 --accept "$mode" "$@" --think-ms 40 --grace 1h
  for ((i = 0; i < 4; i++)); do
    dial "clients[$i]"
    printf 'Beautiful is better than?Explicit is better than?' >&"${clients[i]}"
  done
  dial silent
  for i in "${clients[@]}"; do assert_equal "$(answer "$i")" ugly.; done
  kill -TERM "$SERVER_PID"
  for i in "${clients[@]}"; do
    assert_equal "$(answer "$i")" implicit.
    hears_end "$i"
    hang_up "$i"
  done
  hears_end "$silent"
  hang_up "$silent"
  server_wait
  server_ended_well
}

@test "SIGTERM: all loops answer what has arrived, and none waits for the silent" {
  local backend mode
  for backend in $(loop_backends); do
    for mode in $(modes_of "$backend"); do
      echo "backend $backend, --accept $mode"
      stops_well "$backend" "$mode"
      [[ $mode == dispatch ]] || stops_well "$backend" "$mode" --processes
    done
  done
}

@test "a stop while clients are on their way from loop to loop ends well" {
  local c load
  for _ in 1 2 3; do
    server_start "${OUT}servers/zen_server" -w 3 --accept dispatch
    spawn /dev/null /dev/null /dev/null "${OUT}bench/load" --churn -c 8 -d 30s --warmup 0 "zen://127.0.0.1:$SERVER_PORT"
    load=$SPAWNED
    dial c
    ask "$c"
    hang_up "$c"
    server_stop
    kill -TERM "$load"
    wait "$load" || true
  done
}

@test "--max-conns is for all loops together" {
  local backend a b c
  for backend in $(loop_backends); do
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend" -w 3 --max-conns 2
    dial a
    dial b
    ask "$a"
    ask "$b"
    dial c
    printf 'Now is better than?' >&"$c"
    ask "$a"
    ask "$b"
    ! has_heard "$c"
    hang_up "$a"
    assert_equal "$(answer "$c")" never.
    hang_up "$b"
    hang_up "$c"
    server_stop
  done
}

@test "--accept and --processes where they mean nothing are refused, with what there is" {
  run "${OUT}servers/zen_server" -b select --accept exclusive
  assert_failure 2
  assert_output "zen_server: backend select has no --accept exclusive; it has: shared reuseport dispatch"
  run "${OUT}servers/zen_server" -b thread --accept reuseport
  assert_failure 2
  assert_output "zen_server: backend thread has no loops, so --accept means nothing to it"
  run "${OUT}servers/zen_server" -b thread --processes
  assert_failure 2
  assert_output "zen_server: backend thread has no loops, so --processes means nothing to it"
  run "${OUT}servers/zen_server" --accept dispatch --processes
  assert_failure 2
  one_line
  run "${OUT}servers/zen_server" --accept dispach
  assert_failure 2
  assert_output --partial dispatch
}
