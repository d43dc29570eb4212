/* server_set_up.c - limits, logs, files and the listener: all that a server needs before its first client; see
 * server_parts.h.
 *
 * getrlimit(2), mmap(2), open(2), listen(2), sd_listen_fds(3), inetd(8).
 *
 * SPDX-License-Identifier: MIT */
#include "server_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "log.h"
#include "net.h"

/* What a server has open besides its clients: listener, logs, root, pollers and what wakes them, a resolver. */
enum { OWN_FDS = 24 };

int server_allocate(struct server *s)
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

int server_set_up(struct server *s, const struct backend *const *backends)
{
	char why[512] = "wrong options";
	if (s->options.inetd && check_inetd(s))
		return 2;
	int status = server_choose_backend(s, backends);
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
