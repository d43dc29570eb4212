/* trace.c - rings of events, and the file that is made of them at the end; see trace.h.
 *
 *     rings of all threads ---> one list by time ---> "X" a call, begin and duration, in its thread's row
 *                                                     "s" -> "f" from accept to the first receive or send
 *                                                     "b" "e" a pause (--think timer): it has no thread
 *                                                     "C" how many connections are open
 *
 * "Trace Event Format" (Google, 2016): times in microseconds; pid and tid are rows, not process numbers.
 *
 * SPDX-License-Identifier: MIT */
#include "trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "server.h"
#include "session.h"
#include "worker.h"

enum { RING_SIZE = TRACE_EVENTS * sizeof(struct trace_event), SAID_ROWS = 8 };

/* ---- while it runs ---- */

enum { MAP_SIZE = RING_SIZE + sizeof(struct trace) }; /* the ring, and behind it what is known of it */

static struct trace *make(const struct server *server, int sharing, unsigned number)
{
	if (!server->options.trace_file)
		return NULL;
	char *map = mmap(NULL, MAP_SIZE, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return NULL;
	struct trace *t = (struct trace *)(void *)(map + RING_SIZE);
	t->ring = (struct trace_event *)(void *)map;
	t->number = number;
	return t;
}

struct trace *trace_share(const struct server *server, unsigned number)
{
	return make(server, MAP_SHARED, number);
}

struct trace *trace_open(const struct worker *w)
{
	const struct server *server = w->server;
	struct trace *t = server->berth ? server->berth->trace : make(server, MAP_PRIVATE, w->env.worker);
	if (t) {
		t->worker = w;
		t->blocks = !w->nonblocking;
	}
	return t;
}

void trace_add(struct trace *t, int kind, int fd, int64_t result, int64_t began_ns)
{
	const struct session *s = t->worker->current;
	bool of_client = s && kind != COUNT_WAIT && kind != COUNT_ENTER && kind != COUNT_ACCEPT;
	t->ring[t->n++ % TRACE_EVENTS] = (struct trace_event){
		.begin_ns = began_ns, .end_ns = clock_ns(), .fd = fd, .kind = (uint8_t)kind,
		.result = result > INT32_MAX ? INT32_MAX : (int32_t)result,
		.client = of_client ? s->peer.port : 0,
	};
}

void trace_client(struct trace *t, const struct peer *peer)
{
	t->ring[(t->n - 1) % TRACE_EVENTS].client = peer->port;
}

static uint64_t kept(const struct trace *t)
{
	return t->n < TRACE_EVENTS ? t->n : TRACE_EVENTS;
}

/* The ring of a thread that has ended shrinks to what is in it, oldest first. */
static struct trace_event *shrink(const struct trace *t, uint64_t n)
{
	struct trace_event *events = malloc((n + 1) * sizeof *events);
	uint64_t first = t->n - n;
	for (uint64_t i = 0; events && i < n; i++)
		events[i] = t->ring[(first + i) % TRACE_EVENTS];
	return events;
}

void trace_settle(struct trace *t)
{
	if (t)
		t->blocks = !t->worker->nonblocking; /* the driver has said so by now */
}

void trace_close(struct server *server, struct trace *t)
{
	struct trace *left = t ? malloc(sizeof *left) : NULL;
	if (left) {
		uint64_t n = kept(t);
		*left = *t;
		left->worker = NULL;
		left->ring = atomic_fetch_add(&server->traced, n) + n <= TRACE_KEPT ? shrink(t, n) : NULL;
		if (!left->ring)
			left->number = UINT32_MAX; /* all of it is lost */
		pthread_mutex_lock(&server->lock);
		left->next = server->traces;
		server->traces = left;
		pthread_mutex_unlock(&server->lock);
	}
	if (t)
		munmap(t->ring, MAP_SIZE);
}

/* ---- at the end: all events by time ---- */

struct record {
	struct trace_event  event;
	const struct trace *of;
};

struct story {
	FILE          *out;
	struct record *records;
	size_t         n;
	uint64_t       lost;
	int64_t        zero_ns; /* the first event: times count from there */
	int            open;    /* connections */
	/* By port. Descriptors would not do: processes have them of the same numbers. */
	bool           met[UINT16_MAX + 1];    /* clients whose accept was seen, and nothing else since */
	int            fd_of[UINT16_MAX + 1];  /* of those whose close was not seen yet; 0: none */
};

static int by_time(const void *a, const void *b)
{
	const struct record *x = a, *y = b;
	return (x->event.begin_ns > y->event.begin_ns) - (x->event.begin_ns < y->event.begin_ns);
}

static int by_number(const void *a, const void *b)
{
	const struct trace *x = *(struct trace *const *)a, *y = *(struct trace *const *)b;
	return (x->number > y->number) - (x->number < y->number);
}

/* Threads end in any order; the list is for readers. 0 or -ENOMEM. */
static int sort_traces(struct server *server)
{
	size_t n = 0, i = 0;
	for (const struct trace *t = server->traces; t; t = t->next)
		n++;
	struct trace **all = malloc((n + 1) * sizeof(struct trace *));
	if (!all)
		return -ENOMEM;
	for (struct trace *t = server->traces; t; t = t->next)
		all[i++] = t;
	qsort(all, n, sizeof(struct trace *), by_number);
	server->traces = NULL;
	while (i--) {
		all[i]->next = server->traces;
		server->traces = all[i];
	}
	free(all);
	return 0;
}

/* 0 or -ENOMEM. */
static int gather(struct story *s, const struct server *server)
{
	size_t n = 0;
	for (const struct trace *t = server->traces; t; t = t->next) {
		n += t->ring ? kept(t) : 0;
		s->lost += t->n - (t->ring ? kept(t) : 0);
	}
	s->records = malloc((n + 1) * sizeof *s->records);
	if (!s->records)
		return -ENOMEM;
	for (const struct trace *t = server->traces; t; t = t->next)
		for (uint64_t i = 0; t->ring && i < kept(t); i++)
			s->records[s->n++] = (struct record){ t->ring[i], t };
	qsort(s->records, s->n, sizeof *s->records, by_time);
	s->zero_ns = s->n ? s->records[0].event.begin_ns : 0;
	return 0;
}

static const char *name_of(int kind)
{
	switch (kind) {
	case COUNT_RECV: return "receive";
	case TRACE_THINK: return "think";
	case TRACE_PAUSE_BEGIN:
	case TRACE_PAUSE_END: return "pause";
	default: return count_names[kind];
	}
}

static double microseconds(const struct story *s, int64_t ns)
{
	return (double)(ns - s->zero_ns) / 1e3;
}

/* What all kinds of entries begin with. */
static void begin_entry(struct story *s, char kind, const char *name, unsigned row, int64_t ns)
{
	fprintf(s->out, ",\n{\"ph\":\"%c\",\"name\":\"%s\",\"cat\":\"io\",\"pid\":1,", kind, name);
	fprintf(s->out, "\"tid\":%u,\"ts\":%.3f", row, microseconds(s, ns));
}

static void write_call(struct story *s, const struct record *r)
{
	const struct trace_event *e = &r->event;
	begin_entry(s, 'X', name_of(e->kind), r->of->number, e->begin_ns);
	fprintf(s->out, ",\"dur\":%.3f,\"args\":{", (double)(e->end_ns - e->begin_ns) / 1e3);
	if (e->client)
		fprintf(s->out, "\"client\":%u,", e->client);
	if (e->fd >= 0)
		fprintf(s->out, "\"fd\":%d,", e->fd);
	fprintf(s->out, "\"result\":%d}}", e->result);
}

static void write_open(struct story *s, const struct record *r, int change)
{
	s->open += change;
	begin_entry(s, 'C', "connections", 0, r->event.end_ns);
	fprintf(s->out, ",\"args\":{\"open\":%d}}", s->open);
}

static void write_flow(struct story *s, const struct record *r, char kind, unsigned client)
{
	begin_entry(s, kind, "client", r->of->number, kind == 's' ? r->event.end_ns : r->event.begin_ns);
	fprintf(s->out, ",\"id\":%u%s}", client, kind == 'f' ? ",\"bp\":\"e\"" : "");
}

/* A connection is known by its client's port. What a proxy closes meanwhile has another descriptor. */
static void follow(struct story *s, const struct record *r)
{
	const struct trace_event *e = &r->event;
	if (!e->client)
		return;
	if (e->kind == COUNT_ACCEPT) {
		s->fd_of[e->client] = e->result;
		s->met[e->client] = true;
		write_open(s, r, 1);
		write_flow(s, r, 's', e->client);
	} else if (s->met[e->client] && (e->kind == COUNT_RECV || e->kind == COUNT_SEND)) {
		s->met[e->client] = false;
		write_flow(s, r, 'f', e->client);
	} else if (e->kind == COUNT_CLOSE && s->fd_of[e->client] == e->fd) {
		s->fd_of[e->client] = 0;
		write_open(s, r, -1);
	}
}

static void write_record(struct story *s, const struct record *r)
{
	const struct trace_event *e = &r->event;
	if (e->kind == TRACE_PAUSE_BEGIN || e->kind == TRACE_PAUSE_END) {
		begin_entry(s, e->kind == TRACE_PAUSE_BEGIN ? 'b' : 'e', name_of(e->kind), r->of->number, e->begin_ns);
		fprintf(s->out, ",\"id\":%u}", e->client);
		return;
	}
	write_call(s, r);
	follow(s, r);
}

static void write_story(struct story *s, const struct server *server)
{
	fprintf(s->out, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
	fprintf(s->out, "{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":1,");
	fprintf(s->out, "\"args\":{\"name\":\"%s, %s\"}}", server->program, server->backend->name);
	for (const struct trace *t = server->traces; t; t = t->next) {
		if (!t->ring)
			continue;
		fprintf(s->out, ",\n{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":1,\"tid\":%u,", t->number);
		fprintf(s->out, "\"args\":{\"name\":\"worker %u\"}}", t->number);
	}
	for (size_t i = 0; i < s->n; i++)
		write_record(s, &s->records[i]);
	fprintf(s->out, "\n]}\n");
}

/* ---- a few lines for people ---- */

static bool is_waiting(const struct trace *t, int kind)
{
	return kind == COUNT_WAIT || kind == COUNT_ENTER ||
	       (t->blocks && (kind == COUNT_ACCEPT || kind == COUNT_RECV));
}

static void say_row(const struct trace *t)
{
	int64_t waited = 0;
	uint64_t n = kept(t);
	if (!t->ring || n < 2)
		return;
	for (uint64_t i = 0; i < n; i++)
		waited += is_waiting(t, t->ring[i].kind) ? t->ring[i].end_ns - t->ring[i].begin_ns : 0;
	int64_t all = t->ring[n - 1].end_ns - t->ring[0].begin_ns;
	fprintf(stderr, "  worker %-6u %8" PRIu64 " events in %8.3f s, waiting %5.1f %% of it\n", t->number, n,
		(double)all / 1e9, all > 0 ? 100.0 * (double)waited / (double)all : 0.0);
}

static void say(const struct story *s, const struct server *server, const char *file)
{
	int rows = 0, left_out = 0;
	fprintf(stderr, "%s: %zu events in %s (open it with ui.perfetto.dev or chrome://tracing)\n", server->program,
		s->n, file);
	for (const struct trace *t = server->traces; t; t = t->next) {
		if (rows < SAID_ROWS)
			say_row(t);
		else
			left_out++;
		rows++;
	}
	if (left_out)
		fprintf(stderr, "  and %d more\n", left_out);
	if (s->lost)
		fprintf(stderr, "  %" PRIu64 " older events are lost: %d are kept of each worker, %d in all\n", s->lost,
			TRACE_EVENTS, TRACE_KEPT);
}

/* Beside its place first, so that the file is there whole or not at all. */
static int write_file(struct story *s, const struct server *server, const char *file)
{
	char beside[4096];
	snprintf(beside, sizeof beside, "%s.%d", file, (int)getpid());
	s->out = fopen(beside, "we");
	if (!s->out)
		return -errno;
	write_story(s, server);
	int error = ferror(s->out) ? -EIO : 0;
	if (fclose(s->out) && !error)
		error = -errno;
	if (!error && rename(beside, file))
		error = -errno;
	if (error)
		unlink(beside);
	return error;
}

int trace_write(struct server *server, const char *file)
{
	struct story *s = calloc(1, sizeof *s);
	int error = s ? sort_traces(server) : -ENOMEM;
	if (!error)
		error = gather(s, server);
	if (!error)
		error = write_file(s, server, file);
	if (!error)
		say(s, server, file);
	if (s) {
		free(s->records);
	}
	free(s);
	return error;
}

void trace_forget(struct server *server)
{
	for (struct trace *t = server->traces, *next; t; t = next) {
		next = t->next;
		free(t->ring);
		free(t);
	}
	server->traces = NULL;
}
