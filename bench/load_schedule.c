/* load_schedule.c - when is what asked? Closed loop: at once. Open loop: by a schedule fixed before the run.
 *
 * Request k of the whole run is due at begin + k / rate. Thread t of T has the requests k = t, t + T, t + 2T,
 * ...; its j-th one, here called slot j, belongs to its connection j modulo n_conns. Times are computed from
 * j and not by adding an interval, so rounding errors do not grow.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_worker.h"

static int64_t slot_time(const struct load_worker *w, uint64_t slot)
{
	uint64_t k = slot * (uint64_t)w->config->threads + (uint64_t)w->number;
	return w->shared->begin_ns + (int64_t)((double)k * (1e9 / (double)w->config->rate));
}

static bool open_loop(const struct load_worker *w)
{
	return w->config->rate > 0;
}

static void set_slot(struct load_worker *w, uint64_t slot)
{
	w->slot = slot;
	w->slot_ns = slot < w->slot_limit ? slot_time(w, slot) : INT64_MAX;
}

void load_schedule_begin(struct load_worker *w)
{
	w->to_issue = INT64_MAX;
	w->slot_limit = UINT64_MAX;
	w->slot_ns = INT64_MAX;
	for (unsigned i = 0; i < w->n_conns; i++)
		w->conns[i].slot = i;
	if (open_loop(w))
		set_slot(w, 0);
}

void load_schedule_quota(struct load_worker *w)
{
	if (!w->config->requests)
		return;
	if (open_loop(w)) {
		w->slot_limit = w->slot + (uint64_t)w->quota;
		set_slot(w, w->slot);
		return;
	}
	/* What is in flight will be answered within the measured time, so it counts. */
	w->to_issue = w->quota;
	for (unsigned i = 0; i < w->n_conns; i++)
		w->to_issue -= w->conns[i].in_flight + w->conns[i].away;
}

void load_schedule_advance(struct load_worker *w, int64_t now)
{
	while (w->slot_ns <= now && w->slot_ns < w->end_ns) {
		struct load_conn *c = &w->conns[w->slot % w->n_conns];
		bool waits_for_server = c->state != CONN_OPEN || c->in_flight || c->slot != w->slot ||
					c->away;
		if (!waits_for_server && now - w->slot_ns > LOAD_LATE_NS && w->slot_ns >= w->start_ns)
			w->stats.late++; /* our own fault: this thread did not get the CPU */
		set_slot(w, w->slot + 1);
		load_conn_next(w, c, now);
	}
}

uint64_t load_schedule_owed(const struct load_worker *w, const struct load_conn *c)
{
	return w->slot > c->slot ? (w->slot - c->slot + w->n_conns - 1) / w->n_conns : 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

unsigned load_schedule_allowed(const struct load_worker *w, const struct load_conn *c)
{
	unsigned depth = (unsigned)w->config->pipeline;
	if (c->away)
		return 0;
	if (open_loop(w))
		return (unsigned)least(depth - c->in_flight, load_schedule_owed(w, c));
	if (c->in_flight || w->phase == LOAD_DRAINING || w->to_issue <= 0)
		return 0;
	return (unsigned)least(depth, (uint64_t)w->to_issue);
}

int64_t load_schedule_due(struct load_worker *w, struct load_conn *c, int64_t now)
{
	if (!open_loop(w)) {
		if (w->to_issue != INT64_MAX)
			w->to_issue--;
		return now;
	}
	int64_t due = slot_time(w, c->slot);
	c->slot += w->n_conns;
	return due;
}
