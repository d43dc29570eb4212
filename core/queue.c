/* queue.c - a ring and three semaphores; see queue.h.
 *
 * Who holds a permit of `slots` finds room in the ring, who holds one of `items` finds an element: that is all
 * the waiting there is. The two that queue_end() adds are the exception, and how they are known: an items
 * permit with nothing in the ring, a slots permit of a queue that has ended. They are never used up, so they
 * wake one after the other.
 *
 *     slots + permits in a putter's hand + len = room      (+ 1 after the end)
 *     items + permits in a thread's hand       = len       (+ 1 after the end)
 *
 * CS:APP section 12.5.4 (its sbuf package); E. W. Dijkstra, EWD 123, "the bounded buffer".
 *
 * SPDX-License-Identifier: MIT */
#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int queue_open(struct queue *q, unsigned room, size_t element_size)
{
	*q = (struct queue){ .room = room, .element_size = element_size };
	q->ring = calloc(room, element_size);
	if (!q->ring)
		return -ENOMEM;
	semaphore_init(&q->mutex, 1);
	semaphore_init(&q->slots, room);
	semaphore_init(&q->items, 0);
	return 0;
}

void queue_close(struct queue *q)
{
	free(q->ring);
	q->ring = NULL;
}

/* Its holder never waits, so this is short: a signal can be attended to afterwards. */
static void lock(struct counters *c, struct queue *q)
{
	while (semaphore_down(c, &q->mutex) == -EINTR)
		;
}

static void unlock(struct counters *c, struct queue *q)
{
	semaphore_up(c, &q->mutex);
}

/* ---- with the lock held ---- */

static unsigned len_of(const struct queue *q)
{
	return atomic_load_explicit(&q->len, memory_order_relaxed);
}

static void set_len(struct queue *q, unsigned len)
{
	atomic_store_explicit(&q->len, len, memory_order_relaxed);
}

static char *place(const struct queue *q, unsigned number)
{
	unsigned behind = q->room - q->first;
	unsigned index = number < behind ? q->first + number : number - behind;
	return q->ring + index * q->element_size;
}

static void append(struct queue *q, const void *element)
{
	unsigned len = len_of(q);
	memcpy(place(q, len), element, q->element_size);
	set_len(q, len + 1);
}

static void remove_first(struct queue *q, void *element)
{
	memcpy(element, place(q, 0), q->element_size);
	q->first = q->first + 1 == q->room ? 0 : q->first + 1;
	set_len(q, len_of(q) - 1);
}

/* ---- for the threads ---- */

static int put_into_slot(struct counters *c, struct queue *q, const void *element)
{
	lock(c, q);
	bool ended = atomic_load_explicit(&q->ended, memory_order_relaxed);
	if (!ended)
		append(q, element);
	unlock(c, q);
	semaphore_up(c, ended ? &q->slots : &q->items);
	if (ended)
		return -ESHUTDOWN;
	count_add(c, COUNT_HANDED, 1);
	return 0;
}

int queue_put(struct counters *c, struct queue *q, const void *element)
{
	int error = semaphore_down(c, &q->slots);
	return error ? error : put_into_slot(c, q, element);
}

/* After the end the last slot may just be in another's hand: that is no full queue. */
int queue_try_put(struct counters *c, struct queue *q, const void *element)
{
	if (semaphore_try_down(&q->slots))
		return put_into_slot(c, q, element);
	return atomic_load_explicit(&q->ended, memory_order_relaxed) ? -ESHUTDOWN : -EAGAIN;
}

int queue_take(struct counters *c, struct queue *q, void *element)
{
	int error = semaphore_down(c, &q->items);
	if (error)
		return error;
	lock(c, q);
	bool found = len_of(q) > 0;
	if (found)
		remove_first(q, element);
	unlock(c, q);
	semaphore_up(c, found ? &q->slots : &q->items);
	return found ? 0 : -ESHUTDOWN;
}

void queue_end(struct counters *c, struct queue *q)
{
	lock(c, q);
	bool ended = atomic_exchange_explicit(&q->ended, true, memory_order_relaxed);
	unlock(c, q);
	if (ended)
		return;
	semaphore_up(c, &q->items);
	semaphore_up(c, &q->slots);
}

unsigned queue_len(const struct queue *q)
{
	return len_of(q);
}
