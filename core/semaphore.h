/* semaphore.h - a counting semaphore on futex(2): Dijkstra's P and V, here down and up (CS:APP 12.5).
 *
 * It holds a number of permits. down takes one, and waits while there is none; up adds one, and wakes one who
 * waits. All of it is one word of 64 bits, so that each atomic step changes and sees both halves at once:
 *
 *     | waiters: 32 bits | value: 32 bits |  <-- futex(2) looks at this half
 *
 *     value  waiters
 *       > 0        0    free: down subtracts 1, up adds 1                                     no system call
 *         0        0    used up: the next down counts itself as a waiter, and sleeps          1 (wait)
 *         0      > 0    they sleep: up adds 1 and wakes one                                   1 (wake)
 *       > 0      > 0    one has been woken, and is on its way; up wakes another where value < waiters
 *
 * In the last state whoever is quicker may take it; then the one who was woken sleeps again. So nobody sleeps
 * while there is something to take, but first come is not first served.
 *
 * The lost wake-up, which every such thing must rule out:
 *
 *     down: "value is 0, I shall sleep"
 *                                           up: value = 1; nobody sleeps, so nobody to wake
 *     down: sleeps, for ever, beside a free permit
 *
 * Two rules do it. Who wants to sleep first counts itself as a waiter; and the kernel lets it sleep only if the
 * value still is 0, looked at under the same lock as who is to be woken. Now up's addition comes either before
 * the waiter was counted, then down sees value 1 and does not sleep; or after it, then up has seen the waiter,
 * in the same step, and wakes. If it wakes before the other one sleeps, then futex says EAGAIN, since the value
 * is not 0 any more.
 *
 * Why not sem_t: it does the same, but its calls are made inside libc, past the counters. These go through
 * sys.c, so the cost of a hand-over is known exactly (COUNT_FUTEX). It does not spin either: on one processor,
 * or on a loaded one, spinning takes the time of the very thread that is waited for.
 *
 * For the threads of one process: the futex is a private one, which saves the kernel looking up what the page
 * is. What was written before up is seen after the down that took it (release, acquire). */
#ifndef CORE_SEMAPHORE_H
#define CORE_SEMAPHORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "counters.h"

struct semaphore {
	_Atomic uint64_t state; /* waiters, value */
};

/* So many permits to begin with; there must never be 2^32. Nothing is to be undone at the end. */
void semaphore_init(struct semaphore *, uint32_t value);

/* Takes a permit; waits for one. 0, or -EINTR: a signal came while it waited, and nothing was taken: so the
 * caller can look whether the server is stopping. Only a handler without SA_RESTART does that (signal(7)), and
 * only while it waits: a signal that comes just before is not noticed, so whoever sends one sends it again. */
int  semaphore_down(struct counters *, struct semaphore *);

/* Takes a permit if there is one. Makes no system call. */
bool semaphore_try_down(struct semaphore *);

/* Adds a permit. Whoever takes it may free the semaphore at once: it is not touched any more. */
void semaphore_up(struct counters *, struct semaphore *);

#endif
