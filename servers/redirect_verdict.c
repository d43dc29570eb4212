/* redirect_verdict.c - what a check of a slave changes: its row in the table, its place in the turn.
 *
 *     good checks in a row:  0 ... rise ---> the slave's bit in `dead` is cleared
 *     bad ones:              0 ... fall ---> it is set
 *
 * That bit is all that an answer looks at, so a dead slave leaves the turn with the next request, in every
 * thread and process. The rest of the row is for /master/status and for the policy least_loaded. Relaxed
 * atomics: each value is of use by itself, none says anything about another.
 *
 * SPDX-License-Identifier: MIT */
#include "redirect_parts.h"

static void set(atomic_int *value, int to)
{
	atomic_store_explicit(value, to, memory_order_relaxed);
}

static void count(atomic_uint_least64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static void move(struct redirect_shared *shared, int slave, bool dead, int64_t now_ms)
{
	uint64_t bit = UINT64_C(1) << slave;
	uint64_t before = dead ? atomic_fetch_or_explicit(&shared->dead, bit, memory_order_relaxed)
			       : atomic_fetch_and_explicit(&shared->dead, ~bit, memory_order_relaxed);
	if (!(before & bit) == dead)
		atomic_store_explicit(&shared->known[slave].since_ms, now_ms, memory_order_relaxed);
}

/* The streak after one more check; it is not counted further than it matters. */
static int one_more(int in_a_row, bool good, const struct redirect_config *config)
{
	if (good)
		return in_a_row < 0 ? 1 : in_a_row < config->rise ? in_a_row + 1 : in_a_row;
	return in_a_row > 0 ? -1 : -in_a_row < config->fall ? in_a_row - 1 : in_a_row;
}

void redirect_judge(const struct redirect_config *config, struct redirect_shared *shared, int slave, int last,
		    int latency_ms, int64_t now_ms)
{
	struct redirect_known *known = &shared->known[slave];
	bool good = last > 0 && last < 500;
	int in_a_row = one_more(atomic_load_explicit(&known->in_a_row, memory_order_relaxed), good, config);
	set(&known->in_a_row, in_a_row);
	set(&known->last, last);
	count(&known->checks);
	if (good)
		set(&known->latency_ms, latency_ms);
	else
		count(&known->failures);
	if (in_a_row >= config->rise)
		move(shared, slave, false, now_ms);
	else if (-in_a_row >= config->fall)
		move(shared, slave, true, now_ms);
}

void redirect_note_load(struct redirect_known *known, int load)
{
	uint64_t dealt = atomic_load_explicit(&known->dealt, memory_order_relaxed);
	set(&known->load, load > 0 ? load - 1 : load);
	atomic_store_explicit(&known->dealt_by_then, dealt, memory_order_relaxed);
}
