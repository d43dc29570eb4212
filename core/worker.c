/* worker.c - a serving thread's buffers, and its place in the server's list; see worker.h.
 *
 * SPDX-License-Identifier: MIT */
#include "worker.h"

#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "lookup.h"
#include "server.h"

int worker_open(struct worker *w, struct server *server)
{
	*w = (struct worker){ .server = server, .thread = pthread_self() };
	w->window.cap = server->service->max_message + RECEIVE_SIZE;
	w->window.base = malloc(w->window.cap);
	w->env = (struct io_env){
		.config = server->config, .shared = server->shared,
		.scratch = malloc(SCRATCH_SIZE), .scratch_len = SCRATCH_SIZE,
		.idle_timeout_ms = server->options.idle_timeout_ms ? server->options.idle_timeout_ms : -1,
	};
	if (!w->window.base || !w->env.scratch) {
		free(w->window.base);
		free(w->env.scratch);
		return -ENOMEM;
	}
	worker_tick(w);
	pthread_mutex_lock(&server->lock);
	w->next = server->workers;
	server->workers = w;
	pthread_mutex_unlock(&server->lock);
	return 0;
}

void worker_close(struct worker *w)
{
	struct server *server = w->server;
	pthread_mutex_lock(&server->lock);
	struct worker **link = &server->workers;
	while (*link != w)
		link = &(*link)->next;
	*link = w->next;
	counters_merge(&server->gone, &w->counters);
	pthread_mutex_unlock(&server->lock);
	lookups_close(w->lookups);
	free(w->window.base);
	free(w->env.scratch);
}

void worker_tick(struct worker *w)
{
	w->env.now_ms = clock_ms();
	w->env.wall_s = clock_wall_s();
	w->env.stopping = server_phase(w->server) != SERVER_RUNNING;
}

struct counters *worker_counters(struct worker *w)
{
	return &w->counters;
}

struct server *worker_server(struct worker *w)
{
	return w->server;
}
