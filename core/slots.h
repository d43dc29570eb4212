/* slots.h - the places of a loop's sessions: a table, a free list, a run queue, and who owns what.
 *
 * One owner at a time, and `state` says who:
 *
 *     FREE --slot_take--> TAKEN --release--> PARKED --event, time-out, name, stop: claim--> TAKEN --give_back--> FREE
 *                           |
 *                           +-- something came meanwhile --> MISSED: who would park it tries again instead
 *
 * A loop alone needs no more than that. When several threads serve the sessions of one loop (`shared`), claims are
 * compare-and-swap. What they put into the run queue goes on a stack first, also by compare-and-swap: whoever
 * waits takes all of it at once, and turns it round. Free slots and timers have a lock, held for some
 * instructions and never over a call of the kernel.
 *
 * A token is generation | slot | end: an event that comes late, for a session that has ended and whose slot has a new
 * owner, is dropped. */
#ifndef CORE_SLOTS_H
#define CORE_SLOTS_H

#include <stdatomic.h>

#include "semaphore.h"
#include "session.h"
#include "timer.h"

enum slot_state { SLOT_FREE, SLOT_PARKED, SLOT_TAKEN, SLOT_MISSED };

struct slot {
	struct slot    *next;        /* in the run queue, or in the free list */
	uint32_t        generation;  /* never 0 */
	atomic_uchar    state;       /* enum slot_state */
	struct timer    timer;       /* may be armed for an earlier time than the deadline */
	_Atomic int64_t deadline_ms; /* of the parked request; 0: none */
	struct session  session;
};

struct slots {
	char            *base;
	size_t           slot_size;
	uint32_t         capacity, touched;  /* slots: there are, were ever used */
	_Atomic uint32_t n_live;             /* are in use */
	struct slot     *free_head;
	struct slot     *run_head, *run_tail; /* the run queue; of the thread that waits */
	uint32_t         n_queued;
	bool             shared;
	struct semaphore mutex;
	_Atomic(struct slot *) given;         /* by other threads; the last one first */
};

/* Room for `capacity` sessions, reserved, and touched as they come. 0 or -ENOMEM. */
int  slots_open(struct slots *, uint32_t capacity, size_t state_size);
void slots_close(struct slots *);

/* What a lock must guard besides the free slots: the timers. Nothing is done where the slots are not shared. */
void slots_lock(struct slots *, struct counters *);
void slots_unlock(struct slots *, struct counters *);

/* Taken and zeroed. Called by the thread that waits, which has seen that n_live < capacity. */
struct slot *slot_take(struct slots *, struct counters *);
void         slot_give_back(struct slots *, struct counters *, struct slot *);

/* The one with this number, from 1 to touched. */
static inline struct slot *slot_at(const struct slots *s, uint32_t number)
{
	return (struct slot *)(void *)(s->base + (size_t)(number - 1) * s->slot_size);
}

uint32_t     slot_number(const struct slots *, const struct slot *);
uint64_t     slot_token(const struct slots *, const struct slot *, enum io_end);
struct slot *slot_of(const struct slots *, uint64_t token); /* NULL: its session has ended */
bool         slot_is_live(const struct slot *);

/* From parked to the caller's. False: it is someone else's, and they will hear that something came. */
bool slot_claim(const struct slots *, struct slot *);
/* Back to parked. False: something has come; it is still the caller's, and anything is worth trying. */
bool slot_release(const struct slots *, struct slot *);

/* The run queue, first in, first out; its slots are taken. For the thread that waits. */
void         slots_enqueue(struct slots *, struct slot *);
struct slot *slots_dequeue(struct slots *);
/* Another thread gives it a slot; it moves what it was given to the run queue. */
void         slots_give(struct slots *, struct slot *);
void         slots_take_given(struct slots *);
static inline bool slots_given(const struct slots *s)
{
	return atomic_load(&s->given) != NULL;
}

#endif
