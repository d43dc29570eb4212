# web.bats - the web server and real files: what is below the root, what is not, and programs that others wrote.
#
# What holds for every backend whatever the files are stands in tests/conform/cases_web.c. The root of each test is
# $WEB; beside it, in $BATS_TEST_TMPDIR, lies what must never be seen.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() {
  common_setup
  command -v curl >/dev/null || skip "curl is not installed"
  WEB=$BATS_TEST_TMPDIR/root
  mkdir -p "$WEB/sub"
  echo 'Now is better than never.' >"$WEB/a.txt"
  echo '<p>index</p>' >"$WEB/sub/index.html"
  echo 'secret' >"$BATS_TEST_TMPDIR/outside"
}
teardown() { common_teardown; }

web_start() {
  server_start "${OUT}servers/web_server" --root "$WEB" "$@"
  URL=http://127.0.0.1:$SERVER_PORT
}

get() {
  curl -s --max-time "$PATIENCE" --path-as-is "$@"
}

# The status alone.
status() {
  get -o /dev/null -w '%{http_code}' "$@"
}

statuses() { # statuses PATH...: of each, in a row
  local path all=()
  for path in "$@"; do all+=("$(status "$URL$path")"); done
  echo "${all[*]}"
}

# raw TEXT: what the server says to these bytes (as printf has them) until it closes.
raw() {
  local fd
  dial fd
  # shellcheck disable=SC2059 # the text is a format
  printf "$1" >&"$fd"
  timeout "$PATIENCE" cat <&"$fd" | tr -d '\r\0'
  hang_up "$fd"
}

file_of() { # file_of NAME BYTES
  head -c "$2" /dev/urandom >"$WEB/$1"
}

# ---- files ----

@test "files of every size come as they are: from memory, by sendfile, and by read and write" {
  local backend ways size urls files
  for backend in $(usable_backends); do
    for ways in yes no; do
      echo "backend $backend, sendfile $ways"
      web_start -b "$backend" --sendfile "$ways"
      urls=() files=()
      for size in 0 1 4096 4097 100000 131072 131073 3000000; do
        [[ -f $WEB/$size ]] || file_of "$size" "$size"
        urls+=("$URL/$size" "$URL/$size") # the second time from memory, if it fits there
        files+=("$WEB/$size" "$WEB/$size")
      done
      get "${urls[@]}" | cmp - <(cat "${files[@]}")
      server_stop
    done
  done
}

@test "a client that leaves in the middle of a large file costs no descriptor" {
  local fd before
  file_of big 20000000
  web_start
  get "$URL/big" | cmp - "$WEB/big"
  before=$(find "/proc/$SERVER_PID/fd" -mindepth 1 | wc -l)
  for _ in 1 2 3 4 5; do
    dial fd
    printf 'GET /big HTTP/1.1\r\nHost: a\r\n\r\n' >&"$fd"
    head -c 10000 <&"$fd" >/dev/null
    hang_up "$fd"
  done
  has_as_many() { (($(find "/proc/$SERVER_PID/fd" -mindepth 1 | wc -l) <= before)); }
  wait_until has_as_many
  server_stop
}

@test "a file that shrinks while it is being sent ends the connection, and never with a short file" {
  local fd ways
  for ways in yes no; do
    file_of big 20000000
    web_start --sendfile "$ways"
    dial fd
    printf 'GET /big HTTP/1.1\r\nHost: a\r\n\r\n' >&"$fd"
    head -c 100000 <&"$fd" >/dev/null
    truncate -s 1000 "$WEB/big"
    (($(timeout "$PATIENCE" cat <&"$fd" | wc -c) < 19900000)) || fail "the file was sent whole"
    hang_up "$fd"
    server_stop
  done
}

@test "a file that is replaced is seen within a moment, and its tag is another" {
  local tag
  web_start
  tag=$(get -o /dev/null -w '%header{etag}' "$URL/a.txt")
  assert_equal "$(get "$URL/a.txt")" 'Now is better than never.'
  echo 'never.' >"$WEB/new"
  mv "$WEB/new" "$WEB/a.txt"
  is_new() { [[ $(get "$URL/a.txt") == never. ]]; }
  wait_until is_new
  assert [ "$(get -o /dev/null -w '%header{etag}' "$URL/a.txt")" != "$tag" ]
  rm "$WEB/a.txt"
  is_gone() { [[ $(status "$URL/a.txt") == 404 ]]; }
  wait_until is_gone
  server_stop
}

@test "what is not there is answered with a text of 49 bytes" {
  web_start
  run get -i "$URL/none"
  assert_line --index 0 $'HTTP/1.1 404 Not Found\r'
  assert_line $'Content-Length: 49\r'
  get "$URL/none" | cmp - <(printf 'The requested file was not found on this server.\n')
  server_stop
}

# ---- the root ----

@test "no path leads out of the root" {
  local path
  mkdir "$WEB-beside" "$WEB/in"
  echo secret >"$WEB-beside/outside"
  ln -s "$BATS_TEST_TMPDIR/outside" "$WEB/absolute"
  ln -s ../outside "$WEB/relative"
  ln -s ../../outside "$WEB/in/deep"
  ln -s .. "$WEB/up"
  ln -s / "$WEB/slash"
  ln -s loop "$WEB/loop"
  ln -s ../a.txt "$WEB/in/fine"
  web_start --list
  while read -r path; do
    run raw "GET ${path//%/%%} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    echo "$path"
    assert_line --index 0 --regexp '^HTTP/1.1 (400|404) '
    refute_output --partial secret
  done <<END
/../outside
/sub/../../outside
/%2e%2e/outside
/%2E./outside
/.%2e/outside
/..%2foutside
/%2e%2e%2foutside
/..%5coutside
/..\\outside
/%252e%252e/outside
/%c0%ae%c0%ae/outside
/sub/%2e%2e/%2e%2e/outside
/../root-beside/outside
/%2f..%2foutside
//../outside
$BATS_TEST_TMPDIR/outside
/$BATS_TEST_TMPDIR/outside
http://a/../outside
/absolute
/relative
/in/deep
/up/outside
/up/
/slash$BATS_TEST_TMPDIR/outside
/loop
/sub/..%00/outside
/a.txt%00
/a.txt%00.html
END
  assert_equal "$(status "$URL/in/fine")" 200 # a link that stays inside is one
  server_stop
}

@test "a byte that is no text is refused: NUL, a bare CR, a space in the path" {
  web_start
  for text in 'GET /a.txt\0 HTTP/1.1\r\nHost: a\r\n\r\n' 'GET /\0a HTTP/1.1\r\nHost: a\r\n\r\n' \
    'GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n' 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n'; do
    run raw "$text"
    assert_line --index 0 'HTTP/1.1 400 Bad Request'
  done
  server_stop
}

@test "what is no file is not there, and holds nobody up: FIFO, socket, device" {
  local backend
  mkfifo "$WEB/fifo"
  python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$WEB/socket"
  mknod "$WEB/device" c 1 5 2>/dev/null || true # /dev/zero has no end; only root can make one
  for backend in $(usable_backends); do
    echo "backend $backend"
    web_start -b "$backend"
    assert_equal "$(statuses /fifo /socket /device /fifo/ /a.txt)" "404 404 404 404 200"
    server_stop
  done
}

@test "names with a dot in front are not there, but .well-known is" {
  mkdir "$WEB/.git" "$WEB/.well-known"
  echo x | tee "$WEB/.git/config" "$WEB/.htpasswd" "$WEB/sub/.env" >"$WEB/.well-known/x"
  web_start --list
  assert_equal "$(statuses /.git /.git/config /.htpasswd /sub/.env /%2ehtpasswd)" "404 404 404 404 404"
  assert_equal "$(get "$URL/.well-known/x")" x
  run get "$URL/"
  refute_output --partial .git
  refute_output --partial .htpasswd
  server_stop
}

@test "a root that is not there is said at once" {
  run "${OUT}servers/web_server" -p 0 --root "$WEB/none"
  assert_failure
  one_line
  assert_output --partial "$WEB/none"
}

# ---- folders ----

@test "a folder is its index.html, with a slash behind its name" {
  web_start
  run get -i "$URL/sub?x=1"
  assert_line --index 0 $'HTTP/1.1 301 Moved Permanently\r'
  assert_line $'Location: /sub/?x=1\r'
  assert_equal "$(get -L "$URL/sub")" '<p>index</p>'
  assert_equal "$(status "$URL/")" 403
  run get -i "$URL//sub"
  assert_line $'Location: /sub/\r'
  server_stop
}

@test "a listing shows every name, and each of its links leads there" {
  local name href n=0
  mkdir "$WEB/odd"
  for name in 'a b' '<i>&"x"' "it's" '100%' 'a?b#c' 'javascript:alert(1)' '\back' $'new\nline' 'ü' $'\xff' '+' \
    '..x..'; do
    echo "$name" >"$WEB/odd/$name"
  done
  mkdir "$WEB/odd/folder"
  web_start --list
  run get "$URL/odd/"
  refute_output --partial '<i>'
  while read -r href; do
    [[ $href == ../ ]] && continue
    n=$((n + 1))
    [[ $href == folder/ ]] && continue
    get "$URL/odd/$href" >"$BATS_TEST_TMPDIR/got"
    name=$(<"$BATS_TEST_TMPDIR/got")
    cmp "$BATS_TEST_TMPDIR/got" "$WEB/odd/$name"
  done < <(grep -o 'href="[^"]*"' <<<"$output" | sed 's/^href="//; s/"$//')
  assert_equal "$n" 12 # all but ..x.., which has a dot in front
  server_stop
}

@test "a listing of thousands of names comes whole" {
  mkdir "$WEB/many"
  seq -f "$WEB/many/a file with a rather long name, number %g" 3000 | xargs -d '\n' touch
  web_start --list
  get "$URL/many/" >"$BATS_TEST_TMPDIR/page"
  assert_equal "$(grep -c 'number%20' "$BATS_TEST_TMPDIR/page")" 3000
  tail -n 1 "$BATS_TEST_TMPDIR/page" | grep -q '</html>'
  run get -I "$URL/many/"
  assert_line "Content-Length: $(stat -c %s "$BATS_TEST_TMPDIR/page")"$'\r'
  server_stop
}

# ---- conditions and ranges, as curl has them ----

@test "curl asks for ranges, and resumes" {
  file_of big 3000000
  web_start
  get -r 0-9 "$URL/big" | cmp - <(head -c 10 "$WEB/big")
  get -r 1000000-2000000 "$URL/big" | cmp - <(tail -c +1000001 "$WEB/big" | head -c 1000001)
  get -r -5 "$URL/big" | cmp - <(tail -c 5 "$WEB/big")
  get -r 2999999- "$URL/big" | cmp - <(tail -c 1 "$WEB/big")
  get -r 0-1,5-6 "$URL/big" | cmp - "$WEB/big"
  assert_equal "$(status -r 3000000- "$URL/big")" 416
  run get -r 5-7 -i "$URL/a.txt"
  assert_line --index 0 $'HTTP/1.1 206 Partial Content\r'
  assert_line $'Content-Range: bytes 5-7/26\r'
  head -c 1234567 "$WEB/big" >"$BATS_TEST_TMPDIR/part"
  get -C - -o "$BATS_TEST_TMPDIR/part" "$URL/big"
  cmp "$BATS_TEST_TMPDIR/part" "$WEB/big"
  server_stop
}

@test "curl asks whether it has changed" {
  web_start
  touch -d '2001-02-03 04:05:06 UTC' "$WEB/a.txt"
  assert_equal "$(status -z "$WEB/a.txt" "$URL/a.txt")" 304
  assert_equal "$(status -z '2001-02-03 04:05:05 UTC' "$URL/a.txt")" 200
  get --etag-save "$BATS_TEST_TMPDIR/tag" -o /dev/null "$URL/a.txt"
  assert_equal "$(status --etag-compare "$BATS_TEST_TMPDIR/tag" "$URL/a.txt")" 304
  # Not by -z: then curl makes a 304 of the answer itself.
  local since='If-Modified-Since: Sat, 03 Feb 2001 04:05:06 GMT'
  assert_equal "$(status -H "$since" "$URL/a.txt")" 304
  assert_equal "$(status -H "$since" -H 'If-None-Match: "x"' "$URL/a.txt")" 200
  assert_equal "$(status -H 'If-Match: "x"' "$URL/a.txt")" 412
  run get -I "$URL/a.txt"
  assert_line $'Last-Modified: Sat, 03 Feb 2001 04:05:06 GMT\r'
  server_stop
}

# ---- the rest ----

@test "/status counts, --no-status has none" {
  web_start
  statuses /a.txt /a.txt /none
  run get -i "$URL/status"
  assert_line $'Content-Type: application/json\r'
  assert_output --partial '"requests": 3'
  assert_output --partial '"bytes": 101'
  assert_output --partial '"200": 2, "404": 1'
  python3 -c 'import json, sys; json.load(sys.stdin)' < <(get "$URL/status")
  server_stop
  web_start --no-status
  assert_equal "$(status "$URL/status")" 404
  server_stop
}

@test "--access-log: a line for each answer" {
  web_start --access-log "$BATS_TEST_TMPDIR/access"
  get -A 'me "too"' -e http://before.example/ "$URL/a.txt?q" >/dev/null
  get -I -A '' "$URL/none" >/dev/null
  server_stop
  run cat "$BATS_TEST_TMPDIR/access"
  local from='^127\.0\.0\.1 - - \[.*\]'
  assert_line --index 0 --regexp "$from"' "GET /a\.txt\?q HTTP/1\.1" 200 26 "http://before.example/" "me .*too.*"$'
  assert_line --index 1 --regexp "$from"' "HEAD /none HTTP/1\.1" 404 0 "-" "-"$'
  assert_equal "${#lines[@]}" 2
}

@test "a header that comes too slowly ends in 408, and others are served meanwhile" {
  local backend slow line
  for backend in $(concurrent_backends); do
    echo "backend $backend"
    web_start -b "$backend" --header-timeout 1 --idle-timeout 60
    dial slow
    printf 'GET /a.txt HTTP/1.1\r\nHo' >&"$slow"
    assert_equal "$(status "$URL/a.txt")" 200
    IFS= read -r -t "$PATIENCE" -u "$slow" line
    assert_equal "$line" $'HTTP/1.1 408 Request Timeout\r'
    hang_up "$slow"
    server_stop
  done
}
