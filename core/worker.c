/* worker.c - a serving thread's buffers, and its place in the server's list; see worker.h.
 *
 * SPDX-License-Identifier: MIT */
#include "worker.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

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
	w->window = (struct window){ .base = block + session_size, .cap = window_size };
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

static void enter_list(struct worker *w)
{
	struct server *server = w->server;
	pthread_mutex_lock(&server->lock);
	w->env.worker = server->n_workers++;
	w->next = server->workers;
	server->workers = w;
	pthread_mutex_unlock(&server->lock);
}

int worker_open(struct worker *w, struct server *server, const struct service *service)
{
	*w = (struct worker){ .server = server, .service = service, .thread = pthread_self() };
	w->counters = &w->own;
	w->env.config = server->config;
	w->env.shared = server->shared;
	w->env.idle_timeout_ms = server->options.idle_timeout_ms ? server->options.idle_timeout_ms : -1;
	w->env.self = &server->self;
	w->env.hot_file = session_hot_file;
	if (server->access.file)
		w->env.access = log_access;
	int error = allocate(w, service);
	if (error)
		return error;
	worker_tick(w, clock_ms());
	if (is_beside(w))
		return 0;
	enter_list(w);
	w->counters->trace = trace_open(w);
	return 0;
}

static void leave_list(struct worker *w)
{
	struct server *server = w->server;
	pthread_mutex_lock(&server->lock);
	struct worker **link = &server->workers;
	while (*link != w)
		link = &(*link)->next;
	*link = w->next;
	counters_merge(&server->gone, w->counters);
	pthread_mutex_unlock(&server->lock);
}

void worker_close(struct worker *w)
{
	if (!is_beside(w)) {
		trace_close(w->server, w->counters->trace);
		leave_list(w);
	}
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

struct server *worker_server(struct worker *w)
{
	return w->server;
}
