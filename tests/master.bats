# master.bats - the redirect master and slaves that die, come back, or are none; what it shows of them.
#
# Slaves listen on an address of our own, by our process number, below the ports that connections are given:
# so a slave that comes back finds its port free. What is waited for is read from /master/status.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() {
  common_setup
  local n=$BASHPID
  MINE=127.$((n >> 16 & 255)).$((n >> 8 & 255)).$((n & 255))
  mkdir "$BATS_TEST_TMPDIR/root"
  echo hello >"$BATS_TEST_TMPDIR/root/index.html"
}
teardown() { common_teardown; }

# slave_start PORT: a web server. Sets SLAVE_PID.
slave_start() {
  server_start "${OUT}servers/web_server" "$MINE" -p "$1" --root "$BATS_TEST_TMPDIR/root"
  SLAVE_PID=$SERVER_PID
  exec {SERVER_OUT}<&-
}

# The same, and the master stays the server that is spoken to.
slave_start_beside() {
  local pid=$SERVER_PID port=$SERVER_PORT out=$SERVER_OUT log=$SERVER_LOG
  slave_start "$1"
  SERVER_PID=$pid SERVER_PORT=$port SERVER_OUT=$out SERVER_LOG=$log
}

slave_kill() {
  kill -KILL "$1"
  wait "$1" || true
  forget "$1"
}

# master_start ARGUMENT...: one that looks often.
master_start() {
  server_start "${OUT}servers/redirect_master" --health-interval 20ms --health-timeout 10s "$@"
}

# fetch PATH [FIELD]: what the master answers, without CR.
fetch() {
  local fd line
  dial fd
  printf 'GET %s HTTP/1.0\r\n%s\r\n' "$1" "${2:+$2$'\r\n'}" >&"$fd"
  while IFS= read -r -t "$PATIENCE" -u "$fd" line || [[ $line ]]; do
    echo "${line%$'\r'}"
  done
  hang_up "$fd"
}

# ports N: the ports of the slaves that N clients are sent to, sorted, each once.
ports() {
  local i
  for ((i = 0; i < $1; i++)); do
    fetch /
  done | sed -n -E 's|^Location: http://.*:([0-9]+)/$|\1|p' | sort -u | tr '\n' ' '
}

# slave_is PORT STATE [LAST]: by the master's status; LAST is how the last check ended.
slave_is() {
  fetch /master/status | grep -q -E "\"where\": \"[^\"]*:$1\".* \"state\": \"$2\".* \"last\": ${3:-[^n]}"
}

@test "a slave that is killed leaves the turn, and comes back with its return, under every backend" {
  local backend first second
  for backend in $(usable_backends); do
    echo "backend $backend"
    slave_start 9001
    first=$SLAVE_PID
    slave_start 9002
    second=$SLAVE_PID
    master_start -b "$backend" --slave "$MINE:9001" --slave "$MINE:9002"
    wait_until slave_is 9001 alive 200
    wait_until slave_is 9002 alive 200
    assert_equal "$(ports 4)" "9001 9002 "
    slave_kill "$second"
    wait_until slave_is 9002 dead '"ECONNREFUSED"'
    # Killed in the middle of a check, it is found dead by that check's end, and not by a refused connection.
    wait_until log_has "WARNING - slave $MINE:9002 is dead \((Connection refused|Connection reset by peer|Protocol error)\)"
    assert_equal "$(ports 4)" "9001 "
    slave_start_beside 9002
    second=$SLAVE_PID
    wait_until slave_is 9002 alive 200
    wait_until log_has "INFO - slave $MINE:9002 is alive again"
    assert_equal "$(ports 4)" "9001 9002 "
    server_stop
    slave_kill "$first"
    slave_kill "$second"
  done
}

@test "all dead: 503, and when to come again" {
  master_start --slave "$MINE:9001" --slave "$MINE:9002" --code 307
  wait_until slave_is 9001 dead
  wait_until slave_is 9002 dead
  wait_until log_has "no slave is alive: clients get 503"
  run fetch /x
  assert_line --index 0 "HTTP/1.1 503 Service Unavailable"
  assert_line "Retry-After: 1"
  assert_line "Cache-Control: no-store"
  refute_output --partial Location
  slave_start_beside 9002
  wait_until slave_is 9002 alive
  run fetch /x
  assert_line --index 0 "HTTP/1.1 307 Temporary Redirect"
  assert_line "Location: http://$MINE:9002/x"
  server_stop
}

@test "any HTTP answer below 500 is life: 301 and 404 are, 503 and Zen are not" {
  slave_start 9001 # 404 for what it does not have
  server_start "${OUT}servers/redirect_master" "$MINE" -p 9002 --slave "$MINE:9001" --health-interval 0
  server_start "${OUT}servers/redirect_master" "$MINE" -p 9003 --slave "$MINE:1" --health-interval 20ms
  server_start "${OUT}servers/zen_server" "$MINE" -p 9004
  master_start --slave "$MINE:9001" --slave "$MINE:9002" --slave "$MINE:9003" --slave "$MINE:9004" \
    --health-path '/none?a=b' --health-timeout 500ms
  wait_until slave_is 9001 alive 404
  wait_until slave_is 9002 alive 301
  wait_until slave_is 9003 dead 503
  wait_until slave_is 9004 dead
  server_stop
}

@test "--fall and --rise: so many checks" {
  local failures
  slave_start 9001
  master_start --slave "$MINE:9001" --fall 5 --rise 3
  wait_until slave_is 9001 alive 200
  slave_kill "$SLAVE_PID"
  wait_until slave_is 9001 dead
  failures=$(fetch /master/status | sed -n -E 's/.*"failures": ([0-9]+).*/\1/p')
  ((failures >= 5))
  server_stop
}

@test "--health-watch: a death is seen without waiting for the next check" {
  slave_start 9001
  master_start --slave "$MINE:9001" --health-watch --health-interval 24h
  wait_until slave_is 9001 alive 200
  slave_kill "$SLAVE_PID"
  wait_until slave_is 9001 dead # refused, or reset by a listener that is being closed
  server_stop
}

@test "--health-interval 0: nobody is asked, and nobody dies" {
  server_start "${OUT}servers/redirect_master" --slave "$MINE:9001" --health-interval 0
  assert_equal "$(ports 2)" "9001 "
  run fetch /master/status
  assert_output --partial '"state": "alive"'
  assert_output --partial '"checks": 0'
  server_stop
}

@test "/master/status: load and latency of each slave, as JSON and as a page" {
  slave_start 9001
  master_start --slave "$MINE:9001=3" --policy least_loaded
  wait_until slave_is 9001 alive 200
  fetch / >"$BATS_TEST_TMPDIR/answer"
  run fetch /master/status
  assert_line --index 0 "HTTP/1.1 200 OK"
  assert_line "Content-Type: application/json"
  assert_output --partial '"policy": "least_loaded", "alive": 1'
  assert_output --partial "\"where\": \"$MINE:9001\", \"weight\": 3, \"state\": \"alive\""
  assert_output --partial '"dealt": 1, "load": 0, '
  assert_output --regexp '"latency_ms": [0-9]+'
  if command -v jq >/dev/null; then
    fetch /master/status | sed '1,/^$/d' | jq -e '.slaves[0].dealt == 1'
  fi
  run fetch /master/status 'Accept: text/html,*/*;q=0.8'
  assert_line "Content-Type: text/html; charset=utf-8"
  assert_output --partial "<tr><td>$MINE:9001<td>3<td>alive"
  server_stop
}

@test "it refuses to send clients to itself" {
  run "${OUT}servers/redirect_master" "$MINE" -p 9001 --slave "$MINE:9002" --slave "$MINE:9001"
  assert_failure
  one_line
  assert_output --partial "slave $MINE:9001 is this server itself"
  run "${OUT}servers/redirect_master" '' -p 9001 --slave localhost:9001
  assert_failure
  assert_output --partial "slave localhost:9001 is this server itself"
}

@test "--policy: hash keeps a path on its slave; a wrong name is refused with the right ones" {
  server_start "${OUT}servers/redirect_master" --slave a.example:1 --slave b.example:2 --slave c.example:3 \
    --policy hash --health-interval 0
  local i one
  for i in 1 2 3; do
    one=$(fetch "/$i" | grep '^Location: ')
    assert_equal "$(fetch "/$i" | grep '^Location: ')" "$one"
    assert_equal "$(fetch "/$i?query" | grep '^Location: ')" "$one?query"
  done
  server_stop
  run "${OUT}servers/redirect_master" -p 0 --slave a:1 --policy hsh
  assert_equal "$status" 2
  assert_output --partial round_robin
  assert_output --partial least_loaded
}

@test "--code 300 lists the living; --see-other sends a POST on as GET" {
  slave_start 9001
  master_start --slave "$MINE:9001" --slave "$MINE:9002" --code 300 --see-other
  wait_until slave_is 9002 dead
  run fetch /a
  assert_line --index 0 "HTTP/1.1 300 Multiple Choices"
  assert_line "Link: <http://$MINE:9001/a>; rel=\"alternate\""
  refute_output --partial 9002
  local fd line
  dial fd
  printf 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc' >&"$fd"
  IFS= read -r -t "$PATIENCE" -u "$fd" line
  assert_equal "$line" $'HTTP/1.1 303 See Other\r'
  hang_up "$fd"
  server_stop
}

@test "--access-log: a line for each answer, and none for checks" {
  server_start "${OUT}servers/redirect_master" --slave "$MINE:9001" --health-interval 0 \
    --access-log "$BATS_TEST_TMPDIR/access"
  fetch '/a"b' 'User-Agent: me' >/dev/null
  server_stop
  run cat "$BATS_TEST_TMPDIR/access"
  one_line
  assert_output --regexp '^127\.0\.0\.1 - - \[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:]{8} \+0000\] "GET '
  assert_output --regexp ' "GET /a\\x22b HTTP/1\.0" 301 31 "-" "me"$'
}

# of_slave FD FIELD: a number of the only slave, by the status that is asked for on that connection.
of_slave() {
  local line number=
  printf 'GET /master/status HTTP/1.1\r\nHost: a\r\n\r\n' >&"$1"
  while IFS= read -r -t "$PATIENCE" -u "$1" line; do
    [[ $line =~ \"where\".*\"$2\":\ ([0-9]+) ]] && number=${BASH_REMATCH[1]}
    [[ $line == *'}]}' ]] && break
  done
  echo "$number"
}

checks_are() {
  (($(of_slave "$1" checks) >= $2))
}

@test "silent clients that take all descriptors there are do not make slaves seem dead" {
  local backend i fd first crowd
  slave_start 9001
  for backend in $(concurrent_backends); do
    ! is_pool "$backend" || continue # its workers are taken before its descriptors are
    echo "backend $backend"
    crowd=()
    server_start bash -c 'ulimit -n 60; exec "$0" "$@"' "${OUT}servers/redirect_master" --health-interval 20ms \
      -b "$backend" --slave "$MINE:9001"
    dial first
    wait_until checks_are "$first" 1
    for ((i = 0; i < 80; i++)); do
      dial fd
      crowd+=("$fd")
    done
    wait_until log_has 'accepting pauses'
    wait_until checks_are "$first" $(($(of_slave "$first" checks) + 5))
    assert_equal "$(of_slave "$first" failures)" 0
    for fd in "$first" "${crowd[@]}"; do
      hang_up "$fd"
    done
    server_stop
  done
  slave_kill "$SLAVE_PID"
}
