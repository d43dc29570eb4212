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

# fetch_on BACKEND [ARGUMENT...]: a fetch server, and a client of it in FD.
fetch_on() {
	echo "backend $*"
	server_start "$ROOT/${OUT}servers/plugin_server" "$BATS_TEST_TMPDIR/fetch.so" -b "$@"
	dial FD
}

# The same, with the test's folder as its root.
fetch_here_on() {
	cd "$BATS_TEST_TMPDIR"
	fetch_on "$@"
	cd "$ROOT"
}

# hears FILE [OFFSET]: its length and it come next, from OFFSET on, whether it was at hand or not.
hears() {
	local size line
	size=$(($(stat -c %s "$1") - ${2:-0}))
	line=$(hear)
	assert_equal "${line#hot }" "$size"
	head -c "$size" <&"$FD" | cmp - <(tail -c "$size" "$1")
}

n_descriptors() {
	find "/proc/$SERVER_PID/fd" -mindepth 1 | wc -l
}

has_descriptors() {
	(($(n_descriptors) == $1))
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

@test "a file is the same by sendfile, through a buffer, in part and from memory" {
	local backend how cache file
	cd "$BATS_TEST_TMPDIR"
	printf x >one
	printf '' >empty
	head -c 131072 /dev/urandom >small
	head -c 131073 /dev/urandom >large
	head -c 5000000 /dev/urandom >huge
	for backend in $(cd "$ROOT" && usable_backends); do
		for cache in 0 32m; do
			fetch_here_on "$backend" --file-cache "$cache"
			cd "$BATS_TEST_TMPDIR"
			for how in file copy part hot; do
				printf "$how %s\n" one empty small large huge >&"$FD"
				hears one $([[ $how != part ]] || echo 1)
				hears empty
				for file in small large huge; do
					hears "$file" $([[ $how != part ]] || echo 1)
				done
			done
			leave
			cd "$BATS_TEST_TMPDIR"
		done
	done
}

# with_fault FAULT BACKEND: a fetch server with the test's folder as its root, whose calls fail.
with_fault() {
	echo "fault $1, backend $2"
	cd "$BATS_TEST_TMPDIR"
	server_start "MUXLAB_FAULT=$1" "$ROOT/${OUT}servers/plugin_server" "$BATS_TEST_TMPDIR/fetch.so" -b "$2"
	dial FD
}

@test "calls for files that are interrupted or do only part of the work change nothing" {
	local backend fault
	grep -q -a MUXLAB_FAULT "${OUT}servers/plugin_server" || skip "this build injects no faults (make SAN=asan does)"
	head -c 100000 /dev/urandom >"$BATS_TEST_TMPDIR/small"
	head -c 3000000 /dev/urandom >"$BATS_TEST_TMPDIR/large"
	for backend in $(usable_backends); do
		for fault in pread:every\ 2:short pread:every\ 2:EINTR pread:1:ENOMEM sendfile:every\ 2:short \
			sendfile:every\ 2:EINTR open:1:EINTR open:1:EAGAIN send:every\ 2:short; do
			with_fault "$fault" "$backend"
			printf '%s\n' 'file small' 'file large' 'copy large' 'hot small' 'list .' >&"$FD"
			hears small
			hears large
			hears large
			hears small
			((size = $(hear)))
			head -c "$size" <&"$FD" | tr '\0' '\n' | grep -x large
			cd "$ROOT"
			leave
		done
	done
}

@test "a file that cannot be opened now is an error, and the next attempt is none" {
	local backend fault
	grep -q -a MUXLAB_FAULT "${OUT}servers/plugin_server" || skip "this build injects no faults (make SAN=asan does)"
	head -c 100000 /dev/urandom >"$BATS_TEST_TMPDIR/small"
	for backend in $(usable_backends); do
		for fault in open:1:EMFILE open:1:ENOMEM other:1:ENOMEM; do
			with_fault "$fault" "$backend"
			printf 'file small\nfile small\n' >&"$FD"
			assert_regex "$(hear)" '^error (24|12)$' # EMFILE, ENOMEM
			hears small
			cd "$ROOT"
			leave
		done
	done
}

@test "a small file that was just asked for is at hand, a large one is not" {
	local backend
	printf 'hello\n' >"$BATS_TEST_TMPDIR/small"
	head -c 200000 /dev/zero >"$BATS_TEST_TMPDIR/large"
	for backend in $(usable_backends); do
		fetch_here_on "$backend"
		printf 'hot large\nhot large\nhot nothing\n' >&"$FD"
		assert_equal "$(hear)" "200000"
		head -c 200000 <&"$FD" >/dev/null
		assert_equal "$(hear)" "200000"
		head -c 200000 <&"$FD" >/dev/null
		assert_equal "$(hear)" "error 2"
		# A second may pass between two of them on a busy machine, but not between each two.
		printf 'hot small\n%.0s' {1..20} >&"$FD"
		head -n 40 <&"$FD" | sort | uniq -c | awk '{ n[$2 $3] = $1 } END { exit !(n["hello"] == 20 && n["hot6"] > 0) }'
		leave
		fetch_here_on "$backend" --file-cache 0
		printf 'hot small\nhot small\n' >&"$FD"
		hears "$BATS_TEST_TMPDIR/small"
		hears "$BATS_TEST_TMPDIR/small"
		leave
	done
}

@test "the names in a folder come sorted, and hidden ones do not" {
	local backend
	cd "$BATS_TEST_TMPDIR"
	mkdir folder folder/sub folder/empty
	touch folder/b folder/a folder/.hidden 'folder/with space'
	cd "$ROOT"
	for backend in $(usable_backends); do
		fetch_here_on "$backend"
		printf 'list folder\n%.0s' {1..99} >&"$FD" # more than one turn of a loop may do
		assert_equal "$(head -c $((99 * 30)) <&"$FD" | tr '\0\n' '|!' | sed 's/27!/\n&/g' | sort -u)" \
			$'\n27!a|b|empty/|sub/|with space|'
		printf 'list folder\nlist folder/empty\nlist folder/a\nlist nothing\nlist ..\n' >&"$FD"
		assert_equal "$(hear)" "27"
		assert_equal "$(head -c 27 <&"$FD" | tr '\0' '|')" 'a|b|empty/|sub/|with space|'
		assert_equal "$(hear)" "0" # no names
		assert_equal "$(hear)" "0" # an empty file
		assert_equal "$(hear)" "error 2"
		assert_equal "$(hear)" "error 18"
		leave
	done
}

@test "a file that is cut while it is sent ends the connection" {
	local backend how got
	for backend in $(usable_backends); do
		for how in file copy; do
			truncate -s 100000000 "$BATS_TEST_TMPDIR/big" # more than the sockets hold
			fetch_here_on "$backend"
			printf '%s big\nfile nothing\n' "$how" >&"$FD"
			assert_equal "$(hear)" "100000000"
			truncate -s 1000 "$BATS_TEST_TMPDIR/big"
			got=$(timeout "$PATIENCE" cat <&"$FD" | wc -c)
			((got < 100000000))
			hang_up "$FD"
			dial FD
			printf 'file big\n' >&"$FD"
			hears "$BATS_TEST_TMPDIR/big"
			leave
		done
	done
}

@test "clients that wait hold no file open, and few files are kept so" {
	local backend before i cache
	local -A kept=([0]=0 [32m]=12)
	for i in {1..12}; do head -c 200000 /dev/zero >"$BATS_TEST_TMPDIR/$i"; done
	for backend in $(one_process_backends); do
		for cache in 0 32m; do
			fetch_here_on "$backend" --file-cache "$cache"
			printf 'hot nothing\n' >&"$FD"
			assert_equal "$(hear)" "error 2"
			before=$(n_descriptors)
			for i in {1..12}; do
				printf 'hot %d\n' "$i" >&"$FD"
				hears "$BATS_TEST_TMPDIR/$i"
			done
			wait_until has_descriptors "$((before + ${kept[$cache]}))"
			leave
		done
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
