# trace.bats - --trace FILE: who did what when, on every backend, as a file that a trace viewer opens.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() { common_setup; }
teardown() { common_teardown; }

# entries PH NAME: how many there are of that kind in the file.
entries() {
	grep -c "^{\"ph\":\"$1\",\"name\":\"$2\"" "$TRACE"
}

@test "each backend's trace tells of every client: accept, receive, think, send, close" {
	local backend
	TRACE=$BATS_TEST_TMPDIR/trace.json
	for backend in $(usable_backends); do
		echo "backend $backend"
		server_start "${OUT}servers/zen_server" -b "$backend" --trace "$TRACE"
		for _ in 1 2 3; do
			dial FD
			ask "$FD"
			ask "$FD"
			hang_up "$FD"
		done
		server_stop
		assert_equal "$(entries X send)" 6
		assert_equal "$(entries s client)" 3
		assert_equal "$(entries f client)" 3
		(($(entries X think) >= 6 && $(entries X receive) >= 6))
		# The last word on connections is that none is open.
		assert_equal "$(grep '"name":"connections"' "$TRACE" | tail -n 1 | grep -o '"open":[0-9]*')" '"open":0'
		assert_equal "$(head -c 2 "$TRACE")" '{"'
		assert_equal "$(tail -n 1 "$TRACE")" ']}'
		grep -q "waiting" "$SERVER_LOG"
		rm "$TRACE"
	done
}

@test "a trace is JSON" {
	command -v python3 >/dev/null || skip "no python3 to read it with"
	TRACE=$BATS_TEST_TMPDIR/trace.json
	server_start "${OUT}servers/zen_server" --trace "$TRACE" --think-ms 1
	dial FD
	ask "$FD"
	hang_up "$FD"
	server_stop
	run python3 -c 'import json, sys; print(len({e["ph"] for e in json.load(open(sys.argv[1]))["traceEvents"]}))' "$TRACE"
	assert_output 7 # M X C s f b e
}

@test "a thousand threads leave a trace too, and a trace that cannot be written is one line" {
	TRACE=$BATS_TEST_TMPDIR/trace.json
	server_start "${OUT}servers/zen_server" -b thread --trace "$TRACE"
	run "${OUT}bench/load" -c 1 --churn --requests 1000 --no-progress "zen://127.0.0.1:$SERVER_PORT"
	assert_success
	server_stop
	(($(entries X close) >= 1000))
	server_start "${OUT}servers/zen_server" --trace "$BATS_TEST_TMPDIR/no/such/folder/trace.json"
	kill -TERM "$SERVER_PID"
	server_wait
	assert_equal "$SERVER_STATUS" 1
	log_has 'cannot write .*/no/such/folder/trace.json: No such file or directory'
}
