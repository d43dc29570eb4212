#!/usr/bin/env bash
# cluster_kill.sh - what the death of a slave costs: a cluster under load, kill -9, and a count of all that was lost.
#
#     bench/cluster_kill.sh                              five slaves, 20 clients that follow redirects
#     bench/cluster_kill.sh --churn                      a new connection for each request
#     bench/cluster_kill.sh -- --no-watch                the master asks each second, and so learns of it too late
#
#     load ----> master: "301, go to slave 2" ----> slave 2    X kill -9
#                  | watches a connection to each              | the kernel closes what it had open
#                  +<---------- "closed": out of the turn -----+ the cluster starts it again after 100 ms
#                  +----------- two good checks: back in the turn
#
# What may be lost is what was under way: a client that has been sent to the slave and has no answer yet. The load
# keeps one request on each connection, so these are at most as many as connections, and what the master gives out
# until it notices. Is it more than that, or is there an error at any other server, the script fails.
#
# Exit status: 0 fine; 1 more was lost, or something did not work; 2 wrong usage.
#
# SPDX-License-Identifier: MIT
set -euo pipefail
export LC_ALL=C
start_folder=$PWD
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
out=${MUXLAB_OUT-} # "", or build-asan/: those of make SAN=asan

say() { printf '%s\n' "$*" >&2; }
fail() { say "cluster_kill.sh: $*"; exit 1; }
usage() { say "cluster_kill.sh: $* (--help lists all)"; exit 2; }

help() {
  cat <<TEXT
Usage: bench/cluster_kill.sh [OPTION...] [-- OPTION-OF-THE-CLUSTER...]
Kills a slave of a cluster under load, and counts what that costs.

  -c, --connections N   clients, each with one request at a time (20)
  -d, --duration TIME   seconds of load before the kill, and after the slave's return (1)
      --churn           a new connection for each request
      --timeline FILE   keep what each server did in each 100 ms, as CSV
      --help            print this page and exit
TEXT
}

connections=20 duration=1 timeline='' load_options=() cluster_options=()
while (($#)); do
  case $1 in
  -c | --connections) connections=${2-} && shift ;;
  -d | --duration) duration=${2-} && shift ;;
  --timeline) timeline=${2-} && shift ;;
  --churn) load_options+=(--churn) ;;
  --help) help && exit 0 ;;
  --) shift && cluster_options=("$@") && break ;;
  *) usage "what is '$1'?" ;;
  esac
  (($#)) || usage 'the last option needs a value'
  shift
done
[[ $connections =~ ^[1-9][0-9]{0,3}$ ]] || usage "--connections: '$connections' is not a number from 1 to 9999"
[[ $duration =~ ^[0-9]{1,3}(\.[0-9]+)?$ ]] || usage "--duration: '$duration' is not a number of seconds"
for program in servers/cluster servers/web_server servers/redirect_master clients/http_client bench/load; do
  [[ -x $out$program ]] || fail "there is no $out$program: run make"
done

# ---- what is started, and stopped by its number ----

work=$(mktemp -d) cluster_pid='' load_pid=''
clean_up() {
  trap '' INT TERM HUP
  local pid
  for pid in $load_pid $cluster_pid; do # the cluster stops its own programs
    kill "$pid" 2>/dev/null || continue
    wait "$pid" 2>/dev/null || true
  done
  rm -rf -- "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
if [[ ! $timeline ]]; then
  timeline=$work/timeline
elif [[ $timeline != /* ]]; then
  timeline=${start_folder%/}/$timeline
fi

# "  slave 2    pid 1234     http://127.0.0.1:9002" -> pids, wheres
start_cluster() {
  local line n row='^  slave [0-9]+ +pid ([0-9]+) +http://(.*)$'
  pids=() wheres=()
  mkfifo "$work/out"
  "${out}servers/cluster" --ports auto -p 0 "${cluster_options[@]}" >"$work/out" 2>"$work/log" &
  cluster_pid=$!
  exec {out_fd}<"$work/out"
  IFS= read -r -t 60 -u "$out_fd" line || fail "the cluster did not start: $(cat "$work/log")"
  [[ $line =~ listening\ on\ ([^ ]+)\ \(([0-9]+) ]] || fail "what is '$line'?"
  master=${BASH_REMATCH[1]} n=${BASH_REMATCH[2]}
  while ((${#pids[@]} < n)); do
    IFS= read -r -t 60 -u "$out_fd" line || fail 'the cluster did not print its table'
    [[ $line =~ $row ]] || continue
    pids+=("${BASH_REMATCH[1]}") wheres+=("${BASH_REMATCH[2]}")
  done
}

# What the master knows of the victim -> state, dealt
ask_master() {
  local row
  row=$("${out}clients/http_client" "http://$master/master/status" | grep -F "\"where\": \"$victim\"") ||
    fail "the master's status does not name $victim"
  [[ $row =~ \"state\":\ \"([a-z]+)\".*\"dealt\":\ ([0-9]+) ]] || fail "what is '$row'?"
  state=${BASH_REMATCH[1]} dealt=${BASH_REMATCH[2]}
}

now_ms() { printf '%d' $((${EPOCHREALTIME/./} / 1000)); }
is_back() { grep -q "($victim, pid [0-9]*) is back" "$work/log"; }
patient() { # WHAT - ends the script when a minute has passed since the kill
  (($(now_ms) - killed_ms < 60000)) || fail "$1, a minute after the kill: $(cat "$work/log")"
}

# ---- the experiment ----

start_cluster
((${#pids[@]} >= 2)) || fail 'a cluster of one slave has nothing to show'
number=$((${#pids[@]} / 2)) victim=${wheres[number]}
say "${#pids[@]} slaves, $connections connections; slave $number ($victim, pid ${pids[number]}) is killed under load"
"${out}bench/load" -c "$connections" -d 5m --warmup 0 --timeout 30s --follow "${load_options[@]}" --quiet \
  --no-progress --format json --timeline "$timeline" "http://$master/LICENSE" >"$work/result" 2>"$work/load-log" &
load_pid=$!
ask_master
until ((dealt > connections)); do # it has begun
  kill -0 "$load_pid" 2>/dev/null || fail "the load ended: $(cat "$work/load-log" "$work/result")"
  ask_master
done
sleep "$duration"

ask_master
dealt_before=$dealt
kill -KILL "${pids[number]}"
killed_ms=$(now_ms)
ask_master
until [[ $state == dead ]] || is_back; do
  patient 'the master has not noticed'
  ask_master
done
noticed_ms=$(now_ms) dealt_noticed=$dealt noticed=$state

late=0
until [[ $state == alive ]] && is_back; do
  patient 'the slave is not back'
  ask_master
  [[ $state != dead ]] || late=$((dealt - dealt_noticed))
done
back_ms=$(now_ms)
sleep "$duration"

kill -INT "$load_pid"
wait "$load_pid" || (($? == 130)) || fail "the load failed: $(cat "$work/load-log" "$work/result")"
load_pid=''
kill -INT "$cluster_pid"
status=0
wait "$cluster_pid" || status=$?
cluster_pid=''
((status == 0)) || fail "the cluster ended with status $status: $(cat "$work/log")"

# ---- what it cost ----

# The slices of time around the kill and around the slave's return; "..." where nothing changes between them.
print_timeline() {
  awk -F , -v victim="$victim" -v list="${wheres[*]}" '
    BEGIN { n = split(list, where, " ") }
    NR == 1 { next }
    !($1 in seen) { seen[$1] = 1; time[++slices] = $1 }
    { answers[$1, $2] = $3; errors[$1] += $4 }
    END {
      for (kill = 2; kill < slices; kill++)
        if (errors[time[kill]] || (answers[time[kill - 1], victim] && !answers[time[kill], victim])) break
      for (back = kill + 1; back < slices; back++)
        if (answers[time[back], victim] && !answers[time[back - 1], victim]) break
      printf "\n  %6s", "time"
      for (i = 1; i <= n; i++) printf "  %7s", "slave " (i - 1)
      printf "  %7s\n", "errors"
      for (s = kill > 3 ? kill - 3 : 1; s < slices && s < back + 3; s++) {
        if (s == kill + 3 && s < back - 3) {
          print "     ..."
          s = back - 2
        }
        printf "  %6.1f", time[s]
        for (i = 1; i <= n; i++) printf "  %7d", answers[time[s], where[i]]
        printf "  %7d\n", errors[time[s]]
      }
    }' "$timeline"
}

# { "server": "127.0.0.1:9002", "answers": 4311, "errors": 4, "redirects": 0 }
read -r lost elsewhere < <(awk -v victim="\"$victim\"," '
  $2 == "\"server\":" { if ($3 == victim) lost = $7 + 0; else elsewhere += $7 }
  END { print lost + 0, elsewhere + 0 }' "$work/result")

print_timeline
meanwhile=$((dealt_noticed - dealt_before)) allowed=$((connections + dealt_noticed - dealt_before))
printf '\n  %-22s %d redirects to slave %d\n' 'until the kill' "$dealt_before" "$number"
if [[ $noticed == dead ]]; then
  printf '  %-22s after at most %d ms; %d redirects more by then, %d after it\n' 'noticed by the master' \
    $((noticed_ms - killed_ms)) "$meanwhile" "$late"
else
  printf '  %-22s never: %d redirects more until it was started again\n' 'noticed by the master' "$meanwhile"
fi
printf '  %-22s %d ms after the kill\n' 'back in the turn' $((back_ms - killed_ms))
printf '  %-22s %d at slave %d, %d elsewhere\n' 'errors' "$lost" "$number" "$elsewhere"
grep ' died: ' "$work/log" | sed 's/^/  /'

((elsewhere == 0)) || fail "$elsewhere errors at servers that were not killed"
# A master of several threads may be in the middle of as many answers when one of them notices.
((late <= connections)) || fail "$late redirects to the slave after the master knew that it was dead"
((lost <= allowed)) || fail "$lost requests were lost; no more than $allowed were under way"
