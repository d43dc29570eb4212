#!/usr/bin/env bash
# compare.sh - the same load through every backend: starts, measures, stops, writes down, draws.
#
#     bench/compare.sh                                       a first look, about two minutes
#     bench/compare.sh --normal                              all backends, all workloads, with intervals
#     bench/compare.sh --normal --workloads handover         as carefully, but one thing only
#     bench/compare.sh --backends epoll_lt,./mine.so         one backend of your own beside another
#     bench/compare.sh --workloads redirect,static           other loads and services; --list tells which
#
# A run is a new server, a warm-up, a measured time, and the end of the server; each is a row of results.csv.
# Runs come in random order (compare/plan.sh); a run is compare/run.sh; what is driven stands in workloads/, a
# small text file each (workloads/README.md). Afterwards report/render.sh makes the charts and the page.
# Interrupted, it stops what it started and draws what there is.
#
# Exit status: 0 fine; 1 a run failed or something is missing; 2 wrong usage; 130 interrupted.
#
# SPDX-License-Identifier: MIT
set -euo pipefail
export LC_ALL=C

start_folder=$PWD
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
server=${MUXLAB_OUT-}servers/zen_server # MUXLAB_OUT=build-asan/: those of make SAN=asan
load=${MUXLAB_OUT-}bench/load
summarize=${MUXLAB_OUT-}report/summarize

say() { printf '%s\n' "$*" >&2; }
fail() { say "compare.sh: $*"; exit 1; }
usage() { say "compare.sh: $* (--help lists all)"; exit 2; }

((BASH_VERSINFO[0] >= 5)) || fail "bash 5 or newer is needed, this is $BASH_VERSION"
# shellcheck source=bench/compare/machine.sh
source bench/compare/machine.sh
# shellcheck source=bench/compare/workloads.sh
source bench/compare/workloads.sh
# shellcheck source=bench/compare/plan.sh
source bench/compare/plan.sh
# shellcheck source=bench/compare/fixtures.sh
source bench/compare/fixtures.sh
# shellcheck source=bench/compare/run.sh
source bench/compare/run.sh
# shellcheck source=bench/compare/progress.sh
source bench/compare/progress.sh

# ---- options ----

help() {
  cat <<TEXT
Usage: bench/compare.sh [OPTION...]
Drives the same load through several backends, in random order and repeatedly, and draws charts.

  --quick             3 short repetitions, no intervals: a first look (the default)
  --normal            9 repetitions of 0.6 s (of some workloads 6), with intervals; --list tells how long it takes
  --backends LIST     names, plug-ins as ./file.so, or all (--quick: seven of all kinds; --normal: all)
  --workloads LIST    names, or all (--quick: $default_workloads; --normal: all)
  --workloads-dir DIR where they are, a file NAME.txt each (bench/workloads)
  --list              print the workloads with what they ask and how long they take, and exit
  -o, --output DIR    write there (results/DATE-TIME-quick)
  --reps N            repetitions
  --duration TIME     measured time of a run: 2, 0.5, 300ms
  --seed N            of the order of the runs; the same seed, the same order
  --plan              print the runs in their order, and exit
  --help              print this page and exit
TEXT
}

# milliseconds TEXT -> ms
milliseconds() {
  [[ $1 =~ ^([0-9]{1,6})(\.([0-9]{1,3}))?(s|ms)?$ ]] || return 1
  local whole=$((10#${BASH_REMATCH[1]})) part=${BASH_REMATCH[3]-}000
  if [[ ${BASH_REMATCH[4]-} == ms ]]; then ms=$whole; else ms=$((whole * 1000 + 10#${part:0:3})); fi
  ((ms >= 10 && ms <= 3600000))
}

default_workloads=connections,idle
mode=quick plan_only='' list_only='' reps='' duration='' seed='' out='' asked_backends=''
workloads_dir=bench/workloads asked_workloads=''
quote bench/compare.sh "$@"
command_line=$quoted

parse_options() {
  while (($#)); do
    [[ $1 != --*=* ]] || set -- "${1%%=*}" "${1#*=}" "${@:2}"
    case $1 in
      --quick) mode=quick ;;
      --normal) mode=normal ;;
      --plan) plan_only=yes ;;
      --list) list_only=yes ;;
      --help | -h) help; exit 0 ;;
      --backends | --workloads | --workloads-dir | --output | -o | --reps | --duration | --seed)
        (($# >= 2)) || usage "$1 needs a value"
        set_option "$1" "$2"
        shift ;;
      -*) usage "there is no option $1" ;;
      *) usage "what is '$1'?" ;;
    esac
    shift
  done
}

set_option() { # NAME VALUE
  case $1 in
    --backends) asked_backends=$2 ;;
    --workloads)
      [[ -n $2 ]] || usage '--workloads: give names with commas between, or all'
      asked_workloads=$2 ;;
    --workloads-dir)
      workloads_dir=$2
      [[ $2 == /* ]] || workloads_dir=${start_folder%/}/$2
      [[ -d $workloads_dir && -r $workloads_dir ]] || usage "--workloads-dir: there is no folder $2" ;;
    --output | -o)
      [[ -n $2 ]] || usage "$1 needs a folder"
      out=$2 ;;
    --reps)
      [[ $2 =~ ^0*[1-9][0-9]{0,3}$ ]] || usage "--reps: '$2' is not a number from 1 to 9999"
      reps=$((10#$2)) ;;
    --duration)
      milliseconds "$2" || usage "--duration: '$2' is not a time from 10ms to 1 h (2, 0.5, 300ms)"
      duration=$ms ;;
    --seed)
      [[ $2 =~ ^[0-9]{1,18}$ ]] || usage "--seed: '$2' is not a number"
      seed=$((10#$2)) ;;
  esac
}

settle_mode() {
  if [[ $mode == quick ]]; then
    duration_ms=${duration:-400} warmup_ms=150 reps=${reps:-3}
  else
    duration_ms=${duration:-600} warmup_ms=200 reps=${reps:-9}
    default_workloads=all
    asked_backends=${asked_backends:-all}
  fi
  seed=${seed:-$((RANDOM << 15 | RANDOM))}
  random_state=$seed
}

# ---- before anything is started ----

# The workloads' own programs are among those that must be there.
check_tools() {
  local file workload missing=() files=("$server" "$load" "$summarize")
  command -v gnuplot >/dev/null || fail 'gnuplot is missing, which draws the charts: run make deps'
  for workload in "${workload_names[@]}"; do
    files+=("${MUXLAB_OUT-}servers/${service_of[$workload]}")
    [[ -z ${origin_of[$workload]-} ]] || files+=("${MUXLAB_OUT-}servers/${origin_of[$workload]%% *}")
  done
  for file in "${files[@]}"; do
    [[ -x $file || " ${missing[*]} " == *" $file "* ]] || missing+=("$file")
  done
  ((${#missing[@]})) || return 0
  say "building ${missing[*]}"
  make -s "${missing[@]}" >&2 || fail 'the programs could not be built; see above'
}

# Descriptors: as many as we may have. Both programs need one for each connection.
raise_limit() {
  ulimit -Sn "$(ulimit -Hn)" 2>/dev/null || true
  descriptors=$(ulimit -Sn)
  [[ $descriptors != unlimited ]] || descriptors=1000000
}

# allowed_cpus -> allowed: the CPUs that we may run on
allowed_cpus() {
  local list part first last cpu
  list=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
  allowed=()
  for part in ${list//,/ }; do
    first=${part%-*} last=${part#*-}
    for ((cpu = first; cpu <= last; cpu++)); do allowed+=("$cpu"); done
  done
}

# The server's CPU and the generator's: different cores where there are two, and not the first, which the kernel
# often uses for interrupts, if there are three.
choose_cpus() {
  local cpu siblings
  allowed_cpus
  cpu_a=${allowed[0]} cpu_b=${allowed[0]}
  ((${#allowed[@]} < 2)) || cpu_a=${allowed[1]}
  siblings=$(first_line "/sys/devices/system/cpu/cpu$cpu_a/topology/thread_siblings_list")
  for cpu in "${allowed[@]:2}" "${allowed[0]}"; do
    cpu_b=$cpu
    [[ ,${siblings//-/,}, == *,$cpu,* ]] || break
  done
  [[ $cpu_a == "$cpu_b" || ,${siblings//-/,}, != *,$cpu_b,* ]] ||
    note '*' '*' '' "CPUs $cpu_a and $cpu_b are two threads of one core: server and generator slow each other."
  on_cpu=(taskset -c)
  taskset -c "$cpu_a" true 2>/dev/null || {
    on_cpu=()
    note '*' '*' '' 'taskset(1) does not work here: the server is not bound to a core.'
  }
  guard=(setpriv --pdeathsig TERM --) # so that even a killed script leaves no server behind
  "${guard[@]}" true 2>/dev/null || guard=()
}

# ---- the folder ----

notes=()
note() { # WORKLOAD BACKEND LABEL TEXT - what a reader of the charts must know
  notes+=("$(csv_line "$@")")
  say "note: $4"
}

# put FILE - standard input becomes the file, whole or not at all
put() {
  cat >"$out/$1.new"
  mv -f -- "$out/$1.new" "$out/$1"
}

settle_folder() {
  [[ -n $out ]] || out=$PWD/results/$(date +%Y%m%d-%H%M%S)-$mode
  [[ $out == /* ]] || out=${start_folder%/}/$out
  [[ ! -e $out || -d $out && -z $(ls -A -- "$out" 2>/dev/null) ]] ||
    usage "$out is not empty: give another -o, or none"
}

make_folder() {
  mkdir -p -- "$out"/{hist,stats,charts} || fail "cannot write to $out"
  out=$(cd -- "$out" && pwd)
  scratch=$(mktemp -d)
  mkfifo "$scratch/server.fifo" "$scratch/origin.fifo" "$scratch/load.fifo"
}

placement() { # WORKLOAD
  if [[ -n ${command_of[$1]-} ]]; then
    printf 'all programs wherever the kernel puts them'
    return
  fi
  [[ ${axis_of[$1]} == connections ]] || printf '%s busy connections, ' "${active_of[$1]}"
  ! has_filled_pools "$1" || printf 'pools: a worker per client, '
  if [[ ${cores_of[$1]} == any ]]; then
    printf 'server%s and generator on %s CPUs' "${origin_of[$1]+, origin}" "${#allowed[@]}"
  elif [[ ${cores_of[$1]} == split && $cpu_a != "$cpu_b" ]]; then
    printf 'server on CPU %s, generator%s on CPU %s' "$cpu_a" "${origin_of[$1]+ and origin}" "$cpu_b"
  else
    printf 'server%s and generator share CPU %s' "${origin_of[$1]+, origin}" "$cpu_a"
  fi
}

seconds() { # MILLISECONDS
  local text
  printf -v text '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
  text=${text%0}
  text=${text%0}
  text=${text%0}
  printf '%s s' "${text%.}"
}

# all_series - of all workloads, each once, with commas between, in the order of the backends: families stay together
all_series() {
  local backend name series list=,
  for backend in "${backend_names[@]}"; do
    for name in "${workload_names[@]}"; do
      for series in ${series_of[$name]}; do
        [[ ${series_backend["$name|$series"]} != "$backend" || $list == *,"$series",* ]] || list+=$series,
      done
    done
  done
  list=${list%,}
  printf '%s' "${list:1}"
}

run_facts() {
  local name
  fact mode "$mode"
  ((reps >= 6)) || fact label 'smoke run'
  fact seed "$seed"
  fact repetitions "$reps"
  fact duration "$(seconds "$duration_ms")"
  fact warm-up "$(seconds "$warmup_ms")"
  fact backends "$(IFS=,; printf '%s' "${backend_names[*]}")"
  fact series "$(all_series)"
  fact 'planned runs' "${#plan[@]}"
  fact 'finished runs' "$finished"
  fact started "$started"
  fact 'took' "$took"
  fact interrupted "$interrupted"
  fact command "$command_line$([[ $command_line == *' --seed'* ]] || printf ' --seed %s' "$seed")"
  fact commit "$(git describe --always --dirty 2>/dev/null)"
  for name in "${backend_names[@]}"; do
    fact "family $name" "${backend_family[$name]-}"
  done
  for name in "${workload_names[@]}"; do
    fact "workload $name" "${words_of[$name]:-$name}"
    fact "axis $name" "${axis_of[$name]}"
    fact "question $name" "${question_of[$name]-}"
    fact "x $name" "${x_of[$name]-}"
    fact "unit $name" "${unit_of[$name]}"
    fact "figures $name" "${figures_of[$name]-}"
    fact "lines $name" "${lines_of[$name]-}"
    fact "placement $name" "$(placement "$name")"
    ! has_filled_pools "$name" || fact "pools $name" "a worker for each client, at most $pool_limit"
    [[ ${workers_of[$name]-} == *' '* ]] || fact "workers $name" "${workers_of[$name]-}"
    fact "active $name" "${active_of[$name]}"
  done
}

write_facts() {
  { cat "$scratch/machine"; fact 'load average before' "$load_before"
    fact 'load average after' "$(cut -d ' ' -f 1-3 /proc/loadavg)"
    fact 'stolen time meanwhile' "$(($(steal_ticks) - steal_before)) ticks"
  } | put machine.txt
  facts_to_json <"$out/machine.txt" | put machine.json
  run_facts | put run.txt
  { csv_line workload backend label text; ((${#notes[@]} == 0)) || printf '%s\n' "${notes[@]}"; } | put notes.csv
}

note_noise() { # LOAD - what makes figures stray, with a remedy
  local governor
  [[ $1 == 0.[0-4]* ]] ||
    note '*' '*' '' "The machine was busy at the start (load average $1): figures stray. Let it come to rest first."
  governor=$(first_line "/sys/devices/system/cpu/cpu$cpu_a/cpufreq/scaling_governor")
  [[ -z $governor || $governor == performance ]] ||
    note '*' '*' '' "The CPU's clock changes with its load (governor $governor): performance strays less."
}

begin_folder() {
  started=$(date '+%Y-%m-%d %H:%M:%S %z')
  load_before=$(cut -d ' ' -f 1-3 /proc/loadavg)
  note_noise "${load_before%% *}"
  steal_before=$(steal_ticks)
  machine_facts >"$scratch/machine"
  results_header >"$out/results.csv"
  printf '%s\n' "$seed" >"$out/seed"
  printf '# Every command that was run, in the folder %s; a port is the one that the server told.\n' "$PWD" \
    >"$out/commands.txt"
  write_facts
}

# ---- the end ----

cleanup() {
  trap '' INT TERM HUP
  stop_all
  progress_clear
  [[ -z $scratch ]] || rm -rf -- "$scratch"
}

finish() {
  now_ms
  span $((now - started_ms))
  took=$text
  progress_clear
  write_facts
  ((finished > 0)) || return 0
  report/render.sh "$out" || return 1
  "$summarize" table "$out"
  printf 'Page:    %s\nFolder:  %s\n' "$out/index.html" "$out"
}

on_signal() {
  trap - INT TERM HUP # a second signal ends it at once
  stop_all
  progress_clear
  [[ -n $started_ms ]] || exit 130
  say "interrupted after $finished of ${#plan[@]} runs$( ((finished == 0)) || printf '; drawing what there is')"
  interrupted=yes
  finish || true
  exit 130
}

# ---- all ----

scratch='' order=0 finished=0 failures=0 took='' interrupted=no now_running='' cost_done=0 started_ms=''
on_terminal=''
[[ ! -t 2 || ${TERM-} == dumb ]] || on_terminal=yes

parse_options "$@"
settle_mode
[[ -n $asked_workloads || -z $list_only && $workloads_dir == bench/workloads ]] || asked_workloads=all
choose_workloads "${asked_workloads:-$default_workloads}"
check_tools
settle_folder
trap cleanup EXIT
trap on_signal INT TERM HUP
raise_limit
known_backends
[[ -n $asked_backends ]] || quick_backends
choose_backends "$asked_backends"
((${#backend_names[@]})) || fail 'no backend is left to compare'
choose_cpus
if [[ -n $list_only ]]; then
  list_workloads
  exit 0
fi
make_plan "$reps"
((${#plan[@]})) || fail 'nothing is left to run: these backends cannot go to any point of these workloads'
if [[ -n $plan_only ]]; then
  printf '%s\n' "${plan[@]}" | awk -F '|' '{ print $1, $3, $2, "repetition", $4 }'
  exit 0
fi
make_folder
begin_folder
plan_cost
cost_all=$cost
span "$cost_all"
say "${#plan[@]} runs, about $text; seed $seed; results go to $out"

now_ms
started_ms=$now
for entry in "${plan[@]}"; do
  IFS='|' read -r workload series x rep <<<"$entry"
  order=$((order + 1)) now_running="$workload $x, $series"
  now_ms
  run_started_ms=$now
  progress
  one_run "$workload" "$series" "$x" "$rep"
  run_cost "$entry"
  cost_done=$((cost_done + cost))
done
trap - INT TERM HUP
finish || exit 1
if ((failures)); then
  say "compare.sh: $failures of ${#plan[@]} runs failed; they are in results.csv and in the notes of the page"
  exit 1
fi
