# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with compare.sh
# run.sh - one run: start a server, load it, stop it, write a row. Sourced by compare.sh.
#
#     server --stdout--> fifo --> "listening on 127.0.0.1:PORT"     end of file: it is gone
#     load   --stdout--> fifo --> header and row                    end of file: it is done
#
# Reading a fifo with a time-out is how we wait: no sleeping, no polling, and the progress line is kept alive
# meanwhile. Everything started is known by its pid in server_pid or load_pid, and is stopped by stop_all(),
# whatever happens.

server_pid='' server_fd='' load_pid='' load_fd=''

load_columns=(protocol connections idle pipeline churn threads offered_rps duration_s requests rps errors p50_us p90_us
  p99_us p999_us max_us mean_us server_cpu_us server_user_us server_sys_us client_cpu_us client_cpu_pct warnings)
count_columns=(accept recv send wait ctl sleep close shutdown connect open sendfile spawn other)
other_columns=(eagain empty events scanned voluntary_switches involuntary_switches max_rss_kb)

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
    "${count_columns[@]/#/n_}" "${other_columns[@]}"
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

stop_load() {
  [[ -n $load_pid ]] || return 0
  stop_process "$load_pid" "$load_fd"
  load_pid='' load_fd=''
}

stop_all() {
  stop_load
  stop_server
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

# start_server BACKEND CPU STATS -> port; 1: why is in failure
start_server() {
  local line='' command=("${on_cpu[@]}")
  ((${#on_cpu[@]} == 0)) || command+=("$2")
  command+=("$server" -p 0 -b "${backend_arg[$1]}" --idle-timeout 0 --log-level warning --stats "$3")
  write_command "${command[@]}"
  ${guard[@]+"${guard[@]}"} "${command[@]}" >"$scratch/server.fifo" 2>"$scratch/server.log" </dev/null &
  server_pid=$!
  exec {server_fd}<"$scratch/server.fifo"
  if read -r -t 10 -u "$server_fd" line && [[ $line =~ :([0-9]+)' (' ]]; then
    port=${BASH_REMATCH[1]}
    return 0
  fi
  failure=$(tail -n 1 "$scratch/server.log")
  failure=${failure:-the server did not say that it is ready within 10 s}
  return 1
}

# run_load CPU HIST ARGUMENT... -> load_output; its status is returned, 124 when it had to be stopped
run_load() {
  local piece='' code=0 end command=("$load" "zen://127.0.0.1:$port" "${@:3}" -d "${duration_ms}ms"
    --warmup "${warmup_ms}ms" --seed "$seed" --cpu "$1" --server-pid "$server_pid"
    --format csv --csv-header --hist "$2" --no-progress)
  write_command "${command[@]}"
  end=$((SECONDS + (duration_ms + warmup_ms) / 1000 + 30))
  load_output=
  ${guard[@]+"${guard[@]}"} "${command[@]}" >"$scratch/load.fifo" 2>"$scratch/load.log" </dev/null &
  load_pid=$!
  exec {load_fd}<"$scratch/load.fifo"
  while ((code != 1)); do
    code=0
    IFS= read -r -t 0.25 -u "$load_fd" piece || code=$?
    load_output+=$piece
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

# write_row WORKLOAD BACKEND REP X STATUS NOTE HIST STATS-JSON
write_row() {
  local name number row=("$1" "$2" "$3" "$order" "$4" "${cores_of[$1]}" "$5" "$6" "$7")
  for name in "${load_columns[@]}"; do row+=("${load_value[$name]-}"); done
  for name in answers sessions "${count_columns[@]}" "${other_columns[@]}"; do
    json_number "$8" "$name"
    row+=("$number")
  done
  csv_line "${row[@]}" >>"$out/results.csv"
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
  elif [[ ${errors:-0} != 0 ]]; then
    status=errors failure="$errors errors; $(tail -n 1 "$scratch/load.log")"
  elif [[ ${load_value[requests]-} == 0 ]]; then
    status=nothing_measured failure='not one answer came in the measured time'
  elif [[ $1 != 0 || -z ${load_value[requests]-} ]]; then
    status=load_failed failure="status $1; $(tail -n 1 "$scratch/load.log")"
  fi
}

# one_run WORKLOAD BACKEND X REP - never fails: what goes wrong is in the row
one_run() {
  local workload=$1 backend=$2 x=$3 rep=$4 name status failure='' stats='' code=0 port=0 stopped=0
  local server_cpu=$cpu_a load_cpu=$cpu_b arguments=() extra=()
  name=$workload-$x-$backend-$rep
  [[ ${cores_of[$workload]} == split ]] || load_cpu=$server_cpu
  if [[ ${axis_of[$workload]} == connections ]]; then
    arguments=(-c "$x")
  else
    arguments=(-c "${active_of[$workload]}" --idle "$x")
  fi
  read -r -a extra <<<"${options_of[$workload]}"
  printf '\n# run %d: %s %s, %s, repetition %d\n' "$order" "$workload" "$x" "$backend" "$rep" >>"$out/commands.txt"
  load_value=()
  if start_server "$backend" "$server_cpu" "$out/stats/$name.json"; then
    run_load "$load_cpu" "$out/hist/$name.csv" "${arguments[@]}" ${extra[@]+"${extra[@]}"} || code=$?
    parse_load
    judge "$code"
  else
    status=no_server
  fi
  stop_server
  [[ $status != server_died ]] || failure="the server ended with status $stopped${failure:+; $failure}"
  if [[ $status == ok && $stopped != 0 ]]; then
    status=bad_end failure="the server ended with status $stopped; $(tail -n 1 "$scratch/server.log")"
  fi
  [[ -r $out/stats/$name.json ]] && stats=$(<"$out/stats/$name.json")
  [[ $status == ok ]] || ((++failures))
  write_row "$workload" "$backend" "$rep" "$x" "$status" "$failure" "hist/$name.csv" "$stats"
}
