# faults.bats - the n-th system call fails, for n = 1, 2, 3 ...: one client may suffer, the server never.
#
# Only a build with -DMUXLAB_FAULTS can do it (make test-asan); the others skip. See core/fault.h.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() {
	common_setup
	strings -n 8 "${OUT}servers/zen_server" | grep -q MUXLAB_FAULT || skip "this build injects no faults (make test-asan does)"
}
teardown() { common_teardown; }

# with_fault FAULT BACKEND
with_fault() {
	echo "backend $2, fault $1"
	server_start "MUXLAB_FAULT=$1" "${OUT}servers/zen_server" -b "$2"
}

# Whatever happened before: the next client gets all its answers.
serves() {
	timeout "$PATIENCE" "${OUT}clients/zen_client" 127.0.0.1 -p "$SERVER_PORT" --all >/dev/null
}

@test "calls that are interrupted or do only part of the work change nothing" {
	local backend fault
	for backend in $(usable_backends); do
		for fault in recv:every\ 2:EINTR recv:every\ 3:short send:every\ 2:short send:every\ 3:EINTR \
			wait:every\ 2:EINTR accept:1:EINTR accept:1:ECONNABORTED; do
			# That a short read means drained is a promise of the kernel's (epoll(7)) that edge-triggered code stands on.
			[[ $backend =~ ^(epoll_et|sigio)$ && $fault == recv:*short ]] && continue
			with_fault "$fault" "$backend"
			serves
			serves
			server_stop
		done
	done
}

@test "a call that fails for good costs one client, and the next is served" {
	local backend fault n
	for backend in $(one_process_backends); do # each process counts its own calls
		for fault in recv:N:ECONNRESET send:N:EPIPE recv:N:ENOMEM send:N:ENOBUFS ctl:N:ENOMEM ctl:N:ENOSPC; do
			[[ $fault == ctl* && $backend != epoll* ]] && continue
			for n in 1 2 3 4 5 6; do
				# There a receive goes on: it counts once for each of our two clients.
				[[ $fault == recv* && $backend == io_uring ]] && ((n > 2)) && continue
				# The first three are for the signals, wake-ups and the listener, the next for our two clients.
				[[ $fault == ctl* ]] && ((n < 4 || n > 5)) && continue
				with_fault "${fault/N/$n}" "$backend"
				serves || true # the n-th call is one of these two clients
				serves || true
				serves
				server_stop
			done
		done
	done
}

@test "accepting that fails for want of something is tried again" {
	local backend fault
	for backend in $(usable_backends); do
		for fault in accept:1:EMFILE accept:2:ENFILE accept:1:ENOBUFS accept:1:ENOMEM; do
			with_fault "$fault" "$backend"
			serves
			serves
			server_stop
		done
	done
}

@test "a wait that fails for want of memory does not end the server" {
	local backend
	for backend in select poll epoll_lt epoll_et; do
		with_fault wait:3:ENOMEM "$backend"
		serves
		serves
		server_stop
	done
}

@test "a listener that cannot be watched for a while is heard again" {
	local first second
	# The calls: signals, listener, the first client; at the limit the listener is taken off; back on: this one fails.
	server_start MUXLAB_FAULT=ctl:5:ENOMEM "${OUT}servers/zen_server" -b epoll_lt --max-conns 1
	dial first
	ask "$first"
	dial second
	printf 'Flat is better than?' >&"$second"
	hang_up "$first"
	assert_equal "$(answer "$second")" "nested."
	hang_up "$second"
	server_stop
}

@test "opening a file is tried again when the kernel asks for it" {
	local backend fault
	cc -std=c11 -D_GNU_SOURCE -shared -fPIC -I"$ROOT" tests/services/fetch.c -o "$BATS_TEST_TMPDIR/fetch.so"
	for backend in $(usable_backends); do
		for fault in open:1:EAGAIN open:1:EINTR; do
			server_start "MUXLAB_FAULT=$fault" "${OUT}servers/plugin_server" "$BATS_TEST_TMPDIR/fetch.so" -b "$backend"
			dial FD
			printf 'file LICENSE\n' >&"$FD"
			IFS= read -r -t "$PATIENCE" -u "$FD" size
			assert_equal "$size" "$(wc -c <LICENSE)"
			hang_up "$FD"
			server_stop
		done
	done
}

@test "a poller that cannot start says so and ends" {
	run env MUXLAB_FAULT=ctl:1:ENOMEM "${OUT}servers/zen_server" -p 0 -b epoll_lt
	assert_failure 1
	assert_output --partial 'backend epoll_lt cannot run: Cannot allocate memory'
}

@test "a fault that cannot be read is refused" {
	run env MUXLAB_FAULT=recv:x:EINTR "${OUT}servers/zen_server" -p 0
	assert_failure 1
	assert_output --partial "cannot read 'recv:x:EINTR'"
}
