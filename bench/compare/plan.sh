# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with compare.sh
# plan.sh - which backends, which points, and in which order. Sourced by compare.sh.
#
# A backend cannot go to every point: select must keep its descriptors below FD_SETSIZE, iterative serves one
# client, and nobody gets more descriptors than the limit. The first point beyond is moved to the most that
# goes, the others are left out, and both are said in notes.csv.
#
# Order: randomised complete blocks. In each repetition the points come in random order, and at each point all
# backends do, so that what drifts in the machine hits all alike. The numbers come from a generator written
# out here, so that a seed gives the same order everywhere.

# What the tables below hold:
#   workload_names            in the order of the file
#   axis_of points_of active_of cores_of options_of words_of   by workload
#   backend_names             as shown; backend_arg: what the server is told; backend_clients: "1", "<1024", "many"
#   plan                      "workload|backend|x|repetition", in the order of the runs
declare -a workload_names=() backend_names=() plan=()
declare -A axis_of=() points_of=() active_of=() cores_of=() options_of=() words_of=()
declare -A backend_arg=() backend_clients=()

own_descriptors=24 # the server's and the generator's own, with some to spare

# ---- random numbers: Knuth's MMIX generator; bash counts modulo 2^64 ----

random_state=0
random_below() { # N -> random_number from 0 to N - 1
  random_state=$((random_state * 6364136223846793005 + 1442695040888963407))
  random_number=$((((random_state >> 33) & 0x7fffffff) % $1))
}

shuffle() { # ARRAY-NAME
  local -n items=$1
  local i item
  for ((i = ${#items[@]} - 1; i > 0; i--)); do
    random_below $((i + 1))
    item=${items[i]}
    items[i]=${items[random_number]}
    items[random_number]=$item
  done
}

# ---- tables ----

trim() { # TEXT -> trimmed
  trimmed=${1#"${1%%[![:space:]]*}"}
  trimmed=${trimmed%"${trimmed##*[![:space:]]}"}
}

bad_row() { # WHAT - of the table's row for workload $name
  usage "$table, workload '$name': $1"
}

read_workloads() { # FILE
  local name axis points active cores options words
  while IFS='|' read -r name axis points active cores options words || [[ -n $name ]]; do
    trim "$name"; name=$trimmed
    [[ -z $name || $name == '#'* ]] && continue
    [[ $name =~ ^[A-Za-z0-9_-]{1,30}$ ]] || bad_row 'a name is of letters, digits, - and _'
    workload_names+=("$name")
    trim "$axis"; axis_of[$name]=$trimmed
    trim "$points"; points_of[$name]=$trimmed
    trim "$active"; active_of[$name]=$trimmed
    trim "$cores"; cores_of[$name]=$trimmed
    trim "$options"; options_of[$name]=$trimmed
    trim "$words"; words_of[$name]=$trimmed
    [[ ${axis_of[$name]} =~ ^(connections|idle)$ ]] || bad_row 'the axis is connections or idle'
    [[ ${points_of[$name]} =~ ^[0-9]{1,7}(,[0-9]{1,7})*$ ]] || bad_row 'the points are numbers with commas between'
    [[ ${axis_of[$name]} == connections || ${active_of[$name]} =~ ^[1-9][0-9]{0,6}$ ]] ||
      bad_row 'with idle as axis, say how many are active'
    [[ ${axis_of[$name]} == idle || ,${points_of[$name]}, != *,0,* ]] || bad_row '0 connections cannot ask'
    [[ ${cores_of[$name]} =~ ^(split|shared)$ ]] || bad_row 'the cores are split or shared'
  done <"$1"
  ((${#workload_names[@]})) || usage "$table has no workload"
}

# choose_workloads LIST - keeps those of the comma-separated list, in its order
choose_workloads() {
  local name names all="${workload_names[*]}"
  local -A seen=()
  IFS=, read -r -a names <<<"$1"
  workload_names=()
  for name in ${names[@]+"${names[@]}"}; do
    [[ -n $name && -n ${axis_of[$name]-} ]] || usage "there is no workload '$name'; there are: $all"
    [[ -n ${seen[$name]-} ]] || workload_names+=("$name")
    seen[$name]=yes
  done
  ((${#workload_names[@]})) || usage "give at least one workload; there are: $all"
}

# known_backends - fills known_clients and known_usable by name from the server's own list
declare -A known_clients=() known_usable=()
declare -a known_names=()
known_backends() {
  local name family clients usable rest
  while read -r name family clients usable rest; do
    [[ $name == backend || -z $name ]] && continue
    known_names+=("$name")
    known_clients[$name]=$clients
    known_usable[$name]=$usable${rest:+ ($rest)}
  done < <("$server" --list-backends)
  ((${#known_names[@]})) || fail "$server --list-backends lists nothing"
}

add_plugin() { # FILE
  local name file
  file=$(cd -- "$start_folder" && realpath -e -- "$1" 2>/dev/null) ||
    usage "there is no plug-in $1 (make FILE.so builds one from FILE.c)"
  name=${1##*/}
  name=${name%.so}
  name=${name//[^A-Za-z0-9_.-]/-}
  [[ -n ${known_clients[$name]-} || -n ${backend_arg[$name]-} ]] && name+=.so
  [[ -z ${backend_arg[$name]-} ]] || return 0
  backend_names+=("$name")
  backend_arg[$name]=$file
  backend_clients[$name]=many
}

add_backend() { # NAME
  [[ -n $1 && -n ${known_clients[$1]-} ]] ||
    usage "there is no backend '$1'; there are: ${known_names[*]}, or a ./file.so"
  [[ -z ${backend_arg[$1]-} ]] || return 0
  if [[ ${known_usable[$1]} != yes* ]]; then
    note '*' "$1" '' "$1 is left out: this machine cannot (${known_usable[$1]#* })."
    return 0
  fi
  backend_names+=("$1")
  backend_arg[$1]=$1
  backend_clients[$1]=${known_clients[$1]}
}

choose_backends() { # LIST
  local name names known
  IFS=, read -r -a names <<<"$1"
  ((${#names[@]})) || usage "give at least one backend; there are: ${known_names[*]}, or a ./file.so"
  for name in ${names[@]+"${names[@]}"}; do
    if [[ $name == all ]]; then
      for known in "${known_names[@]}"; do add_backend "$known"; done
    elif [[ $name == */* || $name == *.so ]]; then
      add_plugin "$name"
    else
      add_backend "$name"
    fi
  done
}

# ---- limits ----

# most_clients BACKEND -> most, and why in most_label (short, for the chart) and most_why
most_clients() {
  local clients=${backend_clients[$1]} below
  most=$((descriptors - own_descriptors))
  most_label='descriptor limit'
  most_why="the limit of open files is $descriptors (ulimit -n)"
  if [[ $clients =~ ^'<'([0-9]+)$ ]]; then
    below=${BASH_REMATCH[1]}
    ((below - own_descriptors < most)) || return 0
    most=$((below - own_descriptors))
    most_label="descriptors < $below"
    most_why="its descriptors must stay below $below"
  elif [[ $clients =~ ^[0-9]+$ ]] && ((clients < most)); then
    most=$clients
    most_label="$clients at a time"
    most_why="it serves $clients client$( ((clients == 1)) || printf s) at a time"
  fi
}

declare -A limit_said=()
# actual_points WORKLOAD BACKEND -> points: an entry per nominal point, "-" where the backend cannot go
actual_points() {
  local workload=$1 backend=$2 nominal x most most_label most_why base=0 last=-1 moved='' left_out=''
  points=()
  most_clients "$backend"
  [[ ${axis_of[$workload]} == connections ]] || base=${active_of[$workload]}
  local IFS=,
  for nominal in ${points_of[$workload]}; do
    x=$nominal
    if ((base + nominal > most)); then
      x=-
      if [[ -z $moved ]] && ((most - base > last * 11 / 10 && most > base)); then
        x=$((most - base))
        moved=$x
      else
        left_out+="${left_out:+, }$nominal"
      fi
    fi
    points+=("$x")
    [[ $x == - ]] || last=$x
  done
  [[ -z $moved$left_out ]] && return 0
  if [[ $most_label == 'descriptor limit' ]]; then # everybody's: said once
    ((last >= 0)) || fail "workload $workload has no point that goes: $most_why"
    [[ -n ${limit_said[$workload]-} ]] ||
      note "$workload" '*' '' "Workload $workload goes to $last and no further, since $most_why."
    limit_said[$workload]=yes
    return 0
  fi
  ((last >= 0)) || { note "$workload" "$backend" '' \
    "Workload $workload: $backend is left out, since $most_why."; return 0; }
  note "$workload" "$backend" "to $last ($most_label)" \
    "Workload $workload: $backend goes to $last and no further, since $most_why."
}

# ---- the plan ----

make_plan() { # REPETITIONS
  local rep workload backend x cell cells=() i points=() names=()
  local -A at=()
  for workload in "${workload_names[@]}"; do
    for backend in "${backend_names[@]}"; do
      actual_points "$workload" "$backend"
      for i in "${!points[@]}"; do at["$workload|$backend|$i"]=${points[i]}; done
    done
    for i in "${!points[@]}"; do cells+=("$workload|$i"); done
  done
  for ((rep = 1; rep <= $1; rep++)); do
    shuffle cells
    for cell in "${cells[@]}"; do
      names=("${backend_names[@]}")
      shuffle names
      for backend in "${names[@]}"; do
        i=${cell#*|} workload=${cell%|*}
        x=${at["$workload|$backend|$i"]}
        [[ $x == - ]] || plan+=("$workload|$backend|$x|$rep")
      done
    done
  done
}
