/* slots.c - the places of a loop's sessions; see slots.h.
 *
 * SPDX-License-Identifier: MIT */
#include "slots.h"

#include <errno.h>
#include <string.h>

#include "backend.h"
#include "pages.h"

int slots_open(struct slots *s, uint32_t capacity, size_t state_size)
{
	size_t size = sizeof(struct slot) + state_size;
	s->slot_size = (size + 7) & ~(size_t)7;
	s->capacity = capacity;
	s->base = pages_reserve(capacity * s->slot_size);
	semaphore_init(&s->mutex, 1);
	return s->base ? 0 : -ENOMEM;
}

void slots_close(struct slots *s)
{
	pages_release(s->base, s->capacity * s->slot_size);
}

/* ---- whose is it? ---- */

static bool swap_state(struct slot *slot, enum slot_state from, enum slot_state to)
{
	unsigned char was = (unsigned char)from;
	return atomic_compare_exchange_strong(&slot->state, &was, (unsigned char)to);
}

bool slot_claim_from_others(struct slot *slot)
{
	for (;;) {
		if (swap_state(slot, SLOT_PARKED, SLOT_TAKEN))
			return true;
		if (swap_state(slot, SLOT_TAKEN, SLOT_MISSED) || slot_state(slot) == SLOT_MISSED ||
		    !slot_is_live(slot))
			return false;
	}
}

/* But no end: a poller that knows WATCH_ONCE is level-triggered, and will tell of it again. */
static void expect_anything(struct end *end)
{
	end->ready |= WATCH_READ | WATCH_WRITE;
}

bool slot_release_to_others(struct slot *slot)
{
	if (swap_state(slot, SLOT_TAKEN, SLOT_PARKED))
		return true;
	slot_set_state(slot, SLOT_TAKEN);
	expect_anything(&slot->session.client);
	if (slot->session.reach)
		expect_anything(&slot->session.reach->origin);
	return false;
}

/* ---- the table ---- */

uint32_t slot_number(const struct slots *s, const struct slot *slot)
{
	return (uint32_t)((size_t)((const char *)slot - s->base) / s->slot_size) + 1;
}

uint64_t slot_token(const struct slots *s, const struct slot *slot, enum io_end end)
{
	return (uint64_t)slot->generation << 32 | slot_number(s, slot) << 1 | (end == IO_ORIGIN);
}

struct slot *slot_take(struct slots *s, struct counters *c)
{
	slots_lock(s, c);
	struct slot *slot = s->free_head;
	if (slot)
		s->free_head = slot->next;
	else
		slot = slot_at(s, ++s->touched);
	s->n_live++;
	slots_unlock(s, c);
	uint32_t generation = slot->generation + 1;
	memset(slot, 0, s->slot_size);
	slot->generation = generation ? generation : 1; /* 0 is no session's */
	slot_set_state(slot, SLOT_TAKEN);
	return slot;
}

void slot_give_back(struct slots *s, struct counters *c, struct slot *slot)
{
	slots_lock(s, c);
	slot_set_state(slot, SLOT_FREE);
	slot->next = s->free_head;
	s->free_head = slot;
	s->n_live--;
	slots_unlock(s, c);
}

/* ---- the run queue ---- */

void slots_enqueue(struct slots *s, struct slot *slot)
{
	slot->next = NULL;
	if (s->run_head)
		s->run_tail->next = slot;
	else
		s->run_head = slot;
	s->run_tail = slot;
	s->n_queued++;
}

struct slot *slots_dequeue(struct slots *s)
{
	struct slot *slot = s->run_head;
	s->run_head = slot->next;
	s->n_queued--;
	return slot;
}

void slots_give(struct slots *s, struct slot *slot)
{
	slot->next = atomic_load_explicit(&s->given, memory_order_relaxed);
	while (!atomic_compare_exchange_weak(&s->given, &slot->next, slot))
		;
}

/* All at once: so a slot that comes back while others look at it, which fools those who take one, does no harm. */
void slots_take_given(struct slots *s)
{
	struct slot *first = NULL, *next;
	if (!slots_given(s))
		return;
	for (struct slot *slot = atomic_exchange(&s->given, NULL); slot; slot = next) {
		next = slot->next;
		slot->next = first;
		first = slot;
	}
	for (; first; first = next) {
		next = first->next;
		slots_enqueue(s, first);
	}
}
