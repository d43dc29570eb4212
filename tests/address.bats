# address.bats - where a server listens: IPv4, IPv6, all interfaces, names.
#
# SPDX-License-Identifier: MIT

load lib/common

has_ipv6() {
  grep -q '^0*1 .* lo$' /proc/net/if_inet6 2>/dev/null # ::1
}

setup() {
  common_setup
  [[ ! $BATS_TEST_DESCRIPTION =~ ^IPv6 ]] || has_ipv6 || skip "this machine has no IPv6"
}
teardown() { common_teardown; }

asks_at() {
  run "${OUT}clients/zen_client" -p "$SERVER_PORT" --all "$1"
  assert_success
  assert_equal "${#lines[@]}" 7
}

@test "IPv6: ::1 is printed in brackets, and served by every backend" {
  local backend
  for backend in $(usable_backends); do
    server_start "${OUT}servers/zen_server" -b "$backend" ::1
    [[ $SERVER_LINE == *"listening on [::1]:"* ]] || fail "$SERVER_LINE"
    asks_at ::1
    server_stop
  done
}

@test "IPv6: the log names the peer" {
  server_start "${OUT}servers/zen_server" --log-level debug ::1
  asks_at ::1
  server_stop
  log_has ' - DEBUG - accept connection from ::1, [0-9]+, fd = [0-9]+$'
}

@test "an empty host means all interfaces, of IPv6 too where there is one" {
  server_start "${OUT}servers/zen_server" --log-level debug ''
  asks_at 127.0.0.1
  asks_at 127.0.0.2
  ! has_ipv6 || asks_at ::1
  server_stop
  log_has 'accept connection from 127\.0\.0\.1, [0-9]+, fd'
}

@test "127.0.0.1 is the default, and only that" {
  server_start "${OUT}servers/zen_server"
  asks_at 127.0.0.1
  run "${OUT}clients/zen_client" -p "$SERVER_PORT" 127.0.0.2
  assert_failure 1
  server_stop
}

@test "a name works on both sides" {
  server_start "${OUT}servers/zen_server" localhost
  asks_at localhost
  server_stop
}
