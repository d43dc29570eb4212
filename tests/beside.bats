# beside.bats - sessions that have no client: they run beside every backend, and end with the server.
#
# tests/services/watchful.c has two, which ask a Zen server again and again and count its answers.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() {
	common_setup
	cc -std=c11 -D_GNU_SOURCE -shared -fPIC -I"$ROOT" tests/services/watchful.c -o "$BATS_TEST_TMPDIR/watchful.so"
	server_start "${OUT}servers/zen_server"
	ORIGIN=$SERVER_PORT ORIGIN_PID=$SERVER_PID
	forget "$ORIGIN_PID"
}
teardown() {
	[[ -z ${ORIGIN_PID:-} ]] || { kill -TERM "$ORIGIN_PID" && wait "$ORIGIN_PID"; }
	common_teardown
}

# Asks for the counts until both are above $1, as long as patience lasts.
both_above() {
	local line zero one
	SECONDS=0
	while ((SECONDS < PATIENCE)); do
		dial FD
		IFS= read -r -t "$PATIENCE" -u "$FD" line
		hang_up "$FD"
		read -r _ zero _ one <<<"$line"
		((zero > $1 && one > $1)) && return
	done
	echo "after $SECONDS s: $line"
	return 1
}

@test "two sessions without a client work beside every backend, and end with it" {
	local backend
	for backend in $(usable_backends); do
		echo "backend $backend"
		server_start "$ROOT/${OUT}servers/plugin_server" "$BATS_TEST_TMPDIR/watchful.so" -b "$backend" \
			--origin "localhost:$ORIGIN" --stats "$BATS_TEST_TMPDIR/stats"
		both_above 2
		server_stop
		# They are no clients: what serves a client is all that is counted.
		run cat "$BATS_TEST_TMPDIR/stats"
		assert_output --partial '"connect":0'
	done
}

@test "an origin that is not there does not keep the server from ending" {
	local backend
	for backend in $(usable_backends); do
		echo "backend $backend"
		server_start "$ROOT/${OUT}servers/plugin_server" "$BATS_TEST_TMPDIR/watchful.so" -b "$backend" --origin 127.0.0.1:1
		dial FD
		assert_equal "$(head -n 1 <&"$FD")" "0 0 1 0"
		hang_up "$FD"
		server_stop
	done
}
