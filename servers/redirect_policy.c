/* redirect_policy.c - whose turn it is: four ways to deal requests to the slaves that are alive.
 *
 *     round_robin   smooth weighted: A=2 B=1 gives A B A A B A ...
 *     random        each turn by lot, with chances as the weights
 *     least_loaded  the fewest connections (what the slave said last, and what was dealt since) for its weight
 *     hash          the same path to the same slave
 *
 * All state is a few counters in shared memory, changed by one atomic instruction each: threads and processes
 * deal from the same pack, and nobody waits.
 *
 * Round robin is a table with one round in it (redirect_config.c) and a counter. When it is a dead slave's
 * turn, the turn is not the next one's in the table, who would carry the load of both: such turns are counted
 * apart, and dealt in the order of a table in which only the living stand. So the weights hold among them.
 *
 * Hash is rendezvous hashing: each slave has as many tickets as its weight, each ticket draws a number from
 * the path, and the highest one wins. A slave that is added wins only paths that it should have, and takes
 * none from one neighbour more than from another; when one dies, its paths go to whoever drew the second
 * highest number, and come back with it.
 *
 * SPDX-License-Identifier: MIT */
#include "redirect_parts.h"

/* ---- bits, numbers ---- */

static bool has(uint64_t set, int i)
{
	return set >> i & 1;
}

uint64_t redirect_alive(const struct redirect_config *config, const struct redirect_shared *shared)
{
	uint64_t all = ~UINT64_C(0) >> (64 - config->n_slaves);
	return all & ~atomic_load_explicit(&shared->dead, memory_order_relaxed);
}

static uint64_t next_of(atomic_uint_least64_t *counter)
{
	return atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* Makes of any number one in which every bit depends on all of it: the end of SplitMix64. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);

/* ---- round robin ---- */

/* Turn number k of a table without the dead ones. At most REDIRECT_SLAVES_MAX * REDIRECT_WEIGHT_MAX steps. */
static int turn_among(const struct redirect_config *config, uint64_t alive, uint64_t k)
{
	uint64_t turns = 0;
	for (int i = 0; i < config->n_slaves; i++)
		if (has(alive, i))
			turns += (uint64_t)config->slaves[i].turns;
	k = turns ? k % turns : 0;
	for (int turn = 0; turn < config->n_turns; turn++)
		if (has(alive, config->turns[turn]) && k-- == 0)
			return config->turns[turn];
	return -1; /* no one is alive */
}

static int by_turn(const struct redirect_config *config, struct redirect_shared *shared, uint64_t alive)
{
	int slave = config->turns[next_of(&shared->turn) % (unsigned)config->n_turns];
	return has(alive, slave) ? slave : turn_among(config, alive, next_of(&shared->instead));
}

/* ---- by lot ---- */

static int by_lot(const struct redirect_config *config, struct redirect_shared *shared, uint64_t alive,
		  int64_t now_ms)
{
	uint64_t weights = 0, draw = mix((next_of(&shared->turn) + 1) * golden ^ mix((uint64_t)now_ms));
	for (int i = 0; i < config->n_slaves; i++)
		if (has(alive, i))
			weights += (uint64_t)config->slaves[i].weight;
	int64_t left = weights ? (int64_t)(draw % weights) : -1;
	int slave = -1;
	while (left >= 0)
		if (has(alive, ++slave))
			left -= config->slaves[slave].weight;
	return slave;
}

/* ---- by load ---- */

/* Connections that it has by what we know, and one more: this request. */
static uint64_t load_with_one_more(const struct redirect_known *known)
{
	uint64_t dealt = atomic_load_explicit(&known->dealt, memory_order_relaxed);
	uint64_t by_then = atomic_load_explicit(&known->dealt_by_then, memory_order_relaxed);
	int load = atomic_load_explicit(&known->load, memory_order_relaxed);
	return (load > 0 ? (uint64_t)load : 0) + (dealt > by_then ? dealt - by_then : 0) + 1;
}

/* Among equals the turn decides, or the first would have them all. */
static int by_load(const struct redirect_config *config, struct redirect_shared *shared, uint64_t alive)
{
	int best = -1, at = (int)(next_of(&shared->turn) % (unsigned)config->n_slaves);
	uint64_t best_load = 0;
	for (int n = 0; n < config->n_slaves; n++, at = at + 1 < config->n_slaves ? at + 1 : 0) {
		if (!has(alive, at))
			continue;
		uint64_t load = load_with_one_more(&shared->known[at]);
		if (best < 0 || load * (uint64_t)config->slaves[best].weight <
					best_load * (uint64_t)config->slaves[at].weight) {
			best = at;
			best_load = load;
		}
	}
	return best;
}

/* ---- by path ---- */

uint64_t redirect_hash(struct http_text text)
{
	uint64_t h = text.len;
	for (size_t i = 0; i < text.len; i++)
		h = mix(h ^ (unsigned char)text.text[i]);
	return h;
}

static int by_path(const struct redirect_config *config, uint64_t alive, struct http_text path)
{
	uint64_t key = redirect_hash(path), highest = 0;
	int winner = -1;
	for (int i = 0; i < config->n_slaves; i++) {
		if (!has(alive, i))
			continue;
		for (int ticket = 0; ticket < config->slaves[i].weight; ticket++) {
			uint64_t number = mix(key ^ (config->slaves[i].hash + (uint64_t)ticket * golden));
			if (winner < 0 || number > highest) {
				winner = i;
				highest = number;
			}
		}
	}
	return winner;
}

/* ---- all of them ---- */

int redirect_pick(const struct redirect_config *config, struct redirect_shared *shared, int64_t now_ms,
		  struct http_text path)
{
	uint64_t alive = redirect_alive(config, shared);
	int slave = -1;
	if (!alive)
		return -1;
	if (config->policy == REDIRECT_ROUND_ROBIN)
		slave = by_turn(config, shared, alive);
	else if (config->policy == REDIRECT_RANDOM)
		slave = by_lot(config, shared, alive, now_ms);
	else if (config->policy == REDIRECT_LEAST_LOADED)
		slave = by_load(config, shared, alive);
	else
		slave = by_path(config, alive, path);
	next_of(&shared->known[slave].dealt);
	return slave;
}
