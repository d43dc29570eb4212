# processes.bats - servers of several processes: what they share, and what happens when one of them dies.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() { common_setup; }
teardown() { common_teardown; }

needs() {
  usable_backends | grep -qx "$1" || skip "$1 is not asked for"
}

# The server's children, zombies too.
children() {
  cat "/proc/$SERVER_PID/task/"*/children
}

has_children() {
  (($(children | wc -w) == $1))
}

# has_others N PID: N children, and this is none of them.
has_others() {
  has_children "$1" && [[ " $(children) " != *" $2 "* ]]
}

n_fds() {
  find "/proc/$1/fd" -mindepth 1 | wc -l
}

# The child that has most descriptors open: who serves the only client.
busiest() {
  local pid
  for pid in $(children); do
    echo "$(n_fds "$pid") $pid"
  done | sort -n | tail -n 1 | cut -d ' ' -f 2
}

@test "prefork: who is killed loses its client and no other, and another one takes its place" {
  local a b pid
  needs prefork
  server_start "${OUT}servers/zen_server" -b prefork -w 3 --idle-timeout 0
  has_children 3
  dial a
  ask "$a"
  pid=$(busiest)
  dial b
  ask "$b"
  kill -KILL "$pid"
  hears_end "$a"
  hang_up "$a"
  ask "$b"
  wait_until log_has "WARNING - worker [0-2] \(pid $pid\) was killed by signal 9: another takes its place"
  wait_until has_others 3 "$pid"
  local clients=() i
  for i in 0 1; do # with b, one for each
    dial clients[i]
    ask "${clients[i]}"
  done
  ask "$b"
  server_stop
}

@test "prefork: who dies again and again is started again after longer and longer pauses" {
  local pid i
  needs prefork
  server_start "${OUT}servers/zen_server" -b prefork -w 1
  for i in 100 200 400; do
    pid=$(children)
    kill -KILL "${pid% }"
    wait_until has_others 1 "${pid% }"
    log_has "another takes its place in $i ms"
  done
  server_stop
}

@test "prefork: a killed worker's counts stay, and no place is lost" {
  local c i
  needs prefork
  server_start "${OUT}servers/zen_server" -b prefork -w 1 --stats "$BATS_TEST_TMPDIR/stats"
  dial c
  ask "$c"
  wait_until counts_say '^answers +1 '
  kill -KILL "$(children | tr -d ' ')"
  hears_end "$c"
  hang_up "$c"
  dial c
  ask "$c"
  hang_up "$c"
  server_stop
  grep -q '"sessions":2,"answers":2,' "$BATS_TEST_TMPDIR/stats"
}

counts_say() {
  kill -USR1 "$SERVER_PID"
  log_has "$1"
}

@test "fork: who has served its client is gone, not a zombie" {
  local c
  needs fork
  server_start "${OUT}servers/zen_server" -b fork
  dial c
  ask "$c"
  has_children 1
  run "${OUT}bench/load" -c 4 --churn --requests 100 --no-progress "zen://127.0.0.1:$SERVER_PORT"
  assert_success
  wait_until has_children 1
  ask "$c"
  hang_up "$c"
  wait_until has_children 0
  server_stop
}

@test "fork: a client's process that is killed is one line in the log, and its place is free again" {
  local c next
  needs fork
  server_start "${OUT}servers/zen_server" -b fork --max-conns 1
  dial c
  ask "$c"
  dial next
  printf 'Now is better than?' >&"$next"
  kill -KILL "$(children | tr -d ' ')"
  assert_equal "$(answer "$next")" never.
  log_has 'WARNING - worker [0-9]+ \(pid [0-9]+\), one client.s, was killed by signal 9'
  hang_up "$c"
  hang_up "$next"
  server_stop
}

@test "SIGTERM to several processes: what has arrived is answered, and nothing is left" {
  local backend i clients
  for backend in fork prefork; do
    usable_backends | grep -qx "$backend" || continue
    echo "backend $backend"
    clients=()
    server_start "${OUT}servers/zen_server" -b "$backend" --think-ms 40
    for ((i = 0; i < 10; i++)); do
      dial clients[i]
      printf 'Beautiful is better than?Explicit is better than?' >&"${clients[i]}"
    done
    for i in "${clients[@]}"; do assert_equal "$(answer "$i")" ugly.; done
    run ! grep -E '/dev/shm/|/SYSV' "/proc/$SERVER_PID/maps" # memory that would outlive them
    kill -TERM "$SERVER_PID"
    for i in "${clients[@]}"; do
      assert_equal "$(answer "$i")" implicit.
      hears_end "$i"
      hang_up "$i"
    done
    server_wait # it ends when the last of them has closed standard output
    server_ended_well
    run ! log_has 'WARNING'
  done
}

# As Ctrl-C in a terminal does it, and systemd.
@test "a signal to all of them at once is taken by the first, and they end in good order" {
  local backend c
  for backend in fork prefork; do
    usable_backends | grep -qx "$backend" || continue
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend" --think-ms 40
    dial c
    printf 'Beautiful is better than?Explicit is better than?' >&"$c"
    assert_equal "$(answer "$c")" ugly.
    # shellcheck disable=SC2046 # numbers
    kill -INT $(children) "$SERVER_PID"
    assert_equal "$(answer "$c")" implicit.
    hears_end "$c"
    hang_up "$c"
    server_wait
    server_ended_well
    run ! log_has 'WARNING'
  done
}

@test "a first process that is killed takes its children with it" {
  local backend c
  for backend in fork prefork; do
    usable_backends | grep -qx "$backend" || continue
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend" --idle-timeout 0
    dial c
    ask "$c"
    kill -KILL "$SERVER_PID"
    hears_end "$c"
    hang_up "$c"
    server_wait
    assert_equal "$SERVER_STATUS" 137
  done
}

@test "counters: what all processes did is added up" {
  local backend
  for backend in fork prefork; do
    usable_backends | grep -qx "$backend" || continue
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend" -w "$([[ $backend == fork ]] && echo 1 || echo 6)" \
      --stats "$BATS_TEST_TMPDIR/stats"
    run "${OUT}bench/load" -c 6 --churn --requests 200 --no-progress "zen://127.0.0.1:$SERVER_PORT"
    assert_success
    server_stop
    # The load may break off connections at its end: at least those were answered.
    assert_equal "$(sed -n -E '1s/.*"answers":([0-9]+),"counts".*/\1/p' "$BATS_TEST_TMPDIR/stats")" 200
  done
}

@test "prefork: a master's clients take turns, whichever process they come to" {
  local clients=() i line
  needs prefork
  server_start "${OUT}servers/redirect_master" -b prefork -w 4 --health-interval 0 \
    --slave 127.0.0.1:9000 --slave 127.0.0.1:9001
  for i in 0 1 2 3; do # one at each process
    dial clients[i]
  done
  for i in 0 1 2 3 3 2 1 0; do
    printf 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n' >&"${clients[i]}"
    while IFS= read -r -t "$PATIENCE" -u "${clients[i]}" line && [[ $line != Location* ]]; do :; done
    line=${line%/a*}
    echo "${line##*:}" # the body, if there is one, is read over the next time
  done >"$BATS_TEST_TMPDIR/turns"
  assert_equal "$(sort "$BATS_TEST_TMPDIR/turns" | uniq -c | awk '{ print $1 }' | tr '\n' ' ')" "4 4 "
  server_stop
}

@test "prefork: each process keeps objects of its own, and one process keeps them for all its clients" {
  needs prefork
  server_start "${OUT}servers/proxy_server" -b prefork -w 1
  run timeout $((6 * PATIENCE)) "${BUILD}tests/conform/probe" --service proxy --port "$SERVER_PORT" \
    --patience "$PATIENCE" --case what_is_cached
  assert_success
  server_stop
}

@test "prefork: SIGHUP opens the logs anew in every process" {
  local a b log=$BATS_TEST_TMPDIR/access
  needs prefork
  mkdir "$BATS_TEST_TMPDIR/root"
  server_start "${OUT}servers/web_server" -b prefork -w 2 --root "$BATS_TEST_TMPDIR/root" --access-log "$log"
  dial a
  dial b
  get "$a"
  get "$b"
  wait_until has_lines "$log" 2
  mv "$log" "$log.old"
  kill -HUP "$SERVER_PID"
  wait_until test -e "$log"
  get "$a"
  get "$b"
  wait_until has_lines "$log" 2
  has_lines "$log.old" 2
  hang_up "$a"
  hang_up "$b"
  server_stop
}

# A path that is not there, and all of the answer, which is a head.
get() {
  local line
  printf 'HEAD /none HTTP/1.1\r\nHost: x\r\n\r\n' >&"$1"
  IFS= read -r -t "$PATIENCE" -u "$1" line
  [[ $line == *404* ]] || return 1
  while IFS= read -r -t "$PATIENCE" -u "$1" line && [[ $line != $'\r' ]]; do :; done
}

has_lines() {
  (($(wc -l <"$1") == $2))
}

@test "a listener that was handed over (LISTEN_FDS) is served by all processes" {
  local c d
  needs prefork
  command -v python3 >/dev/null || skip "no python3 to make a listener with"
  server_start python3 -c 'import os, socket, sys
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(8)
os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[1], sys.argv[1:])' "${OUT}servers/zen_server" -b prefork -w 2
  dial c
  dial d
  ask "$c"
  ask "$d"
  hang_up "$c"
  hang_up "$d"
  server_stop
}
