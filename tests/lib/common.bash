# common.bash - what the .bats files share: where programs are, servers that are started and stopped, clients on
# plain bash sockets. Load it with:  load lib/common
#
# A server is started on a free port (-p 0) and is there when it has printed its line; it is stopped by SIGTERM
# and must then end with status 0, all children included. Nothing here waits by sleeping: each wait is a read
# with a deadline of $PATIENCE seconds, and all that is started is stopped by its process number.
#
#   MUXLAB_OUT       where the programs are: "" or "build-asan/" (tests/run.sh --san asan)
#   MUXLAB_PATIENCE  seconds; sanitizers need more
#
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # variables that tests read, and that `run` sets

bats_require_minimum_version 1.7.0

# shellcheck source=tests/lib/backends.bash
. "${BASH_SOURCE[0]%/*}/backends.bash"

common_setup() {
  BATS_LIB_PATH=${BATS_LIB_PATH:-/usr/lib/bats}
  bats_load_library bats-support
  bats_load_library bats-assert
  ROOT=$(cd "$BATS_TEST_DIRNAME/${TESTS_TO_ROOT:-..}" && pwd)
  cd "$ROOT" || return 1
  OUT=${MUXLAB_OUT-}
  BUILD=${OUT:-build/}
  PATIENCE=${MUXLAB_PATIENCE:-10}
  SERVERS=() # process numbers of those that run
  unset NO_COLOR MUXLAB_FAULT
}

common_teardown() {
  local pid
  for pid in "${SERVERS[@]}"; do
    kill -KILL "$pid" 2>/dev/null || true
  done
  return 0
}

# ---- processes ----

# spawn STDIN STDOUT STDERR COMMAND...: in the background, without our descriptors above 2: bats waits until its
# own (3, 4) are closed, and a socket of ours that a server held open would never end. Sets SPAWNED.
spawn() {
  local stdin=$1 stdout=$2 stderr=$3
  shift 3
  (
    for number in /proc/self/fd/*; do
      number=${number##*/}
      ((number > 2)) && eval "exec $number>&-"
    done
    exec "$@" <"$stdin" >"$stdout" 2>"$stderr"
  ) &
  SPAWNED=$!
}

# server_start [VAR=VALUE...] PROGRAM ARGUMENT...: on a free port, unless -p says which. Sets SERVER_PID,
# SERVER_PORT, SERVER_LINE (what it printed), SERVER_LOG (a file: its standard error), SERVER_OUT (a descriptor:
# its standard output).
server_start() {
  local fifo
  fifo=$(mktemp -u "$BATS_TEST_TMPDIR/stdout.XXXXXX")
  SERVER_LOG=$(mktemp "$BATS_TEST_TMPDIR/stderr.XXXXXX")
  mkfifo "$fifo"
  [[ " $* " == *" -p "* ]] || set -- "$@" -p 0
  spawn /dev/null "$fifo" "$SERVER_LOG" env "$@"
  SERVER_PID=$SPAWNED
  SERVERS+=("$SERVER_PID")
  exec {SERVER_OUT}<"$fifo"
  if ! IFS= read -r -t "$PATIENCE" -u "$SERVER_OUT" SERVER_LINE; then
    echo "the server did not say that it listens: $*"
    cat "$SERVER_LOG"
    return 1
  fi
  SERVER_PORT=${SERVER_LINE##*listening on }
  SERVER_PORT=${SERVER_PORT%% *}
  SERVER_PORT=${SERVER_PORT##*:}
}

# The server's standard output ends when it and all its children have: so a child that is left behind is seen
# too. Sets SERVER_STATUS.
server_wait() {
  local line
  while IFS= read -r -t "$PATIENCE" -u "$SERVER_OUT" line; do :; done
  if (($? > 128)); then
    echo "the server, or a child of it, is still there after $PATIENCE s"
    cat "$SERVER_LOG"
    return 1
  fi
  exec {SERVER_OUT}<&-
  SERVER_STATUS=0
  wait "$SERVER_PID" || SERVER_STATUS=$?
  forget "$SERVER_PID"
}

# It has ended and was waited for: its number may soon be another's.
forget() {
  local pid left=()
  for pid in "${SERVERS[@]}"; do
    [[ $pid == "$1" ]] || left+=("$pid")
  done
  SERVERS=("${left[@]}")
}

# Stopped by SIGTERM it ends with status 0 and has nothing to complain of, a sanitizer included.
server_stop() {
  kill -TERM "$SERVER_PID"
  server_wait
  server_ended_well
}

server_ended_well() {
  if ((SERVER_STATUS)) || grep -q -e 'Sanitizer' -e 'runtime error' -e ' - ERROR - ' "$SERVER_LOG"; then
    echo "the server ended with status $SERVER_STATUS and said:"
    cat "$SERVER_LOG"
    return 1
  fi
}

# wait_until COMMAND...: until it succeeds. For what can only be looked at, such as a file that a server writes;
# the pause is between two looks, and what is waited for is the condition.
wait_until() {
  local end=$((SECONDS + PATIENCE))
  until "$@"; do
    if ((SECONDS > end)); then
      echo "not within $PATIENCE s: $*"
      return 1
    fi
    sleep 0.02
  done
}

log_has() {
  grep -q -E -e "$1" "${2:-$SERVER_LOG}"
}

# ---- clients ----

# dial NAME: connects to the server; the descriptor is in variable NAME.
dial() {
  eval "exec {$1}<>/dev/tcp/127.0.0.1/$SERVER_PORT"
}

hang_up() {
  eval "exec $1>&-"
}

# answer FD: the next answer of a Zen server, with its '.'.
answer() {
  local text
  IFS= read -r -d . -t "$PATIENCE" -u "$1" text || {
    echo "no answer; got only '$text'"
    return 1
  }
  echo "$text."
}

# ask FD: a question and its answer.
ask() {
  printf 'Flat is better than?' >&"$1"
  assert_equal "$(answer "$1")" "nested."
}

# A client whose answers do not fit in the sockets: 600,000 questions of a byte, 24 bytes of answer each.
dial_and_never_read() {
  dial "$1"
  head -c 600000 /dev/zero | tr '\0' '?' >&"${!1}"
}

# Has something come from the server by now? Does not wait.
has_heard() {
  read -r -t 0 -u "$1"
}

# Nothing more comes, and the end does.
hears_end() {
  local rest
  IFS= read -r -d '' -t "$PATIENCE" -u "$1" rest && return 1
  (($? <= 128)) || { echo "the connection is not closed"; return 1; }
  assert_equal "$rest" ""
}

# ---- many clients ----

# crowd N: N clients more; their descriptors are added to CROWD.
crowd() {
  local i fd
  for ((i = 0; i < $1; i++)); do
    dial fd
    CROWD+=("$fd")
  done
}

# Each of them says it.
tell_crowd() {
  local fd
  for fd in "${CROWD[@]}"; do
    printf '%s' "$1" >&"$fd"
  done
}

is_stopped() {
  [[ $(</proc/"$SERVER_PID"/stat) == *') T '* ]]
}

# The server stands still until kill -CONT: what its clients do meanwhile is there all at once.
halt() {
  kill -STOP "$SERVER_PID"
  wait_until is_stopped
}

# ---- what every program owes its user ----

# one_line: the output of the last `run` is a single line.
one_line() {
  assert_equal "${#lines[@]}" 1
}

# ---- plug-ins ----

# build_plugin SOURCE: as a user does it, with the tree's headers alone. Sets PLUGIN, a .so outside the tree.
build_plugin() {
  PLUGIN=$BATS_TEST_TMPDIR/$(basename "$1" .c).so
  run "${CC:-cc}" -std=c11 -D_GNU_SOURCE -shared -fPIC -I"$ROOT" "$1" -o "$PLUGIN"
  assert_success
  assert_output ""
}

# canned_start ARGUMENT...: a server that says what it is told to, tests/plugins/canned.c.
canned_start() {
  [[ ${PLUGIN-} == */canned.so ]] || build_plugin tests/plugins/canned.c
  server_start "${OUT}servers/plugin_server" "$PLUGIN" "$@"
}
