/* server.c - the life of a server program: options, listener, "listening" line, backend, an end in good order.
 *
 *     RUNNING --SIGINT, SIGTERM--> STOPPING --all sessions ended--> exit 0
 *                                     | grace is over, or a second signal
 *                                     v
 *                                   OVER: sessions are cut, exit 0
 *
 * Signals are blocked in every thread from the start, and taken by the driver where it waits anyway: so nothing here
 * runs in a signal handler. signal(7), signalfd(2), sigtimedwait(2).
 *
 * SPDX-License-Identifier: MIT */
#include "server_parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "beside.h"
#include "clock.h"
#include "error.h"
#include "fault.h"
#include "files.h"
#include "log.h"
#include "net.h"
#include "options.h"
#include "standard.h"
#include "stats.h"
#include "trace.h"

/* ---- signals and the way to an end ---- */

void server_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGHUP);
	sigaddset(signals, SIGUSR1);
}

void server_stop(struct server *s)
{
	enum server_phase phase = server_phase(s);
	if (phase == SERVER_RUNNING) {
		atomic_store(&s->board->grace_end_ms, clock_ms() + s->options.grace_ms);
		log_info("stopping: requests in flight are finished");
	}
	atomic_store(&s->board->phase, phase == SERVER_RUNNING ? SERVER_STOPPING : SERVER_OVER);
}

void server_check_grace(struct server *s)
{
	if (server_phase(s) != SERVER_STOPPING || clock_ms() < server_grace_end_ms(s))
		return;
	log_warnx("the time to stop is over, the sessions that are left are cut");
	atomic_store(&s->board->phase, SERVER_OVER);
}

void server_handle_signal(struct server *s, int signo)
{
	switch (signo) {
	case SIGINT:
	case SIGTERM:
		server_stop(s);
		break;
	case SIGHUP:
		atomic_fetch_add(&s->board->n_reopens, 1); /* for the other processes */
		log_reopen();
		access_reopen(&s->access);
		break;
	case SIGUSR1:
		stats_print(s);
		break;
	}
}

/* ---- accepting under difficulties ---- */

enum { SAY_AGAIN_MS = 60000 };

/* Once a minute at most, whoever asks. */
static bool may_say(struct server *s)
{
	int64_t now = clock_ms(), said = atomic_load(&s->board->said_tired_ms);
	return (!said || now - said > SAY_AGAIN_MS) &&
	       atomic_compare_exchange_strong(&s->board->said_tired_ms, &said, now);
}

bool server_accept_failed(struct server *s, int error)
{
	switch (error_kind(error)) {
	case ERROR_TIRED:
		break;
	case ERROR_BUG:
		die_bug("accept failed: %s", strerrordesc_np(-error));
	default:
		return true;
	}
	if (may_say(s))
		log_warnx("accepting pauses: %s; new clients wait until others leave (ulimit -n is %d)",
			  strerrordesc_np(-error), s->max_fds);
	return false;
}

void server_say_full(struct server *s)
{
	if (may_say(s))
		log_warnx("accepting pauses: %d clients are here; new ones wait until others leave", s->max_sessions);
}

void server_say_none_left(struct server *s, const char *what, int error)
{
	if (may_say(s))
		log_warnx("accepting pauses: no %s is to be had: %s; new clients wait until others leave", what,
			  strerrordesc_np(-error));
}

int server_workers(const struct server *s)
{
	return s->options.workers;
}

/* --inetd: the connection is descriptor 0, already accepted by whoever started us. */
static void serve_inherited(struct worker *worker)
{
	struct sockaddr_storage sa = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof sa;
	struct peer peer;
	struct server *s = worker_server(worker);
	getpeername(STDIN_FILENO, (struct sockaddr *)&sa, &len);
	peer_from_sockaddr(&peer, (struct sockaddr *)&sa);
	fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) & ~O_NONBLOCK);
	int fd = dup(STDIN_FILENO); /* the session closes it; number 0 must stay taken */
	if (fd < 0)
		return;
	atomic_fetch_add(&s->board->n_sessions, 1);
	blocking_session(worker, fd, &peer);
	shutdown(STDIN_FILENO, SHUT_RDWR);
	server_stop(s);
}

static int serve(struct server *s, const struct backend *const *backends)
{
	sigset_t signals;
	server_signals(&signals);
	sigaddset(&signals, SIGCHLD); /* processes.c: in every thread, or one that has no use for it would take it */
	signal(SIGCHLD, SIG_DFL);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	int error = beside_start(s, server_find_backend("poll", backends));
	if (!error)
		error = s->options.inetd ? blocking_run(s, 1, serve_inherited) : s->backend->run(s, s->backend->poller);
	beside_stop(s);
	if (error)
		fprintf(stderr, "%s: backend %s cannot run: %s\n", s->program, s->backend->name,
			strerrordesc_np(-error));
	if (s->options.stats_file) {
		int failed = stats_write(s, s->options.stats_file);
		if (failed)
			fprintf(stderr, "%s: cannot write %s: %s\n", s->program, s->options.stats_file,
				strerrordesc_np(-failed));
		error = error ? error : failed;
	}
	if (s->options.trace_file) {
		int failed = trace_write(s, s->options.trace_file);
		if (failed)
			fprintf(stderr, "%s: cannot write %s: %s\n", s->program, s->options.trace_file,
				strerrordesc_np(-failed));
		error = error ? error : failed;
	}
	return error ? 1 : 0;
}

static void tear_down(struct server *s)
{
	files_close(s->files);
	if (s->root_fd >= 0)
		close(s->root_fd);
	if (s->listen_fd >= 0)
		close(s->listen_fd);
	access_close(&s->access);
	trace_forget(s);
	if (s->config && s->service->close)
		s->service->close(s->config);
	free(s->config);
	if (s->shared)
		munmap(s->shared, s->service->shared_size + 1);
	log_reopen_with(NULL);
	board_close(s->board);
}

/* The exit status of a server whose options have been read. */
static int run(struct server *s, const struct backend *const *backends)
{
	if (s->options.list_backends) {
		server_list_backends(backends);
		return 0;
	}
	int status = server_set_up(s, backends);
	return status ? status : serve(s, backends);
}

int server_main(const struct service *service, const char *program, const struct backend *const *backends, int argc,
		char **argv)
{
	struct server server = {
		.service = service, .program = program, .listen_fd = -1, .root_fd = -1,
		.lock = PTHREAD_MUTEX_INITIALIZER, .session_ended = PTHREAD_COND_INITIALIZER,
		.options = { .backend = "epoll_lt", .host = "127.0.0.1", .port = -1, .accept = -1, .backlog = 4096,
			     .idle_timeout_ms = 60000, .grace_ms = 5000, .log_level = LOG_INFO,
			     .file_cache = 32 << 20 },
	};
	fill_standard_descriptors();
	/* A client that leaves, or a closed pipe behind standard error, is an error to look at and not the end. */
	signal(SIGPIPE, SIG_IGN);
	int status = 1;
	if (fault_open() == 0 && server_allocate(&server) == 0) {
		int answer = server_read_options(&server, argc, argv);
		status = answer < 0 ? options_status(answer) : run(&server, backends);
	}
	tear_down(&server);
	return status;
}
