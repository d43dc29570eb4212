/* heap.c - a binary heap of pointers; see heap.h.
 *
 * SPDX-License-Identifier: MIT */
#include "heap.h"

static void put_at(struct heap *h, uint32_t place, struct heap_node *node)
{
	h->nodes[place] = node;
	node->place = place;
}

static void sift_up(struct heap *h, uint32_t place, struct heap_node *node)
{
	for (; place > 1 && h->nodes[place / 2]->key > node->key; place /= 2)
		put_at(h, place, h->nodes[place / 2]);
	put_at(h, place, node);
}

static void sift_down(struct heap *h, uint32_t place, struct heap_node *node)
{
	for (;;) {
		uint32_t child = 2 * place;
		if (child < h->n && h->nodes[child + 1]->key < h->nodes[child]->key)
			child++;
		if (child > h->n || h->nodes[child]->key >= node->key)
			break;
		put_at(h, place, h->nodes[child]);
		place = child;
	}
	put_at(h, place, node);
}

static void settle(struct heap *h, uint32_t place, struct heap_node *node)
{
	if (place > 1 && h->nodes[place / 2]->key > node->key)
		sift_up(h, place, node);
	else
		sift_down(h, place, node);
}

void heap_put(struct heap *h, struct heap_node *node, int64_t key)
{
	node->key = key;
	settle(h, node->place ? node->place : ++h->n, node);
}

void heap_remove(struct heap *h, struct heap_node *node)
{
	uint32_t place = node->place;
	if (!place)
		return;
	node->place = 0;
	struct heap_node *last = h->nodes[h->n--];
	if (last != node)
		settle(h, place, last);
}
