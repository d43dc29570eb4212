# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # $ is nginx's; variables are shared with versus.sh and pairs.sh
# servers.sh - starts nginx, lighttpd, HAProxy and ours, each for one of the rows. Sourced by versus.sh.
#
#   reference          program    what is different
#   nginx              nginx      nothing: sendfile on, tcp_nopush on, as in Debian's nginx.conf
#   nginx-copy         nginx      sendfile off: better for small files, much worse for large ones
#   nginx-nopush-off   nginx      tcp_nopush off
#   lighttpd, haproxy
#
# They cannot choose a free port by themselves, so we try some, outside the range from which the kernel takes ports for
# clients.

export PATH=$PATH:/usr/sbin:/sbin # where distributions put servers

declare -A program_of=([nginx]=nginx [nginx-copy]=nginx [nginx-nopush-off]=nginx [lighttpd]=lighttpd [haproxy]=haproxy)
declare -A our_server=([redirect]=redirect_master [static]=web_server [proxy]=proxy_server)
ours=${MUXLAB_OUT-}servers
origin_port=''

make_files() {
  mkdir "$work/root" "$work/conf"
  chmod 755 "$work" "$work/root"
  head -c 1024 /dev/urandom >"$work/root/1k.bin"
  head -c 10240 /dev/urandom >"$work/root/10k.bin"
  head -c 102400 /dev/urandom >"$work/root/100k.bin"
  head -c 10485760 /dev/urandom >"$work/root/10m.bin"
}

# why_not KEY REFERENCE - prints why this row cannot be measured; 1: it can
why_not() {
  local program=${program_of[$2]} server=$ours/${our_server[${1%%-*}]}
  if ! command -v "$program" >/dev/null; then
    echo "$program is not installed (tools/deps.sh versus)"
  elif [[ ! -x $server ]]; then
    echo "there is no $server"
  else
    return 1
  fi
}

# versions - prints "nginx/1.22.1, lighttpd/1.4.69, ...": those that are installed
versions() {
  local found
  found=$(version_lines | paste -sd , -)
  : "${found:=none of the others is installed}"
  echo "${found//,/, }"
}

version_lines() {
  { nginx -v 2>&1; lighttpd -v; haproxy -v; } 2>/dev/null | sed -nE '
    s/^nginx version: //p
    s/^(lighttpd[^ ]*).*/\1/p
    s/^HAProxy version ([^ ]*).*/HAProxy\/\1/p'
}

# ---- ports and processes ----

# random_port -> port; if it is taken, the server that is told to listen there fails
random_port() {
  local clients_from _
  read -r clients_from _ </proc/sys/net/ipv4/ip_local_port_range
  ((clients_from > 12000 && clients_from <= 65536)) || clients_from=32768
  port=$((10000 + (RANDOM << 15 | RANDOM) % (clients_from - 10000)))
}

# The processes that do the work are children of those that we start.
on_line() {
  [[ $1 =~ 'start worker process '([0-9]+)$ || $1 =~ 'New worker ('([0-9]+)')' ]] && measured_pid=${BASH_REMATCH[1]}
  return 0
}

start_reference() { # KEY REFERENCE
  local tries
  [[ $1 != proxy-* ]] || start_helper
  for tries in 1 2 3; do
    random_port
    ! "start_${program_of[$2]}" "$1" "$2" || break
    ((tries < 3)) || fail "$2 did not start: $said"
  done
  [[ $1 != proxy-* ]] || fill_cache "http://127.0.0.1:$port"
}

# ---- the three ----

# configure FILE NAME VALUE... - fills in @NAME@ -> config
configure() {
  local text
  text=$(<"bench/versus/$1")
  config=$work/conf/$1
  shift
  while (($#)); do
    text=${text//"@$1@"/$2}
    shift 2
  done
  printf '%s\n' "$text" >"$config"
}

start_nginx() { # KEY REFERENCE
  local sendfile=on nopush=on site cache='' user=''
  case $2 in
    nginx-copy) sendfile=off ;;
    nginx-nopush-off) nopush=off ;;
  esac
  case $1 in
    redirect) site='return 301 http://127.0.0.1:9000$request_uri;' ;;
    static-*) site="root $work/root;" ;;
    proxy-*)
      rm -rf -- "$work/nginx-cache"
      # Hits come from files, as always with nginx: from the page cache, through its cache of open files.
      cache="proxy_cache_path $work/nginx-cache levels=1:2 keys_zone=hits:10m inactive=1h use_temp_path=off;"
      site="proxy_pass http://127.0.0.1:$origin_port; proxy_cache hits; proxy_cache_valid 200 1h;" ;;
  esac
  # As root its worker would become nobody, who cannot read the folder.
  [[ $(id -u) != 0 ]] || user='user root;'
  configure nginx.conf USER "$user" DIR "$work" PORT "$port" SENDFILE "$sendfile" NOPUSH "$nopush" SITE "$site" \
    CACHE "$cache"
  start_server 'start worker process [0-9]+$' nginx -p "$work" -c "$config"
}

start_lighttpd() {
  configure lighttpd.conf PORT "$port" ROOT "$work/root"
  start_server 'server started' lighttpd -D -f "$config"
}

start_haproxy() {
  configure haproxy.cfg PORT "$port" ORIGIN "$origin_port"
  start_server 'Loading success' haproxy -W -f "$config"
}

# ---- ours ----

start_our_own() { # KEY
  case $1 in
    redirect)
      start_helper # the slave, which must be alive; asked for its health as by default
      start_ours "$ours/redirect_master" -p 0 -b "$backend" --slave "127.0.0.1:$origin_port" ;;
    static-*) start_ours "$ours/web_server" -p 0 -b "$backend" --root "$work/root" ;;
    proxy-*)
      start_helper
      start_ours "$ours/proxy_server" -p 0 -b "$backend"
      fill_cache --proxy "127.0.0.1:$port" "http://127.0.0.1:$origin_port" ;;
  esac
}

# ---- who must be there too: the slave of the master, the origin of a proxy ----

# start_helper -> origin_port, helper_pid
start_helper() {
  start_ours "$ours/web_server" -p 0 --root "$work/root"
  origin_port=$port helper_pid=$server_pid helper_fd=$server_fd
  server_pid='' server_fd=''
}

stop_helper() {
  [[ -n $helper_pid ]] || return 0
  kill "$helper_pid" 2>/dev/null || true
  wait "$helper_pid" 2>/dev/null || true
  exec {helper_fd}<&-
  helper_pid=''
}

# fill_cache LOAD-ARGUMENT... - asks some times, then stops the origin: what is a miss from here on, fails.
fill_cache() {
  "$load" -q --no-progress -c 1 -n 3 "${@:1:$#-1}" "${*: -1}$row_path" >"$work/fill" 2>&1 ||
    fail "the cache was not filled: $(<"$work/fill")"
  stop_helper
}
