# shellcheck shell=bash
# machine.sh - describes the machine in "name: value" lines and as JSON. Sourced by compare.sh.
#
# Only /proc, /sys and tools that are there are asked; what cannot be told is left out.

# fact NAME VALUE... - one line, unless the value is empty
fact() {
  local name=$1
  shift
  [[ -z "$*" ]] || printf '%s: %s\n' "$name" "$*"
}

# first_line FILE - the file's first line, or nothing
first_line() {
  local line=
  [[ -r $1 ]] && { read -r line <"$1" || true; }
  printf '%s' "$line"
}

# chosen FILE - the word in brackets: "always [madvise] never" is madvise
chosen() {
  local line
  line=$(first_line "$1")
  [[ $line =~ \[([^]]*)\] ]] && printf '%s' "${BASH_REMATCH[1]}"
  return 0
}

# cpuinfo NAME - of the first processor
cpuinfo() {
  sed -n "s/^$1[[:space:]]*: //p" /proc/cpuinfo | head -n 1
}

# steal_ticks - time that the hypervisor gave to others, in ticks since the start
steal_ticks() {
  local fields
  read -r -a fields </proc/stat
  printf '%s' "${fields[8]-0}"
}

vulnerabilities() {
  local file line list=
  for file in /sys/devices/system/cpu/vulnerabilities/*; do
    [[ -r $file ]] || continue
    line=$(first_line "$file")
    [[ $line == 'Not affected' ]] || list+="${list:+; }${file##*/}: $line"
  done
  printf '%s' "${list:-none known}"
}

# The command that compiles a file, as make would run it.
compile_command() {
  command -v make >/dev/null || return 0
  make -n -B V=1 build/core/net.o 2>/dev/null | sed -n 's/^\(.* -c\) .*/\1/p' | head -n 1
}

machine_facts() {
  local model cpus
  model=$(cpuinfo 'model name')
  cpus=$(getconf _NPROCESSORS_ONLN)
  fact CPU "${model:-$(uname -m)}, $cpus CPU$([[ $cpus == 1 ]] || printf s)"
  fact 'threads per core' "$(lscpu 2>/dev/null | sed -n 's/^Thread(s) per core: *//p')"
  fact 'sockets' "$(lscpu 2>/dev/null | sed -n 's/^Socket(s): *//p')"
  fact 'NUMA nodes' "$(lscpu 2>/dev/null | sed -n 's/^NUMA node(s): *//p')"
  fact 'CPUs allowed' "$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)"
  fact microcode "$(cpuinfo microcode)"
  fact governor "$(first_line /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor)"
  fact 'turbo off' "$(first_line /sys/devices/system/cpu/intel_pstate/no_turbo)"
  fact boost "$(first_line /sys/devices/system/cpu/cpufreq/boost)"
  fact vulnerabilities "$(vulnerabilities)"
  fact virtualisation "$(systemd-detect-virt 2>/dev/null ||
    lscpu 2>/dev/null | sed -n 's/^Hypervisor vendor: *//p')"
  fact 'CPU quota (cgroup cpu.max)' "$(first_line /sys/fs/cgroup/cpu.max)"
  fact memory "$(sed -n 's/^MemTotal: *//p' /proc/meminfo)"
  fact 'transparent huge pages' "$(chosen /sys/kernel/mm/transparent_hugepage/enabled)"
  fact kernel "Linux $(uname -r | sed 's/[-+].*//')"
  fact 'kernel build' "$(uname -srvm)"
  fact 'kernel command line' "$(first_line /proc/cmdline)"
  fact clocksource "$(first_line /sys/devices/system/clocksource/clocksource0/current_clocksource)"
  fact system "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release 2>/dev/null)"
  fact 'descriptors (RLIMIT_NOFILE, soft and hard)' "$(ulimit -Sn) $(ulimit -Hn)"
  fact 'processes (RLIMIT_NPROC)' "$(ulimit -u)"
  fact somaxconn "$(first_line /proc/sys/net/core/somaxconn)"
  fact tcp_max_syn_backlog "$(first_line /proc/sys/net/ipv4/tcp_max_syn_backlog)"
  fact ip_local_port_range "$(first_line /proc/sys/net/ipv4/ip_local_port_range)"
  fact tcp_tw_reuse "$(first_line /proc/sys/net/ipv4/tcp_tw_reuse)"
  fact 'loopback MTU' "$(first_line /sys/class/net/lo/mtu)"
  fact io_uring_disabled "$(first_line /proc/sys/kernel/io_uring_disabled)"
  fact compiler "$("${CC:-cc}" --version 2>/dev/null | head -n 1)"
  fact 'compile command' "$(compile_command)"
  fact libc "$(getconf GNU_LIBC_VERSION 2>/dev/null)"
  fact bash "$BASH_VERSION"
  fact gnuplot "$(gnuplot --version 2>/dev/null)"
  fact commit "$(git describe --always --dirty 2>/dev/null)"
}

# json_string TEXT
json_string() {
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\t'/ }
  text=${text//[[:cntrl:]]/}
  printf '"%s"' "$text"
}

# facts_to_json - "name: value" lines on standard input to an object
facts_to_json() {
  local line separator='{'
  while IFS= read -r line; do
    printf '%s\n  %s: %s' "$separator" "$(json_string "${line%%: *}")" "$(json_string "${line#*: }")"
    separator=,
  done
  [[ $separator == '{' ]] && printf '{'
  printf '\n}\n'
}
