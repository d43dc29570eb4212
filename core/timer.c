/* timer.c - what both kinds of timers have in common; see timer.h.
 *
 * SPDX-License-Identifier: MIT */
#include "timer.h"

#include <limits.h>

#include "log.h"

int timers_open(struct timers *t, uint32_t max)
{
	return timers_open_as(t, &timer_wheel, max);
}

int timers_open_as(struct timers *t, const struct timer_kind *kind, uint32_t max)
{
	*t = (struct timers){ .kind = kind, .max = max };
	return kind->open(t);
}

void timers_close(struct timers *t)
{
	if (t->kind)
		t->kind->close(t);
	*t = (struct timers){ 0 };
}

void timer_arm(struct timers *t, struct timer *timer, int64_t when_ms)
{
	if (!timer->when_ms && t->n++ == t->max)
		die_bug("timer_arm: more than %u timers", t->max);
	t->kind->arm(t, timer, when_ms > 0 ? when_ms : 1);
}

void timer_cancel(struct timers *t, struct timer *timer)
{
	if (!timer->when_ms)
		return;
	t->kind->cancel(t, timer);
	timer->when_ms = 0;
	t->n--;
}

int timers_wait(const struct timers *t, int64_t now_ms)
{
	if (!t->n)
		return -1;
	int64_t next = t->kind->next(t);
	if (next <= now_ms)
		return 0;
	return next - now_ms > INT_MAX ? INT_MAX : (int)(next - now_ms);
}

struct timer *timers_pop(struct timers *t, int64_t now_ms)
{
	struct timer *due = t->kind->pop(t, now_ms);
	if (due) {
		due->when_ms = 0;
		t->n--;
	}
	return due;
}
