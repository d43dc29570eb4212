# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with compare.sh
# run.sh - one run: start a server, load it, stop it, write a row. Sourced by compare.sh.
#
#     origin --stdout--> fifo --> "listening on 127.0.0.1:PORT"     where the workload has one
#     server --stdout--> fifo --> "listening on 127.0.0.1:PORT"     end of file: it is gone
#     load   --stdout--> fifo --> header and row                    end of file: it is done
#
# Reading a fifo with a time-out is how we wait: no sleeping, no polling, and the progress line is kept alive
# meanwhile. Everything started is known by its pid in server_pid, origin_pid or load_pid, and is stopped by
# stop_all(), whatever happens.

server_pid='' server_fd='' origin_pid='' origin_fd='' load_pid='' load_fd=''

load_columns=(protocol connections idle pipeline churn threads offered_rps duration_s requests rps errors p50_us p90_us
  p99_us p999_us max_us mean_us server_cpu_us server_user_us server_sys_us client_cpu_us client_cpu_pct warnings)
count_columns=(accept recv send wait ctl sleep close shutdown connect open sendfile spawn other)
other_columns=(eagain empty events scanned voluntary_switches involuntary_switches max_rss_kb)
# What came later stands behind, so that who reads by number still reads right.
late_counts=(pread)
late_load=(hops cache_hits cache_misses cache_hit_pct bytes_in)
model_counts=(futex sigmask enter aio)
model_others=(vain handed switches)

csv_cell() { # TEXT -> cell, quoted where it must be
  cell=$1
  [[ $cell == *[,\"$'\n']* ]] || return 0
  cell=\"${cell//\"/\"\"}\"
}

csv_line() { # CELL... - one line
  local item line=''
  for item; do
    csv_cell "$item"
    line+=,$cell
  done
  printf '%s\n' "${line:1}"
}

results_header() {
  csv_line workload backend rep order x placement status note hist "${load_columns[@]}" answers sessions \
    "${count_columns[@]/#/n_}" "${other_columns[@]}" "${late_counts[@]/#/n_}" "${late_load[@]}" body_bytes timeline \
    "${model_counts[@]/#/n_}" "${model_others[@]/#/count_}" workers worker_sessions memory_bytes
}

# ---- processes ----

# stop_process PID FD - TERM, at most 6 seconds for it to end, then KILL -> its status in stopped
stop_process() {
  local pid=$1 fd=$2 line code=0 end=$((SECONDS + 6)) hung=''
  kill -TERM "$pid" 2>/dev/null || true
  # The fifo ends when the process does. read: 0 a line, 1 the end, above 128 nothing came in time.
  while ((code != 1)); do
    code=0
    read -r -t 0.5 -u "$fd" line || code=$?
    if ((SECONDS >= end)); then
      kill -KILL "$pid" 2>/dev/null || true
      hung=yes
      break
    fi
  done
  exec {fd}<&-
  stopped=0
  wait "$pid" 2>/dev/null || stopped=$?
  [[ -z $hung ]] || stopped=hung
}

stop_server() {
  [[ -n $server_pid ]] || return 0
  stop_process "$server_pid" "$server_fd"
  server_pid='' server_fd=''
}

stop_origin() {
  [[ -n $origin_pid ]] || return 0
  stop_process "$origin_pid" "$origin_fd"
  origin_pid='' origin_fd=''
}

stop_load() {
  [[ -n $load_pid ]] || return 0
  stop_process "$load_pid" "$load_fd"
  load_pid='' load_fd=''
}

stop_all() {
  stop_load
  stop_server
  stop_origin
}

quote() { # WORD... -> quoted: a line that a shell reads as these words
  local word
  quoted=''
  for word; do
    [[ $word =~ ^[A-Za-z0-9_./:,=@%+-]+$ ]] || printf -v word '%q' "$word"
    quoted+=" $word"
  done
  quoted=${quoted:1}
}

write_command() { # WORD...
  quote "$@"
  printf '%s\n' "$quoted" >>"$out/commands.txt"
}

# on CPU COMMAND... -> command: bound to that CPU, if that can be done
on() {
  command=("${on_cpu[@]}")
  ((${#on_cpu[@]} == 0)) || command+=("$1")
  command+=("${@:2}")
  write_command "${command[@]}"
}

# wait_ready FD LOG - for the line that tells the address -> at; 1: why not is in failure
wait_ready() {
  local line=''
  if read -r -t 10 -u "$1" line && [[ $line =~ (127\.0\.0\.1:[0-9]+)' (' ]]; then
    at=${BASH_REMATCH[1]}
    return 0
  fi
  failure=$(tail -n 1 "$2")
  failure=${failure:-the server did not say that it is ready within 10 s}
  return 1
}

# start_server CPU STATS ARGUMENT... -> server_at; 1: why is in failure
start_server() {
  local command at=''
  on "$1" "${MUXLAB_OUT-}servers/${service_of[$workload]}" -p 0 -b "$backend_told" --idle-timeout 0 \
    --log-level warning --stats "$2" "${@:3}"
  ${guard[@]+"${guard[@]}"} "${command[@]}" >"$scratch/server.fifo" 2>"$scratch/server.log" </dev/null &
  server_pid=$!
  exec {server_fd}<"$scratch/server.fifo"
  wait_ready "$server_fd" "$scratch/server.log" || return 1
  server_at=$at
}

# start_origin CPU PROGRAM ARGUMENT... -> origin; 1: why is in failure
start_origin() {
  local command at=''
  on "$1" "${MUXLAB_OUT-}servers/$2" -p 0 --idle-timeout 0 --log-level warning "${@:3}"
  ${guard[@]+"${guard[@]}"} "${command[@]}" >"$scratch/origin.fifo" 2>"$scratch/origin.log" </dev/null &
  origin_pid=$!
  exec {origin_fd}<"$scratch/origin.fifo"
  wait_ready "$origin_fd" "$scratch/origin.log" || return 1
  origin=$at
}

# drive MOST-SECONDS COMMAND... -> load_output; its status is returned, 124 when it had to be stopped
drive() {
  local piece='' code=0 end=$((SECONDS + $1))
  write_command "${@:2}"
  load_output=
  ${guard[@]+"${guard[@]}"} "${@:2}" >"$scratch/load.fifo" 2>"$scratch/load.log" </dev/null &
  load_pid=$!
  exec {load_fd}<"$scratch/load.fifo"
  while ((code != 1)); do
    code=0
    IFS= read -r -t 0.25 -u "$load_fd" piece || code=$?
    load_output+=$piece
    look_at_memory
    ((code != 0)) || load_output+=$'\n'
    progress
    ((SECONDS < end)) || { stop_load; return 124; }
  done
  # It has closed its output and is about to end: a signal now would change its status.
  code=0
  wait "$load_pid" || code=$?
  exec {load_fd}<&-
  load_pid='' load_fd=''
  return "$code"
}

# run_load CPU HIST ARGUMENT... - the status is drive's; no CPU: any
run_load() {
  local warm measured need bound=()
  warm=$(warmup_time "$workload")
  # Forking for all of them, half a millisecond each, is no part of the answer.
  what_it_needs "$workload" "$x"
  [[ ${backend_clients[${series_backend["$workload|$series"]}]} != processes ]] || warm=$((warm + need / 2))
  measured=$(measured_time "$workload")
  [[ -z $1 ]] || bound=(--cpu "$1")
  drive $(((measured + warm) / 1000 + 30)) "$load" "${@:3}" -d "${measured}ms" --warmup "${warm}ms" \
    --seed "$seed" "${bound[@]}" --server-pid "$server_pid" --format csv --csv-header --hist "$2" --no-progress
}

# ---- memory ----

# asks_for WORKLOAD FIGURE
asks_for() { [[ " ${figures_of[$1]-} " == *" $2 "* ]]; }

# memory_of PID -> kib: of the process and its children, all that grows with clients and is theirs alone: anonymous
# memory and that which they share (each page once, however many have it: Pss in proc(5)), and page tables.
memory_of() {
  local pid pids paths=()
  pids=$(pgrep -P "$1" 2>/dev/null) || true
  for pid in "$1" $pids; do paths+=("/proc/$pid/smaps_rollup" "/proc/$pid/status"); done
  kib=$(printf '%s\0' "${paths[@]}" | xargs -0 cat 2>/dev/null |
    awk '/^(Pss_Anon|Pss_Shmem|VmPTE):/ { sum += $2 } END { print sum + 0 }') || true
}

# look_at_memory - while the load runs -> memory_kib: the most so far, if somebody wants to know
look_at_memory() {
  local kib
  [[ -n $memory_kib && -n $server_pid ]] || return 0
  memory_of "$server_pid"
  ((kib <= memory_kib)) || memory_kib=$kib
}

# ---- rows ----

# parse_load - load_output's header and row -> load_value by column; no cell holds a comma
declare -A load_value=()
parse_load() {
  local header row name
  header=${load_output%%$'\n'*}
  row=${load_output#*$'\n'}
  row=${row%%$'\n'*}
  load_value=()
  [[ -n $row && $header == *,* ]] || return 0
  header+=, row+=,
  while [[ -n $header && -n $row ]]; do
    name=${header%%,*} header=${header#*,}
    load_value[$name]=${row%%,*} row=${row#*,}
  done
}

# json_number JSON NAME -> number, or nothing
json_number() {
  number=
  [[ $1 =~ \"$2\":([0-9]+) ]] && number=${BASH_REMATCH[1]}
  return 0
}

# split_workers JSON -> totals: all but the list of workers, which has the same names; workers: the list
split_workers() {
  totals=$1 workers=
  [[ $1 == *'"per_worker":['* ]] || return 0
  workers=${1#*'"per_worker":['}
  totals=${1%%'"per_worker":['*}${workers#*]}
  workers=${workers%%]*}
}

# sessions_by_worker LIST-OF-WORKERS -> by_worker: "12;13;9"
sessions_by_worker() {
  local rest=$1 number
  by_worker=
  while [[ $rest == *'{'* ]]; do
    rest=${rest#*'{'}
    json_number "${rest%%'}'*}" sessions
    by_worker+=${by_worker:+;}${number:-0}
  done
}

# write_row WORKLOAD SERIES REP X STATUS NOTE HIST STATS-JSON
write_row() {
  local name number totals workers by_worker='' row=("$1" "$2" "$3" "$order" "$4" "${cores_of[$1]}" "$5" "$6" "$7")
  split_workers "$8"
  ! asks_for "$1" fairness || sessions_by_worker "$workers"
  for name in "${load_columns[@]}"; do row+=("${load_value[$name]-}"); done
  for name in answers sessions "${count_columns[@]}" "${other_columns[@]}" "${late_counts[@]}"; do
    json_number "$totals" "$name"
    row+=("$number")
  done
  for name in "${late_load[@]}"; do row+=("${load_value[$name]-}"); done
  row+=("$body_bytes" "$timeline")
  for name in "${model_counts[@]}" "${model_others[@]}" workers; do
    json_number "$totals" "$name"
    row+=("$number")
  done
  csv_line "${row[@]}" "$by_worker" "$memory_bytes" >>"$out/results.csv"
  finished=$((finished + 1))
}

# judge LOAD-STATUS - what to think of the run -> status, failure
judge() {
  local errors=${load_value[errors]-}
  status=ok
  if [[ $1 == 124 ]]; then
    status=load_hung failure='the generator did not end in time'
  elif ! kill -0 "$server_pid" 2>/dev/null; then
    status=server_died failure=$(tail -n 1 "$scratch/server.log")
  elif [[ -n ${errors_of[$workload]-} && -n ${load_value[requests]-} ]]; then
    : # that nobody answers is what one wants to see
  elif [[ ${errors:-0} != 0 ]]; then
    status=errors failure="$errors errors; $(tail -n 1 "$scratch/load.log")"
  elif [[ ${load_value[requests]-} == 0 ]]; then
    status=nothing_measured failure='not one answer came in the measured time'
  elif [[ $1 != 0 || -z ${load_value[requests]-} ]]; then
    status=load_failed failure="status $1; $(tail -n 1 "$scratch/load.log")"
  fi
}

# where_it_runs -> server_cpu, load_cpu
where_it_runs() {
  server_cpu=$cpu_a load_cpu=$cpu_b
  case ${cores_of[$workload]} in
    shared) load_cpu=$server_cpu ;;
    any) server_cpu=$(IFS=,; printf '%s' "${allowed[*]}") load_cpu= ;;
  esac
}

# load_options X -> arguments
load_options() {
  case ${axis_of[$workload]} in
    connections) arguments=(-c "$1") ;;
    idle) arguments=(-c "${active_of[$workload]}" --idle "$1") ;;
    *) arguments=(-c "${active_of[$workload]}") ;;
  esac
}

# start_measured X STATS-FILE - 1: why is in failure
start_measured() {
  local words=() workers
  workers_for "$workload" "$series" "$1"
  options "${server_of[$workload]-} $server_more ${workers:+--workers $workers}"
  start_server "$server_cpu" "$2" ${words[@]+"${words[@]}"}
}

# load_it X - status is the load's
load_it() {
  local words=() arguments=()
  write_urls
  load_options "$1"
  options "${target_of[$workload]} ${load_of[$workload]-} $load_more"
  run_load "$load_cpu" "$out/hist/$name.csv" "${words[@]}" "${arguments[@]}"
}

# measure_without - the same without its silent clients first -> without_kib: the memory of a server that has been used
measure_without() {
  local stopped
  memory_kib=0
  start_measured 0 "$scratch/without.json" || return 1
  load_it 0 || true
  stop_server
  without_kib=$memory_kib memory_kib=0
}

# serve_and_load - starts what the workload needs and loads it -> code, or status no_server; see one_run
serve_and_load() {
  local words=() server_cpu load_cpu without_kib=0
  where_it_runs
  prepare_files "$workload" "$x"
  options "${origin_of[$workload]-}"
  if ((${#words[@]})) && ! start_origin "$load_cpu" "${words[@]}"; then
    status=no_origin
    return
  fi
  if asks_for "$workload" memory && ((x > 0)) && ! measure_without; then
    status=no_server
    return
  fi
  if ! start_measured "$x" "$out/stats/$name.json"; then
    status=no_server
    return
  fi
  load_it "$x" || code=$?
  [[ -z $memory_kib ]] || memory_bytes=$(((memory_kib - without_kib) * 1024 / x))
  parse_load
  judge "$code"
}

# run_command - a workload that brings all it needs: only its status counts, and what it wrote to {timeline}
run_command() {
  local words=()
  timeline=timeline/$name.csv hist=''
  mkdir -p -- "$out/timeline"
  timeline=$out/$timeline options "${command_of[$workload]}"
  drive $((${takes_of[$workload]:-60000} / 1000 + 120)) "${words[@]}" || code=$?
  printf '%s' "$load_output" >"$out/stats/$name.txt"
  status=ok
  [[ $code == 0 ]] || status=command_failed failure="status $code; $(tail -n 1 "$scratch/load.log")"
}

# end_of_server - stops it -> status and failure, if it did not end well; stats
end_of_server() {
  local stopped=0
  stop_server
  [[ $status != server_died ]] || failure="the server ended with status $stopped${failure:+; $failure}"
  if [[ $status == ok && $stopped != 0 ]]; then
    status=bad_end failure="the server ended with status $stopped; $(tail -n 1 "$scratch/server.log")"
  fi
  [[ -r $out/stats/$name.json ]] && stats=$(<"$out/stats/$name.json")
  stop_origin
}

# one_run WORKLOAD SERIES X REP - never fails: what goes wrong is in the row
one_run() {
  local workload=$1 series=$2 x=$3 rep=$4 name status='' failure='' stats='' code=0 hist
  local server_at='' origin='' files='' n_files='' urls='' body_bytes='' timeline='' server_more load_more
  local memory_kib='' memory_bytes=''
  local backend_told=${backend_arg[${series_backend["$1|$2"]}]} # and all that options() fills in
  IFS='|' read -r _ server_more load_more <<<"${series_variant["$1|$2"]}"
  name=$workload-$x-${series//\//-}-$rep
  hist=hist/$name.csv
  printf '\n# run %d: %s %s, %s, repetition %d\n' "$order" "$workload" "$x" "$series" "$rep" >>"$out/commands.txt"
  load_value=()
  if [[ -n ${command_of[$workload]-} ]]; then
    run_command
  else
    serve_and_load
    end_of_server
  fi
  [[ $status == ok ]] || ((++failures))
  write_row "$workload" "$series" "$rep" "$x" "$status" "$failure" "$hist" "$stats"
}
