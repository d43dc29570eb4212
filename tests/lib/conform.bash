# conform.bash - runs the conformance suite on a backend with a service; makes the .bats file for all of them.
#
# bats 1.8 takes tests only from the text of a file, and backends are listed in one place only
# (backends/table.c). So tests/run.sh lets conform_generate write build/tests/conform.bats from --list-backends:
# a test per backend and service, with nothing in it but a call of conform().
#
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # status and output are set by `run`

CONFORM_SERVICES=(zen echo redirect web proxy)
CONFORM_SLAVES=(--slave 127.0.0.1:9000 --slave 127.0.0.1:9001 --slave slave.example:9002)

# conform_generate OUT FILE: OUT is "" or "build-asan/".
conform_generate() {
  local file=$2 backends service backend
  backends=$(OUT=$1 all_backends)
  [[ $backends ]] || return 1
  mkdir -p "${file%/*}"
  {
    echo "# Made by tests/lib/conform.bash; changes here are lost."
    echo "TESTS_TO_ROOT=../.."
    echo "load ../../tests/lib/common"
    echo "load ../../tests/lib/conform"
    echo "setup() { common_setup; }"
    echo "teardown() { common_teardown; }"
    for service in "${CONFORM_SERVICES[@]}"; do
      for backend in $backends; do
        echo "@test \"$service on $backend\" { conform $service $backend; }"
      done
    done
  } >"$file"
}

# The folder that the web server serves, as tests/conform/cases_web.c expects it. Sets CONFORM_ROOT.
conform_root() {
  CONFORM_ROOT=$BATS_TEST_TMPDIR/root
  [[ ! -d $CONFORM_ROOT ]] || return 0
  mkdir -p "$CONFORM_ROOT/sub"
  echo 'Now is better than never.' >"$CONFORM_ROOT/a"
  echo one >"$CONFORM_ROOT/1"
  echo two >"$CONFORM_ROOT/2"
  seq 1 200000 >"$CONFORM_ROOT/big"
  ln -s /etc "$CONFORM_ROOT/out"
}

# The proxy's origin stays for the whole test, on a backend of its own. Sets CONFORM_ORIGIN, CONFORM_ORIGIN_PID.
conform_origin() {
  server_start "${OUT}servers/web_server" --root "$CONFORM_ROOT"
  CONFORM_ORIGIN=127.0.0.1:$SERVER_PORT CONFORM_ORIGIN_PID=$SERVER_PID
}

conform_origin_stop() {
  [[ $CONFORM_ORIGIN_PID ]] || return 0
  kill -TERM "$CONFORM_ORIGIN_PID"
  wait "$CONFORM_ORIGIN_PID"
  forget "$CONFORM_ORIGIN_PID"
}

# conform_server SERVICE BACKEND [ARGUMENT...]: starts it.
conform_server() {
  CONFORM_ORIGIN=127.0.0.1:1 CONFORM_ORIGIN_PID=
  conform_root
  case $1 in
  web) server_start "${OUT}servers/web_server" -b "$2" --root "$CONFORM_ROOT" "${@:3}" ;;
  proxy)
    conform_origin
    server_start "${OUT}servers/proxy_server" -b "$2" "${@:3}"
    ;;
  redirect)
    server_start "${OUT}servers/redirect_master" -b "$2" --health-interval 0 "${CONFORM_SLAVES[@]}" "${@:3}"
    ;;
  *) server_start "${OUT}servers/$1_server" -b "$2" "${@:3}" ;;
  esac
}

# Skips when the machine lacks what the backend needs; the list says why.
skip_unusable() {
  local line
  line=$("${OUT}servers/zen_server" --list-backends | awk -v name="$1" '$1 == name && $4 != "yes"')
  [[ ! $line ]] || skip "$(awk '{ $1 = $2 = $3 = $4 = ""; print substr($0, 5) }' <<<"$line")"
}

# What is left out is said aloud, once for each case.
report_skipped_cases() {
  sed -n -E 's/^ok [0-9]+ - ([^ ]+) # SKIP (.*)/# skipped: '"$1"': \1: \2/p' <<<"$2" >&3
}

# conform SERVICE BACKEND [PROBE ARGUMENT...]: every case, then SIGTERM, then status 0.
conform() {
  local service=$1 backend=$2 at_once workers=()
  shift 2
  [[ $backend == */* ]] || skip_unusable "$backend"
  at_once=$(clients_at_once "$backend")
  [[ $at_once =~ ^[0-9]+$ ]] || at_once=0 # "many", "<1024"
  if ((at_once > 1)); then # a pool: more workers than the other cases have clients at once
    at_once=128
    workers=(-w "$at_once")
  fi
  case $backend in
  prefork) set -- --processes "$at_once" "$@" ;;
  fork) set -- --processes 1 "$@" ;; # for each client
  esac
  conform_server "$service" "$backend" "${workers[@]}"
  run timeout $((30 * PATIENCE)) "${BUILD}tests/conform/probe" --service "$service" --port "$SERVER_PORT" \
    --server-pid "$SERVER_PID" --clients-at-once "$at_once" --patience "$PATIENCE" \
    --memory "${MUXLAB_MEMORY:-8}" "${CONFORM_SLAVES[@]}" --root "$CONFORM_ROOT" \
    --origin "$CONFORM_ORIGIN" --stop "$@"
  report_skipped_cases "$service on ${backend##*/}" "$output"
  conform_origin_stop
  if ((status)); then
    grep -v '^ok ' <<<"$output"
    cat "$SERVER_LOG"
    return 1
  fi
  if [[ $output == *graceful_stop* ]]; then # it has been sent SIGTERM already
    server_wait
    server_ended_well
  else
    server_stop
  fi
}
