/* timer.h - many deadlines, one question: when is the next? A heap (heap.h), keyed by time.
 *
 *     arm: O(log n)   cancel: O(log n)   next: O(1)   pop: O(log n)
 *
 * A struct timer is embedded in what it times. Users keep re-arming rare: a
 * session whose deadline moves later just notes the new one, and looks when the old one pops (see reactor.c). */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H

#include <stdbool.h>

#include "heap.h"

struct timer { /* zeroed: not armed */
	struct heap_node node;
};

struct timers {
	struct heap heap;
	uint32_t    max;
};

/* Room for max timers; 0 or -ENOMEM. */
int  timers_open(struct timers *, uint32_t max);
void timers_close(struct timers *);

/* Fires at when_ms (monotonic); moves an armed one. Cannot fail while at most max timers are armed. */
void timer_arm(struct timers *, struct timer *, int64_t when_ms);
void timer_cancel(struct timers *, struct timer *); /* no harm if not armed */

/* Will it have fired by then? Not armed: no. */
static inline bool timer_fires_by(const struct timer *timer, int64_t when_ms)
{
	return timer->node.place && timer->node.key <= when_ms;
}

/* Milliseconds from now to the next one, 0 if it is due, -1 if there is none: a timeout for poll(2). */
int timers_wait(const struct timers *, int64_t now_ms);

/* One that is due, now disarmed; NULL: none is. */
struct timer *timers_pop(struct timers *, int64_t now_ms);

#endif
