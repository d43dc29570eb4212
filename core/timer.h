/* timer.h - many deadlines, one question: when is the next? Two answers behind one interface:
 *
 *              arm        cancel     next            pop           memory beside struct timer
 *     heap     O(log n)   O(log n)   exact           O(log n)      8 bytes each
 *     wheel    O(1)       O(1)       seldom early    O(1), on      none; 6 KiB in all
 *                                                    average
 *
 * The loops use the wheel. On a 2-core virtual machine (make bench-timers; a send and a receive take 1700 ns
 * there) timers cost a request of a loop 7 ns with either for up to 1,000 sessions, 14 with the heap and 7 with
 * the wheel for 10,000, 290 and 76 for 1,000,000; and a timer takes 32 bytes with the heap, 24 with the wheel,
 * since struct timer has room for two links (one for a heap alone would be 16, and make 24).
 *
 * A struct timer is embedded in what it times. Users keep re-arming rare: a session whose deadline moves later
 * just notes the new one, and looks when the old one pops (see loop.c). */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H

#include <stdbool.h>

#include "heap.h"

struct timer { /* zeroed: not armed, and of no kind yet */
	int64_t when_ms; /* 0: not armed */
	union {          /* the kind's */
		struct heap_node in_heap;
		struct {
			struct timer *next, **link; /* what points here: a slot, or next of the one before */
		} in_wheel;
	};
};

struct wheel;

struct timers {
	const struct timer_kind *kind;
	uint32_t                 n, max; /* armed; room for */
	union {                          /* the kind's */
		struct heap   heap;
		struct wheel *wheel;
	};
};

/* What timer.c leaves to a kind. arm: there is room, when_ms > 0; it sets timer->when_ms. cancel: it is armed;
 * timer.c clears when_ms afterwards. next: there is one. */
struct timer_kind {
	const char   *name;
	int         (*open)(struct timers *);
	void        (*close)(struct timers *); /* also after an open that failed */
	void        (*arm)(struct timers *, struct timer *, int64_t when_ms);
	void        (*cancel)(struct timers *, struct timer *);
	int64_t     (*next)(const struct timers *); /* no timer fires before */
	struct timer *(*pop)(struct timers *, int64_t now_ms);
};

extern const struct timer_kind timer_heap, timer_wheel;

/* Room for max timers; 0 or -ENOMEM. timers_open() takes the kind that the loops use. */
int  timers_open(struct timers *, uint32_t max);
int  timers_open_as(struct timers *, const struct timer_kind *, uint32_t max);
void timers_close(struct timers *); /* also if zeroed and never opened */

/* Fires at when_ms (monotonic, from 1; less is taken as 1); moves an armed one. Cannot fail while at most max
 * timers are armed. */
void timer_arm(struct timers *, struct timer *, int64_t when_ms);
void timer_cancel(struct timers *, struct timer *); /* no harm if not armed */

/* Will it have fired by then? Not armed: no. */
static inline bool timer_fires_by(const struct timer *timer, int64_t when_ms)
{
	return timer->when_ms && timer->when_ms <= when_ms;
}

/* Milliseconds from now to the next one, 0 if it is due, -1 if there is none: a timeout for poll(2). Never too
 * long. It may be too short where many timers are far: then nothing pops, and the next answer is nearer. */
int timers_wait(const struct timers *, int64_t now_ms);

/* One that is due, now disarmed; NULL: none is. Never early. In the order of their times, but for those that
 * were late when they were armed. now_ms does not go back from one call to the next. */
struct timer *timers_pop(struct timers *, int64_t now_ms);

#endif
