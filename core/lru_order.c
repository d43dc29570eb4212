/* lru_order.c - the order of use: a heap that learns of uses late; see lru_order.h.
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

static int64_t used_at(struct lru_use *u)
{
	return (int64_t)atomic_load_explicit(&u->used_at, memory_order_relaxed);
}

void order_add(struct lru_order *o, struct lru_use *u)
{
	heap_put(&o->heap, &u->placed, used_at(u));
}

void order_remove(struct lru_order *o, struct lru_use *u)
{
	heap_remove(&o->heap, &u->placed);
}

struct lru_use *order_oldest(struct lru_order *o)
{
	for (struct heap_node *top; (top = heap_top(&o->heap));) {
		struct lru_use *u = (struct lru_use *)(void *)((char *)top - offsetof(struct lru_use, placed));
		if (used_at(u) == top->key)
			return u;
		heap_put(&o->heap, top, used_at(u));
	}
	return NULL;
}
