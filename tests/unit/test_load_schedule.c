/* test_load_schedule.c - which request is due when, and on which connection; without sockets or a clock.
 *
 * The connections are DOWN, so nothing is sent and everything that is due stays owed.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_worker.h"

#include <string.h>

#include "tests/unit/check.h"

enum { N_CONNS = 3 };
#define MS INT64_C(1000000)

struct rig {
	struct load_config config;
	struct load_shared shared;
	struct load_worker worker;
	struct load_conn   conns[N_CONNS];
};

/* Begins at 1 s, measures from 1 s on. */
static struct load_worker *set_up(struct rig *rig, int64_t rate, int threads, int number)
{
	memset(rig, 0, sizeof *rig);
	rig->config = (struct load_config){ .rate = rate, .threads = threads, .pipeline = 2 };
	rig->shared.config = &rig->config;
	rig->shared.begin_ns = 1000 * MS;
	struct load_worker *w = &rig->worker;
	w->shared = &rig->shared;
	w->config = &rig->config;
	w->conns = rig->conns;
	w->n_conns = N_CONNS;
	w->number = number;
	w->phase = LOAD_MEASURING;
	w->start_ns = rig->shared.begin_ns;
	w->end_ns = INT64_MAX;
	load_schedule_begin(w);
	return w;
}

static void requests_go_round_the_connections(void)
{
	struct rig rig;
	struct load_worker *w = set_up(&rig, 1000, 1, 0);
	load_schedule_advance(w, 1010 * MS); /* due at 0, 1, ... 10 ms */
	CHECK_INT(w->slot, 11);
	CHECK_INT(w->slot_ns, 1011 * MS);
	CHECK_INT(load_schedule_owed(w, &w->conns[0]), 4); /* 0, 3, 6, 9 */
	CHECK_INT(load_schedule_owed(w, &w->conns[1]), 4); /* 1, 4, 7, 10 */
	CHECK_INT(load_schedule_owed(w, &w->conns[2]), 3); /* 2, 5, 8 */
	CHECK_INT(load_schedule_due(w, &w->conns[1], 5000 * MS), 1001 * MS); /* whatever the time is */
	CHECK_INT(load_schedule_due(w, &w->conns[1], 5000 * MS), 1004 * MS);
	CHECK_INT(load_schedule_owed(w, &w->conns[1]), 2);
}

static void nothing_before_its_time(void)
{
	struct rig rig;
	struct load_worker *w = set_up(&rig, 1000, 1, 0);
	load_schedule_advance(w, 1000 * MS - 1);
	CHECK_INT(w->slot, 0);
	load_schedule_advance(w, 1000 * MS);
	CHECK_INT(w->slot, 1);
	load_schedule_advance(w, 1001 * MS - 1);
	CHECK_INT(w->slot, 1);
}

/* Two threads at 1000/s: one at 0, 2, 4 ... ms, the other at 1, 3, 5 ... */
static void threads_share_one_schedule(void)
{
	struct rig rig;
	struct load_worker *w = set_up(&rig, 1000, 2, 1);
	CHECK_INT(w->slot_ns, 1001 * MS);
	load_schedule_advance(w, 1010 * MS);
	CHECK_INT(w->slot, 5); /* 1, 3, 5, 7, 9 */
	CHECK_INT(w->slot_ns, 1011 * MS);
}

/* A third of a second is no whole number of ns, but after 3 million of them a million seconds have passed. */
static void no_drift(void)
{
	struct rig rig;
	struct load_worker *w = set_up(&rig, 3, 1, 0);
	w->conns[0].slot = 3000000;
	CHECK_INT(load_schedule_due(w, &w->conns[0], 0), 1000001 * 1000 * MS);
}

static void ends_with_the_time(void)
{
	struct rig rig;
	struct load_worker *w = set_up(&rig, 1000, 1, 0);
	w->end_ns = 1005 * MS;
	load_schedule_advance(w, 2000 * MS); /* late, but what was due before the end is still owed */
	CHECK_INT(w->slot, 5);
}

static void ends_with_the_number(void)
{
	struct rig rig;
	struct load_worker *w = set_up(&rig, 1000, 1, 0);
	load_schedule_advance(w, 1003 * MS); /* four of the warm-up */
	rig.config.requests = w->quota = 10;
	load_schedule_quota(w);
	load_schedule_advance(w, 2000 * MS);
	CHECK_INT(w->slot, 14);
	CHECK_INT(w->slot_ns, INT64_MAX);
}

static void depth_limits_what_is_owed(void)
{
	struct rig rig;
	struct load_worker *w = set_up(&rig, 1000, 1, 0);
	load_schedule_advance(w, 1010 * MS);
	CHECK_INT(load_schedule_allowed(w, &w->conns[0]), 2);
	w->conns[0].in_flight = 1;
	CHECK_INT(load_schedule_allowed(w, &w->conns[0]), 1);
	w->conns[0].in_flight = 2;
	CHECK_INT(load_schedule_allowed(w, &w->conns[0]), 0);
}

static void closed_loop(void)
{
	struct rig rig;
	struct load_worker *w = set_up(&rig, 0, 1, 0);
	struct load_conn *c = &w->conns[0];
	CHECK_INT(w->slot_ns, INT64_MAX);
	CHECK_INT(load_schedule_allowed(w, c), 2);
	CHECK_INT(load_schedule_due(w, c, 77), 77);
	c->in_flight = 1;
	CHECK_INT(load_schedule_allowed(w, c), 0); /* a whole batch is answered before the next */
	c->in_flight = 0;
	w->phase = LOAD_DRAINING;
	CHECK_INT(load_schedule_allowed(w, c), 0);
}

static void closed_loop_by_number(void)
{
	struct rig rig;
	struct load_worker *w = set_up(&rig, 0, 1, 0);
	w->conns[1].in_flight = 2; /* of the warm-up: these count */
	rig.config.requests = w->quota = 5;
	load_schedule_quota(w);
	CHECK_INT(load_schedule_allowed(w, &w->conns[0]), 2);
	load_schedule_due(w, &w->conns[0], 0);
	load_schedule_due(w, &w->conns[0], 0);
	CHECK_INT(load_schedule_allowed(w, &w->conns[2]), 1);
	load_schedule_due(w, &w->conns[2], 0);
	CHECK_INT(load_schedule_allowed(w, &w->conns[2]), 0);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(requests_go_round_the_connections),
		TEST(nothing_before_its_time),
		TEST(threads_share_one_schedule),
		TEST(no_drift),
		TEST(ends_with_the_time),
		TEST(ends_with_the_number),
		TEST(depth_limits_what_is_owed),
		TEST(closed_loop),
		TEST(closed_loop_by_number),
		{ 0 },
	};
	return run_tests(tests);
}
