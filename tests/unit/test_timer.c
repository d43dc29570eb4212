/* test_timer.c - the heap of deadlines against a plain list that is searched.
 *
 * SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/timer.h"

enum { N = 300 };

static void empty_heap_waits_for_ever(void)
{
	struct timers t;
	CHECK_INT(timers_open(&t, 4), 0);
	CHECK_INT(timers_wait(&t, 1000), -1);
	CHECK(timers_pop(&t, 1000) == NULL);
	timers_close(&t);
}

static void fires_when_due_and_not_before(void)
{
	struct timers t;
	struct timer one = { 0 };
	timers_open(&t, 4);
	timer_arm(&t, &one, 1500);
	CHECK_INT(timers_wait(&t, 1000), 500);
	CHECK(timers_pop(&t, 1499) == NULL);
	CHECK_INT(timers_wait(&t, 1500), 0);
	CHECK(timers_pop(&t, 1500) == &one);
	CHECK(timers_pop(&t, 9999) == NULL);
	timers_close(&t);
}

static void moves_and_cancels(void)
{
	struct timers t;
	struct timer a = { 0 }, b = { 0 }, c = { 0 };
	timers_open(&t, 4);
	timer_arm(&t, &a, 30);
	timer_arm(&t, &b, 20);
	timer_arm(&t, &c, 10);
	timer_arm(&t, &c, 40);
	timer_cancel(&t, &b);
	timer_cancel(&t, &b);
	CHECK(timers_pop(&t, 100) == &a);
	CHECK(timers_pop(&t, 100) == &c);
	CHECK(timers_pop(&t, 100) == NULL);
	timers_close(&t);
}

struct model { /* what the heap must agree with */
	struct timer timer[N];
	long long    when[N]; /* 0: not armed */
};

static int earliest(const struct model *m)
{
	int found = -1;
	for (int i = 0; i < N; i++)
		if (m->when[i] && (found < 0 || m->when[i] < m->when[found]))
			found = i;
	return found;
}

static void random_step(struct timers *t, struct model *m)
{
	int i = rand() % N;
	if (rand() % 3) {
		m->when[i] = 1 + rand() % 5000;
		timer_arm(t, &m->timer[i], m->when[i]);
	} else {
		m->when[i] = 0;
		timer_cancel(t, &m->timer[i]);
	}
}

static void agrees_with_a_list(void)
{
	static struct model m;
	struct timers t;
	memset(&m, 0, sizeof m);
	timers_open(&t, N);
	srand(7);
	for (int step = 0; step < 20000; step++) {
		random_step(&t, &m);
		int first = earliest(&m);
		CHECK_INT(timers_wait(&t, 0), first < 0 ? -1 : m.when[first]);
	}
	for (int first; (first = earliest(&m)) >= 0;) {
		struct timer *due = timers_pop(&t, 5000);
		long i = due - m.timer;
		CHECK(due && m.when[i] == m.when[first]); /* of two at the same time either may come first */
		if (!due)
			break;
		m.when[i] = 0;
	}
	CHECK(timers_pop(&t, 5000) == NULL);
	timers_close(&t);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(empty_heap_waits_for_ever),
		TEST(fires_when_due_and_not_before),
		TEST(moves_and_cancels),
		TEST(agrees_with_a_list),
		{ 0 },
	};
	return run_tests(tests);
}
