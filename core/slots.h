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

/* Ordered by who owns the slot, and by the lock: so a plain store will do. */
static inline int64_t slot_deadline(const struct slot *slot)
{
	return atomic_load_explicit(&slot->deadline_ms, memory_order_relaxed);
}
static inline void slot_set_deadline(struct slot *slot, int64_t when_ms)
{
	atomic_store_explicit(&slot->deadline_ms, when_ms, memory_order_relaxed);
}

/* Room for `capacity` sessions, reserved, and touched as they come. 0 or -ENOMEM. */
int  slots_open(struct slots *, uint32_t capacity, size_t state_size);
void slots_close(struct slots *);

/* What a lock must guard besides the free slots: the timers. Nothing is done where the slots are not shared. */
static inline void slots_lock(struct slots *s, struct counters *c)
{
	while (s->shared && semaphore_down(c, &s->mutex))
		; /* a signal came: wait on */
}
static inline void slots_unlock(struct slots *s, struct counters *c)
{
	if (s->shared)
		semaphore_up(c, &s->mutex);
}

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

static inline enum slot_state slot_state(const struct slot *slot)
{
	return (enum slot_state)atomic_load_explicit(&slot->state, memory_order_acquire);
}
static inline void slot_set_state(struct slot *slot, enum slot_state state)
{
	atomic_store_explicit(&slot->state, (unsigned char)state, memory_order_release);
}
static inline bool slot_is_live(const struct slot *slot)
{
	return slot_state(slot) != SLOT_FREE;
}

/* NULL: its session has ended. */
static inline struct slot *slot_of(const struct slots *s, uint64_t token)
{
	struct slot *slot = slot_at(s, (uint32_t)token >> 1);
	return slot->generation == (uint32_t)(token >> 32) && slot_is_live(slot) ? slot : NULL;
}

bool slot_claim_from_others(struct slot *);
bool slot_release_to_others(struct slot *);

/* From parked to the caller's. False: it is someone else's, and they will hear that something came. */
static inline bool slot_claim(const struct slots *s, struct slot *slot)
{
	if (s->shared)
		return slot_claim_from_others(slot);
	if (slot_state(slot) != SLOT_PARKED)
		return false;
	slot_set_state(slot, SLOT_TAKEN);
	return true;
}

/* Back to parked. False: something has come; it is still the caller's, and anything is worth trying. */
static inline bool slot_release(const struct slots *s, struct slot *slot)
{
	if (s->shared)
		return slot_release_to_others(slot);
	slot_set_state(slot, SLOT_PARKED);
	return true;
}

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
