/* lru_order.c - the order of use: a heap that learns of uses late; see lru_order.h.
 *
 *     heap[0]        has the smallest placed_at; the children of heap[i] are heap[2i+1] and heap[2i+2]
 *
 * A tick is taken in one step and stored in another. Two readers that use the same thing may store theirs in
 * the wrong order, so used_at is only ever raised: else the thing would look older than others that were used
 * before it.
 *
 * SPDX-License-Identifier: MIT */
#include "lru_order.h"

void order_use(struct lru_order *o, struct lru_use *u)
{
	uint64_t at = 1 + atomic_fetch_add_explicit(&o->clock, 1, memory_order_relaxed);
	uint64_t before = atomic_load_explicit(&u->used_at, memory_order_relaxed);
	while (before < at && !atomic_compare_exchange_weak(&u->used_at, &before, at))
		;
}

/* ---- the heap ---- */

static void put_at(struct lru_order *o, size_t place, struct lru_use *u)
{
	o->heap[place] = u;
	u->place = place;
}

static void sift_up(struct lru_order *o, struct lru_use *u)
{
	size_t at = u->place;
	for (; at && o->heap[(at - 1) / 2]->placed_at > u->placed_at; at = (at - 1) / 2)
		put_at(o, at, o->heap[(at - 1) / 2]);
	put_at(o, at, u);
}

static void sift_down(struct lru_order *o, struct lru_use *u)
{
	size_t at = u->place, child;
	while ((child = 2 * at + 1) < o->n) {
		if (child + 1 < o->n && o->heap[child + 1]->placed_at < o->heap[child]->placed_at)
			child++;
		if (o->heap[child]->placed_at >= u->placed_at)
			break;
		put_at(o, at, o->heap[child]);
		at = child;
	}
	put_at(o, at, u);
}

static uint64_t used_at(struct lru_use *u)
{
	return atomic_load_explicit(&u->used_at, memory_order_relaxed);
}

void order_add(struct lru_order *o, struct lru_use *u)
{
	u->placed_at = used_at(u);
	u->place = o->n++;
	sift_up(o, u);
}

void order_remove(struct lru_order *o, const struct lru_use *u)
{
	struct lru_use *last = o->heap[--o->n];
	if (last == u)
		return;
	last->place = u->place;
	sift_up(o, last);
	sift_down(o, last);
}

struct lru_use *order_oldest(struct lru_order *o)
{
	while (o->n) {
		struct lru_use *u = o->heap[0];
		if (used_at(u) == u->placed_at)
			return u;
		u->placed_at = used_at(u);
		sift_down(o, u);
	}
	return NULL;
}
