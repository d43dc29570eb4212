/* timer_wheel.c - deadlines on a hierarchical timing wheel: hardly anything is compared, nothing is sorted.
 *
 * Write a time in base 64: its digits are the hands of a clock, and each hand has a dial of 64 slots. A timer
 * waits on the dial of the highest digit in which its time differs from now, in the slot of that digit:
 *
 *     now is      0  3 17 50
 *     a timer at  0  3 17 58     level 0, slot 58: one millisecond for each slot
 *                 0  3 40  2     level 1, slot 40: 64 ms
 *                 0  9  0  0     level 2, slot 9:  4 s
 *                 1  0  0  0     level 3, slot 1:  4 min 22 s
 *
 * When a hand comes to a slot of a higher level, the timers in it move to lower levels: they cascade. A timer
 * does so once for each level at most, so what arming saves is paid later, and only by those that live so long.
 *
 * All on a lower level come before all on a higher one, and a level has no timers behind its hand. So what
 * comes next is the lowest bit in the bitmap of the lowest level that has any. On level 0 that is a time;
 * above, it is when a slot cascades. A loop that sleeps until then may wake too early, so of a slot with few
 * timers the soonest is looked for. A loop wakes in vain only where more than FEW timers cascade, and so
 * seldom. Nothing ticks.
 *
 *     The hands never pass a slot that has timers. So which slot a timer is in follows from its time and now,
 *     and is not noted; and who is late when it is armed waits in the slot of now.
 *
 * A slot is a list; `link` points at what points at the timer, so taking it out needs no search. The trap: a
 * slot is emptied in one go. Of a million timers within a minute, 68,000 cascade in one pop, and the loop
 * stands still for ten milliseconds and more. Of 20,000 it is 1,400, and 0.2 ms.
 *
 * G. Varghese, T. Lauck, "Hashed and Hierarchical Timing Wheels: Data Structures for the Efficient
 * Implementation of a Timer Facility", SOSP 1987: scheme 7. Linux before 4.8 had such a wheel; since then
 * nothing cascades there, and far timers fire late instead (kernel/time/timer.c).
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>

#include "pages.h"
#include "timer.h"

enum {
	BITS = 6,
	SLOTS = 1 << BITS, /* a bitmap of 64 bits for each level */
	LEVELS = 11,       /* of 6 bits: any time that an int64_t can tell */
	FEW = 8,
};

struct wheel {
	int64_t       now_ms;           /* the hands: nothing before is left */
	uint32_t      levels;           /* bit l: level l has timers */
	uint64_t      occupied[LEVELS]; /* bit s: slot s has timers */
	struct timer *first[LEVELS * SLOTS];
};

static int open_wheel(struct timers *t)
{
	t->wheel = pages_reserve(sizeof *t->wheel);
	return t->wheel ? 0 : -ENOMEM;
}

static void close_wheel(struct timers *t)
{
	pages_release(t->wheel, sizeof *t->wheel);
}

/* ---- slots ---- */

/* Where a timer for that time belongs, or is. */
static unsigned slot_for(const struct wheel *w, int64_t when_ms)
{
	uint64_t now = (uint64_t)w->now_ms, when = when_ms > w->now_ms ? (uint64_t)when_ms : now;
	unsigned highest_bit = 63 - (unsigned)__builtin_clzll((when ^ now) | 1), level = highest_bit / BITS;
	return level * SLOTS + (unsigned)(when >> level * BITS) % SLOTS;
}

static void put(struct wheel *w, struct timer *timer, unsigned slot)
{
	unsigned level = slot / SLOTS;
	struct timer *next = w->first[slot];
	timer->in_wheel.next = next;
	timer->in_wheel.link = &w->first[slot];
	if (next)
		next->in_wheel.link = &timer->in_wheel.next;
	w->first[slot] = timer;
	w->occupied[level] |= (uint64_t)1 << slot % SLOTS;
	w->levels |= 1u << level;
}

static void mark_empty(struct wheel *w, unsigned slot)
{
	unsigned level = slot / SLOTS;
	w->occupied[level] &= ~((uint64_t)1 << slot % SLOTS);
	if (!w->occupied[level])
		w->levels &= ~(1u << level);
}

static void take_out(struct wheel *w, struct timer *timer, unsigned slot)
{
	struct timer *next = timer->in_wheel.next;
	*timer->in_wheel.link = next;
	if (next)
		next->in_wheel.link = timer->in_wheel.link;
	else if (!w->first[slot])
		mark_empty(w, slot);
}

/* ---- what comes next ---- */

/* Not for an empty wheel. */
static unsigned next_slot(const struct wheel *w)
{
	unsigned level = (unsigned)__builtin_ctz(w->levels);
	return level * SLOTS + (unsigned)__builtin_ctzll(w->occupied[level]);
}

/* The hand's own time with that digit, and zeros below. */
static int64_t start_of(const struct wheel *w, unsigned slot)
{
	unsigned shift = slot / SLOTS * BITS;
	uint64_t above = ((uint64_t)w->now_ms >> shift) / SLOTS * SLOTS;
	return (int64_t)((above + slot % SLOTS) << shift);
}

/* The hands are at the start of this slot: to lower levels with its timers. */
static void cascade(struct wheel *w, unsigned slot)
{
	struct timer *timer = w->first[slot];
	w->first[slot] = NULL;
	mark_empty(w, slot);
	for (struct timer *next; timer; timer = next) {
		next = timer->in_wheel.next;
		put(w, timer, slot_for(w, timer->when_ms));
	}
}

/* ---- the kind ---- */

static void cancel(struct timers *t, struct timer *timer)
{
	take_out(t->wheel, timer, slot_for(t->wheel, timer->when_ms));
}

static void arm(struct timers *t, struct timer *timer, int64_t when_ms)
{
	unsigned slot = slot_for(t->wheel, when_ms);
	if (timer->when_ms)
		cancel(t, timer);
	timer->when_ms = when_ms;
	put(t->wheel, timer, slot);
}

/* Of a slot that has to cascade, the soonest of its timers, if it has few; else when it cascades. */
static int64_t next_ms(const struct timers *t)
{
	unsigned slot = next_slot(t->wheel);
	int64_t soonest = INT64_MAX;
	if (slot < SLOTS)
		return start_of(t->wheel, slot);
	const struct timer *timer = t->wheel->first[slot];
	for (int n = 0; timer; timer = timer->in_wheel.next) {
		if (n++ == FEW)
			return start_of(t->wheel, slot);
		if (timer->when_ms < soonest)
			soonest = timer->when_ms;
	}
	return soonest;
}

static struct timer *pop(struct timers *t, int64_t now_ms)
{
	struct wheel *w = t->wheel;
	while (w->levels) {
		unsigned slot = next_slot(w);
		int64_t start = start_of(w, slot);
		if (start > now_ms)
			break;
		w->now_ms = start;
		if (slot < SLOTS) {
			struct timer *due = w->first[slot];
			take_out(w, due, slot);
			return due;
		}
		cascade(w, slot);
	}
	if (w->now_ms < now_ms)
		w->now_ms = now_ms;
	return NULL;
}

const struct timer_kind timer_wheel = {
	.name = "wheel", .open = open_wheel, .close = close_wheel,
	.arm = arm, .cancel = cancel, .next = next_ms, .pop = pop,
};
