/* semaphore.c - down, up, and the one word between them; see semaphore.h for its states.
 *
 * futex(2) FUTEX_WAIT and FUTEX_WAKE, at most one wake for an up, and one wait for each time that a down has to
 * sleep. The loops around compare-and-swap do not wait for anybody: one goes round only when another thread's
 * step succeeded.
 *
 * Traps. FUTEX_WAIT that was woken says 0 even when a signal came as well, so who leaves with EINTR takes no
 * wake-up with it that was meant for another. A waiter that leaves between up's addition and its wake leaves
 * the permit behind, which the next down finds. And after the addition the semaphore may be gone: so up looks
 * at nothing but what it got from that one step; to wake an address where nobody sleeps any more is harmless.
 *
 * futex(2), futex(7); E. W. Dijkstra, "Cooperating sequential processes" (EWD 123); U. Drepper, "Futexes are
 * tricky".
 *
 * SPDX-License-Identifier: MIT */
#include "semaphore.h"

#include <errno.h>
#include <string.h>

#include "log.h"
#include "sys.h"

static const uint64_t ONE_WAITER = (uint64_t)1 << 32;

static uint32_t value_of(uint64_t state)
{
	return (uint32_t)state;
}

static uint32_t waiters_of(uint64_t state)
{
	return (uint32_t)(state >> 32);
}

/* A futex has 32 bits: the half of the word that is the value. */
static const uint32_t *value_word(const struct semaphore *s)
{
	return (const uint32_t *)(const void *)&s->state + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

/* Takes a permit if there is one; `waiter` (0 or ONE_WAITER) goes with it. */
static bool take(struct semaphore *s, uint64_t waiter)
{
	uint64_t state = atomic_load_explicit(&s->state, memory_order_relaxed);
	while (value_of(state))
		if (atomic_compare_exchange_weak_explicit(&s->state, &state, state - waiter - 1,
							  memory_order_acquire, memory_order_relaxed))
			return true;
	return false;
}

void semaphore_init(struct semaphore *s, uint32_t value)
{
	atomic_init(&s->state, value);
}

bool semaphore_try_down(struct semaphore *s)
{
	return take(s, 0);
}

int semaphore_down(struct counters *c, struct semaphore *s)
{
	if (take(s, 0))
		return 0;
	atomic_fetch_add_explicit(&s->state, ONE_WAITER, memory_order_relaxed);
	while (!take(s, ONE_WAITER)) {
		int error = sys_futex_wait(c, value_word(s), 0);
		if (error == -EINTR) {
			atomic_fetch_sub_explicit(&s->state, ONE_WAITER, memory_order_relaxed);
			return -EINTR;
		}
		if (error && error != -EAGAIN) /* with another one it would go round for ever */
			die_bug("futex: %s", strerrordesc_np(-error));
	}
	return 0;
}

void semaphore_up(struct counters *c, struct semaphore *s)
{
	uint64_t before = atomic_fetch_add_explicit(&s->state, 1, memory_order_release);
	if (value_of(before) < waiters_of(before))
		sys_futex_wake(c, value_word(s), 1);
}
