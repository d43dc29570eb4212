/* timer_heap.c - deadlines in a binary heap (heap.h): the next one is on top, exact at any time.
 *
 * Arming climbs from the bottom, one or two levels on average, since most of a heap is near its bottom. Popping
 * goes down all the levels, and on each it reads the keys of two other timers, which lie in the slots of their
 * sessions. So with many timers a pop is a row of cache misses, each waiting for the one before.
 *
 * J. W. J. Williams, "Algorithm 232: Heapsort", CACM 7 (6), 1964.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>

#include "pages.h"
#include "timer.h"

static size_t heap_size(uint32_t max)
{
	return ((size_t)max + 1) * sizeof(struct heap_node *);
}

static int open_heap(struct timers *t)
{
	t->heap.nodes = pages_reserve(heap_size(t->max));
	return t->heap.nodes ? 0 : -ENOMEM;
}

static void close_heap(struct timers *t)
{
	pages_release(t->heap.nodes, heap_size(t->max));
}

static void arm(struct timers *t, struct timer *timer, int64_t when_ms)
{
	timer->when_ms = when_ms;
	heap_put(&t->heap, &timer->in_heap, when_ms);
}

static void cancel(struct timers *t, struct timer *timer)
{
	heap_remove(&t->heap, &timer->in_heap);
}

static int64_t next_ms(const struct timers *t)
{
	return heap_top(&t->heap)->key;
}

static struct timer *pop(struct timers *t, int64_t now_ms)
{
	struct heap_node *top = heap_top(&t->heap);
	if (!top || top->key > now_ms)
		return NULL;
	heap_remove(&t->heap, top);
	return (struct timer *)(void *)((char *)top - offsetof(struct timer, in_heap));
}

const struct timer_kind timer_heap = {
	.name = "heap", .open = open_heap, .close = close_heap,
	.arm = arm, .cancel = cancel, .next = next_ms, .pop = pop,
};
