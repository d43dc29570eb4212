# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with compare.sh
# fixtures.sh - what a run needs besides the server: files, a list of URLs, an origin. Sourced by compare.sh.
#
# All of it is in the scratch folder, which goes away at the end. Files are made once for each number and size and
# hold random bytes, since zeros might be stored as a hole. The origin is a server like the measured one; it runs
# where the generator does, and its CPU time is nobody's: bench/load looks at the measured server's alone.

# make_files COUNT SIZE -> files: a folder with the files 1, 2, ... COUNT
make_files() {
  local i part=$scratch/part
  files=$scratch/files-$1-$2
  [[ ! -d $files ]] || return 0
  mkdir -- "$files.new"
  for ((i = 1; i <= $1; i++)); do
    head -c "$2" /dev/urandom >"$part"
    mv -- "$part" "$files.new/$i"
  done
  mv -- "$files.new" "$files"
}

# prepare_files WORKLOAD X -> files, n_files and body_bytes, if it has files
prepare_files() {
  local spec=${files_of[$1]-}
  files='' n_files='' body_bytes=''
  [[ -n $spec ]] || return 0
  n_files=${spec%% *}
  bytes_in "${spec##* }" || bytes=$2 # {x}
  body_bytes=$bytes
  make_files "$n_files" "$body_bytes"
}

# write_urls -> urls: a file with the origin's URLs, or the server's own if there is no origin
write_urls() {
  local i
  urls=$scratch/urls
  for ((i = 1; i <= ${n_files:-0}; i++)); do
    printf 'http://%s/%d\n' "${origin:-$server_at}" "$i"
  done >"$urls"
}

# options TEXT -> words: cut at blanks, placeholders filled in
options() {
  local i word
  words=()
  read -r -a words <<<"$1"
  for i in "${!words[@]}"; do
    word=${words[i]}
    word=${word//'{x}'/"$x"}
    word=${word//'{files}'/"$files"}
    word=${word//'{urls}'/"$urls"}
    word=${word//'{server}'/"$server_at"}
    word=${word//'{origin}'/"$origin"}
    word=${word//'{backend}'/"$backend_told"}
    word=${word//'{timeline}'/"$timeline"}
    words[i]=$word
  done
}
