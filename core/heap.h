/* heap.h - a binary heap of pointers: the smallest key is on top. Behind one kind of timers and a cache's order of use.
 *
 *     nodes[1]       has the smallest key; the children of nodes[i] are nodes[2i] and nodes[2i+1]
 *
 * A node is embedded in what is ordered, and knows its place: so moving and removing need no search. Nothing is
 * allocated here, so nothing can fail. */
#ifndef CORE_HEAP_H
#define CORE_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct heap_node { /* zeroed at first */
	int64_t  key;
	uint32_t place; /* from 1; 0: it is not in the heap */
};

struct heap { /* zeroed but for nodes */
	struct heap_node **nodes; /* the owner's: room for all that can be in it, and one more */
	uint32_t           n;
};

/* O(log n). Puts it in with this key, or moves it there. */
void heap_put(struct heap *, struct heap_node *, int64_t key);
void heap_remove(struct heap *, struct heap_node *); /* no harm if it is not in it */

static inline struct heap_node *heap_top(const struct heap *h)
{
	return h->n ? h->nodes[1] : NULL;
}

#endif
