/* processes.c - children that serve: started, buried, replaced; see processes.h.
 *
 *     processes_run:   fork n, then watch         watch thread:  SIGCHLD -> wait4 -> whose berth?
 *     processes_spawn: fork one per connection                     passing: counts to the total, berth free
 *                                                                  crew:    alert, fork another into the same berth
 *
 * Who dies at once, again and again, is started again after pauses that grow (children.h has the rule). A child
 * that is killed leaves nothing half done: it holds no lock that others want, its counts and its trace are in
 * shared memory, and its sockets the kernel closes.
 *
 * fork(2), wait4(2), prctl(2), _exit(2), close_range(2), signal(7).
 *
 * SPDX-License-Identifier: MIT */
#include "processes.h"

#include <errno.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "children.h"
#include "clock.h"
#include "log.h"
#include "server.h"
#include "sys.h"
#include "trace.h"
#include "watch.h"
#include "worker.h"

struct member { /* of a crew */
	struct berth *berth;
	int64_t       began_ms, due_ms; /* due_ms: to be started then; 0: it runs, or is not wanted any more */
	int           pause_ms;         /* the last one */
};

struct processes {
	int          (*child)(struct server *, int number);
	void         (*serve)(struct worker *); /* of processes_run() */
	int            n, n_running;
	struct member  members[];
};

/* ---- in the child ---- */

/* All above 2 but those. What is left out belongs to threads that are not here. */
static void close_all_but(int *keep, int n)
{
	for (int i = 1; i < n; i++) /* in order */
		for (int j = i; j && keep[j - 1] > keep[j]; j--) {
			int fd = keep[j];
			keep[j] = keep[j - 1];
			keep[j - 1] = fd;
		}
	unsigned from = STDERR_FILENO + 1;
	for (int i = 0; i < n; i++) {
		if (keep[i] < (int)from)
			continue;
		if (keep[i] > (int)from)
			close_range(from, (unsigned)keep[i] - 1, 0);
		from = (unsigned)keep[i] + 1;
	}
	close_range(from, ~0U, 0);
}

/* server->lock is ours: the thread that forked held it. fd: the client's; -1: none yet. */
static void become_child(struct server *server, struct berth *berth, pid_t parent, int fd)
{
	int keep[] = { server->listen_fd, server->root_fd, server->access.file ? server->access.fd : -1,
		       log_fd_number(), fd };
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1); /* it died before it could tell us to */
	server->berth = berth;
	pthread_mutex_unlock(&server->lock);
	if (server->beside)
		close_all_but(keep, sizeof keep / sizeof *keep);
	server->beside = NULL;
}

/* ---- starting ---- */

/* The child's number; 0 in the child; or -errno. The berth is there already: a child never looks for one. */
static pid_t start(struct server *server, struct berth *berth, int fd)
{
	pid_t parent = getpid();
	berth->trace = trace_share(server, berth->number);
	pthread_mutex_lock(&server->lock);
	pid_t pid = fork();
	int error = -errno;
	if (pid == 0) {
		become_child(server, berth, parent, fd);
		return 0;
	}
	if (pid > 0)
		board_note_process(server->board, berth, pid);
	pthread_mutex_unlock(&server->lock);
	if (pid > 0)
		return pid;
	trace_close(server, berth->trace);
	berth->trace = NULL;
	return error;
}

static _Noreturn void be_member(struct server *server, int number)
{
	int error = server->processes->child(server, number);
	if (error) {
		errno = -error;
		log_error("worker %u cannot serve", server->berth->number);
	}
	_exit(error ? 1 : 0);
}

static int start_member(struct server *server, int number)
{
	struct processes *all = server->processes;
	struct member *m = &all->members[number];
	pid_t pid = start(server, m->berth, -1);
	if (pid == 0)
		be_member(server, number);
	if (pid < 0)
		return pid;
	m->began_ms = clock_ms();
	m->due_ms = 0;
	all->n_running++;
	return 0;
}

/* ---- one for a connection ---- */

static _Noreturn void be_host(struct server *server, int fd, const struct peer *peer)
{
	struct worker w;
	close(server->listen_fd); /* or new clients would still be let in when the first process has stopped */
	int error = worker_open(&w, server, server->service);
	if (!error) {
		blocking_session(&w, fd, peer);
		worker_close(&w);
	}
	_exit(error ? 1 : 0);
}

static struct berth *berth_for_client(struct server *server)
{
	pthread_mutex_lock(&server->lock);
	struct berth *berth = board_take(server->board, BERTH_PASSING);
	if (berth)
		atomic_store(&berth->n_sessions, 1);
	pthread_mutex_unlock(&server->lock);
	return berth;
}

/* No child has the berth, and the client has not left yet. */
static void give_back(struct server *server, struct berth *berth)
{
	pthread_mutex_lock(&server->lock);
	board_give_back(server->board, berth);
	pthread_mutex_unlock(&server->lock);
}

int processes_try_spawn(struct worker *w, int fd, const struct peer *peer)
{
	struct server *server = w->server;
	struct berth *berth = berth_for_client(server);
	if (!berth)
		return -EAGAIN;
	pid_t pid = start(server, berth, fd);
	if (pid == 0)
		be_host(server, fd, peer);
	count_add(w->counters, COUNT_SPAWN, 1);
	if (pid < 0) {
		give_back(server, berth);
		return pid;
	}
	close(fd); /* the child has the other copy; not told as the end of the connection, which it is not */
	count_add(w->counters, COUNT_CLOSE, 1);
	return 0;
}

void processes_wait(struct worker *w)
{
	struct server *server = w->server;
	pthread_mutex_lock(&server->lock);
	while (server->board->n_passing)
		pthread_cond_wait(&server->session_ended, &server->lock);
	pthread_mutex_unlock(&server->lock);
}

/* ---- burying ---- */

static void say_how(char *out, size_t size, int status)
{
	if (WIFSIGNALED(status))
		snprintf(out, size, "was killed by signal %d", WTERMSIG(status));
	else
		snprintf(out, size, "ended with status %d", WEXITSTATUS(status));
}

/* One of a crew has ended, though nobody asked it to: another one is started at once, or after a pause. */
static void replace(struct member *m, pid_t pid, const char *how)
{
	int64_t now = clock_ms(), lived_ms = now - m->began_ms;
	m->pause_ms = lived_ms >= CHILD_STEADY_MS ? 0 : child_pause_ms(m->pause_ms, lived_ms);
	m->due_ms = now + m->pause_ms;
	if (m->pause_ms)
		log_warnx("worker %u (pid %d) %s: another takes its place in %d ms", m->berth->number, (int)pid, how,
			  m->pause_ms);
	else
		log_warnx("worker %u (pid %d) %s: another takes its place", m->berth->number, (int)pid, how);
}

static struct member *member_of(struct processes *all, const struct berth *berth)
{
	for (int i = 0; all && i < all->n; i++)
		if (all->members[i].berth == berth)
			return &all->members[i];
	return NULL;
}

static int64_t microseconds(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

/* What it had open is closed now; what it counted stays. NULL: a stranger. */
static struct berth *clear_berth(struct server *server, pid_t pid, const struct rusage *usage)
{
	pthread_mutex_lock(&server->lock);
	struct berth *berth = board_forget_process(server->board, pid);
	struct trace *trace = berth ? berth->trace : NULL;
	if (berth) {
		atomic_fetch_sub(&server->board->n_sessions, atomic_exchange(&berth->n_sessions, 0));
		atomic_store(&berth->tid, 0);
		atomic_store(&berth->deadline_ms, 0);
		atomic_fetch_add(&berth->user_us, microseconds(usage->ru_utime));
		atomic_fetch_add(&berth->sys_us, microseconds(usage->ru_stime));
		berth->trace = NULL;
	}
	pthread_mutex_unlock(&server->lock);
	trace_close(server, trace);
	return berth;
}

static void bury(struct server *server, pid_t pid, int status, const struct rusage *usage)
{
	char how[64];
	struct berth *berth = clear_berth(server, pid, usage);
	struct member *m = berth ? member_of(server->processes, berth) : NULL;
	bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	say_how(how, sizeof how, status);
	if (m) {
		server->processes->n_running--;
		if (server_phase(server) == SERVER_RUNNING)
			replace(m, pid, how);
		else if (!well)
			log_warnx("worker %u (pid %d) %s while stopping", m->berth->number, (int)pid, how);
	} else if (berth) {
		if (!well)
			log_warnx("worker %u (pid %d), one client's, %s", berth->number, (int)pid, how);
		pthread_mutex_lock(&server->lock);
		board_give_back(server->board, berth);
		pthread_cond_broadcast(&server->session_ended);
		pthread_mutex_unlock(&server->lock);
	}
}

/* A fork that fails is tried again, later. */
static void start_those_due(struct server *server)
{
	struct processes *all = server->processes;
	int64_t now = clock_ms();
	for (int i = 0; all && i < all->n; i++) {
		struct member *m = &all->members[i];
		if (!m->due_ms || m->due_ms > now || server_phase(server) != SERVER_RUNNING)
			continue;
		int error = start_member(server, i);
		if (error) {
			m->pause_ms = child_pause_ms(m->pause_ms, 0);
			m->due_ms = now + m->pause_ms;
			errno = -error;
			log_warn("worker %u cannot be started, again in %d ms", m->berth->number, m->pause_ms);
		}
	}
}

/* One SIGCHLD may stand for several deaths (signal(7)), so this looks each time until none is left. */
void processes_reap(struct server *server)
{
	struct rusage usage;
	int status;
	for (pid_t pid; (pid = wait4(-1, &status, WNOHANG, &usage)) > 0;)
		bury(server, pid, status, &usage);
	start_those_due(server);
}

/* ---- a crew ---- */

static bool all_ended(void *what)
{
	struct server *server = what;
	return server_phase(server) != SERVER_RUNNING && server->processes->n_running == 0;
}

static int take_berths(struct server *server)
{
	struct processes *all = server->processes;
	pthread_mutex_lock(&server->lock);
	for (int i = 0; i < all->n; i++)
		all->members[i].berth = board_take(server->board, BERTH_CREW);
	pthread_mutex_unlock(&server->lock);
	return all->members[all->n - 1].berth ? 0 : -EAGAIN;
}

static int run_crew(struct server *server, int n, int (*child)(struct server *, int), void (*serve)(struct worker *))
{
	server->processes = calloc(1, sizeof *server->processes + (size_t)n * sizeof(struct member));
	if (!server->processes)
		return -ENOMEM;
	server->processes->child = child;
	server->processes->serve = serve;
	server->processes->n = n;
	watch_prepare(server);
	int error = take_berths(server);
	for (int i = 0; !error && i < n; i++)
		error = start_member(server, i);
	if (error)
		server_stop(server);
	else
		server_ready(server);
	watch_over(server, all_ended, server);
	free(server->processes);
	server->processes = NULL;
	return error;
}

int processes_run_children(struct server *server, int n, int (*child)(struct server *, int number))
{
	return run_crew(server, n, child, NULL);
}

static int serve_as_worker(struct server *server, int number)
{
	struct worker w;
	(void)number;
	int error = worker_open(&w, server, server->service);
	if (error)
		return error;
	server->processes->serve(&w);
	worker_close(&w);
	return 0;
}

int processes_run(struct server *server, int n, void (*serve)(struct worker *))
{
	return run_crew(server, n, serve_as_worker, serve);
}
