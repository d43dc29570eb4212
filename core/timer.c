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
	return ((size_t)max + 1) * sizeof(struct timer_entry);
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

static void put(struct timers *t, uint32_t place, struct timer_entry entry)
{
	t->heap[place] = entry;
	entry.timer->place = place;
}

static void sift_up(struct timers *t, uint32_t place, struct timer_entry entry)
{
	for (; place > 1 && t->heap[place / 2].when_ms > entry.when_ms; place /= 2)
		put(t, place, t->heap[place / 2]);
	put(t, place, entry);
}

static void sift_down(struct timers *t, uint32_t place, struct timer_entry entry)
{
	for (;;) {
		uint32_t child = 2 * place;
		if (child < t->n && t->heap[child + 1].when_ms < t->heap[child].when_ms)
			child++;
		if (child > t->n || t->heap[child].when_ms >= entry.when_ms)
			break;
		put(t, place, t->heap[child]);
		place = child;
	}
	put(t, place, entry);
}

static void settle(struct timers *t, uint32_t place, struct timer_entry entry)
{
	if (place > 1 && t->heap[place / 2].when_ms > entry.when_ms)
		sift_up(t, place, entry);
	else
		sift_down(t, place, entry);
}

void timer_arm(struct timers *t, struct timer *timer, int64_t when_ms)
{
	if (!timer->place) {
		if (t->n == t->max)
			die_bug("timer_arm: more than %u timers", t->max);
		timer->place = ++t->n;
		sift_up(t, timer->place, (struct timer_entry){ when_ms, timer });
	} else {
		settle(t, timer->place, (struct timer_entry){ when_ms, timer });
	}
}

void timer_cancel(struct timers *t, struct timer *timer)
{
	uint32_t place = timer->place;
	if (!place)
		return;
	timer->place = 0;
	struct timer_entry last = t->heap[t->n--];
	if (last.timer != timer)
		settle(t, place, last);
}

int64_t timer_when(const struct timers *t, const struct timer *timer)
{
	return t->heap[timer->place].when_ms;
}

int timers_wait(const struct timers *t, int64_t now_ms)
{
	if (!t->n)
		return -1;
	int64_t left = t->heap[1].when_ms - now_ms;
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

struct timer *timers_pop(struct timers *t, int64_t now_ms)
{
	if (!t->n || t->heap[1].when_ms > now_ms)
		return NULL;
	struct timer *due = t->heap[1].timer;
	timer_cancel(t, due);
	return due;
}
