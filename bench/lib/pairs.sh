# shellcheck shell=bash disable=SC2034 # variables are shared with those who source this
# pairs.sh - two servers measured by turns: start, load, stop, and the ratio of each pair. Sourced.
#
#     server --stdout and stderr--> fifo --> the line that says it is ready
#     load   --stdout-------------> csv  --> CPU microseconds for an answer
#
# Server and load share one core, so that the server is never asleep for want of work: then CPU time per request
# repeats within a few percent, which throughput on a small machine does not. What slows the machine down for some
# seconds slows both of a pair; the figure is the median of the pairs' ratios. Which of the two goes first changes from
# pair to pair.
#
# Everything started is known by its pid and stopped by it, also when interrupted. Results come in variables, not on
# standard output: what $(...) starts, the trap of the script would not know.
#
# Who sources this sets core (the CPU) and seconds (of a run).

me=${0##*/} core=0 seconds=1
work='' server_pid='' server_fd='' load_pid='' helper_pid=''
load=${MUXLAB_OUT-}bench/load

say() { printf '%s\n' "$*" >&2; }
fail() { say "$me: $*"; exit 1; }

pairs_begin() {
  [[ -x $load ]] || fail "there is no $load: run make"
  work=$(mktemp -d)
  trap pairs_end EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  guard=(setpriv --pdeathsig TERM --) # so that even a killed script leaves no server behind
  "${guard[@]}" true 2>/dev/null || guard=()
}

pairs_end() {
  trap '' INT TERM HUP
  local pid
  for pid in $load_pid $server_pid $helper_pid; do
    kill "$pid" 2>/dev/null || continue
    wait "$pid" 2>/dev/null || true
  done
  rm -rf -- "$work"
}

progress() { # TEXT - a line that is overwritten; only for people
  [[ ! -t 2 ]] || printf '\r%-78s\r%s' '' "$1" >&2
}

# ---- servers ----

# start_server READY COMMAND... - runs it on our core; returns when it has printed a line that matches the regular
# expression READY -> server_pid; measured_pid: whose CPU time counts (READY may have set worker_pid by then, see
# on_line); matched: BASH_REMATCH of that line. 1: it did not start; what it said is in said.
start_server() {
  local ready=$1 line code=0 end=$((SECONDS + 10))
  shift
  said='' matched=() measured_pid=''
  rm -f "$work/out"
  mkfifo "$work/out"
  "${guard[@]}" taskset -c "$core" "$@" >"$work/out" 2>&1 </dev/null &
  server_pid=$!
  exec {server_fd}<"$work/out"
  while ((SECONDS < end)); do
    read -r -t 10 -u "$server_fd" line || break
    said+=$line$'\n'
    on_line "$line"
    [[ $line =~ $ready ]] || continue
    matched=("${BASH_REMATCH[@]}")
    measured_pid=${measured_pid:-$server_pid}
    return 0
  done
  stop_server
  return 1
}

# on_line LINE - for those whose worker is another process than the one started: sets measured_pid.
on_line() { :; }

# Its output is read to the end, so that it never waits for us to read, and the end of it is the server's.
stop_server() {
  local line
  [[ -n $server_pid ]] || return 0
  kill "$server_pid" 2>/dev/null || true
  while read -r -t 10 -u "$server_fd" line; do said+=$line$'\n'; done
  exec {server_fd}<&-
  wait "$server_pid" 2>/dev/null || true
  server_pid='' server_fd=''
}

# start_ours COMMAND... - one of our programs on a free port -> server_pid, port
start_ours() {
  start_server 'listening on .*:([0-9]+)( |$)' "$@" || fail "$1 did not start: $said"
  port=${matched[1]}
}

# ---- load ----

# run_load ARGUMENT... - loads the server that runs -> figure (its CPU us for an answer), both (with the generator's)
run_load() {
  local code=0
  "${guard[@]}" "$load" -d "${seconds}s" --warmup 300ms --cpu "$core" --server-pid "$measured_pid" --no-progress -q \
    --format csv --csv-header "$@" >"$work/csv" 2>"$work/load.log" </dev/null &
  load_pid=$!
  wait "$load_pid" || code=$?
  load_pid=''
  ((code == 0)) || fail "the load failed (status $code): $load $*: $(load_errors)"
  figure=$(column server_cpu_us)
  both=$(awk -v a="$figure" -v b="$(column client_cpu_us)" 'BEGIN { printf "%.3f", a + b }')
  [[ -n $figure ]] || fail "no CPU time of process $measured_pid: $(tail -n 1 "$work/load.log")"
}

load_errors() {
  printf '%s errors; %s' "$(column errors)" "$(tail -n 1 "$work/load.log")"
}

column() { # NAME
  awk -F , -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i } NR == 2 { print $c }' "$work/csv"
}

# ---- pairs ----

# run_pairs NAME PAIRS FIRST SECOND - each of the two is a command that leaves its figure in figure and both. Files:
# $work/first and $work/second (a figure a line), $work/ratios and $work/both (second / first; the latter with the
# generator's time).
run_pairs() {
  local name=$1 pairs=$2 first=$3 second=$4 i a b all_a all_b
  : >"$work/first" && : >"$work/second" && : >"$work/ratios" && : >"$work/both"
  for ((i = 0; i < pairs; i++)); do
    progress "$name: pair $((i + 1)) of $pairs"
    if ((i % 2)); then
      $second && b=$figure all_b=$both
      $first && a=$figure all_a=$both
    else
      $first && a=$figure all_a=$both
      $second && b=$figure all_b=$both
    fi
    printf '%s\n' "$a" >>"$work/first"
    printf '%s\n' "$b" >>"$work/second"
    awk -v a="$a" -v b="$b" 'BEGIN { printf "%.4f\n", b / a }' >>"$work/ratios"
    awk -v a="$all_a" -v b="$all_b" 'BEGIN { printf "%.4f\n", b / a }' >>"$work/both"
  done
  progress ''
}

median() { # FILE
  sort -g "$1" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

span() { sort -g "$1" | awk 'NR == 1 { a = $1 } { b = $1 } END { printf "%.2f .. %.2f\n", a, b }'; }

# interval FILE - "LOW HIGH": where the median lies with at least 93 % certainty, whatever the distribution: the k-th
# smallest and largest, as the binomial distribution says. Fewer than five values: the smallest and the largest.
interval() {
  sort -g "$1" | awk '{ v[NR] = $1 }
    END {
      chance = 0.5 ^ NR; sum = 2 * chance
      for (k = 1; sum + 2 * (chance *= (NR - k + 1) / k) <= 0.07; k++) sum += 2 * chance
      print v[k], v[NR + 1 - k]
    }'
}
