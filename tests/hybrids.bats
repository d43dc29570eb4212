# hybrids.bats - several threads at work on the sessions of one loop: half_sync, sim_proactor, leader_followers. What holds
# for every backend is in the conformance suite.
#
# A server that is stopped (SIGSTOP) serves no one, so what its clients do meanwhile is there all at once when it goes on:
# more ready sessions than the queue has room for.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() { common_setup; }
teardown() { common_teardown; }

QUEUE_ROOM=256 # core/crew.c

hybrids() {
  listed_backends | awk '$2 == "hybrid" && $4 == "yes" { print $1 }'
}

# load N ARGUMENT...: N requests and answers, each of them right.
load_well() {
  local n=$1
  shift
  timeout "$((6 * PATIENCE))" "${OUT}bench/load" -n "$n" --timeout "${PATIENCE}s" -q "$@" "zen://127.0.0.1:$SERVER_PORT"
}

# Each of them: this and no more, as yet.
crowd_hears() {
  local fd text
  for fd in "${CROWD[@]}"; do
    IFS= read -r -N "${#1}" -t "$PATIENCE" -u "$fd" text || fail "heard only '$text'"
    [[ $text == "$1" ]] || fail "heard '$text', and not '$1'"
  done
}

leave() {
  local fd
  for fd in "${CROWD[@]}"; do
    hang_up "$fd"
  done
}

# sleepy_start ARGUMENT...: tests/services/sleepy.c, which blocks the thread that runs it if it is told to.
sleepy_start() {
  SLEEPY=$BATS_TEST_TMPDIR/sleepy.so
  [[ -f $SLEEPY ]] || cc -std=c11 -D_GNU_SOURCE -shared -fPIC -I"$ROOT" tests/services/sleepy.c -o "$SLEEPY"
  server_start "${OUT}servers/plugin_server" "$SLEEPY" "$@"
}

pings() {
  local pong
  echo ping >&"$1"
  IFS= read -r -t "$PATIENCE" -u "$1" pong || fail "no answer"
  assert_equal "$pong" pong
}

# sleeps FD N: it is told to, and says that it is about to.
sleeps() {
  local text
  echo "sleep $2" >&"$1"
  IFS= read -r -t "$PATIENCE" -u "$1" text || fail "no answer"
  assert_equal "$text" sleeping
}

# A field of the JSON that --stats has written, and the same of each worker.
counted() {
  sed -n '1s/.*[{,]"'"$1"'":\([0-9]*\).*/\1/p' "$BATS_TEST_TMPDIR/stats"
}

per_worker() {
  sed -n -E 's/^\{"worker".*"'"$1"'":([0-9]+).*/\1/p' "$BATS_TEST_TMPDIR/stats"
}

sum() {
  local n total=0
  for n in "$@"; do total=$((total + n)); done
  echo "$total"
}

@test "a thousand questions in one write are answered in their order, while others talk" {
  local backend c i questions='' answers='' heard others
  local q=('Beautiful' 'Explicit' 'What' 'Flat' 'Now') a=('ugly.' 'implicit.' 'Error: unknown aphorism.' 'nested.' 'never.')
  for ((i = 0; i < 1000; i++)); do
    questions+="${q[i * i % 5]} is better than?" answers+=${a[i * i % 5]}
  done
  for backend in $(hybrids); do
    echo "backend $backend"
    server_start "${OUT}servers/zen_server" -b "$backend"
    load_well 20000 -c 30 >/dev/null &
    others=$!
    for i in 1 2 3; do
      dial c
      printf '%s' "$questions" >&"$c"
      IFS= read -r -N "${#answers}" -t "$PATIENCE" -u "$c" heard
      [[ $heard == "$answers" ]] || fail "not the answers, or not in their order"
      hang_up "$c"
    done
    wait "$others"
    server_stop
  done
}

@test "while fewer threads block than there are, others are served; and a stop ends those that sleep" {
  local backend i fd
  for backend in $(hybrids); do
    echo "backend $backend"
    CROWD=()
    sleepy_start -b "$backend" -w 3 --grace 1h
    dial fd
    crowd 3
    sleeps "${CROWD[0]}" 3600000
    sleeps "${CROWD[1]}" 3600000
    for i in 1 2 3 4 5 6 7 8 9; do pings "$fd"; done
    sleeps "${CROWD[2]}" 3600000 # now all threads do
    kill -TERM "$SERVER_PID"
    wait_until log_has 'INFO - stopping'
    kill -TERM "$SERVER_PID"
    server_wait
    server_ended_well
    leave
    hang_up "$fd"
  done
}

@test "a sleep in place takes its time, whatever a stop wakes" {
  local backend begin text
  for backend in $(hybrids); do
    echo "backend $backend"
    sleepy_start -b "$backend"
    dial fd
    pings "$fd"
    begin=${EPOCHREALTIME/[.,]/}
    sleeps "$fd" 300
    kill -TERM "$SERVER_PID"
    IFS= read -r -t "$PATIENCE" -u "$fd" text
    assert_equal "$text" slept
    ((${EPOCHREALTIME/[.,]/} - begin >= 300000)) || fail "it was cut short"
    hears_end "$fd"
    hang_up "$fd"
    server_wait
    server_ended_well
  done
}

@test "more ready sessions than the queue has room for: the loop waits, and all are answered" {
  local backend
  for backend in $(hybrids); do
    echo "backend $backend"
    CROWD=()
    server_start "${OUT}servers/zen_server" -b "$backend" -w 1
    crowd $((QUEUE_ROOM + 100))
    tell_crowd 'Flat is better than?'
    crowd_hears nested.
    kill -STOP "$SERVER_PID"
    wait_until is_stopped
    tell_crowd 'Now is better than?'
    kill -CONT "$SERVER_PID"
    crowd_hears never.
    leave
    server_stop
  done
}

@test "a full queue and threads that all block: the stop comes when its time is over" {
  local backend
  for backend in $(hybrids); do
    echo "backend $backend"
    CROWD=()
    sleepy_start -b "$backend" -w 1 --grace 300ms
    crowd $((QUEUE_ROOM + 100))
    sleeps "${CROWD[0]}" 3600000
    tell_crowd $'ping\n'
    kill -TERM "$SERVER_PID"
    server_wait
    server_ended_well
    log_has 'the time to stop is over'
    leave
  done
}

@test "SIGTERM under load: what was asked is answered, and no thread is left" {
  local backend fd others
  for backend in $(hybrids); do
    echo "backend $backend"
    CROWD=()
    server_start "${OUT}servers/zen_server" -b "$backend" --think-ms 20
    timeout "$((6 * PATIENCE))" "${OUT}bench/load" -d 1h -c 20 --churn -q "zen://127.0.0.1:$SERVER_PORT" >/dev/null 2>&1 &
    others=$!
    crowd 50
    tell_crowd 'Flat is better than?Now is better than?Beautiful is better than?'
    crowd_hears nested.
    kill -TERM "$SERVER_PID"
    crowd_hears never.ugly.
    for fd in "${CROWD[@]}"; do hears_end "$fd"; done
    leave
    server_wait
    server_ended_well
    kill -TERM "$others"
    wait "$others" || true
  done
}

# With a trace, since that looks at the client of each call: whose session may be another thread's by then.
@test "clients that come and go, with one thread and with many" {
  local backend workers
  for backend in $(hybrids); do
    for workers in 1 2 7; do
      echo "backend $backend, $workers threads"
      server_start "${OUT}servers/zen_server" -b "$backend" -w "$workers" --max-conns 40 --trace "$BATS_TEST_TMPDIR/trace"
      load_well 1500 -c 30 --churn
      load_well 500 -c 20 --churn --reset
      load_well 20000 -c 20 --pipeline 50
      server_stop
    done
  done
}

# Only a build with -DMUXLAB_FAULTS can do it (make test-asan); see core/fault.h.
@test "a session that cannot be watched again is the only one that ends" {
  local backend n
  strings -n 8 "${OUT}servers/zen_server" | grep -q MUXLAB_FAULT || skip "this build injects no faults (make test-asan does)"
  for backend in $(hybrids); do
    for n in 4 5 6 7 8 9; do # the first three are for the loop's own descriptors
      echo "backend $backend, ctl:$n"
      server_start "MUXLAB_FAULT=ctl:$n:ENOMEM" "${OUT}servers/zen_server" -b "$backend"
      timeout "$PATIENCE" "${OUT}clients/zen_client" 127.0.0.1 -p "$SERVER_PORT" --all >/dev/null || true
      timeout "$PATIENCE" "${OUT}clients/zen_client" 127.0.0.1 -p "$SERVER_PORT" --all >/dev/null || true
      load_well 200 -c 3
      server_stop
    done
  done
}

# The threads that --workers counts, the loop if it is none of them, and the one that takes the signals.
threads_of() {
  case $1 in
  leader_followers) echo $((1 + $2)) ;;
  *) echo $((2 + $2)) ;;
  esac
}

threads() {
  local tasks=(/proc/"$SERVER_PID"/task/*)
  echo "${#tasks[@]}"
}

# The lesson in numbers: what a hand-over costs, and what it is called.
@test "calls and hand-overs for a request" {
  local backend answers handed waits ctl futex sessions
  for backend in $(hybrids); do
    server_start "${OUT}servers/zen_server" -b "$backend" -w 3 --stats "$BATS_TEST_TMPDIR/stats"
    load_well 10000 -c 50
    [[ ${MUXLAB_SAN-} ]] || assert_equal "$(threads)" "$(threads_of "$backend" 3)"
    server_stop
    answers=$(counted answers) handed=$(counted handed) waits=$(counted wait)
    ctl=$(counted ctl) futex=$(counted futex) sessions=$(counted sessions)
    echo "$backend: $answers answers, handed $handed, waits $waits, ctl $ctl, futex $futex, sessions $sessions"
    ((answers >= 10000 && sessions >= 50))
    # Watched anew for each request; more often when an event comes before the session is let go.
    ((ctl >= answers && ctl <= 2 * answers + 4 * sessions))
    ((waits <= 2 * answers + 4 * sessions))
    case $backend in
    half_sync) ((handed >= answers && handed <= 3 * answers)) ;;
    sim_proactor) ((handed >= 4 * answers && handed <= 8 * answers)) ;; # two completions, there and back
    leader_followers) ((handed < answers)) ;; # only what came while its owner was about to park it
    esac
    # shellcheck disable=SC2046 # numbers
    assert_equal "$(sum $(per_worker answers))" "$answers"
    assert_equal "$(per_worker answers | wc -l)" 4
    # The first one waits and accepts; who sends is the difference.
    assert_equal "$(per_worker sessions | head -1)" "$sessions"
    assert_equal "$(per_worker wait | tail -n +2 | sort -u)" 0
    case $backend in
    sim_proactor) assert_equal "$(per_worker send | tail -n +2 | sort -u)" 0 ;;
    *) assert_equal "$(per_worker send | head -1)" 0 ;;
    esac
  done
}
