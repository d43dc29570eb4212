# backends.bash - which backends there are, and what they can: asked of a server program, written down nowhere.
#
# SPDX-License-Identifier: MIT
# shellcheck shell=bash

# The built-in backends, or those of MUXLAB_BACKENDS ("epoll_lt,thread"): tests/run.sh --backends.
listed_backends() {
  "${OUT}servers/zen_server" --list-backends |
    awk -v only="${MUXLAB_BACKENDS-}" 'NR > 1 && (only == "" || index("," only ",", "," $1 ","))'
}

# Their names, and the names of those that work on this machine.
all_backends() {
  listed_backends | awk '{ print $1 }'
}

usable_backends() {
  listed_backends | awk '$4 == "yes" { print $1 }'
}

# How many clients a backend serves at the same time: a number, or "many".
clients_at_once() {
  "${OUT}servers/zen_server" --list-backends | awk -v name="$1" '$1 == name { print $3 }'
}

# Is it a pool, with a worker for each client that it serves?
is_pool() {
  local n
  n=$(clients_at_once "$1")
  [[ $n =~ ^[0-9]+$ ]] && ((n > 1))
}

# workers_for BACKEND N: the options that let it serve N clients at the same time, if it can.
workers_for() {
  ! is_pool "$1" || echo "-w $2"
}

# Backends that serve all clients in one process: so what a service keeps in memory of its own is kept once.
one_process_backends() {
  listed_backends | awk '$4 == "yes" && $0 !~ / process/ { print $1 }'
}

# Backends that serve several clients at the same time.
concurrent_backends() {
  listed_backends | awk '$4 == "yes" && $3 != 1 { print $1 }'
}

# family_of BACKEND: blocking, readiness, hybrid or completion.
family_of() {
  "${OUT}servers/zen_server" --list-backends | awk -v name="$1" '$1 == name { print $2 }'
}
