# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with compare.sh
# workloads.sh - reads bench/workloads/NAME.txt: what is driven through the backends. Sourced by compare.sh.
#
# A file has lines "key: value"; "#" begins a comment line. bench/workloads/README.md says what the keys mean.
#
# What is known of a workload afterwards:
#   workload_names                        in the order in which they were asked for
#   axis_of points_of active_of ...       by workload, a table for each key
#   variants_of                           lines "NAME | options of the server | options of the load"

declare -a workload_names=()
declare -A question_of=() words_of=() service_of=() server_of=() origin_of=() load_of=() target_of=() axis_of=() \
  points_of=() unit_of=() x_of=() active_of=() cores_of=() files_of=() backends_of=() figures_of=() lines_of=() \
  descriptors_of=() warmup_of=() command_of=() takes_of=() reps_of=() variants_of=() duration_of=() workers_of=() \
  accept_of=() families_of=() only_of=() errors_of=()
workload_keys=(question words service server origin load target axis points unit x active cores files backends
  families only workers accept errors figures lines descriptors warmup duration command takes reps variant)

trim() { # TEXT -> trimmed
  trimmed=${1#"${1%%[![:space:]]*}"}
  trimmed=${trimmed%"${trimmed##*[![:space:]]}"}
}

bad_workload() { # NAME WHAT
  usage "$workloads_dir/$1.txt: $2"
}

# bytes TEXT -> bytes: 512, 4k, 10m, 1g
bytes_in() {
  [[ $1 =~ ^(0|[1-9][0-9]{0,8})([kmg]?)$ ]] || return 1
  local -A shift_of=([k]=10 [m]=20 [g]=30)
  bytes=${BASH_REMATCH[1]}
  [[ -z ${BASH_REMATCH[2]} ]] || bytes=$((bytes << shift_of[${BASH_REMATCH[2]}]))
}

# key_line NAME KEY VALUE - into the key's table
key_line() {
  local key
  if [[ $2 == variant ]]; then
    variants_of[$1]+=$3$'\n'
    return 0
  fi
  for key in "${workload_keys[@]}"; do
    [[ $key != "$2" ]] || break
  done
  [[ $key == "$2" ]] || bad_workload "$1" "there is no key '$2'; there are: ${workload_keys[*]}"
  local -n by_name=${2}_of # an array, whose name is put together
  [[ -z ${by_name[$1]-} ]] || bad_workload "$1" "'$2' is there twice"
  by_name[$1]=$3
}

# Numbers are kept as plain numbers: 1k as 1024.
check_points() { # NAME
  local point list=''
  [[ -n ${points_of[$1]-} ]] || bad_workload "$1" 'points are missing: numbers with commas between'
  for point in ${points_of[$1]//,/ }; do
    if [[ ${unit_of[$1]} == bytes ]]; then
      bytes_in "$point" || bad_workload "$1" "the point '$point' is not a size (512, 4k, 10m)"
      point=$bytes
    fi
    [[ $point =~ ^(0|[1-9][0-9]{0,9})$ ]] || bad_workload "$1" 'the points are numbers with commas between'
    [[ ${axis_of[$1]} != connections || $point != 0 ]] || bad_workload "$1" '0 connections cannot ask'
    [[ ${axis_of[$1]} != workers || $point != 0 ]] || bad_workload "$1" '0 workers cannot serve'
    list+=,$point
  done
  points_of[$1]=${list:1}
}

check_numbers() { # NAME
  local key
  for key in active descriptors reps; do
    # shellcheck disable=SC2178 # a reference by name, not a string
    local -n by_name=${key}_of
    [[ -z ${by_name[$1]-} || ${by_name[$1]} =~ ^[1-9][0-9]{0,6}$ ]] ||
      bad_workload "$1" "$key: '${by_name[$1]}' is not a number from 1 on"
  done
  for key in warmup duration takes; do
    # shellcheck disable=SC2178
    local -n by_name=${key}_of
    [[ -n ${by_name[$1]-} ]] || continue
    milliseconds "${by_name[$1]}" || bad_workload "$1" "$key: '${by_name[$1]}' is not a time (2, 0.5, 300ms)"
    by_name[$1]=$ms
  done
}

check_variants() { # NAME
  local line
  while IFS= read -r line; do
    trim "${line%%|*}"
    [[ -z $line || $trimmed =~ ^[A-Za-z0-9_.=-]{1,30}$ ]] ||
      bad_workload "$1" "variant: '$trimmed' is not a name of letters, digits and _ . = -"
  done <<<"${variants_of[$1]-}"
}

# check_words NAME KEY PATTERN WHAT - a list, of which each word must match
check_words() {
  local word
  # shellcheck disable=SC2178
  local -n by_name=${2}_of
  for word in ${by_name[$1]-}; do
    [[ $word =~ ^($3)$ ]] || bad_workload "$1" "$2: '$word' is not $4"
  done
}

# Lists may have commas or blanks between; afterwards they have blanks.
check_choices() { # NAME
  local key
  for key in families only workers accept errors; do
    # shellcheck disable=SC2178
    local -n by_name=${key}_of
    [[ -z ${by_name[$1]-} ]] || by_name[$1]=${by_name[$1]//,/ }
  done
  check_words "$1" families '[a-z]{1,20}' 'a family of backends, as --list-backends prints them'
  check_words "$1" only 'pools|workers' 'pools or workers'
  check_words "$1" workers '[1-9][0-9]{0,4}' 'a number from 1 on'
  check_words "$1" accept '[a-z]{1,20}' 'a value of --accept'
  check_words "$1" errors 'count' 'count'
  [[ ${axis_of[$1]} != workers || -z ${workers_of[$1]-} ]] ||
    bad_workload "$1" 'workers are the axis: its points say how many'
}

check_workload() { # NAME - and what the missing keys mean
  local n=$1 files='^[1-9][0-9]{0,4} of ([0-9]+[kmg]?|\{x\})$'
  : "${axis_of[$n]:=connections}" "${cores_of[$n]:=split}" "${unit_of[$n]:=count}" "${service_of[$n]:=zen_server}"
  [[ -n ${target_of[$n]-} ]] || target_of[$n]='zen://{server}'
  : "${descriptors_of[$n]:=1}" "${active_of[$n]:=}"
  [[ ${axis_of[$n]} =~ ^[a-z]{1,20}$ ]] || bad_workload "$n" 'the axis is one word'
  [[ ${unit_of[$n]} =~ ^(count|bytes)$ ]] || bad_workload "$n" 'the unit is count or bytes'
  [[ ${cores_of[$n]} =~ ^(split|shared|any)$ ]] || bad_workload "$n" 'the cores are split, shared or any'
  [[ ${service_of[$n]} =~ ^[a-z_]{1,40}$ ]] || bad_workload "$n" "the service is a program of servers/, as web_server"
  [[ -z ${files_of[$n]-} || ${files_of[$n]} =~ $files ]] || bad_workload "$n" "files: NUMBER of SIZE, as '400 of 4k'"
  check_points "$n"
  check_numbers "$n"
  check_variants "$n"
  check_choices "$n"
  [[ ${axis_of[$n]} == connections || -n ${command_of[$n]-} || -n ${active_of[$n]} ]] ||
    bad_workload "$n" "with ${axis_of[$n]} as axis, say how many connections are active"
}

read_workload() { # NAME
  local key value
  [[ $1 =~ ^[A-Za-z0-9_-]{1,30}$ && -r $workloads_dir/$1.txt ]] || return 1
  while IFS= read -r key || [[ -n $key ]]; do
    trim "$key"
    [[ -n $trimmed && $trimmed != '#'* ]] || continue
    [[ $trimmed =~ ^([a-z]+):[[:space:]]*(.*)$ ]] || bad_workload "$1" "'$trimmed' is not 'key: value'"
    key=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
    key_line "$1" "$key" "$value"
  done <"$workloads_dir/$1.txt"
  check_workload "$1"
  workload_names+=("$1")
}

all_workloads() { # -> all: the names of all files
  local file
  all=()
  for file in "$workloads_dir"/*.txt; do
    [[ -e $file ]] || continue
    file=${file##*/}
    all+=("${file%.txt}")
  done
  ((${#all[@]})) || usage "$workloads_dir has no workload, which would be a file NAME.txt"
}

# choose_workloads LIST - "all", or names with commas between
choose_workloads() {
  local name names=() all
  all_workloads
  IFS=, read -r -a names <<<"$1"
  [[ $1 != all ]] || names=("${all[@]}")
  for name in ${names[@]+"${names[@]}"}; do
    [[ -z ${axis_of[$name]-} ]] || continue
    read_workload "$name" || usage "there is no workload '$name'; there are: ${all[*]}"
  done
  ((${#workload_names[@]})) || usage "give at least one workload; there are: ${all[*]}"
}

# list_workloads - each with what it asks and how long it takes with these backends and repetitions
list_workloads() {
  local name names=("${workload_names[@]}")
  for name in "${names[@]}"; do
    workload_names=("$name") plan=() notes=()
    make_plan "$reps" 2>/dev/null
    plan_cost
    span "$cost"
    ((${#plan[@]})) || text='cannot go'
    printf '%-14s %12s  %s\n' "$name" "$text" "${question_of[$name]-}"
  done
}
