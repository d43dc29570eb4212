/* timer.c - a binary min-heap of deadlines; see timer.h. Every entry tells its timer where it stands, so that
 * cancelling needs no search.
 *
 * SPDX-License-Identifier: MIT */
#include "timer.h"

#include <errno.h>
#include <limits.h>

#include "log.h"
#include "pages.h"

static size_t heap_size(uint32_t max)
{
	return ((size_t)max + 1) * sizeof(struct timer *);
}

int timers_open(struct timers *t, uint32_t max)
{
	*t = (struct timers){ .heap = pages_reserve(heap_size(max)), .max = max };
	return t->heap ? 0 : -ENOMEM;
}

void timers_close(struct timers *t)
{
	pages_release(t->heap, heap_size(t->max));
	*t = (struct timers){ 0 };
}

static void put(struct timers *t, uint32_t place, struct timer *timer)
{
	t->heap[place] = timer;
	timer->place = place;
}

static void sift_up(struct timers *t, uint32_t place, struct timer *timer)
{
	for (; place > 1 && t->heap[place / 2]->when_ms > timer->when_ms; place /= 2)
		put(t, place, t->heap[place / 2]);
	put(t, place, timer);
}

static void sift_down(struct timers *t, uint32_t place, struct timer *timer)
{
	for (;;) {
		uint32_t child = 2 * place;
		if (child < t->n && t->heap[child + 1]->when_ms < t->heap[child]->when_ms)
			child++;
		if (child > t->n || t->heap[child]->when_ms >= timer->when_ms)
			break;
		put(t, place, t->heap[child]);
		place = child;
	}
	put(t, place, timer);
}

static void settle(struct timers *t, uint32_t place, struct timer *timer)
{
	if (place > 1 && t->heap[place / 2]->when_ms > timer->when_ms)
		sift_up(t, place, timer);
	else
		sift_down(t, place, timer);
}

void timer_arm(struct timers *t, struct timer *timer, int64_t when_ms)
{
	timer->when_ms = when_ms;
	if (timer->place) {
		settle(t, timer->place, timer);
		return;
	}
	if (t->n == t->max)
		die_bug("timer_arm: more than %u timers", t->max);
	sift_up(t, ++t->n, timer);
}

void timer_cancel(struct timers *t, struct timer *timer)
{
	uint32_t place = timer->place;
	if (!place)
		return;
	timer->place = 0;
	struct timer *last = t->heap[t->n--];
	if (last != timer)
		settle(t, place, last);
}

int timers_wait(const struct timers *t, int64_t now_ms)
{
	if (!t->n)
		return -1;
	int64_t left = t->heap[1]->when_ms - now_ms;
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

struct timer *timers_pop(struct timers *t, int64_t now_ms)
{
	if (!t->n || t->heap[1]->when_ms > now_ms)
		return NULL;
	struct timer *due = t->heap[1];
	timer_cancel(t, due);
	return due;
}
