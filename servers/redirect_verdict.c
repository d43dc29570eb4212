/* redirect_verdict.c - what a check of a slave changes: its row in the table, its place in the turn.
 *
 *     good checks in a row:  0 ... rise ---> the slave's bit in `dead` is cleared
 *     bad ones:              0 ... fall ---> it is set
 *
 * That bit is all that an answer looks at, so a dead slave leaves the turn with the next request, in every
 * thread and process. The rest of the row is for /master/status and for the policy least_loaded. Relaxed
 * atomics: each value is of use by itself, none says anything about another. Who leaves the turn or comes back is
 * said in the log, once.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/log.h"
#include "redirect_parts.h"

static void set(atomic_int *value, int to)
{
	atomic_store_explicit(value, to, memory_order_relaxed);
}

static void count(atomic_uint_least64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static void say_moved(const struct redirect_config *config, const struct redirect_shared *shared, int slave, bool dead,
		      int last)
{
	const char *where = config->slaves[slave].where;
	if (!dead)
		log_info("slave %s is alive again and back in the turn", where);
	else if (last < 0)
		log_warnx("slave %s is dead (%s): no more clients are sent there", where, strerrordesc_np(-last));
	else
		log_warnx("slave %s is dead (it answers %d): no more clients are sent there", where, last);
	if (dead && !redirect_alive(config, shared))
		log_warnx("no slave is alive: clients get 503");
}

/* True: it is news. */
static bool move(struct redirect_shared *shared, int slave, bool dead, int64_t now_ms)
{
	uint64_t bit = UINT64_C(1) << slave;
	uint64_t before = dead ? atomic_fetch_or_explicit(&shared->dead, bit, memory_order_relaxed)
			       : atomic_fetch_and_explicit(&shared->dead, ~bit, memory_order_relaxed);
	bool news = !(before & bit) == dead;
	if (news)
		atomic_store_explicit(&shared->known[slave].since_ms, now_ms, memory_order_relaxed);
	return news;
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
	bool rises = in_a_row >= config->rise, falls = -in_a_row >= config->fall;
	if ((rises || falls) && move(shared, slave, falls, now_ms))
		say_moved(config, shared, slave, falls, last);
}

void redirect_note_load(struct redirect_known *known, int load)
{
	uint64_t dealt = atomic_load_explicit(&known->dealt, memory_order_relaxed);
	set(&known->load, load > 0 ? load - 1 : load);
	atomic_store_explicit(&known->dealt_by_then, dealt, memory_order_relaxed);
}
