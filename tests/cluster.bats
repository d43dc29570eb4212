# cluster.bats - web servers and the redirect master as one command: what dies comes back, and all of it stops.
#
# Some tests run the cluster in a folder of its own, where the web_server beside it is a script: it may die when
# it is told to, and becomes the real one otherwise.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() {
  common_setup
  cluster=${OUT}servers/cluster
  client=${OUT}clients/http_client
  PIDS=()
}

teardown() {
  local pid
  common_teardown
  for pid in "${PIDS[@]}"; do
    kill -KILL "$pid" 2>/dev/null || true
  done
}

# own_folder SCRIPT: sets home, and cluster to the one in it. In the script $2 is the port.
own_folder() {
  home=$BATS_TEST_TMPDIR/programs
  cluster=$home/cluster
  mkdir "$home"
  cp "${OUT}servers/cluster" "${OUT}servers/redirect_master" "$home"
  printf '#!/bin/bash\nhome=%q\n%s\nexec %q "$@"\n' "$home" "$1" "$(realpath "${OUT}servers/web_server")" \
    >"$home/web_server"
  chmod +x "$home/web_server"
}

# cluster_start ARGUMENT...: on free ports. Sets master, slaves (process numbers), ports (of the slaves) and
# SERVER_PORT (the master's).
cluster_start() {
  local line n row='^  (master|slave [0-9]+) +pid ([0-9]+) +http://.*:([0-9]+)$'
  server_start "$cluster" --ports auto -p 0 "$@"
  n=${SERVER_LINE##*(} slaves=() ports=()
  for ((n = ${n%% *} + 1; n; n--)); do
    IFS= read -r -t "$PATIENCE" -u "$SERVER_OUT" line
    [[ $line =~ $row ]] || { echo "what is '$line'?" && return 1; }
    PIDS+=("${BASH_REMATCH[2]}")
    if [[ ${BASH_REMATCH[1]} == master ]]; then
      master=${BASH_REMATCH[2]}
    else
      slaves+=("${BASH_REMATCH[2]}") ports+=("${BASH_REMATCH[3]}")
    fi
  done
}

# It has ended; a zombie that no one waits for yet has ended too.
is_gone() {
  local state
  state=$(awk '/^State:/ { print $2 }' "/proc/$1/status" 2>/dev/null) || true
  [[ ! $state || $state == Z ]]
}

# The cluster has ended well, and no program of it is left.
cluster_stop() {
  local pid
  kill "-${1:-TERM}" "$SERVER_PID"
  server_wait
  server_ended_well
  for pid in "${PIDS[@]}"; do
    is_gone "$pid" || { echo "$pid is left" && return 1; }
  done
}

# The process number that a slave has now, from what the log said last when it came back.
came_back() {
  local line="slave $1 \(127.0.0.1:${ports[$1]}, pid ([0-9]+)\) is back"
  newest=$(sed -n -E "s/.*$line\$/\1/p" "$SERVER_LOG" | tail -n 1)
  [[ $newest ]] && PIDS+=("$newest")
}

# where COUNT: the ports that the master sends so many clients to, one a line.
where() {
  "$client" --repeat "$1" --no-follow "http://127.0.0.1:$SERVER_PORT/x" |
    sed -n -E 's/.*[Ll]ocation: .*:([0-9]+)\/x.*/\1/p'
}

# is_known_as STATE NUMBER: to the master.
is_known_as() {
  "$client" "http://127.0.0.1:$SERVER_PORT/master/status" | grep -q "127.0.0.1:${ports[$2]}\".*\"state\": \"$1\""
}

answers() {
  "$client" "http://127.0.0.1:$1/" >"$BATS_TEST_TMPDIR/answer" || true
  grep -q '^HTTP/1.1 ' "$BATS_TEST_TMPDIR/answer"
}

# ---- coming up ----

@test "five slaves on free ports, and a master that deals clients to all of them" {
  local port
  cluster_start
  assert_equal "$SERVER_LINE" "cluster: listening on 127.0.0.1:$SERVER_PORT (5 slaves on free ports)"
  assert_equal "${#slaves[@]}" 5
  assert_equal "$(where 10 | sort)" "$(printf '%s\n' "${ports[@]}" "${ports[@]}" | sort)"
  for port in "${ports[@]}"; do
    answers "$port"
  done
  cluster_stop
}

@test "--ports BASE: one port after the other" {
  server_start "${OUT}servers/echo_server" # a port that is free, once it has ended
  server_stop
  server_start "$cluster" --ports "$SERVER_PORT" --slaves 1 -p 0
  assert_regex "$SERVER_LINE" '^cluster: listening on 127.0.0.1:[0-9]+ \(1 slave: 127.0.0.1:[0-9]+\)$'
  cluster_stop
}

@test "it finds its programs from any folder, and by a symbolic link" {
  ln -s "$(realpath "$cluster")" "$BATS_TEST_TMPDIR/link"
  cluster="env -C / $BATS_TEST_TMPDIR/link"
  # shellcheck disable=SC2086 # three words
  server_start $cluster --ports auto --slaves 1 -p 0
  cluster_stop
}

@test "what is after -- goes to the master, --slave-arg to the slaves" {
  cluster_start --slaves 2 --slave-arg --idle-timeout --slave-arg 7s -- --code 307
  run tr '\0' ' ' <"/proc/${slaves[1]}/cmdline"
  assert_output --partial " --idle-timeout 7s "
  run "$client" --no-follow "http://127.0.0.1:$SERVER_PORT/"
  assert_line --partial 'HTTP/1.1 307 '
  cluster_stop
}

@test "--name: what clients are sent to, when the cluster listens everywhere" {
  cluster_start '' --name localhost --slaves 2
  run "$client" --no-follow "http://127.0.0.1:$SERVER_PORT/x"
  assert_line --regexp "^Location: http://localhost:(${ports[0]}|${ports[1]})/x"
  cluster_stop
}

# ---- deaths ----

@test "kill -9 of a slave: an alert, and it comes back on its port" {
  cluster_start
  kill -KILL "${slaves[2]}"
  wait_until came_back 2
  log_has "WARNING - slave 2 \(127.0.0.1:${ports[2]}, pid ${slaves[2]}\) died: killed by signal 9 \(Killed\);"
  log_has 'starting it again in 100 ms$'
  answers "${ports[2]}"
  cluster_stop
}

@test "kill -9 of the master: the same" {
  cluster_start --slaves 2
  kill -KILL "$master"
  wait_until log_has "master \(127.0.0.1:$SERVER_PORT, pid [0-9]+\) is back$"
  log_has "WARNING - master \(127.0.0.1:$SERVER_PORT, pid $master\) died: killed by signal 9 "
  assert_equal "$(where 4 | sort -u)" "$(printf '%s\n' "${ports[@]}" | sort)"
  cluster_stop
}

@test "kill -9 of all slaves at once: all come back" {
  local i
  cluster_start
  kill -KILL "${slaves[@]}"
  for i in 0 1 2 3 4; do
    wait_until came_back "$i"
    answers "${ports[i]}"
  done
  cluster_stop
}

@test "who dies at once, every time, gets growing pauses; the others serve on" {
  # shellcheck disable=SC2016 # expanded by the script
  own_folder '[[ -e $home/bad.$2 ]] && exit 9'
  cluster_start --slaves 2
  touch "$home/bad.${ports[1]}"
  kill -KILL "${slaves[1]}"
  wait_until log_has "slave 1 .* died: ended with status 9; starting it again in 800 ms"
  assert_equal "$(grep -o 'again in .* ms' "$SERVER_LOG" | head -n 4 | tr '\n' ' ')" \
    "again in 100 ms again in 200 ms again in 400 ms again in 800 ms "
  answers "${ports[0]}"
  rm "$home/bad.${ports[1]}"
  wait_until came_back 1
  answers "${ports[1]}"
  cluster_stop
}

@test "a program that vanishes is tried again until it is there" {
  own_folder ''
  cluster_start --slaves 1
  mv "$home/web_server" "$home/away"
  kill -KILL "${slaves[0]}"
  wait_until log_has "slave 0 .* cannot be started: No such file or directory; trying again in 200 ms"
  mv "$home/away" "$home/web_server"
  wait_until came_back 0
  cluster_stop
}

@test "the master sends no one to a slave that is dead, and again when it is back" {
  # shellcheck disable=SC2016 # expanded by the script
  own_folder '[[ -e $home/bad.$2 ]] && exit 9'
  cluster_start --slaves 3 -- --health-interval 20ms
  touch "$home/bad.${ports[1]}"
  kill -KILL "${slaves[1]}"
  wait_until is_known_as dead 1
  assert_equal "$(where 8 | sort -u)" "$(printf '%s\n' "${ports[0]}" "${ports[2]}" | sort)"
  rm "$home/bad.${ports[1]}"
  wait_until is_known_as alive 1
  assert_equal "$(where 6 | sort -u)" "$(printf '%s\n' "${ports[@]}" | sort)"
  cluster_stop
}

@test "kill -9 of a slave under load loses no more than the redirects already given out" {
  run env MUXLAB_OUT="$OUT" timeout $((10 * PATIENCE)) bench/cluster_kill.sh -c 5 -d 0.1 \
    --timeline "$BATS_TEST_TMPDIR/timeline"
  assert_success
  assert_line --regexp '^  errors +[0-9]+ at slave 2, 0 elsewhere$'
  assert_equal "$(head -n 1 "$BATS_TEST_TMPDIR/timeline")" "time_s,server,answers,errors,redirects"
}

# ---- the end ----

@test "Ctrl-C (SIGINT): the master first, then the slaves; nothing is left, exit 0" {
  cluster_start
  cluster_stop INT
  log_has 'cluster - INFO - stopping: the master, then the slaves'
  run sed -n 's/.* - \([a-z_]*\) - INFO - stopping: requests.*/\1/p' "$SERVER_LOG"
  assert_line --index 0 redirect_master
  assert_equal "${#lines[@]}" 6
}

@test "Ctrl-C while they are being started: nothing is left" {
  # shellcheck disable=SC2016
  own_folder 'echo $$ >>"$home/pids"; (($(wc -l <"$home/pids") < 3)) || sleep 1000'
  spawn /dev/null "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err" "$cluster" --ports auto -p 0
  PIDS+=("$SPAWNED")
  wait_until grep -q -c . "$home/pids"
  third_started() { (($(wc -l <"$home/pids") == 3)); }
  wait_until third_started
  kill -INT "$SPAWNED"
  wait "$SPAWNED"
  while read -r pid; do
    is_gone "$pid"
  done <"$home/pids"
  assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" ""
}

@test "kill -9 of the cluster itself leaves no program behind" {
  local pid
  cluster_start
  kill -KILL "$SERVER_PID"
  for pid in "${PIDS[@]}"; do
    wait_until is_gone "$pid"
  done
}

@test "who does not end within --grace is killed, and the exit status says so" {
  # shellcheck disable=SC2016
  own_folder 'trap "" TERM; echo "w: listening on 127.0.0.1:$2 (never mind)"; while :; do sleep 0.1; done'
  cluster_start --slaves 2 --grace 10ms
  kill -TERM "$SERVER_PID"
  server_wait
  assert_equal "$SERVER_STATUS" 1
  log_has 'the time to stop is over: 2 that still ran are killed'
  is_gone "${slaves[0]}"
  is_gone "${slaves[1]}"
}

@test "a second Ctrl-C does not wait" {
  # shellcheck disable=SC2016
  own_folder 'trap "echo told >>$home/told" TERM
    echo "web_server: listening on 127.0.0.1:$2 (never mind)"; while :; do sleep 0.1; done'
  cluster_start --slaves 1 --grace 1h
  kill -INT "$SERVER_PID"
  wait_until test -e "$home/told"
  cluster_stop INT
}

# ---- what goes wrong ----

# refused STATUS LINE ARGUMENT...: one line, no program left.
refused() {
  local status_wanted=$1 line=$2
  shift 2
  run "$cluster" --ports auto -p 0 "$@"
  assert_failure "$status_wanted"
  one_line
  assert_output --partial "$line"
}

@test "a port that is taken is one line, and nothing runs" {
  server_start "${OUT}servers/echo_server"
  refused 1 "cannot listen on 127.0.0.1, port $SERVER_PORT: Address already in use; choose another with --port" \
    -p "$SERVER_PORT"
  refused 1 "cannot listen on 127.0.0.1, port $SERVER_PORT: Address already in use; choose others with --ports" \
    --ports "$SERVER_PORT"
  server_stop
}

@test "a missing program is one line" {
  own_folder ''
  rm "$home/redirect_master"
  refused 1 "cannot start $home/redirect_master, which belongs beside this program: No such file or directory"
  rm "$home/web_server"
  refused 1 "cannot start $home/web_server, which belongs beside this program: No such file or directory"
}

@test "a program that dies before it listens is one line" {
  # shellcheck disable=SC2016
  own_folder 'kill -9 $$'
  refused 1 "cluster: slave 0 (127.0.0.1:"
  assert_output --partial "did not start: killed by signal 9 (Killed)"
}

@test "what a server refuses is its own one line, with its exit status" {
  refused 1 "web_server: cannot open the folder /nowhere: No such file or directory" --root /nowhere
  refused 2 "redirect_master: unknown option --polcy" -- --polcy hash
  refused 2 "web_server: no backend 'epol_lt'" -b epol_lt
}

@test "options that make no sense are one line" {
  refused 2 "one HOST at most" 127.0.0.1 127.0.0.2
  refused 2 "the master's port is among those of the slaves" --ports 9000 -p 9004
  refused 2 "no ports above 65535" --ports 65533
  refused 2 "neither auto nor a port" --ports 0
  refused 2 "out of range" --slaves 0
  refused 2 "say with --name" ''
  refused 2 "not the name of a machine" --name 'a b'
  refused 1 "the name has no address" 300.0.0.1
}
