/* worker.c - a serving thread's buffers, and its place on the board; see worker.h. getrusage(2), gettid(2).
 *
 * SPDX-License-Identifier: MIT */
#include "worker.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "lookup.h"
#include "server.h"
#include "trace.h"
#include "session_file.h"

/* One block for all: a thread's few warm lines stand close together, which is what a hundred threads share a cache by.
 *
 *     | session and its service's state | window | scratch | */
static int allocate(struct worker *w, const struct service *service)
{
	size_t session_size = (sizeof(struct session) + service->session_size + 63) & ~(size_t)63;
	size_t window_size = service->max_message + RECEIVE_SIZE;
	char *block = aligned_alloc(64, (session_size + window_size + SCRATCH_SIZE + 63) & ~(size_t)63);
	if (!block)
		return -ENOMEM;
	w->session = (struct session *)(void *)block;
	w->home = block + session_size;
	w->window = (struct window){ .base = w->home, .cap = window_size };
	w->env.scratch = block + session_size + window_size;
	w->env.scratch_len = SCRATCH_SIZE;
	return 0;
}

static void log_access(const struct io_env *env, const char *line, size_t len)
{
	struct worker *w = (struct worker *)(void *)((char *)env - offsetof(struct worker, env));
	access_write(&w->server->access, w->counters, line, len);
}

static bool is_beside(const struct worker *w)
{
	return w->service != w->server->service;
}

/* Of the sessions beside: what they count is for no one, but it has to go somewhere. */
static struct berth *private_berth(void)
{
	struct berth *berth = aligned_alloc(_Alignof(struct berth), sizeof *berth);
	if (berth)
		memset(berth, 0, sizeof *berth);
	return berth;
}

static int take_berth(struct worker *w)
{
	struct server *server = w->server;
	if (is_beside(w)) {
		w->berth = private_berth();
		return w->berth ? 0 : -ENOMEM;
	}
	if (server->berth) { /* a child: it has got one with it */
		w->berth = server->berth;
	} else {
		pthread_mutex_lock(&server->lock);
		w->berth = board_take(server->board, BERTH_CREW);
		pthread_mutex_unlock(&server->lock);
	}
	if (!w->berth)
		return -EAGAIN;
	w->env.worker = w->berth->number;
	atomic_store(&w->berth->tid, gettid());
	return 0;
}

int worker_open(struct worker *w, struct server *server, const struct service *service)
{
	*w = (struct worker){ .server = server, .service = service };
	w->env.config = server->config;
	w->env.shared = server->shared;
	w->env.idle_timeout_ms = server->options.idle_timeout_ms ? server->options.idle_timeout_ms : -1;
	w->env.self = &server->self;
	w->env.hot_file = session_hot_file;
	if (server->access.file)
		w->env.access = log_access;
	int error = allocate(w, service);
	if (!error)
		error = take_berth(w);
	if (error) {
		free(w->session);
		w->session = NULL;
		return error;
	}
	w->counters = &w->berth->counters;
	worker_tick(w, clock_ms());
	if (!is_beside(w))
		w->counters->trace = trace_open(w);
	return 0;
}

void worker_is_passing(struct worker *w)
{
	struct server *server = w->server;
	pthread_mutex_lock(&server->lock);
	board_make_passing(server->board, w->berth);
	pthread_mutex_unlock(&server->lock);
}

static void note_cpu_time(struct berth *berth)
{
	struct rusage usage;
	if (getrusage(RUSAGE_THREAD, &usage))
		return;
	atomic_store(&berth->user_us, (int64_t)usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec);
	atomic_store(&berth->sys_us, (int64_t)usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec);
}

static void leave_berth(struct worker *w)
{
	struct server *server = w->server;
	struct berth *berth = w->berth;
	if (is_beside(w)) {
		free(berth);
		return;
	}
	trace_settle(w->counters->trace);
	if (server->berth) { /* the first process sees to all the rest, when it buries this one */
		atomic_store(&berth->tid, 0);
		return;
	}
	trace_close(server, w->counters->trace);
	if (berth->use == BERTH_CREW)
		note_cpu_time(berth);
	pthread_mutex_lock(&server->lock);
	atomic_store(&berth->tid, 0);
	if (berth->use == BERTH_PASSING)
		board_give_back(server->board, berth);
	pthread_mutex_unlock(&server->lock);
}

void worker_close(struct worker *w)
{
	leave_berth(w);
	lookups_close(w->lookups);
	free(w->session); /* the beginning of the block */
}

void worker_tick(struct worker *w, int64_t now_ms)
{
	w->env.now_ms = now_ms;
	if (now_ms >= w->wall_due_ms) { /* it tells seconds: ten looks in one are enough */
		w->env.wall_s = clock_wall_s();
		w->wall_due_ms = now_ms + 100;
	}
	w->env.stopping = server_phase(w->server) != SERVER_RUNNING;
}

struct counters *worker_counters(struct worker *w)
{
	return w->counters;
}

void *worker_with(struct worker *w)
{
	return w->with;
}

struct server *worker_server(struct worker *w)
{
	return w->server;
}
