/* queue.h - a bounded buffer between threads: some put, others take, first in, first out (CS:APP 12.5.4).
 *
 *     put --->  [ . | . | x | x | x | . ]  ---> take        three semaphores (semaphore.h):
 *                       first   len                           slots  permits to put:  room - len
 *                                                             items  permits to take: len
 *                                                             mutex  1: nobody touches the ring
 *
 *     put:  down(slots)  down(mutex)  write  up(mutex)  up(items)
 *     take: down(items)  down(mutex)  read   up(mutex)  up(slots)
 *
 * The order matters: who slept for a slot with the mutex in hand would keep out the very taker that makes one.
 *
 * What it costs: eight atomic operations for an element that is put and taken, and no system call as long as
 * nobody has to wait. An empty queue costs two futex calls for each element (the taker waits, the putter wakes
 * it), and a switch of threads; so does a full one, the other way round. On top of it come those who meet at
 * the mutex: it is held for a copy of one element, so that is rare, unless its holder loses the processor. One
 * mutex is what is taught, and is enough: who hands over millions of elements a second would give each end of
 * the ring its own.
 *
 * The bound is the point. A queue without one takes more work than it can ever do, and hides it until memory is
 * gone. Here the one who puts must wait (queue_put: the pressure goes back to where the work comes from) or be
 * told (queue_try_put: it can refuse).
 *
 * The end needs no list of sleepers: queue_end() adds one permit to items and one to slots, of which there is
 * no element and no room. Whoever takes such a permit finds that, puts it back for the next one, and leaves. */
#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "semaphore.h"

struct queue {
	struct semaphore mutex, slots, items;
	char            *ring;         /* room elements; guarded, as all below, by the mutex */
	size_t           element_size;
	unsigned         room, first;  /* first: the one that is taken next */
	atomic_uint      len;          /* atomic for those who only look */
	atomic_bool      ended;
};

/* Room for 1 or more elements of element_size bytes each. 0 or -ENOMEM: then there is nothing to close. */
int  queue_open(struct queue *, unsigned room, size_t element_size);
void queue_close(struct queue *); /* when no thread uses it any more; elements that are left are forgotten */

/* Copies the element in; waits while the queue is full. 0; -ESHUTDOWN: after queue_end(), it takes nothing any
 * more; -EINTR: a signal came while it waited for room (see semaphore_down()), and nothing was put. */
int  queue_put(struct counters *, struct queue *, const void *element);
/* The same without waiting: -EAGAIN when the queue is full. */
int  queue_try_put(struct counters *, struct queue *, const void *element);

/* Copies the first element out; waits while the queue is empty. 0; -ESHUTDOWN: ended, and nothing is left;
 * -EINTR: a signal came while it waited, and nothing was taken. */
int  queue_take(struct counters *, struct queue *, void *element);

/* No more is put. All who wait are woken; what is in it can still be taken. More than once is fine. Not for a
 * signal handler: it takes the mutex. */
void queue_end(struct counters *, struct queue *);

/* How many are in it, at some moment of late: for statistics. */
unsigned queue_len(const struct queue *);

#endif
