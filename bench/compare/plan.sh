# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with compare.sh
# plan.sh - which backends, which points, and in which order. Sourced by compare.sh.
#
# A backend cannot go to every point: select must keep its descriptors below FD_SETSIZE, iterative serves one
# client, and nobody gets more descriptors than the limit. The first point beyond is moved to the most that
# goes, the others are left out, and both are said in notes.csv. A workload of one point has it or not.
#
# Workers. A pool serves as many clients as it has workers, so that a thousand clients on a pool of 16 would show
# nothing but starving. Hence, where a workload is not about workers, a pool gets a worker for each client, up to
# pool_limit; everybody else has the server's default.
#
# What a backend can is asked, not known: --list-backends for the family and the clients, a short start for options
# that not everybody takes.
#
# Order: randomised complete blocks. In each repetition the points come in random order, and at each point all
# backends do, so that what drifts in the machine hits all alike. The numbers come from a generator written
# out here, so that a seed gives the same order everywhere.

# What the tables below hold:
#   backend_names             as shown; backend_arg: what the server is told; backend_clients: "1", "<1024", "many",
#                             "pool": a client for each worker, "processes": one for each client; backend_family: "readiness", or nothing
#   series_of                 by workload: the lines of its charts, with blanks between; a backend each, or a
#                             backend with a variant of the workload: "epoll_lt", "epoll_lt/read", "read"
#   series_backend            by "workload|series", and series_variant: "NAME | options of the server | of the load"
#   plan                      "workload|series|x|repetition", in the order of the runs
declare -a backend_names=() plan=()
declare -A backend_arg=() backend_clients=() backend_family=()
declare -A series_of=() series_backend=() series_variant=()

own_descriptors=24 # the server's and the generator's own, with some to spare
pool_limit=1024    # workers that a pool is started with at most, and children of a server that forks for each client

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

# known_backends - fills known_clients, known_family and known_usable by name from the server's own list. Clients
# that depend on the workers (a default number of them, or a word) make a pool.
declare -A known_clients=() known_family=() known_usable=()
declare -a known_names=()
known_backends() {
  local name family clients usable rest
  while read -r name family clients usable rest; do
    [[ $name == backend || -z $name ]] && continue
    [[ $clients =~ ^(many|1|'<'[0-9]+)$ ]] || clients=pool
    [[ $clients != many || $rest != *' process per '* ]] || clients=processes # each has memory of its own
    known_names+=("$name")
    known_clients[$name]=$clients
    known_family[$name]=$family
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
  backend_family[$1]=${known_family[$1]}
}

# quick_backends -> asked_backends: seven for a first look. Those that tell most come first, a model of each kind;
# what is missing here is filled up from the list. Who serves one client at a time is not among them.
quick_backends() {
  local name chosen=,
  local -i n=0
  for name in epoll_lt thread poll epoll_et io_uring half_sync prethread select "${known_names[@]}"; do
    [[ ${known_usable[$name]-} == yes* && ${known_clients[$name]} != 1 && $chosen != *,"$name",* ]] || continue
    ((++n <= 7)) || break
    chosen+=$name,
  done
  asked_backends=
  for name in "${known_names[@]}"; do # in the order of the list
    [[ $chosen != *,"$name",* ]] || asked_backends+=,$name
  done
  asked_backends=${asked_backends:1}
}

# takes BACKEND OPTION... - whether a server starts with these options; each question is asked once
declare -A taken=()
takes() {
  local key="$*" line='' fd pid
  if [[ -z ${taken[$key]-} ]]; then
    exec {fd}< <(exec "$server" -p 0 -b "${backend_arg[$1]}" "${@:2}" 2>/dev/null </dev/null)
    pid=$!
    read -r -t 10 -u "$fd" line || true
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    exec {fd}<&-
    taken[$key]=no
    [[ $line != *' listening on '* ]] || taken[$key]=yes
  fi
  [[ ${taken[$key]} == yes ]]
}

takes_workers() { takes "$1" --workers 2; } # BACKEND

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

# is_wanted WORKLOAD BACKEND - by name, by family, and by what it can
is_wanted() {
  local named=,${backends_of[$1]-}, families=" ${families_of[$1]-} "
  named=${named// /}
  if [[ $named != ,, || -n ${families_of[$1]-} ]]; then
    [[ $named == *,"$2",* || $families == *" ${backend_family[$2]:-?} "* ]] || return 1
  fi
  case ${only_of[$1]-} in
    pools) [[ ${backend_clients[$2]} == pool ]] ;;
    workers) takes_workers "$2" ;;
  esac
}

# own_backends WORKLOAD -> own: those of the chosen ones that it wants; if it names some, and none of them is chosen,
# the first chosen one
own_backends() {
  local name
  own=()
  for name in "${backend_names[@]}"; do
    ! is_wanted "$1" "$name" || own+=("$name")
  done
  ((${#own[@]})) || [[ -z ${backends_of[$1]-} ]] || own=("${backend_names[0]}")
}

add_series() { # WORKLOAD SERIES BACKEND VARIANT-LINE
  series_of[$1]+="${series_of[$1]:+ }$2"
  series_backend["$1|$2"]=$3
  series_variant["$1|$2"]=$4
}

# accept_variants WORKLOAD BACKEND -> variants: a line for each way to share the listener that the backend has
accept_variants() {
  local way missing=
  variants=
  for way in ${accept_of[$1]}; do
    if takes "$2" --workers 2 --accept "$way"; then
      variants+="$way | --accept $way |"$'\n'
    else
      missing+="${missing:+, }$way"
    fi
  done
  [[ -z $missing ]] || note "$1" "$2" '' "Workload $1: $2 is measured without --accept $missing, which it does not have."
}

# worker_variants WORKLOAD BACKEND -> variants: a line for each of several numbers of workers
worker_variants() {
  local n
  variants=
  takes_workers "$2" || { note "$1" "$2" '' "Workload $1: $2 is left out, since it has no workers to count."; return 0; }
  for n in ${workers_of[$1]}; do variants+="$n | --workers $n |"$'\n'; done
}

# variants_for WORKLOAD BACKEND -> variants: its lines "NAME | options of the server | of the load"; "-": just one
variants_for() {
  variants=${variants_of[$1]-}
  if [[ -n ${accept_of[$1]-} ]]; then
    accept_variants "$1" "$2"
  elif [[ ${workers_of[$1]-} == *' '* ]]; then
    worker_variants "$1" "$2"
  elif [[ -z $variants ]]; then
    variants=-
  fi
}

# make_series WORKLOAD - a line without variants is the backend's; of one backend, a variant's name is enough
make_series() {
  local backend line own=() variants
  own_backends "$1"
  series_of[$1]=''
  for backend in ${own[@]+"${own[@]}"}; do
    variants_for "$1" "$backend"
    if [[ $variants == - ]]; then
      add_series "$1" "$backend" "$backend" ''
      continue
    fi
    while IFS= read -r line; do
      [[ -n $line ]] || continue
      trim "${line%%|*}"
      ((${#own[@]} == 1)) || trimmed=$backend/$trimmed
      add_series "$1" "$trimmed" "$backend" "$line"
    done <<<"$variants"
  done
  [[ -n ${series_of[$1]} ]] || note "$1" '*' '' "Workload $1 is left out: none of these backends is one for it."
}

# ---- workers ----

# is_about_workers WORKLOAD - then it says how many, and nobody else
is_about_workers() { [[ ${axis_of[$1]} == workers || -n ${workers_of[$1]-} ]]; }

# workers_for WORKLOAD SERIES X -> workers: what --workers is told; nothing: the server's default
workers_for() {
  local backend=${series_backend["$1|$2"]} need
  workers=
  if [[ ${axis_of[$1]} == workers ]]; then
    ! takes_workers "$backend" || workers=$3
  elif [[ ${workers_of[$1]-} == *' '* ]]; then
    : # the variant says it
  elif [[ -n ${workers_of[$1]-} ]]; then
    ! takes_workers "$backend" || workers=${workers_of[$1]}
  elif [[ ${backend_clients[$backend]} == pool ]]; then
    what_it_needs "$1" "$3"
    workers=$need
  fi
}

# note_cores WORKLOAD - where more workers than cores might be misread
note_cores() {
  local n most=0 cores=${#allowed[@]}
  is_about_workers "$1" && [[ -n ${series_of[$1]} ]] || return 0
  for n in ${workers_of[$1]-}; do ((n <= most)) || most=$n; done
  [[ ${axis_of[$1]} != workers ]] || most=${points_of[$1]##*,}
  [[ ${cores_of[$1]} == any ]] || cores=1
  ((most <= cores)) ||
    note "$1" '*' '' "Workload $1: the server runs on $cores CPU$( ((cores == 1)) || printf s) here, so more workers than \
that wait side by side; they do not compute faster."
}

# has_filled_pools WORKLOAD - whether pools get a worker for each client there
has_filled_pools() {
  local series
  ! is_about_workers "$1" || return 1
  for series in ${series_of[$1]-}; do
    [[ ${backend_clients[${series_backend["$1|$series"]}]} != pool ]] || return 0
  done
  return 1
}

# ---- limits ----

# most_clients WORKLOAD BACKEND -> most, and why in most_label (short, for the chart) and most_why
most_clients() {
  local clients=${backend_clients[$2]} below each=${descriptors_of[$1]}
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
  elif [[ $clients == pool ]] && ! is_about_workers "$1" && ((pool_limit < most)); then
    most=$pool_limit
    most_label="a worker each"
    most_why="it needs a worker for each client, and more than $pool_limit are not started"
  elif [[ $clients == processes ]] && ((pool_limit < most)); then
    most=$pool_limit
    most_label="a process each"
    most_why="it forks for each client, and more than $pool_limit processes are not started"
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

# without_workers WORKLOAD SERIES -> points: one worker only, for a backend that has no more, and a note
without_workers() {
  local nominal backend=${series_backend["$1|$2"]}
  points=()
  for nominal in ${points_of[$1]//,/ }; do
    [[ $nominal == 1 ]] || nominal=-
    points+=("$nominal")
  done
  note "$1" "$backend" 'no workers' "Workload $1: $backend is measured at one point, since it has no workers to count."
}

declare -A limit_said=()
# actual_points WORKLOAD SERIES -> points: an entry per nominal point, "-" where the backend cannot go
actual_points() {
  local workload=$1 backend=$2 nominal x most most_label most_why base=0 last=-1 moved='' left_out='' need
  points=()
  most_clients "$1" "${series_backend["$1|$2"]}"
  if [[ ${axis_of[$1]} == workers ]] && ((most >= ${active_of[$1]})) && ! takes_workers "${series_backend["$1|$2"]}"; then
    without_workers "$1" "$2"
    return 0
  fi
  [[ ${axis_of[$workload]} != idle ]] || base=${active_of[$workload]}
  local IFS=,
  for nominal in ${points_of[$workload]}; do
    x=$nominal
    what_it_needs "$workload" "$nominal"
    if ((need > most)); then
      x=-
      if [[ -z $moved && ${points_of[$workload]} == *,* && ${axis_of[$workload]} =~ ^(connections|idle)$ ]] &&
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
    [[ -n ${limit_said[$workload]-} ]] ||
      note "$workload" '*' '' "Workload $workload $( ((last < 0)) && printf 'is left out' ||
        printf 'goes to %s and no further' "$last"), since $most_why."
    limit_said[$workload]=yes
    return 0
  fi
  if ((last < 0)); then
    note "$workload" "$backend" '' "Workload $workload: $backend is left out, since $most_why."
    return 0
  fi
  note "$workload" "$backend" "to $last ($most_label)" \
    "Workload $workload: $backend goes to $last and no further, since $most_why."
}

# ---- the plan ----

make_plan() { # REPETITIONS
  local rep workload series x cell cells=() i points=() names=()
  local -A at=()
  for workload in "${workload_names[@]}"; do
    make_series "$workload"
    note_cores "$workload"
    points=()
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
