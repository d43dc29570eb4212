# browser.bats - a real browser, without a window, against the web server, the redirect master and the proxy.
#
# Why a redirect that may be remembered ties a browser to one slave. A master spreads clients by sending each visit
# to the slave whose turn it is, so each visit must come to the master. But a 301 says "moved permanently", and
# RFC 9110 section 15.4.2 calls it heuristically cacheable: without a word about caching in the answer, a browser
# may keep it, as long as it likes, and go to the remembered place without asking again.
#
#     --cacheable                                   default: Cache-Control: no-store (RFC 9111 section 5.2.2.5)
#
#     visit 1: GET master -> 301 slave a            visit 1: GET master -> 301 slave a
#              GET slave a                                   GET slave a
#     visit 2: GET slave a                          visit 2: GET master -> 301 slave b
#     visit 3: GET slave a                                   GET slave b
#                                                   visit 3: GET master -> 301 slave a
#     The master sees one request; what it knows             GET slave a
#     of slaves that die no longer helps.           The master sees all of them.
#
# Nothing is wrong on any wire in the left half; so curl, which remembers nothing, cannot show it. What is shown is
# taken from both ends: what the browser has in its page at the end (--dump-dom), and the access logs.
#
# A visit is an iframe. The slave's page calls its own name to the page around it, which writes the names down, one
# visit after the other, and '-' where there was no page. All servers of a test are on an address of their own, so
# that what a dead slave listened on stays free.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() {
  common_setup
  local name n=$BASHPID
  [[ ! ${MUXLAB_SAN-} ]] || skip "a browser does not need a sanitizer's servers"
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    BROWSER=$(command -v "$name") && break
  done
  [[ $BROWSER ]] || skip "no browser is installed: chromium, chromium-browser or google-chrome"
  MINE=127.$((n >> 16 & 255)).$((n >> 8 & 255)).$((n & 255))
  declare -g -A PID=() OUTPUT=() LOG=() PORT=()
  BROWSER_PID='' WEB=$BATS_TEST_TMPDIR/root
  mkdir "$WEB"
}

teardown() {
  browser_end
  common_teardown
}

# ---- the browser ----

# browse PROFILE URL [OPTION...]: the page as it is in the end, in $output. The profile is a name: what one browser
# keeps, its disk cache above all, the next one of that name finds. The budget is of the page's own clock, which
# stands still while it waits for the network; the real one has `timeout`, which leads a process group of its own.
browse() {
  local profile=$BATS_TEST_TMPDIR/profile-$1 url=$2 status=0
  shift 2
  spawn /dev/null "$BATS_TEST_TMPDIR/dom" "$BATS_TEST_TMPDIR/browser" timeout -k 5 60 \
    "$BROWSER" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-sync \
    --disable-background-networking --disable-component-update --disable-default-apps --disable-extensions \
    --host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.*' --proxy-server=direct:// \
    --user-data-dir="$profile" --virtual-time-budget=30000 "$@" --dump-dom "$url"
  BROWSER_PID=$SPAWNED
  wait "$BROWSER_PID" || status=$?
  browser_end
  output=$(<"$BATS_TEST_TMPDIR/dom")
  if ((status)); then
    echo "the browser ended with status $status"
    tail -n 5 "$BATS_TEST_TMPDIR/browser"
    return 1
  fi
}

# What is left of it: children that did not end with their parent.
browser_end() {
  [[ ! ${BROWSER_PID-} ]] || kill -KILL -- "-$BROWSER_PID" 2>/dev/null || true
  BROWSER_PID=''
}

# text ID: of that element in $output.
text() {
  sed -n -E "s/.*<p id=\"$1\"[^>]*>([^<]*)<.*/\1/p" <<<"$output"
}

# ---- servers, by name ----

# start NAME PROGRAM ARGUMENT...: its access log is $BATS_TEST_TMPDIR/NAME.log
start() {
  local name=$1 program=$2
  shift 2
  server_start "${OUT}servers/$program" "$MINE" --access-log "$BATS_TEST_TMPDIR/$name.log" "$@"
  # shellcheck disable=SC2153 # server_start sets it
  PID[$name]=$SERVER_PID OUTPUT[$name]=$SERVER_OUT LOG[$name]=$SERVER_LOG PORT[$name]=$SERVER_PORT
}

# stop NAME...: after that, their access logs are complete.
stop() {
  local name
  for name; do
    SERVER_PID=${PID[$name]} SERVER_OUT=${OUTPUT[$name]} SERVER_LOG=${LOG[$name]}
    server_stop
  done
}

at() { # at NAME
  echo "$MINE:${PORT[$1]}"
}

# asked NAME PATH [VERSION]: how often that server was, by its log.
asked() {
  grep -c -F "\"GET $2 HTTP/${3-1.1}\"" "$BATS_TEST_TMPDIR/$1.log" || true
}

# slave_start NAME: its page calls this name. It is as new as can be: browsers take a page for fresh for a tenth of its
# age (RFC 9111 section 4.2.2), and a slave would not be asked for it at each visit.
slave_start() {
  mkdir "$BATS_TEST_TMPDIR/$1"
  printf '<!DOCTYPE html><title>slave</title><script>parent.postMessage("%s", "*")</script>\n' "$1" \
    >"$BATS_TEST_TMPDIR/$1/index.html"
  touch -d '1 hour' "$BATS_TEST_TMPDIR/$1/index.html"
  start "$1" web_server --root "$BATS_TEST_TMPDIR/$1"
}

# cluster_start OPTION...: two slaves, the master, and a web server with the page of three and of six visits.
cluster_start() {
  slave_start a
  slave_start b
  start master redirect_master --slave "$(at a)" --slave "$(at b)" "$@"
  visits 3
  visits 6
  start door web_server --root "$WEB"
}

# visits N: makes /N.html. A frame's load comes behind its call, but as another kind of event; what the page calls to
# itself then, queues up behind the call.
visits() {
  cat >"$WEB/$1.html" <<END
<!DOCTYPE html>
<title>visits</title>
<p id="visits"></p>
<script>
const visits = document.getElementById("visits");
let heard = "-", left = $1;
function visit() {
  const frame = document.createElement("iframe");
  frame.src = "http://$(at master)/";
  frame.onload = () => postMessage("loaded", "*");
  document.body.append(frame);
}
onmessage = (event) => {
  if (event.data != "loaded") {
    heard = event.data;
    return;
  }
  visits.textContent += heard;
  heard = "-";
  if (--left) visit();
  else visits.textContent += " end";
};
onload = visit;
</script>
END
}

# ---- pages ----

# make_page: one with style from another folder, script, picture; in a frame a link
# that is followed.
make_page() {
  mkdir "$WEB/sub"
  cat >"$WEB/index.html" <<'END'
<!DOCTYPE html>
<title>muxlab</title>
<link rel="stylesheet" href="sub/style.css">
<p id="what">nothing</p>
<img id="picture" src="/sub/picture.svg">
<iframe id="frame" src="sub/"></iframe>
<script src="script.js"></script>
END
  echo 'p { color: rgb(1, 2, 3); }' >"$WEB/sub/style.css"
  echo '<svg xmlns="http://www.w3.org/2000/svg" width="17" height="5"></svg>' >"$WEB/sub/picture.svg"
  echo '<title>folder</title><a id="link" href="../next%20page.html?a=b#c">on</a>' >"$WEB/sub/index.html"
  echo '<!DOCTYPE html><title>the next page</title>' >"$WEB/next page.html"
  cat >"$WEB/script.js" <<'END'
const element = (id) => document.getElementById(id);
window.onload = () => {
  element("frame").onload = () => {
    const what = element("what");
    what.textContent = [getComputedStyle(what).color, element("picture").width,
      element("frame").contentDocument.title].join(" ");
  };
  element("frame").contentDocument.getElementById("link").click();
};
END
}

shown='rgb(1, 2, 3) 17 the next page'
parts=(/ /sub/style.css /sub/picture.svg /sub/ /script.js '/next%20page.html?a=b')

# asked_once NAME [VERSION]: for each part of the page.
asked_once() {
  local part
  for part in "${parts[@]}"; do
    echo "$part"
    assert_equal "$(asked "$1" "$part" "${2-1.1}")" 1
  done
}

@test "a page with style, script, picture, frame and link, under every backend that serves several clients" {
  local backend
  make_page
  for backend in $(concurrent_backends); do
    echo "backend $backend"
    start "$backend" web_server -b "$backend" --root "$WEB"
    browse "$backend" "http://$(at "$backend")/"
    assert_equal "$(text what)" "$shown"
    stop "$backend"
    asked_once "$backend"
  done
}

@test "through the proxy: the page comes from its origin once, and to the next browser from memory" {
  make_page
  start origin web_server --root "$WEB"
  start proxy proxy_server
  through=(--proxy-server="$(at proxy)" --proxy-bypass-list='<-loopback>')
  browse first "http://$(at origin)/" "${through[@]}"
  assert_equal "$(text what)" "$shown"
  stop origin
  asked_once origin 1.0
  browse second "http://$(at origin)/" "${through[@]}"
  assert_equal "$(text what)" "$shown"
  stop proxy
  assert_equal "$(asked proxy "http://$(at origin)/script.js")" 2
}

# ---- redirects: see above ----

@test "a redirect with no-store is asked for at each visit: they are dealt in turn" {
  cluster_start --health-interval 0
  browse one "http://$(at door)/6.html"
  assert_equal "$(text visits)" "ababab end"
  stop door master a b
  assert_equal "$(asked master /) $(asked a /) $(asked b /)" "6 3 3"
}

@test "a redirect that may be cached is asked for once: the browser stays with one slave" {
  cluster_start --health-interval 0 --cacheable
  browse one "http://$(at door)/6.html"
  assert_equal "$(text visits)" "aaaaaa end"
  stop door master a b
  assert_equal "$(asked master /) $(asked a /) $(asked b /)" "1 6 0"
}

@test "a 302 is asked for again, even without no-store" {
  cluster_start --health-interval 0 --cacheable --code 302
  browse one "http://$(at door)/3.html"
  assert_equal "$(text visits)" "aba end"
  stop door master a b
  assert_equal "$(asked master /)" 3
}

# a_is_dead: the master knows.
a_is_dead() {
  "${OUT}clients/http_client" "http://$(at master)/master/status" | grep -q "$(at a)\".*\"state\": \"dead\""
}

@test "what is cached outlives the browser, and the slave: the next browser goes to a dead one" {
  cluster_start --health-interval 20ms --health-timeout 10s --cacheable
  browse one "http://$(at door)/3.html"
  assert_equal "$(text visits)" "aaa end"
  stop a
  wait_until a_is_dead
  browse one "http://$(at door)/3.html"
  assert_equal "$(text visits)" "--- end"
  browse another "http://$(at door)/3.html"
  assert_equal "$(text visits)" "bbb end"
  stop door master b
  assert_equal "$(asked master /)" 2
}

@test "without --cacheable the same browser finds the slave that lives" {
  cluster_start --health-interval 20ms --health-timeout 10s
  browse one "http://$(at door)/3.html"
  assert_regex "$(text visits)" '^(aba|bab) end$'
  stop a
  wait_until a_is_dead
  browse one "http://$(at door)/3.html"
  assert_equal "$(text visits)" "bbb end"
  stop door master b
  assert_equal "$(asked master /)" 6
}
