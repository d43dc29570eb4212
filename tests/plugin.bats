# plugin.bats - backends and services that live outside the tree, built with its headers and nothing else.
#
# SPDX-License-Identifier: MIT

load lib/common
load lib/conform

setup() { common_setup; }
teardown() { common_teardown; }

@test "the skeleton of a backend builds outside the tree, loads, and says what is missing" {
  mkdir "$BATS_TEST_TMPDIR/mine"
  cp lab/skeleton_backend.c "$BATS_TEST_TMPDIR/mine/mine.c"
  build_plugin "$BATS_TEST_TMPDIR/mine/mine.c"
  run --separate-stderr timeout "$PATIENCE" "${OUT}servers/zen_server" -p 0 --backend "$PLUGIN"
  assert_equal "$status" 1
  assert_equal "$output" "" # it is not ready, and does not say so
  [[ $stderr == *"not written yet"* ]]
}

@test "a path without a slash is found too, if it ends in .so" {
  build_plugin tests/plugins/ppoll.c
  cp "$PLUGIN" "$BATS_TEST_TMPDIR/mine.so"
  local program=$ROOT/${OUT}servers/zen_server
  cd "$BATS_TEST_TMPDIR"
  server_start "$program" -b mine.so
  [[ $SERVER_LINE == *"(backend ppoll, workers 1)" ]]
  dial c
  ask "$c"
  hang_up "$c"
  server_stop
}

@test "a working backend in a plug-in passes the conformance suite with every service" {
  local service
  build_plugin tests/plugins/ppoll.c
  for service in "${CONFORM_SERVICES[@]}"; do
    conform "$service" "$PLUGIN"
  done
}

@test "a plug-in for another contract is refused, with what to do" {
  sed 's/= MUXLAB_CONTRACT/= MUXLAB_CONTRACT + 1/' tests/plugins/ppoll.c >"$BATS_TEST_TMPDIR/other.c"
  build_plugin "$BATS_TEST_TMPDIR/other.c"
  run timeout "$PATIENCE" "${OUT}servers/zen_server" -p 0 -b "$PLUGIN"
  assert_failure 2
  one_line
  assert_output --partial 'build it anew'
}

@test "a backend without a run, a poller without a wait: refused by name" {
  sed '/\.run = /d' tests/plugins/ppoll.c >"$BATS_TEST_TMPDIR/no_run.c"
  build_plugin "$BATS_TEST_TMPDIR/no_run.c"
  run timeout "$PATIENCE" "${OUT}servers/zen_server" -p 0 -b "$PLUGIN"
  assert_failure 2
  one_line
  sed '/\.wait = /d' tests/plugins/ppoll.c >"$BATS_TEST_TMPDIR/no_wait.c"
  build_plugin "$BATS_TEST_TMPDIR/no_wait.c"
  run timeout "$PATIENCE" "${OUT}servers/zen_server" -p 0 -b "$PLUGIN"
  assert_failure 2
  one_line
}

@test "a service is no backend, and a backend no service" {
  build_plugin tests/plugins/canned.c
  run timeout "$PATIENCE" "${OUT}servers/zen_server" -p 0 -b "$PLUGIN"
  assert_failure 2
  assert_output --partial 'muxlab_backend'
  build_plugin tests/plugins/ppoll.c
  run timeout "$PATIENCE" "${OUT}servers/plugin_server" "$PLUGIN" -p 0
  assert_failure 2
  assert_output --partial 'muxlab_service'
}

@test "a service in a plug-in has its options, the server's, and every backend" {
  local backend c
  build_plugin tests/plugins/canned.c
  run "${OUT}servers/plugin_server" "$PLUGIN" --help
  assert_success
  assert_output --partial '--until END'
  assert_output --partial '--idle-timeout'
  for backend in $(usable_backends); do
    echo "backend $backend"
    server_start "${OUT}servers/plugin_server" "$PLUGIN" -b "$backend" --say yes. --apart 1ms
    [[ $SERVER_LINE == "canned_server: listening on "* ]]
    dial c
    printf 'a?' >&"$c"
    assert_equal "$(answer "$c")" yes.
    printf 'b?c?' >&"$c"
    assert_equal "$(answer "$c")$(answer "$c")" yes.yes.
    hang_up "$c"
    server_stop
  done
}

@test "plugin_server says how it is used" {
  run --separate-stderr "${OUT}servers/plugin_server" --help
  assert_success
  assert_output --partial 'plugin_server ./SERVICE.so'
  run --separate-stderr "${OUT}servers/plugin_server"
  assert_failure 2
  run --separate-stderr "${OUT}servers/plugin_server" --version
  assert_success
  [[ $output =~ ^plugin_server\ \(muxlab\)\ [0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "$output"
}
