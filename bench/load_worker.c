/* load_worker.c - the event loop of one thread: wait, handle what is ready, ask what is due, look at deadlines.
 *
 * In a closed loop it waits without a limit, so that a wait costs no timer; a timerfd in the set ticks some
 * times a second for deadlines, phases and Ctrl-C. In an open loop it waits until the next request is due,
 * exact to some microseconds by epoll_pwait2(2); where that is missing (before Linux 5.11) it spins through
 * the last millisecond.
 *
 * epoll_wait(2), timerfd_create(2), prctl(2): PR_SET_TIMERSLACK.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "bench/load_trip.h"
#include "core/clock.h"

enum { MAX_EVENTS = 512, CONNECT_BURST = 64, TICK_MS = 50, FAST_TICK_MS = 5, GIVE_UP_TIMEOUTS = 5 };

static int64_t ms(int64_t n)
{
	return n * 1000000;
}

/* ---- phases ---- */

/* A thread that comes late to the beginning, on a busy machine, measures as long as it was told to all the
 * same. Not in an open loop: there the schedule is what is measured, and being late for it is part of the
 * result. */
static void move_window(struct load_worker *w, int64_t now)
{
	if (w->config->rate || w->end_ns == INT64_MAX)
		return;
	w->end_ns += now - w->start_ns;
	w->start_ns = now;
}

static void start_measuring(struct load_worker *w, int64_t now)
{
	struct load_shared *shared = w->shared;
	move_window(w, now);
	if (atomic_fetch_add(&shared->n_measuring, 1) == 0)
		shared->mark(shared, false);
	w->phase = LOAD_MEASURING;
	w->phase_end_ns = w->end_ns;
	w->last_answer_ns = now;
	load_schedule_quota(w);
}

/* In an open loop, requests that were due in time are answered, and counted, after the end too. */
static void measured(struct load_worker *w)
{
	struct load_shared *shared = w->shared;
	if (atomic_fetch_add(&shared->n_measured, 1) + 1 == w->config->threads)
		shared->mark(shared, true);
}

void load_worker_stop_measuring(struct load_worker *w, int64_t now)
{
	if (w->phase != LOAD_MEASURING)
		return;
	if (now < w->end_ns)
		w->end_ns = now;
	load_timeline_end(&w->timeline, w->places, now);
	w->phase = LOAD_DRAINING;
	w->phase_end_ns = now + ms(w->config->timeout_ms + 2 * TICK_MS);
	if (!w->config->rate)
		measured(w);
}

void load_worker_pass(struct load_worker *w, int64_t now)
{
	if (w->phase == LOAD_WARMING && now >= w->phase_end_ns)
		start_measuring(w, now);
	if (w->phase == LOAD_MEASURING && now >= w->phase_end_ns)
		load_worker_stop_measuring(w, now);
	if (w->phase == LOAD_DRAINING && now >= w->phase_end_ns)
		w->phase = LOAD_FINISHED;
}

/* Requests that are neither answered nor failed. */
static uint64_t owed(const struct load_worker *w, const struct load_conn *c)
{
	return c->in_flight + c->away + (w->config->rate ? load_schedule_owed(w, c) : 0);
}

static bool owes_nothing(const struct load_worker *w)
{
	for (unsigned i = 0; i < w->n_conns; i++)
		if (owed(w, &w->conns[i]))
			return false;
	return true;
}

/* ---- waiting ---- */

/* Fast while a connection rests after an error, so that the rest is not much longer than it should be. */
static void set_tick(struct load_worker *w, bool fast)
{
	int64_t tick = ms(fast ? FAST_TICK_MS : TICK_MS);
	w->ticks_fast = fast;
	if (ms(w->config->timeout_ms) / 4 < tick)
		tick = ms(w->config->timeout_ms) / 4;
	struct itimerspec every = { .it_interval.tv_nsec = tick, .it_value.tv_nsec = tick };
	timerfd_settime(w->timer_fd, 0, &every, NULL);
}

void load_worker_watch_rest(struct load_worker *w)
{
	w->any_rests = true;
	if (!w->ticks_fast)
		set_tick(w, true);
}

static int wait_until(const struct load_worker *w, struct epoll_event *events, int64_t deadline_ns)
{
	if (deadline_ns == INT64_MAX)
		return epoll_wait(w->epoll_fd, events, MAX_EVENTS, -1);
	int64_t left = deadline_ns - clock_ns();
	if (left < 0)
		left = 0;
#ifdef SYS_epoll_pwait2
	struct timespec ts = { .tv_sec = left / 1000000000, .tv_nsec = left % 1000000000 };
	long n = syscall(SYS_epoll_pwait2, w->epoll_fd, events, MAX_EVENTS, &ts, NULL, 0);
	if (n >= 0 || errno == EINTR) /* else this kernel, or its filter, does not know the call */
		return (int)n;
#endif
	return epoll_wait(w->epoll_fd, events, MAX_EVENTS, (int)(left / 1000000));
}

/* Returns whether the timer has ticked. */
static bool turn(struct load_worker *w, int64_t deadline_ns)
{
	struct epoll_event events[MAX_EVENTS];
	bool ticked = false;
	int n = wait_until(w, events, deadline_ns);
	for (int i = 0; i < n; i++) {
		struct load_conn *c = events[i].data.ptr;
		if (c)
			load_conn_event(w, c, events[i].events);
		else
			ticked = true;
	}
	return ticked;
}

static void tick(struct load_worker *w, int64_t now)
{
	uint64_t n;
	if (read(w->timer_fd, &n, sizeof n) < 0)
		return;
	w->any_rests = false;
	/* Another one is the first each time: else a master that deals by turns would send the same clients to
	 * the same dead slave each time that they wake. */
	w->first_tick = w->first_tick + 1 < w->n_conns ? w->first_tick + 1 : 0;
	for (unsigned i = 0, at = w->first_tick; i < w->n_conns; i++, at = at + 1 < w->n_conns ? at + 1 : 0)
		load_conn_tick(w, &w->conns[at], now);
	if (w->any_rests != w->ticks_fast)
		set_tick(w, w->any_rests);
	/* So many requests are wanted, however long it takes: but not of a server that is gone. */
	if (w->quota && w->phase == LOAD_MEASURING &&
	    now - w->last_answer_ns > ms(w->config->timeout_ms) * GIVE_UP_TIMEOUTS) {
		w->gave_up = true;
		load_worker_stop_measuring(w, now);
	}
}

/* ---- a run ---- */

void load_worker_connect(struct load_worker *w)
{
	if (w->config->churn)
		return;
	for (unsigned i = 0; i < w->n_conns && !atomic_load(&w->shared->stop); i++) {
		load_conn_open(w, &w->conns[i], clock_ns());
		if (i % CONNECT_BURST == CONNECT_BURST - 1) /* leave a small backlog the time to empty */
			turn(w, clock_ns() + ms(1));
	}
	while (w->n_connecting && !atomic_load(&w->shared->stop))
		if (turn(w, INT64_MAX))
			tick(w, clock_ns());
}

static void begin(struct load_worker *w)
{
	const struct load_config *config = w->config;
	w->phase = LOAD_WARMING;
	w->start_ns = w->phase_end_ns = w->shared->begin_ns + ms(config->warmup_ms);
	w->end_ns = config->duration_ms < 0 ? INT64_MAX : w->start_ns + ms(config->duration_ms);
	if (config->timeline)
		load_timeline_begin(&w->timeline, w->shared->begin_ns, ms(config->timeline_step_ms));
	load_schedule_begin(w);
	load_worker_pass(w, clock_ns());
	for (unsigned i = 0; i < w->n_conns && !config->rate; i++)
		load_conn_next(w, &w->conns[i], clock_ns());
}

/* Open loop: the next request that is due. All else is the timer's. */
static int64_t next_deadline(const struct load_worker *w)
{
	return w->slot_ns < w->end_ns ? w->slot_ns : INT64_MAX;
}

void load_worker_run(struct load_worker *w)
{
	begin(w);
	while (w->phase != LOAD_FINISHED) {
		bool ticked = turn(w, next_deadline(w));
		if (!ticked && !w->config->rate)
			continue;
		int64_t now = clock_ns();
		load_worker_pass(w, now);
		load_schedule_advance(w, now);
		if (ticked)
			tick(w, now);
		if (ticked && atomic_load(&w->shared->stop)) {
			load_worker_stop_measuring(w, now);
			w->phase = LOAD_FINISHED;
		}
		if (ticked && w->phase == LOAD_DRAINING && owes_nothing(w))
			w->phase = LOAD_FINISHED;
	}
	load_timeline_end(&w->timeline, w->places, clock_ns());
	if (!w->config->rate || w->start_ns > clock_ns())
		return;
	measured(w);
	for (unsigned i = 0; i < w->n_conns; i++)
		w->stats.unanswered += owed(w, &w->conns[i]);
}

static int open_descriptors(struct load_worker *w)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	w->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (w->epoll_fd < 0 || w->timer_fd < 0 ||
	    epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, w->timer_fd, &event) < 0)
		return -errno;
	set_tick(w, false);
	return 0;
}

static int open_connections(struct load_worker *w)
{
	size_t depth = (size_t)w->config->pipeline;
	w->conns = calloc(w->n_conns, sizeof *w->conns);
	w->sent = calloc(w->n_conns * depth, sizeof *w->sent);
	w->buffer = malloc(LOAD_BUFFER);
	if (!w->conns || !w->sent || !w->buffer)
		return -ENOMEM;
	for (unsigned i = 0; i < w->n_conns; i++)
		w->conns[i] = (struct load_conn){ .fd = -1, .sent = w->sent + i * depth,
						  .step = load_script_first(&w->script, i) };
	return w->config->follow ? load_trips_open(w) : 0;
}

static int open_places(struct load_worker *w)
{
	const struct load_config *config = w->config;
	if (!config->follow && !config->timeline)
		return 0;
	w->places = load_places_new(w->shared->sources, config->proxy ? config->proxy : config->authority);
	return w->places ? 0 : -ENOMEM;
}

int load_worker_open(struct load_worker *w, struct load_shared *shared, int number)
{
	const struct load_config *config = shared->config;
	unsigned threads = (unsigned)config->threads, n = (unsigned)number;
	*w = (struct load_worker){
		.shared = shared, .config = config, .protocol = config->protocol, .number = number,
		.epoll_fd = -1, .timer_fd = -1, .source = n, .timeline.end_ns = INT64_MAX,
	};
	w->n_conns = ((unsigned)config->connections + threads - 1 - n) / threads;
	w->quota = (config->requests + config->threads - 1 - number) / config->threads;
	int error = load_script_open(&w->script, config, (unsigned)config->pipeline,
				     (uint64_t)(config->seed + number));
	if (!error)
		error = load_stats_open(&w->stats, config->rate > 0);
	if (!error)
		error = open_connections(w);
	if (!error)
		error = open_places(w);
	if (!error)
		error = open_descriptors(w);
	prctl(PR_SET_TIMERSLACK, 1UL); /* wait exactly as long as was asked; the default adds 50 us */
	return error;
}

void load_worker_close(struct load_worker *w)
{
	if (!w->shared)
		return; /* it was never opened */
	for (unsigned i = 0; w->conns && i < w->n_conns; i++) {
		load_conn_close(w, &w->conns[i]);
		load_reader_free(&w->conns[i].reader);
	}
	load_trips_close(w);
	if (w->epoll_fd >= 0)
		close(w->epoll_fd);
	if (w->timer_fd >= 0)
		close(w->timer_fd);
	load_script_close(&w->script);
	load_stats_close(&w->stats);
	load_timeline_close(&w->timeline);
	free(w->places);
	free(w->conns);
	free(w->sent);
	free(w->buffer);
}
