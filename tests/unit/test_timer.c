/* test_timer.c - both kinds of timers: by tables of steps, and against a plain list that is searched.
 *
 * SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/timer.h"

enum { N_KINDS = 2 };
static const struct timer_kind *const kinds[N_KINDS] = { &timer_heap, &timer_wheel };

/* ---- tables of steps ---- */

enum { HOUR = 3600 * 1000, DAY = 24 * HOUR };
enum what { END, ARM, CANCEL, WAIT, POP, FIRES };
enum { NONE = -1, N_TIMERS = 4 };

struct step {
	enum what what;
	int       timer;  /* ARM, CANCEL, FIRES: which; POP: which one is due, or NONE */
	int64_t   time;   /* ARM, FIRES: when; WAIT, POP: now */
	int       want;   /* WAIT: ms; FIRES: whether */
};

static void take_step(struct timers *t, struct timer *timers, const struct step *s)
{
	struct timer *due;
	switch (s->what) {
	case ARM:
		timer_arm(t, &timers[s->timer], s->time);
		break;
	case CANCEL:
		timer_cancel(t, &timers[s->timer]);
		break;
	case WAIT:
		CHECK_INT(timers_wait(t, s->time), s->want);
		break;
	case FIRES:
		CHECK_INT(timer_fires_by(&timers[s->timer], s->time), s->want);
		break;
	case POP:
		due = timers_pop(t, s->time);
		CHECK_INT(due ? due - timers : NONE, s->timer);
		break;
	case END:
		break;
	}
}

/* With room for no more timers than a table may arm. */
static void run_steps(const struct step *steps)
{
	for (int k = 0; k < N_KINDS; k++) {
		struct timers t;
		struct timer timers[N_TIMERS] = { 0 };
		CHECK_INT(timers_open_as(&t, kinds[k], N_TIMERS), 0);
		for (int i = 0; steps[i].what; i++) {
			check_note("%s, step %d", kinds[k]->name, i);
			take_step(&t, timers, &steps[i]);
		}
		timers_close(&t);
	}
	check_note("%s", "");
}

static void none_waits_for_ever(void)
{
	static const struct step steps[] = {
		{ WAIT, 0, 1000, -1 }, { POP, NONE, 1000, 0 }, { CANCEL, 0, 0, 0 }, { FIRES, 0, INT64_MAX, 0 },
		{ ARM, 0, 2000, 0 }, { CANCEL, 0, 0, 0 }, { WAIT, 0, 1000, -1 }, { POP, NONE, 9000, 0 }, { 0 },
	};
	run_steps(steps);
}

static void fires_when_due_and_not_before(void)
{
	static const struct step steps[] = {
		{ ARM, 0, 1500, 0 }, { POP, NONE, 1000, 0 }, { WAIT, 0, 1000, 500 }, { FIRES, 0, 1499, 0 },
		{ FIRES, 0, 1500, 1 }, { POP, NONE, 1499, 0 }, { WAIT, 0, 1499, 1 }, { WAIT, 0, 1500, 0 },
		{ POP, 0, 1500, 0 }, { FIRES, 0, 1500, 0 }, { POP, NONE, 9999, 0 },
		{ WAIT, 0, 9999, -1 }, { 0 },
	};
	run_steps(steps);
}

static void moves_and_cancels(void)
{
	static const struct step steps[] = {
		{ ARM, 0, 30, 0 }, { ARM, 1, 20, 0 }, { ARM, 2, 10, 0 }, { ARM, 2, 40, 0 }, /* later, */
		{ CANCEL, 1, 0, 0 }, { CANCEL, 1, 0, 0 }, { WAIT, 0, 5, 25 },
		{ ARM, 3, 90, 0 }, { ARM, 3, 35, 0 }, /* earlier, */
		{ ARM, 1, 50, 0 }, { ARM, 1, 50, 0 }, /* and where it is */
		{ POP, 0, 100, 0 }, { POP, 3, 100, 0 }, { POP, 2, 100, 0 }, { POP, 1, 100, 0 },
		{ POP, NONE, 100, 0 }, { 0 },
	};
	run_steps(steps);
}

static void late_ones_are_due_at_once(void)
{
	static const struct step steps[] = {
		{ POP, NONE, DAY, 0 }, { ARM, 0, DAY - 1, 0 }, { WAIT, 0, DAY, 0 }, { ARM, 1, 0, 0 },
		{ ARM, 2, 1, 0 },
		{ CANCEL, 1, 0, 0 }, { CANCEL, 0, 0, 0 }, { POP, 2, DAY, 0 }, { POP, NONE, DAY, 0 },
		{ ARM, 0, 5, 0 }, { ARM, 0, DAY + 1, 0 }, { POP, NONE, DAY, 0 }, { POP, 0, DAY + 1, 0 }, { 0 },
	};
	run_steps(steps);
}

static void what_is_due_may_be_left_for_later(void)
{
	static const struct step steps[] = {
		{ ARM, 0, 10, 0 }, { ARM, 1, 20, 0 }, { ARM, 2, 70, 0 }, { POP, 0, HOUR, 0 },
		{ CANCEL, 1, 0, 0 }, { ARM, 2, 80, 0 }, { ARM, 3, HOUR + 1, 0 }, { WAIT, 0, HOUR, 0 },
		{ POP, 2, 2 * HOUR, 0 }, { POP, 3, 2 * HOUR, 0 }, { POP, NONE, 2 * HOUR, 0 }, { 0 },
	};
	run_steps(steps);
}

static void the_end_of_time_is_far(void)
{
	static const struct step steps[] = {
		{ ARM, 0, INT64_MAX, 0 }, { ARM, 1, INT64_MAX - 1, 0 }, { POP, NONE, DAY, 0 },
		{ WAIT, 0, DAY, INT32_MAX },
		{ ARM, 2, DAY + 5, 0 }, { WAIT, 0, DAY, 5 }, { POP, 2, DAY + 5, 0 }, { CANCEL, 0, 0, 0 },
		{ POP, NONE, INT64_MAX - 2, 0 }, { POP, 1, INT64_MAX - 1, 0 }, { POP, NONE, INT64_MAX, 0 },
		{ 0 },
	};
	run_steps(steps);
}

static void closing_what_was_never_open(void)
{
	struct timers t = { 0 };
	timers_close(&t);
	CHECK_INT(timers_open(&t, 1), 0);
	CHECK(t.kind == &timer_heap || t.kind == &timer_wheel);
	timers_close(&t);
}

/* ---- a loop that does nothing but wait ---- */

enum { CROWD = 1000, MINUTE = 60000 };

static int random_minute(void)
{
	return 1 + rand() % MINUTE;
}

/* How often it wakes in vain until all have popped, each at its time. */
static int wakes_in_vain(const struct timer_kind *kind, int64_t from, int n, const int64_t *distances)
{
	static struct timer timers[CROWD];
	struct timers t;
	int64_t now = from;
	int in_vain = 0;
	memset(timers, 0, sizeof timers);
	timers_open_as(&t, kind, CROWD);
	CHECK(!timers_pop(&t, now));
	for (int i = 0; i < n; i++)
		timer_arm(&t, &timers[i], from + distances[i]);
	while (n && in_vain < CROWD) {
		now += timers_wait(&t, now);
		int before = n;
		for (struct timer *due; (due = timers_pop(&t, now)); n--)
			CHECK_INT(now, from + distances[due - timers]);
		in_vain += n == before;
	}
	timers_close(&t);
	return in_vain;
}

static void one_timer_is_one_wait(void)
{
	static const int64_t starts[] = { 1, 63, 4095, 12345678, ((int64_t)1 << 36) - 7 };
	static const int64_t distances[] = { 1, 63, 64, 65, 4095, 4096, MINUTE, HOUR, DAY, 20 * (int64_t)DAY };
	for (size_t s = 0; s < sizeof starts / sizeof *starts; s++)
		for (size_t d = 0; d < sizeof distances / sizeof *distances; d++)
			for (int k = 0; k < N_KINDS; k++) {
				check_note("%s, from %lld for %lld ms", kinds[k]->name, (long long)starts[s],
					   (long long)distances[d]);
				CHECK_INT(wakes_in_vain(kinds[k], starts[s], 1, &distances[d]), 0);
			}
	check_note("%s", "");
}

/* A wheel's loop wakes in vain only where more than eight timers cascade at once; within a minute they do so
 * thrice. */
static void a_crowd_wakes_seldom_in_vain(void)
{
	static int64_t distances[CROWD];
	srand(7);
	for (int i = 0; i < CROWD; i++)
		distances[i] = random_minute();
	CHECK_INT(wakes_in_vain(&timer_heap, 12345678, CROWD, distances), 0);
	CHECK(wakes_in_vain(&timer_wheel, 12345678, CROWD, distances) <= 3 * CROWD / 9);
}

/* ---- against a list ---- */

enum { N = 200, STEPS = 60000 };

struct model {
	struct timers t;
	struct timer  timers[N];
	int64_t       when[N]; /* -1: not armed */
	bool          late[N]; /* when it was armed */
	int64_t       now, last; /* last: when the one that popped before was to fire */
};

static int earliest(const struct model *m)
{
	int found = -1;
	for (int i = 0; i < N; i++)
		if (m->when[i] >= 0 && (found < 0 || m->when[i] < m->when[found]))
			found = i;
	return found;
}

static int64_t random_below(int64_t n)
{
	return ((int64_t)rand() << 24 ^ rand()) % n;
}

/* Near, far, around the borders of the wheel's levels, and just missed. */
static int64_t random_distance(void)
{
	switch (rand() % 6) {
	case 0:
		return random_below(5);
	case 1:
		return random_below(200);
	case 2:
		return ((int64_t)1 << rand() % 40) - 2 + random_below(5);
	case 3:
		return random_below(2 * (int64_t)HOUR);
	case 4:
		return random_below(3 * (int64_t)DAY);
	default:
		return -random_below(100);
	}
}

/* A time whose low digits are all zeros, or nearly: where a hand of the wheel comes to a new slot. */
static int64_t random_border(int64_t now)
{
	int bits = 6 * (1 + rand() % 5);
	return (((now >> bits) + 1) << bits) - 1 + random_below(3);
}

static void arm_or_cancel(struct model *m)
{
	int i = rand() % N;
	if (rand() % 4 == 0) {
		m->when[i] = -1;
		timer_cancel(&m->t, &m->timers[i]);
		return;
	}
	int64_t when = rand() % 4 ? m->now + random_distance() : random_border(m->now);
	m->when[i] = when < 1 ? 1 : when;
	m->late[i] = m->when[i] < m->now;
	timer_arm(&m->t, &m->timers[i], m->when[i]);
}

static void check_popped(struct model *m, const struct timer *due)
{
	long i = due - m->timers;
	CHECK(i >= 0 && i < N && m->when[i] >= 0 && m->when[i] <= m->now);
	CHECK(m->late[i] || m->when[i] >= m->last);
	if (!m->late[i])
		m->last = m->when[i];
	m->when[i] = -1;
}

/* All that is due; or, now and then, only some of it. */
static void pop_some(struct model *m)
{
	int limit = rand() % 8 ? N + 1 : rand() % 4;
	struct timer *due = NULL;
	while (limit-- && (due = timers_pop(&m->t, m->now)))
		check_popped(m, due);
	if (limit >= 0) {
		int first = earliest(m);
		CHECK(first < 0 || m->when[first] > m->now);
		CHECK(timers_wait(&m->t, m->now) != 0); /* a loop would turn in vain */
	}
}

static void check_next(struct model *m)
{
	int first = earliest(m);
	int64_t left = first < 0 ? -1 : m->when[first] <= m->now ? 0 : m->when[first] - m->now;
	int wait = timers_wait(&m->t, m->now);
	if (left <= 0 || m->t.kind == &timer_heap)
		CHECK_INT(wait, left > INT32_MAX ? INT32_MAX : left);
	else
		CHECK(wait >= 0 && wait <= left);
	for (int i = 0; i < 3; i++) {
		int one = rand() % N;
		CHECK_INT(timer_fires_by(&m->timers[one], m->now), m->when[one] >= 0 && m->when[one] <= m->now);
	}
}

static int64_t random_jump(const struct model *m)
{
	int wait = timers_wait(&m->t, m->now);
	switch (rand() % 16) {
	case 0:
		return random_below(2 * (int64_t)HOUR);
	case 1:
		return random_border(m->now) - m->now;
	case 2:
	case 3:
	case 4:
		return wait < 0 ? 1 : wait;
	case 5:
		return wait > 1 ? wait - 1 : 0;
	default:
		return rand() % 4;
	}
}

static void compare(struct model *m)
{
	for (int step = 0; step < STEPS; step++) {
		check_note("%s, step %d, at %lld", m->t.kind->name, step, (long long)m->now);
		for (int i = rand() % 6; i; i--)
			arm_or_cancel(m);
		check_next(m);
		m->now += random_jump(m);
		pop_some(m);
	}
	m->now = INT64_MAX / 2;
	for (struct timer *due; (due = timers_pop(&m->t, m->now));)
		check_popped(m, due);
	CHECK_INT(earliest(m), -1);
	CHECK_INT(m->t.n, 0);
}

static void agrees_with_a_list(void)
{
	static const int64_t starts[] = { 1, ((int64_t)1 << 36) - HOUR };
	static struct model m;
	for (int k = 0; k < N_KINDS; k++)
		for (int s = 0; s < 2; s++) {
			memset(&m, 0, sizeof m);
			memset(m.when, -1, sizeof m.when);
			m.now = starts[s];
			timers_open_as(&m.t, kinds[k], N);
			srand(7);
			compare(&m);
			timers_close(&m.t);
		}
	check_note("%s", "");
}

int main(void)
{
	static const struct test tests[] = {
		TEST(none_waits_for_ever),
		TEST(fires_when_due_and_not_before),
		TEST(moves_and_cancels),
		TEST(late_ones_are_due_at_once),
		TEST(what_is_due_may_be_left_for_later),
		TEST(the_end_of_time_is_far),
		TEST(closing_what_was_never_open),
		TEST(one_timer_is_one_wait),
		TEST(a_crowd_wakes_seldom_in_vain),
		TEST(agrees_with_a_list),
		{ 0 },
	};
	return run_tests(tests);
}
