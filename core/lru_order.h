/* lru_order.h - the order in which things were used: exact, although any thread may note a use at any time.
 *
 * A list in order of use would have to be changed by every use, so every reader would have to be a writer. Here
 * a use takes the next tick and writes it into the thing, and a heap is put right when somebody asks for the
 * oldest:
 *
 *     readers, any number at once               a writer, alone
 *     ---------------------------               ---------------
 *     used_at = the next tick                   the top of the heap: was it used since it was placed there?
 *         |                                        yes: place it anew, look again
 *         +-- the heap does not know of it --->    no: it is the least recently used of all
 *
 * That is exact: what the heap knows is never above used_at, so if the two are equal at the top, nothing
 * was used earlier. Not for others than core/lru.c. */
#ifndef CORE_LRU_ORDER_H
#define CORE_LRU_ORDER_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "heap.h"

struct lru_use { /* a part of each thing; zeroed */
	atomic_uint_least64_t used_at;
	struct heap_node      placed; /* its key: what the heap knows of used_at */
};

struct lru_order {
	atomic_uint_least64_t clock;
	struct heap           heap; /* heap.nodes is the owner's */
};

/* For readers too. */
void order_use(struct lru_order *, struct lru_use *);

/* For a writer. Who is added has the place that its last use gives it. */
void            order_add(struct lru_order *, struct lru_use *);
void            order_remove(struct lru_order *, struct lru_use *);
struct lru_use *order_oldest(struct lru_order *); /* NULL: there is none */

#endif
