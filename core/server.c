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
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "beside.h"
#include "clock.h"
#include "error.h"
#include "fault.h"
#include "files.h"
#include "log.h"
#include "net.h"
#include "options.h"
#include "pages.h"
#include "plugin.h"
#include "standard.h"
#include "stats.h"
#include "trace.h"

/* What a server has open besides its clients: listener, logs, root, pollers and what wakes them, a resolver. */
enum { OWN_FDS = 24 };

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

/* ---- options ---- */

#define FIELD(name) .offset = offsetof(struct server_options, name)

static const char *const accept_mode_names[] = { "shared", "exclusive", "reuseport", "dispatch", NULL };

static const struct option_def server_option_defs[] = {
	{ .name = "port", .letter = 'p', .arg = "PORT", .help = "listen on this port; 0: any free one", .set = set_int,
	  FIELD(port), .max = 65535 },
	{ .name = "backend", .letter = 'b', .arg = "NAME", .help = "how to wait, or a ./file.so with one (epoll_lt)",
	  .set = set_string, FIELD(backend) },
	{ .name = "list-backends", .help = "print what there is and whether this machine can, and exit",
	  .set = set_flag, FIELD(list_backends) },
	{ .name = "workers", .letter = 'w', .arg = "N", .help = "threads, processes or loops; --list-backends says which",
	  .set = set_int, FIELD(workers), .min = 1, .max = 1024 },
	{ .name = "accept", .arg = "MODE",
	  .help = "of several loops: shared, exclusive, reuseport listeners, or one loop that deals (shared)",
	  .set = set_choice, FIELD(accept), .choices = accept_mode_names },
	{ .name = "processes", .help = "loops are processes, not threads", .set = set_flag, FIELD(processes) },
	{ .name = "max-conns", .arg = "N", .help = "clients at the same time; more wait (0: as many as descriptors)",
	  .set = set_int, FIELD(max_conns), .max = 1 << 20 },
	{ .name = "backlog", .arg = "N", .help = "connections that may wait to be accepted (4096)", .set = set_int,
	  FIELD(backlog), .min = 1, .max = 65535 },
	{ .name = "idle-timeout", .arg = "TIME", .help = "close clients that are silent for so long; 0: never (60s)",
	  .set = set_seconds_ms, FIELD(idle_timeout_ms), .max = 86400000 },
	{ .name = "grace", .arg = "TIME", .help = "how long requests in flight may take at the end (5s)",
	  .set = set_seconds_ms, FIELD(grace_ms), .max = 3600000 },
	{ .name = "log-level", .arg = "LEVEL", .help = "debug, info, warning or error (info)", .set = set_choice,
	  FIELD(log_level), .choices = log_level_names },
	{ .name = "log-file", .arg = "FILE", .help = "instead of standard error; SIGHUP opens it anew",
	  .set = set_string, FIELD(log_file) },
	{ .name = "inetd", .help = "serve the one client on standard input, as inetd(8) starts it", .set = set_flag,
	  FIELD(inetd) },
	{ .name = "trace", .arg = "FILE", .help = "write there at the end who did what when (Chrome Trace Event JSON)",
	  .set = set_string, FIELD(trace_file) },
	{ .name = "stats", .arg = "FILE", .help = "write the counters there as JSON at the end", .set = set_string,
	  FIELD(stats_file) },
	{ 0 },
};

/* Only where the service opens files. */
static const struct option_def file_option_defs[] = {
	{ .name = "file-cache", .arg = "SIZE", .help = "memory for small files that are asked for; 0: keep none (32m)",
	  .set = set_size, FIELD(file_cache), .max = 1LL << 40 },
	{ 0 },
};

/* Only where the service logs accesses. */
static const struct option_def access_option_defs[] = {
	{ .name = "access-log", .arg = "FILE",
	  .help = "a line for each answer, in the combined format; SIGHUP opens it anew",
	  .set = set_string, FIELD(access_file) },
	{ 0 },
};

static const char notes[] =
	"HOST defaults to 127.0.0.1; '' means all interfaces. When ready, and only then, one line on standard\n"
	"output tells the address. SIGINT and SIGTERM stop it, requests in flight are finished; SIGUSR1 prints the\n"
	"counters; SIGHUP opens the log file anew.";

/* The index of the first operand, or a negative answer as of options_parse(). */
static int read_options(struct server *s, int argc, char **argv)
{
	struct program program = { s->program, s->service->summary, "[HOST] [OPTION...]", notes };
	struct option_set sets[] = {
		{ "Options of every server", server_option_defs, &s->options },
		{ "Options of this service", s->service->options, s->config },
		{ "Options of servers of files", s->service->root ? file_option_defs : NULL, &s->options },
		{ "Options of HTTP servers", s->service->logs_access ? access_option_defs : NULL, &s->options },
		{ 0 },
	};
	int operand = options_parse(&program, sets, argc, argv);
	if (operand >= 0 && argc - operand > 1) {
		fprintf(stderr, "%s: one HOST at most, not '%s' too\n", s->program, argv[operand + 1]);
		return OPTIONS_WRONG;
	}
	if (operand >= 0 && operand < argc)
		s->options.host = argv[operand];
	return operand;
}

/* ---- choosing a backend ---- */

static const char *const family_names[] = { "blocking", "readiness", "hybrid", "completion" };

static void print_backend(const struct backend *b)
{
	int error = b->probe ? b->probe() : 0;
	char clients[32] = "many";
	if (b->max_fd)
		snprintf(clients, sizeof clients, "<%d", b->max_fd);
	else if (b->max_sessions)
		snprintf(clients, sizeof clients, "%d", b->max_sessions);
	else if (b->one_each)
		snprintf(clients, sizeof clients, "%d", b->default_workers ? b->default_workers : 1);
	printf("%-16s %-10s %-8s %-8s %s", b->name, family_names[b->family], clients, error ? "no" : "yes",
	       error ? strerrordesc_np(-error) : b->summary);
	printf(error ? "\n" : "; %s\n", b->see_also ? b->see_also : "");
}

static void list_backends(const struct backend *const *backends)
{
	printf("%-16s %-10s %-8s %-8s %s\n", "backend", "family", "clients", "usable", "what it is, or why not");
	for (; *backends; backends++)
		print_backend(*backends);
}

static const struct backend *find_backend(const char *name, const struct backend *const *backends)
{
	for (; *backends; backends++)
		if (strcmp((*backends)->name, name) == 0)
			return *backends;
	return NULL;
}

static void complain_backend(const struct server *s, const struct backend *const *backends)
{
	const char *names[64];
	size_t n = 0;
	fprintf(stderr, "%s: no backend '%s'; there are:", s->program, s->options.backend);
	for (; *backends && n < 63; backends++) {
		names[n++] = (*backends)->name;
		fprintf(stderr, " %s", (*backends)->name);
	}
	names[n] = NULL;
	const char *near = nearest_name(s->options.backend, names);
	fprintf(stderr, near ? "; did you mean %s?\n" : "\n", near);
}

static void complain_accept(const struct server *s)
{
	fprintf(stderr, "%s: backend %s has no --accept %s; it has:", s->program, s->backend->name,
		accept_mode_names[s->options.accept]);
	for (int mode = 0; accept_mode_names[mode]; mode++)
		if (s->backend->accept_modes & 1U << mode)
			fprintf(stderr, " %s", accept_mode_names[mode]);
	fprintf(stderr, "\n");
}

/* Nothing was said: they share it, or, where they cannot, do the first thing that they can. */
static void choose_accept(struct server_options *o, unsigned modes)
{
	if (o->accept < 0)
		o->accept = o->workers > 1 && modes ? ffs((int)modes) - 1 : ACCEPT_SHARED;
}

/* Do --workers, --accept and --processes fit the backend? 0, or the exit status. */
static int check_workers(struct server *s)
{
	const struct backend *b = s->backend;
	struct server_options *o = &s->options;
	choose_accept(o, b->accept_modes);
	if (o->workers > 1 && !b->workers)
		fprintf(stderr, "%s: backend %s has nothing to count by --workers; leave it at 1\n", s->program, b->name);
	else if ((o->accept || o->processes) && !b->accept_modes)
		fprintf(stderr, "%s: backend %s has no loops, so --%s means nothing to it\n", s->program, b->name,
			o->processes ? "processes" : "accept");
	else if ((o->accept || (b->accept_modes && o->workers > 1)) &&
		 !(b->accept_modes & 1U << o->accept))
		complain_accept(s);
	else if (o->processes && o->accept == ACCEPT_DISPATCH)
		fprintf(stderr, "%s: --accept dispatch hands clients from thread to thread; leave out --processes\n",
			s->program);
	else if (!o->workers)
		return o->workers = b->default_workers ? b->default_workers : 1, 0;
	else
		return 0;
	return 2;
}

/* 0, or the exit status. */
static int choose_backend(struct server *s, const struct backend *const *backends)
{
	char why[512];
	if (plugin_is_path(s->options.backend)) {
		s->backend = plugin_backend(s->options.backend, why, sizeof why);
		if (!s->backend)
			fprintf(stderr, "%s: --backend: %s\n", s->program, why);
	} else {
		s->backend = find_backend(s->options.backend, backends);
		if (!s->backend)
			complain_backend(s, backends);
	}
	if (!s->backend)
		return 2;
	int error = s->backend->probe ? s->backend->probe() : 0;
	if (error)
		fprintf(stderr, "%s: backend %s does not work on this machine: %s\n", s->program, s->backend->name,
			strerrordesc_np(-error));
	return error ? 1 : check_workers(s);
}

/* ---- setting up ---- */

static int allocate(struct server *s)
{
	const struct service *service = s->service;
	s->config = calloc(1, service->config_size + 1);
	/* Shared with processes that a backend may fork. */
	s->shared = mmap(NULL, service->shared_size + 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!s->config || s->shared == MAP_FAILED) {
		if (s->shared == MAP_FAILED)
			s->shared = NULL;
		fprintf(stderr, "%s: out of memory\n", s->program);
		return 1;
	}
	if (service->defaults)
		memcpy(s->config, service->defaults, service->config_size);
	return 0;
}

/* A backend that cannot use high descriptors gets a limit under which there are none: so the kernel itself keeps the
 * promise, and what is too much waits in the accept queue. */
static void set_limits(struct server *s)
{
	s->max_fds = net_raise_fd_limit();
	if (s->backend->max_fd && s->max_fds > s->backend->max_fd) {
		struct rlimit limit;
		getrlimit(RLIMIT_NOFILE, &limit);
		limit.rlim_cur = (rlim_t)s->backend->max_fd;
		setrlimit(RLIMIT_NOFILE, &limit);
		s->max_fds = s->backend->max_fd;
	}
	s->max_sessions = s->max_fds;
	if (s->backend->max_sessions && s->backend->max_sessions < s->max_sessions)
		s->max_sessions = s->backend->max_sessions;
	if (s->backend->one_each && s->options.workers < s->max_sessions)
		s->max_sessions = s->options.workers;
	if (s->options.max_conns && s->options.max_conns < s->max_sessions)
		s->max_sessions = s->options.max_conns;
}

/* So many descriptors are not for clients. */
static void keep_for_us(struct server *s, int n)
{
	int left = s->max_fds > n ? s->max_fds - n : 1;
	if (s->max_sessions > left)
		s->max_sessions = left;
}

/* Silent clients may take all that there are. If those beside found none, they could not tell a slave that is dead from
 * one that they cannot ask; and a proxy could not ask an origin for those who do talk. */
static void keep_for_others(struct server *s)
{
	const struct service *service = s->service;
	int n = service->beside && service->n_beside ? service->n_beside(s->config) : 0;
	if (n > 0)
		keep_for_us(s, n + OWN_FDS);
	if (service->dials)
		keep_for_us(s, s->max_fds / 2);
}

/* A listener that systemd (or systemd-socket-activate) hands over is descriptor 3; sd_listen_fds(3). */
static int inherited_listener(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	int listening = 0;
	socklen_t len = sizeof listening;
	if (!pid || !n || strtol(pid, NULL, 10) != getpid() || strtol(n, NULL, 10) < 1)
		return -1;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	if (getsockopt(3, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) || !listening)
		return -1;
	fcntl(3, F_SETFD, FD_CLOEXEC);
	net_no_delay(3);
	return 3;
}

static int listen_or_complain(struct server *s)
{
	if (s->options.inetd)
		return 0;
	s->listen_fd = inherited_listener();
	if (s->listen_fd >= 0)
		return 0;
	int port = s->options.port < 0 ? s->service->port : s->options.port;
	s->listen_fd = net_listen(s->options.host, (uint16_t)port, s->options.backlog,
				  s->options.accept == ACCEPT_REUSEPORT);
	if (s->listen_fd >= 0)
		return 0;
	const char *hint = "";
	if (s->listen_fd == -EADDRINUSE)
		hint = "; choose another with --port (0 takes a free one)";
	else if (s->listen_fd == -EACCES)
		hint = "; ports below 1024 are for root";
	fprintf(stderr, "%s: cannot listen on %s, port %d: %s%s\n", s->program,
		*s->options.host ? s->options.host : "all interfaces", port,
		s->listen_fd == -ENXIO ? "the name has no address" : strerrordesc_np(-s->listen_fd), hint);
	return 1;
}

void server_ready(struct server *s)
{
	char name[NET_TEXT] = "?";
	if (s->options.inetd) /* standard output is the client */
		return;
	net_local_name(s->listen_fd, name, sizeof name);
	printf("%s: listening on %s (backend %s, workers %d)\n", s->program, name, s->backend->name,
	       s->options.workers);
	fflush(stdout);
}

static bool is_socket(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* A connection, and not a listener: inetd(8) calls that "nowait". Standard error may well be the client too: then
 * nothing goes there. */
static int check_inetd(const struct server *s)
{
	int listening = 0;
	socklen_t len = sizeof listening;
	if (!is_socket(STDIN_FILENO) ||
	    getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) || listening) {
		fprintf(stderr, "%s: --inetd: standard input is not a client's socket; ", s->program);
		fprintf(stderr, "inetd(8) with \"nowait\" gives one\n");
		return -1;
	}
	net_no_delay(STDIN_FILENO);
	int nowhere = is_socket(STDERR_FILENO) ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
	if (nowhere >= 0) {
		dup2(nowhere, STDERR_FILENO);
		close(nowhere);
	}
	return 0;
}

/* A thread counts its client out a moment before it leaves its berth: so there are more berths than clients. */
static int open_board(struct server *s)
{
	s->board = board_open(2 * (uint32_t)(s->max_sessions + s->options.workers) + 64);
	if (!s->board) {
		fprintf(stderr, "%s: out of memory\n", s->program);
		return 1;
	}
	log_reopen_with(&s->board->n_reopens);
	s->access.asked = &s->board->n_reopens;
	return 0;
}

static int open_root(struct server *s)
{
	const char *root = s->service->root ? s->service->root(s->config) : NULL;
	if (!root)
		return 0;
	s->root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (s->root_fd < 0)
		fprintf(stderr, "%s: cannot open the folder %s: %s\n", s->program, root, strerrordesc_np(errno));
	return s->root_fd < 0 ? 1 : 0;
}

/* Files take descriptors too: some are kept open, and as many again are left for those that are being sent. */
static int open_files(struct server *s)
{
	int n_open = s->max_fds / 8 < FILES_OPEN_MAX ? s->max_fds / 8 : FILES_OPEN_MAX;
	if (s->root_fd < 0)
		return 0;
	s->files = files_open(s->root_fd, s->options.file_cache, s->options.file_cache ? (unsigned)n_open : 0);
	keep_for_us(s, 2 * n_open);
	if (!s->files)
		fprintf(stderr, "%s: out of memory\n", s->program);
	return s->files ? 0 : 1;
}

static int open_access_log(struct server *s)
{
	const char *file = s->options.access_file;
	int error = file ? access_open(&s->access, file) : 0;
	if (error)
		fprintf(stderr, "%s: cannot open the access log %s: %s\n", s->program, file, strerrordesc_np(-error));
	return error ? 1 : 0;
}

/* Some services must know where they listen, to notice when they are sent to themselves. */
static int learn_address(struct server *s)
{
	char why[512] = "it cannot listen there";
	struct sockaddr_storage sa = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof sa;
	if (s->listen_fd >= 0 && getsockname(s->listen_fd, (struct sockaddr *)&sa, &len) == 0)
		peer_from_sockaddr(&s->self, (struct sockaddr *)&sa);
	if (!s->service->bound || !s->service->bound(s->config, &s->self, why, sizeof why))
		return 0;
	fprintf(stderr, "%s: %s\n", s->program, why);
	return 2;
}

/* 0, or the exit status. */
static int set_up(struct server *s, const struct backend *const *backends)
{
	char why[512] = "wrong options";
	if (s->options.inetd && check_inetd(s))
		return 2;
	int status = choose_backend(s, backends);
	if (status)
		return status;
	if (s->service->check && s->service->check(s->config, why, sizeof why)) {
		fprintf(stderr, "%s: %s\n", s->program, why);
		return 2;
	}
	int error = log_open(s->program, (enum log_level)s->options.log_level, s->options.log_file);
	if (error) {
		fprintf(stderr, "%s: cannot open the log file %s: %s\n", s->program, s->options.log_file,
			strerrordesc_np(-error));
		return 1;
	}
	set_limits(s);
	keep_for_others(s);
	if (open_board(s) || open_root(s) || open_files(s) || open_access_log(s))
		return 1;
	if (s->backend->one_each && s->options.workers > s->max_sessions)
		s->options.workers = s->max_sessions; /* more would have no one to serve */
	status = listen_or_complain(s);
	return status ? status : learn_address(s);
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
	int error = beside_start(s, find_backend("poll", backends));
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
		list_backends(backends);
		return 0;
	}
	int status = set_up(s, backends);
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
	if (fault_open() == 0 && allocate(&server) == 0) {
		int answer = read_options(&server, argc, argv);
		status = answer < 0 ? options_status(answer) : run(&server, backends);
	}
	tear_down(&server);
	return status;
}
