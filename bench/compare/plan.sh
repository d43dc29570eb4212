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
#   backend_names             as shown; backend_arg: what the server is told; backend_clients: "1", "<1024", "many"
#   series_of                 by workload: the lines of its charts, with blanks between; a backend each, or a
#                             backend with a variant of the workload: "epoll_lt", "epoll_lt/read", "read"
#   series_backend            by "workload|series", and series_variant: its line of variants_of
#   plan                      "workload|series|x|repetition", in the order of the runs
declare -a backend_names=() plan=()
declare -A backend_arg=() backend_clients=()
declare -A series_of=() series_backend=() series_variant=()

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

# ---- backends ----

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

# ---- series ----

# own_backends WORKLOAD -> own: those of its list among the chosen ones, or the first chosen one
own_backends() {
  local name
  own=("${backend_names[@]}")
  [[ -n ${backends_of[$1]-} ]] || return 0
  own=()
  for name in "${backend_names[@]}"; do
    [[ ,${backends_of[$1]// /}, != *,"$name",* ]] || own+=("$name")
  done
  ((${#own[@]})) || own=("${backend_names[0]}")
}

add_series() { # WORKLOAD SERIES BACKEND VARIANT-LINE
  series_of[$1]+="${series_of[$1]:+ }$2"
  series_backend["$1|$2"]=$3
  series_variant["$1|$2"]=$4
}

# make_series WORKLOAD - a line without variants is the backend's; of one backend, a variant's name is enough
make_series() {
  local backend line own=()
  own_backends "$1"
  series_of[$1]=''
  for backend in "${own[@]}"; do
    if [[ -z ${variants_of[$1]-} ]]; then
      add_series "$1" "$backend" "$backend" ''
      continue
    fi
    while IFS= read -r line; do
      [[ -n $line ]] || continue
      trim "${line%%|*}"
      ((${#own[@]} == 1)) || trimmed=$backend/$trimmed
      add_series "$1" "$trimmed" "$backend" "$line"
    done <<<"${variants_of[$1]}"
  done
}

# ---- limits ----

# most_clients BACKEND DESCRIPTORS-OF-A-CLIENT -> most, and why in most_label (short, for the chart) and most_why
most_clients() {
  local clients=${backend_clients[$1]} below each=$2
  most=$(((descriptors - own_descriptors) / each))
  most_label='descriptor limit'
  most_why="the limit of open files is $descriptors (ulimit -n)"
  if [[ $clients =~ ^'<'([0-9]+)$ ]]; then
    below=${BASH_REMATCH[1]}
    (((below - own_descriptors) / each < most)) || return 0
    most=$(((below - own_descriptors) / each))
    most_label="descriptors < $below"
    most_why="its descriptors must stay below $below"
  elif [[ $clients =~ ^[0-9]+$ ]] && ((clients < most)); then
    most=$clients
    most_label="$clients at a time"
    most_why="it serves $clients client$( ((clients == 1)) || printf s) at a time"
  fi
}

# what_it_needs WORKLOAD X -> need: clients at the same time
what_it_needs() {
  case ${axis_of[$1]} in
    connections) need=$2 ;;
    idle) need=$((active_of[$1] + $2)) ;;
    *) need=${active_of[$1]:-1} ;; # the points are something else
  esac
}

declare -A limit_said=()
# actual_points WORKLOAD SERIES -> points: an entry per nominal point, "-" where the backend cannot go
actual_points() {
  local workload=$1 backend=$2 nominal x most most_label most_why base=0 last=-1 moved='' left_out='' need
  points=()
  most_clients "${series_backend["$1|$2"]}" "${descriptors_of[$workload]}"
  [[ ${axis_of[$workload]} != idle ]] || base=${active_of[$workload]}
  local IFS=,
  for nominal in ${points_of[$workload]}; do
    x=$nominal
    what_it_needs "$workload" "$nominal"
    if ((need > most)); then
      x=-
      if [[ -z $moved && ${axis_of[$workload]} =~ ^(connections|idle)$ ]] &&
        ((most - base > last * 11 / 10 && most > base)); then
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
  local rep workload series x cell cells=() i points=() names=()
  local -A at=()
  for workload in "${workload_names[@]}"; do
    make_series "$workload"
    for series in ${series_of[$workload]}; do
      actual_points "$workload" "$series"
      for i in "${!points[@]}"; do at["$workload|$series|$i"]=${points[i]}; done
    done
    for i in "${!points[@]}"; do cells+=("$workload|$i"); done
  done
  for ((rep = 1; rep <= $1; rep++)); do
    shuffle cells
    for cell in "${cells[@]}"; do
      i=${cell#*|} workload=${cell%|*}
      read -r -a names <<<"${series_of[$workload]}"
      shuffle names
      ((rep <= ${reps_of[$workload]:-$rep})) || continue
      for series in "${names[@]}"; do
        x=${at["$workload|$series|$i"]}
        [[ $x == - ]] || plan+=("$workload|$series|$x|$rep")
      done
    done
  done
}
