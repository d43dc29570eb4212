# cli.bats - options, help, errors: every program behaves alike, and says what to do.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() { common_setup; }
teardown() { common_teardown; }

# Those that are built; each line: program, arguments that make it valid.
programs() {
  local program
  for program in servers/zen_server servers/echo_server servers/redirect_master clients/zen_client \
    clients/http_client bench/load; do
    [[ ! -x $OUT$program ]] || echo "$program"
  done
}

servers() {
  echo "servers/zen_server"
  echo "servers/echo_server"
  echo "servers/redirect_master --slave 127.0.0.1:9000"
}

# refuses STATUS PATTERN COMMAND...: one line on standard error, nothing on standard output.
refuses() {
  local want=$1 pattern=$2
  shift 2
  echo "command: $*"
  run --separate-stderr timeout "$PATIENCE" "$@"
  echo "status $status, said: $stderr"
  assert_equal "$status" "$want"
  assert_equal "$output" ""
  assert_equal "${#stderr_lines[@]}" 1
  [[ $stderr =~ $pattern ]] || fail "does not match: $pattern"
}

@test "--help goes to standard output and exits 0" {
  local program
  for program in $(programs); do
    run --separate-stderr "$OUT$program" --help
    assert_success
    assert_equal "$stderr" ""
    assert_line --index 0 --regexp "^Usage: ${program##*/} "
    assert_output --partial "--version"
  done
}

@test "--help wins over what stands behind it, and needs no other option" {
  run "${OUT}servers/redirect_master" --help --no-such-option
  assert_success
}

@test "--version names program, package and version" {
  local program
  for program in $(programs); do
    run --separate-stderr "$OUT$program" --version
    assert_success
    assert_equal "$stderr" ""
    [[ $output =~ ^${program##*/}\ \(muxlab\)\ [0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "$output"
  done
}

@test "a wrong option gets the nearest right one, exit 2" {
  local program
  for program in $(programs); do
    refuses 2 '--hlep.*did you mean --help' "$OUT$program" --hlep
  done
  refuses 2 'did you mean --port' "${OUT}servers/zen_server" --prot 0
  refuses 2 'did you mean --idle-timeout' "${OUT}servers/zen_server" --idle-timout=3
  refuses 2 'did you mean --think-ms' "${OUT}servers/zen_server" --think-sm 3
  refuses 2 'did you mean --questions' "${OUT}clients/zen_client" --qestions 3 127.0.0.1
}

@test "a wrong letter, exit 2" {
  local program
  for program in $(programs); do
    refuses 2 'unknown option -Z' "$OUT$program" -Z
  done
}

@test "an option without its value, exit 2" {
  local program
  for program in servers/zen_server clients/zen_client; do
    refuses 2 '--port needs a value' "$OUT$program" --port
    refuses 2 '-p needs a value' "$OUT$program" -p
  done
  refuses 2 'takes no argument' "${OUT}servers/zen_server" --list-backends=3
}

@test "numbers are checked: not one, out of range, exit 2" {
  refuses 2 "'abc' is not a number" "${OUT}servers/zen_server" -p abc
  refuses 2 "'' is not a number" "${OUT}servers/zen_server" -p ''
  refuses 2 "'10x' is not a number" "${OUT}servers/zen_server" -p 10x
  refuses 2 'out of range; give 0 to 65535' "${OUT}servers/zen_server" -p 65536
  refuses 2 'out of range' "${OUT}servers/zen_server" -p -1
  refuses 2 'out of range' "${OUT}servers/zen_server" -p 99999999999999999999
  refuses 2 'out of range' "${OUT}servers/zen_server" --workers 0
  refuses 2 'not a time' "${OUT}servers/zen_server" --grace 5parsecs
  refuses 2 'out of range' "${OUT}clients/zen_client" -n 0 127.0.0.1
  refuses 2 'out of range' "${OUT}clients/zen_client" -p 0 127.0.0.1
}

@test "a wrong choice gets the list of right ones, exit 2" {
  refuses 2 'debug, info, warning, error' "${OUT}servers/zen_server" --log-level loud
  refuses 2 'timer, block' "${OUT}servers/zen_server" --think hard
}

@test "a wrong backend gets the list of right ones and the nearest, exit 2" {
  local backend list MUXLAB_BACKENDS=
  list=$(all_backends | tr '\n' ' ')
  refuses 2 "${list% }; did you mean epoll_lt" "${OUT}servers/zen_server" -b epol_lt
  refuses 2 "did you mean iterative" "${OUT}servers/echo_server" --backend=iterativ
  refuses 2 "there are: ${list% }\$" "${OUT}servers/zen_server" -b quantum_entanglement
}

@test "a plug-in that is not there, or is none: one line, exit 2" {
  refuses 2 'cannot load it' "${OUT}servers/zen_server" -b ./no/such.so
  refuses 2 '' "${OUT}servers/zen_server" -b ./README.md
}

@test "--list-backends prints a line for each, and whether this machine can" {
  run --separate-stderr "${OUT}servers/zen_server" --list-backends
  assert_success
  assert_equal "$stderr" ""
  assert_line --index 0 --regexp '^backend +family +clients +usable +'
  assert_line --regexp '^iterative +blocking +1 +yes +'
  assert_line --regexp '^epoll_lt +readiness +many +yes +'
  assert_line --regexp '^select +readiness +<1024 +yes +'
  local i
  for ((i = 1; i < ${#lines[@]}; i++)); do
    [[ ${lines[i]} =~ ^[a-z_]+\ +(blocking|readiness|hybrid|completion)\ +[^\ ]+\ +(yes|no)\ +. ]] || fail "${lines[i]}"
  done
}

@test "every backend is listed by every server, in the same order" {
  local want
  want=$("${OUT}servers/zen_server" --list-backends)
  assert_equal "$("${OUT}servers/echo_server" --list-backends)" "$want"
  assert_equal "$("${OUT}servers/redirect_master" --list-backends)" "$want"
}

@test "two hosts are one too many, exit 2" {
  refuses 2 'one HOST' "${OUT}servers/zen_server" 127.0.0.1 ::1
  refuses 2 'one HOST' "${OUT}clients/zen_client" 127.0.0.1 ::1
  refuses 2 'HOST' "${OUT}clients/zen_client"
}

@test "the ready line names address, backend and workers; port 0 takes a free port" {
  local backend
  for backend in $(usable_backends); do
    server_start "${OUT}servers/zen_server" --backend "$backend"
    [[ $SERVER_LINE =~ ^zen_server:\ listening\ on\ 127\.0\.0\.1:[1-9][0-9]*\ \(backend\ $backend,\ workers\ [0-9]+\)$ ]] ||
      fail "$SERVER_LINE"
    dial c # who has read the line can connect
    ask "$c"
    hang_up "$c"
    server_stop
  done
}

@test "options and operands may mix, and -- ends options" {
  server_start "${OUT}servers/zen_server" -b poll 127.0.0.1 --log-level=error
  server_stop
  refuses 1 '-p' timeout "$PATIENCE" "${OUT}servers/zen_server" -p 0 -- -p
}

@test "a port in use: one line that says what to do, exit 1" {
  local command
  server_start "${OUT}servers/echo_server"
  while read -r -a command; do
    refuses 1 "port $SERVER_PORT: Address already in use.*--port" "$OUT${command[0]}" "${command[@]:1}" -p "$SERVER_PORT"
  done < <(servers)
  server_stop
}

@test "a host without an address: one line, exit 1" {
  refuses 1 'no.such.host.invalid' "${OUT}servers/zen_server" -p 0 no.such.host.invalid
  refuses 1 'no.such.host.invalid' "${OUT}clients/zen_client" no.such.host.invalid
}

@test "an address that is not this machine's: one line, exit 1" {
  refuses 1 '192\.0\.2\.1.*Cannot assign requested address' "${OUT}servers/zen_server" -p 0 192.0.2.1
}

@test "a log file that cannot be opened: one line, exit 1" {
  refuses 1 '/no/such/folder/log.*No such file' "${OUT}servers/zen_server" -p 0 --log-file /no/such/folder/log
}

@test "counters that cannot be written: said at the end, exit 1" {
  server_start "${OUT}servers/zen_server" --stats /no/such/folder/stats
  kill -TERM "$SERVER_PID"
  server_wait
  assert_equal "$SERVER_STATUS" 1
  log_has 'cannot write /no/such/folder/stats: No such file'
}

@test "redirect_master wants slaves, and says so, exit 2" {
  refuses 2 '--slave' "${OUT}servers/redirect_master" -p 0
  refuses 2 'slave' "${OUT}servers/redirect_master" -p 0 --slave ''
  refuses 2 'slave' "${OUT}servers/redirect_master" -p 0 --slave 'a b:1'
  refuses 2 'slave' "${OUT}servers/redirect_master" -p 0 --slave a:99999
  run "${OUT}servers/redirect_master" -p 0 --slave $'a\r\nX: y:1' # it would be a header line of its own
  assert_failure 2
  refuses 2 'code' "${OUT}servers/redirect_master" -p 0 --slave a:1 --code 200
}

@test "closed standard descriptors do not become a client's" {
  local log=$BATS_TEST_TMPDIR/log fifo=$BATS_TEST_TMPDIR/fifo
  mkfifo "$fifo"
  (exec 0<&- 2>&- 3>&- 4>&- && exec "${OUT}servers/zen_server" -p 0 --log-file "$log" --log-level debug >"$fifo") &
  SERVER_PID=$!
  SERVERS+=("$SERVER_PID")
  exec {SERVER_OUT}<"$fifo"
  IFS= read -r -t "$PATIENCE" -u "$SERVER_OUT" SERVER_LINE
  SERVER_PORT=${SERVER_LINE##*:} SERVER_PORT=${SERVER_PORT%% *} SERVER_LOG=$log
  dial c
  ask "$c"
  hang_up "$c"
  server_stop
  run grep -E 'fd = [012]$' "$log"
  assert_failure
}
