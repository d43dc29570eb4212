# shellcheck shell=bash disable=SC2154 # variables are shared with compare.sh
# progress.sh - one line that tells how far we are and how long it takes yet. Sourced by compare.sh.
#
# On a terminal the line is rewritten, at most four times a second; elsewhere there is a plain line every ten
# seconds.

now_ms() { # -> now
  now=${EPOCHREALTIME/[.,]/}
  now=$((now / 1000))
}

# span MILLISECONDS -> text: "45 s", "2 min 10 s"
span() {
  local s=$((($1 + 999) / 1000))
  text="$s s"
  ((s < 60)) || text="$((s / 60)) min $((s % 60)) s"
  ((s < 3600)) || text="$((s / 3600)) h $((s / 60 % 60)) min"
}

# warmup_time WORKLOAD - its own, where it needs more than the mode's, in ms
warmup_time() {
  printf '%d' $((${warmup_of[$1]:-0} > warmup_ms ? ${warmup_of[$1]:-0} : warmup_ms))
}

# measured_time WORKLOAD - its own, where it needs less than the mode's, in ms
measured_time() {
  local own=${duration_of[$1]:-$duration_ms}
  printf '%d' $((own < duration_ms ? own : duration_ms))
}

# run_cost PLAN-ENTRY -> cost: what a run should take, in ms; starting and stopping included
run_cost() {
  local workload rest need once own_warmup=${warmup_of[${1%%|*}]:-0} own=${duration_of[${1%%|*}]:-$duration_ms}
  workload=${1%%|*} rest=${1#*|*|}
  if [[ -n ${command_of[$workload]-} ]]; then
    cost=${takes_of[$workload]:-10000}
    return 0
  fi
  what_it_needs "$workload" "${rest%|*}"
  once=$(((own < duration_ms ? own : duration_ms) + (own_warmup > warmup_ms ? own_warmup : warmup_ms) + 130))
  cost=$((once + need / 12))
  ! asks_for "$workload" memory || cost=$((cost + once))
  [[ -z ${origin_of[$workload]-} ]] || cost=$((cost + 100))
}

plan_cost() { # -> cost of the whole plan
  local entry sum=0
  for entry in "${plan[@]}"; do
    run_cost "$entry"
    sum=$((sum + cost))
  done
  cost=$sum
}

last_progress=0
progress_shown=''
# progress - shows the line if it is due. cost_all and cost_done are estimates, started_ms is when the first
# run began
progress() {
  local now text left line
  now_ms
  if [[ $on_terminal ]]; then
    ((now - last_progress >= 250)) || return 0
  else
    ((now - last_progress >= 10000)) || return 0
  fi
  last_progress=$now
  left=$((cost_all - cost_done))
  # What was right so far is right from here on, once there is enough of it to tell.
  ((cost_done < 3000)) || left=$((left * (run_started_ms - started_ms) / cost_done))
  left=$((left - (now - run_started_ms)))
  span "$((left > 1000 ? left : 1000))"
  line="$order of ${#plan[@]} runs, about $text left ($now_running)"
  if [[ $on_terminal ]]; then
    printf '\r%.*s\e[K' "$((${COLUMNS:-80} - 1))" "$line" >&2
    progress_shown=yes
  else
    printf '%s\n' "$line" >&2
  fi
}

progress_clear() {
  [[ -z $progress_shown ]] || printf '\r\e[K' >&2
  progress_shown=''
}
