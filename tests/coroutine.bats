# coroutine.bats - code that blocks, on stacks: what is special about it. All else is in the conformance suite,
# as for every backend.
#
# What a stack does can be counted: each turn is two switches, there and back, and each switch makes one
# rt_sigprocmask; a new stack makes one more. So turns = switches / 2, and stacks made = sigmask - switches.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() { common_setup; }
teardown() { common_teardown; }

start_counting() {
  server_start "${OUT}servers/zen_server" -b coroutine --stats "$BATS_TEST_TMPDIR/stats" "$@"
}

# A field of the JSON that --stats has written.
counted() {
  sed -n 's/.*"counts":{\(.*\)}.*/,\1/; s/.*[{,]"'"$1"'":\([0-9]*\).*/\1/p' "$BATS_TEST_TMPDIR/stats"
}

stacks_made() {
  echo $(($(counted sigmask) - $(counted switches)))
}

# crowd N: N clients more, each with an answer; their descriptors are added to CROWD.
crowd() {
  local i fd
  for ((i = 0; i < $1; i++)); do
    dial fd
    ask "$fd"
    CROWD+=("$fd")
  done
}

leave() {
  local fd
  for fd in "${CROWD[@]}"; do
    hang_up "$fd"
  done
  CROWD=()
}

mappings() {
  wc -l <"/proc/$SERVER_PID/maps"
}

# In KiB, without what is a file's.
memory() {
  awk '/^RssAnon:/ { print $2 }' "/proc/$SERVER_PID/status"
}

churn() {
  timeout "$((3 * PATIENCE))" "${OUT}bench/load" --churn -c 20 -n "$1" --warmup 0 --timeout "${PATIENCE}s" \
    "zen://127.0.0.1:$SERVER_PORT" >/dev/null
}

@test "a request is one turn: two switches, and no call more than a loop needs but rt_sigprocmask" {
  local c i n=200
  start_counting
  dial c
  for ((i = 0; i < n; i++)); do ask "$c"; done
  hang_up "$c"
  server_stop
  assert_equal "$(counted answers) $(stacks_made)" "$n 1"
  # And one turn for the end, and one when it came: before its first question, or not.
  (($(counted switches) == 2 * (n + 1) || $(counted switches) == 2 * (n + 2)))
  (($(counted recv) <= n + 3 && $(counted send) == n))
}

@test "who always has something to say is interrupted after 32 requests" {
  local c i
  start_counting --think block --think-ms 1
  dial c
  kill -STOP "$SERVER_PID" # so that it finds all of it at once
  for ((i = 0; i < 100; i++)); do printf 'Flat is better than?'; done >&"$c"
  kill -CONT "$SERVER_PID"
  for ((i = 0; i < 100; i++)); do assert_equal "$(answer "$c")" nested.; done
  hang_up "$c"
  server_stop
  echo "$(counted resumes) requests, $(counted switches) switches"
  (($(counted resumes) >= 200)) # a thought and an answer each
  (($(counted resumes) <= 32 * $(counted switches) / 2))
}

# As many stacks as there are clients, and those that are let in before it is seen that others have left.
@test "stacks are used again: memory does not grow with the number of connections" {
  local before
  start_counting
  churn 1000
  before=$(memory)
  churn 3000
  echo "$before KiB, and after 3000 connections $(memory) KiB"
  [[ ${MUXLAB_SAN-} ]] || (($(memory) <= before + 1024))
  server_stop
  (($(counted sessions) >= 4000))
  echo "$(stacks_made) stacks"
  (($(stacks_made) <= 20 + 2 * 64))
}

@test "a parked client costs a page or two, and a crowd that has left does not cost for ever" {
  [[ ! ${MUXLAB_SAN-} ]] || skip "sanitizers have memory and mappings of their own"
  local before=() n=400
  CROWD=()
  start_counting
  crowd 1
  before=("$(memory)" "$(mappings)")
  crowd "$n"
  echo "$n clients: $(($(memory) - before[0])) KiB, $(($(mappings) - before[1])) mappings"
  (($(mappings) >= before[1] + 2 * n - 4)) # neighbours may be one
  (($(memory) - before[0] <= 8 * n))
  leave
  few_mappings() { (($(mappings) <= before[1] + 2 * 256 + 16)); } # as many as are kept
  wait_until few_mappings
  server_stop
}

# parks N ARGUMENT...: N clients that are in the middle of something, and then two SIGTERMs.
parks() {
  local i c n=$1
  shift
  CROWD=()
  start_counting --idle-timeout 0 --grace 1h "$@"
  dial c
  for ((i = 0; i < n; i++)); do
    dial c
    printf 'Flat is better' >&"$c" # a thought begins with '?', half a question waits for the rest
    ((i % 2)) || printf ' than?' >&"$c"
    CROWD+=("$c")
  done
  for ((i = 0; i < 2; i++)); do
    dial_and_never_read c
    CROWD+=("$c")
  done
  kill -TERM "$SERVER_PID"
  wait_until log_has stopping
  kill -TERM "$SERVER_PID"
  server_wait
  server_ended_well
  leave
}

# One that stayed parked would be a bug that the server dies of; what it held, a leak that a sanitizer finds.
@test "stopped while hundreds are parked: each stack comes to its end" {
  parks 300
  parks 300 --think-ms 60000
  parks 300 -w 3
}

@test "no memory for a stack: its client is turned away, accepting pauses until another has left" {
  [[ ! ${MUXLAB_SAN-} ]] || skip "sanitizers need memory, too"
  local c open size
  CROWD=()
  start_counting
  crowd 1
  size=$(awk '/^VmSize:/ { print $2 }' "/proc/$SERVER_PID/status")
  prlimit --pid "$SERVER_PID" --as=$((1024 * (size + 1024))) # a dozen stacks
  while :; do
    dial c
    printf 'Flat is better than?' >&"$c"
    IFS= read -r -d . -t "$PATIENCE" -u "$c" || break
    CROWD+=("$c")
    ((${#CROWD[@]} < 100))
  done
  hang_up "$c"
  log_has 'accepting pauses: Cannot allocate memory'
  for c in "${CROWD[@]}"; do ask "$c"; done
  open=$(find "/proc/$SERVER_PID/fd" -type l | wc -l)
  hang_up "${CROWD[0]}"
  has_left() { (($(find "/proc/$SERVER_PID/fd" -type l | wc -l) < open)); }
  wait_until has_left
  CROWD=("${CROWD[@]:1}")
  crowd 1
  leave
  server_stop
}
