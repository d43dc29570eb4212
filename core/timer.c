/* timer.c - a heap of deadlines; see timer.h.
 *
 * SPDX-License-Identifier: MIT */
#include "timer.h"

#include <errno.h>
#include <limits.h>

#include "log.h"
#include "pages.h"

static size_t heap_size(uint32_t max)
{
	return ((size_t)max + 1) * sizeof(struct heap_node *);
}

int timers_open(struct timers *t, uint32_t max)
{
	*t = (struct timers){ .heap.nodes = pages_reserve(heap_size(max)), .max = max };
	return t->heap.nodes ? 0 : -ENOMEM;
}

void timers_close(struct timers *t)
{
	pages_release(t->heap.nodes, heap_size(t->max));
	*t = (struct timers){ 0 };
}

void timer_arm(struct timers *t, struct timer *timer, int64_t when_ms)
{
	if (!timer->node.place && t->heap.n == t->max)
		die_bug("timer_arm: more than %u timers", t->max);
	heap_put(&t->heap, &timer->node, when_ms);
}

void timer_cancel(struct timers *t, struct timer *timer)
{
	heap_remove(&t->heap, &timer->node);
}

int timers_wait(const struct timers *t, int64_t now_ms)
{
	const struct heap_node *next = heap_top(&t->heap);
	int64_t left = next ? next->key - now_ms : -1;
	if (!next)
		return -1;
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

struct timer *timers_pop(struct timers *t, int64_t now_ms)
{
	struct heap_node *next = heap_top(&t->heap);
	if (!next || next->key > now_ms)
		return NULL;
	heap_remove(&t->heap, next);
	return (struct timer *)(void *)((char *)next - offsetof(struct timer, node));
}
