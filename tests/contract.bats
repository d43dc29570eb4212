# contract.bats - the requests of the contract that no built-in service makes: IO_CONNECT, IO_OPEN, IO_SENDFILE, IO_CLOSE.
#
# tests/services/fetch.c is a service in a shared object that makes them; so this also shows that a service can live
# outside the tree (plugin_server ./fetch.so). Every backend, one client, one origin: a Zen server.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() {
	common_setup
	cc -std=c11 -D_GNU_SOURCE -shared -fPIC -I"$ROOT" tests/services/fetch.c -o "$BATS_TEST_TMPDIR/fetch.so"
	server_start "${OUT}servers/zen_server"
	ORIGIN=$SERVER_PORT ORIGIN_PID=$SERVER_PID
	forget "$ORIGIN_PID"
}
# The origin is stopped as the others are, and not just killed.
teardown() {
	[[ -z ${ORIGIN_PID:-} ]] || { kill -TERM "$ORIGIN_PID" && wait "$ORIGIN_PID"; }
	common_teardown
}

# fetch_on BACKEND: a fetch server, and a client of it in FD.
fetch_on() {
	echo "backend $1"
	server_start "$ROOT/${OUT}servers/plugin_server" "$BATS_TEST_TMPDIR/fetch.so" -b "$1"
	dial FD
}

leave() {
	hang_up "$FD"
	server_stop
}

# The next line of the server's.
hear() {
	local line
	IFS= read -r -t "$PATIENCE" -u "$FD" line
	echo "$line"
}

@test "a session reaches an origin by address and by name, one after the other" {
	local backend
	for backend in $(usable_backends); do
		fetch_on "$backend"
		printf 'ask 127.0.0.1:%d Flat is better than?\nask localhost:%d Now is better than?\n' "$ORIGIN" "$ORIGIN" >&"$FD"
		assert_equal "$(answer "$FD")" "nested."
		assert_equal "$(answer "$FD")" "never."
		leave
	done
}

@test "an origin that refuses, or has no name, is a result and not an end" {
	local backend
	for backend in $(usable_backends); do
		fetch_on "$backend"
		printf 'ask 127.0.0.1:1 x\nask [::1]:1 x\nask no-such-name.invalid:80 x\nask nonsense x\n' >&"$FD"
		assert_equal "$(hear)" "error 111" # ECONNREFUSED
		assert_regex "$(hear)" '^error (111|101|99)$' # or no IPv6 here: ENETUNREACH, EADDRNOTAVAIL
		assert_equal "$(hear)" "error 6" # ENXIO
		assert_equal "$(hear)" "error 22" # EINVAL
		printf 'ask 127.0.0.1:%d Flat is better than?\n' "$ORIGIN" >&"$FD"
		assert_equal "$(answer "$FD")" "nested."
		leave
	done
}

@test "files below the root are sent whole, none beyond it" {
	local backend size
	head -c 3000000 /dev/urandom >"$BATS_TEST_TMPDIR/big"
	ln -s "$BATS_TEST_TMPDIR/big" "$BATS_TEST_TMPDIR/link"
	for backend in $(usable_backends); do
		cd "$BATS_TEST_TMPDIR"
		fetch_on "$backend"
		cd "$ROOT"
		printf 'file ../etc/passwd\nfile /etc/passwd\nfile nothing\nfile .\nfile link\nfile big\n' >&"$FD"
		assert_equal "$(hear)" "error 18" # EXDEV
		assert_equal "$(hear)" "error 18"
		assert_equal "$(hear)" "error 2" # ENOENT
		assert_equal "$(hear)" "error 21" # EISDIR
		assert_equal "$(hear)" "error 18" # an absolute link leaves the root
		assert_equal "$(hear)" "3000000"
		head -c 3000000 <&"$FD" | cmp - "$BATS_TEST_TMPDIR/big"
		printf 'file nothing\n' >&"$FD"
		assert_equal "$(hear)" "error 2"
		leave
	done
}

@test "pipelined commands of two clients get each client its own files" {
	local backend other
	echo -n AAAA >"$BATS_TEST_TMPDIR/a"
	echo -n BBBBBB >"$BATS_TEST_TMPDIR/b"
	for backend in $(concurrent_backends); do
		cd "$BATS_TEST_TMPDIR"
		fetch_on "$backend"
		cd "$ROOT"
		dial other
		# Both are there before the server looks, and each is more than one turn of a loop may do: so sessions are
		# put off in the middle of a command, and another's command comes in between.
		kill -STOP "$SERVER_PID"
		printf 'file a\n%.0s' {1..200} >&"$FD"
		printf 'file b\n%.0s' {1..200} >&"$other"
		kill -CONT "$SERVER_PID"
		assert_equal "$(head -c 1200 <&"$FD" | tr -d '\n' | sort -u)" "$(printf '4AAAA%.0s' {1..200})"
		assert_equal "$(head -c 1600 <&"$other" | tr -d '\n' | sort -u)" "$(printf '6BBBBBB%.0s' {1..200})"
		hang_up "$other"
		leave
	done
}

@test "a client that leaves in the middle of a file costs only itself" {
	local backend
	head -c 100000000 /dev/zero >"$BATS_TEST_TMPDIR/big"
	for backend in $(usable_backends); do
		cd "$BATS_TEST_TMPDIR"
		fetch_on "$backend"
		cd "$ROOT"
		for _ in 1 2 3 4 5; do
			printf 'file big\n' >&"$FD"
			head -c 100000 <&"$FD" >/dev/null
			hang_up "$FD"
			dial FD
		done
		printf 'file nothing\n' >&"$FD"
		assert_equal "$(hear)" "error 2"
		leave
	done
}

@test "a session that leaves its origin behind leaks no descriptor" {
	local backend before
	for backend in $(usable_backends); do
		fetch_on "$backend"
		# The origin is closed behind its answer: what follows on the same connection is answered when that is done.
		printf 'ask 127.0.0.1:%d Flat is better than?\nfile big\n' "$ORIGIN" >&"$FD"
		assert_equal "$(answer "$FD")" "nested."
		assert_equal "$(hear)" "error 2"
		before=$(find "/proc/$SERVER_PID/fd" -mindepth 1 | wc -l)
		for _ in 1 2 3 4 5; do
			printf 'ask 127.0.0.1:%d Flat is better than?\nfile big\n' "$ORIGIN" >&"$FD"
			assert_equal "$(answer "$FD")" "nested."
			assert_equal "$(hear)" "error 2"
		done
		assert_equal "$(find "/proc/$SERVER_PID/fd" -mindepth 1 | wc -l)" "$before"
		leave
	done
}

@test "a file that is no service is refused with its reason" {
	echo 'int nothing;' >"$BATS_TEST_TMPDIR/none.c"
	cc -shared -fPIC "$BATS_TEST_TMPDIR/none.c" -o "$BATS_TEST_TMPDIR/none.so"
	run "${OUT}servers/plugin_server" "$BATS_TEST_TMPDIR/none.so"
	assert_failure 2
	assert_output --partial 'exports no `muxlab_service`'
	sed 's/\.contract = MUXLAB_CONTRACT/.contract = 999/' tests/services/fetch.c >"$BATS_TEST_TMPDIR/old.c"
	cc -D_GNU_SOURCE -shared -fPIC -I"$ROOT" "$BATS_TEST_TMPDIR/old.c" -o "$BATS_TEST_TMPDIR/old.so"
	run "${OUT}servers/plugin_server" "$BATS_TEST_TMPDIR/old.so"
	assert_failure 2
	assert_output --partial 'built for contract 999'
	run "${OUT}servers/plugin_server"
	assert_failure 2
	assert_output --partial 'Usage'
}
