/* test_redirect_policy.c - the redirect master: who gets a request, of those that are alive.
 *
 * SPDX-License-Identifier: MIT */
#include "servers/redirect_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"
#include "tests/unit/redirect_cases.h"

static struct redirect_shared *shared;

static int pick(const struct redirect_config *config, const char *path)
{
	return redirect_pick(config, shared, 1000, (struct http_text){ path, strlen(path) });
}

/* Deals n requests of as many paths, and counts. dead: a bit for each slave that is. */
static void deal(const struct redirect_config *config, uint64_t dead, int n, int *counts)
{
	memset(counts, 0, REDIRECT_SLAVES_MAX * sizeof *counts);
	memset(shared, 0, sizeof *shared);
	shared->dead = dead;
	for (int i = 0; i < n; i++) {
		char path[32];
		snprintf(path, sizeof path, "/page/%d.html", i);
		int slave = pick(config, path);
		CHECK(slave >= 0 && slave < config->n_slaves && !(dead >> slave & 1));
		counts[slave]++;
	}
}

static struct redirect_config *of_policy(const char *policy, const char *const *slaves)
{
	const char *options[REDIRECT_SLAVES_MAX * 2] = { "--policy", policy };
	for (int i = 0; slaves[i]; i++)
		options[i + 2] = slaves[i];
	return good_config(options);
}

/* ---- who is alive ---- */

static void the_dead_get_nothing(void)
{
	const char *const slaves[] = { "--slave=a:1=5", "--slave=b:1", "--slave=c:1=2", "--slave=d:1", NULL };
	int counts[REDIRECT_SLAVES_MAX];
	for (int policy = 0; redirect_policy_names[policy]; policy++) {
		struct redirect_config *config = of_policy(redirect_policy_names[policy], slaves);
		for (uint64_t dead = 0; dead < 15; dead++) {
			check_note("%s, dead %d", redirect_policy_names[policy], (int)dead);
			deal(config, dead, 900, counts);
		}
		memset(shared, 0, sizeof *shared);
		shared->dead = 15;
		CHECK_INT(pick(config, "/"), -1);
		CHECK_INT(shared->turn + shared->instead, 0);
		shared->dead = 11; /* one comes back */
		CHECK_INT(pick(config, "/"), 2);
		free(config);
	}
	check_note("%s", "");
}

static void all_64_may_live(void)
{
	const char *options[REDIRECT_SLAVES_MAX + 1] = { NULL };
	char names[REDIRECT_SLAVES_MAX][40];
	int counts[REDIRECT_SLAVES_MAX];
	for (int i = 0; i < REDIRECT_SLAVES_MAX; i++) {
		snprintf(names[i], sizeof names[i], "--slave=a:%d", i + 1);
		options[i] = names[i];
	}
	struct redirect_config *config = good_config(options);
	memset(shared, 0, sizeof *shared);
	CHECK_INT(__builtin_popcountll(redirect_alive(config, shared)), 64);
	deal(config, UINT64_MAX >> 1, 10, counts);
	CHECK_INT(counts[63], 10);
	free(config);
}

/* ---- round robin ---- */

static void turns_of_the_dead_go_to_all_the_others(void)
{
	static const struct {
		const char *slaves[5];
		uint64_t dead;
		int n, want[4];
	} cases[] = {
		{ { "--slave=a:1", "--slave=b:1", "--slave=c:1" }, 0, 300, { 100, 100, 100 } },
		{ { "--slave=a:1", "--slave=b:1", "--slave=c:1" }, 1, 300, { 0, 150, 150 } },
		{ { "--slave=a:1", "--slave=b:1", "--slave=c:1" }, 3, 300, { 0, 0, 300 } },
		{ { "--slave=a:1=5", "--slave=b:1", "--slave=c:1" }, 1, 700, { 0, 350, 350 } },
		{ { "--slave=a:1=5", "--slave=b:1", "--slave=c:1" }, 4, 600 * 7, { 3500, 700 } },
		{ { "--slave=a:1=4", "--slave=b:1=2", "--slave=c:1=2" }, 2, 1200, { 800, 0, 400 } },
		{ { "--slave=a:1=3", "--slave=b:1=2", "--slave=c:1=1", "--slave=d:1=4" },
		  9,
		  1500,
		  { 0, 1000, 500 } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int counts[REDIRECT_SLAVES_MAX];
		struct redirect_config *config = of_policy("round_robin", cases[i].slaves);
		deal(config, cases[i].dead, cases[i].n, counts);
		check_note("case %zu", i);
		for (int slave = 0; slave < config->n_slaves; slave++) {
			CHECK_INT(counts[slave], cases[i].want[slave]);
			CHECK_INT(shared->known[slave].dealt, counts[slave]);
		}
		free(config);
	}
	check_note("%s", "");
}

/* No one has two of the dead one's turns before the others had theirs. */
static void turns_of_the_dead_are_spread(void)
{
	const char *const slaves[] = { "--slave=a:1=3", "--slave=b:1", "--slave=c:1", "--slave=d:1", NULL };
	struct redirect_config *config = of_policy("round_robin", slaves);
	int counts[REDIRECT_SLAVES_MAX] = { 0 };
	memset(shared, 0, sizeof *shared);
	shared->dead = 1;
	for (int i = 0; i < 600; i++) {
		counts[pick(config, "/")]++;
		for (int a = 1; a < 4; a++)
			for (int b = 1; b < 4; b++)
				CHECK(counts[a] - counts[b] <= 2);
	}
	free(config);
}

/* ---- by lot ---- */

static void chances_are_as_the_weights(void)
{
	const char *const slaves[] = { "--slave=a:1=1", "--slave=b:1=3", "--slave=c:1=6", NULL };
	struct redirect_config *config = of_policy("random", slaves);
	int counts[REDIRECT_SLAVES_MAX];
	deal(config, 0, 10000, counts);
	CHECK(abs(counts[0] - 1000) < 150);
	CHECK(abs(counts[1] - 3000) < 250);
	CHECK(abs(counts[2] - 6000) < 250);
	deal(config, 4, 10000, counts);
	CHECK(abs(counts[0] - 2500) < 250);
	CHECK(abs(counts[1] - 7500) < 250);
	free(config);
}

static void lots_have_no_pattern(void)
{
	const char *const slaves[] = { "--slave=a:1", "--slave=b:1", NULL };
	struct redirect_config *config = of_policy("random", slaves);
	int pairs[4] = { 0 }, last = 0;
	memset(shared, 0, sizeof *shared);
	for (int i = 0; i < 8000; i++) {
		int slave = pick(config, "/");
		pairs[last * 2 + slave]++;
		last = slave;
	}
	for (int i = 0; i < 4; i++)
		CHECK(abs(pairs[i] - 2000) < 250);
	free(config);
}

/* ---- by load ---- */

static void the_least_loaded_is_next(void)
{
	const char *const slaves[] = { "--slave=a:1", "--slave=b:1=2", "--slave=c:1", NULL };
	struct redirect_config *config = of_policy("least_loaded", slaves);
	int counts[REDIRECT_SLAVES_MAX];
	deal(config, 0, 400, counts); /* nobody tells: what was dealt counts, for the weight */
	CHECK(abs(counts[0] - 100) <= 1 && abs(counts[1] - 200) <= 1 && abs(counts[2] - 100) <= 1);
	memset(shared, 0, sizeof *shared);
	shared->known[0].load = 10;
	shared->known[1].load = 12; /* for two: as 6 */
	shared->known[2].load = 7;
	CHECK_INT(pick(config, "/"), 1); /* 13/2 against 8 */
	CHECK_INT(pick(config, "/"), 1);
	CHECK_INT(pick(config, "/"), 1);
	pick(config, "/"); /* 8 each */
	pick(config, "/");
	CHECK_INT(shared->known[1].dealt, 4);
	CHECK_INT(shared->known[2].dealt, 1);
	CHECK_INT(shared->known[0].dealt, 0);
	shared->known[0].load = -1; /* it tells no more */
	CHECK_INT(pick(config, "/"), 0);
	shared->known[1].load = 0; /* a check: what was dealt before it is in what it tells */
	shared->known[1].dealt_by_then = shared->known[1].dealt;
	CHECK_INT(pick(config, "/"), 1);
	free(config);
}

static void equals_have_turns(void)
{
	const char *const slaves[] = { "--slave=a:1", "--slave=b:1", "--slave=c:1", NULL };
	struct redirect_config *config = of_policy("least_loaded", slaves);
	int seen = 0;
	memset(shared, 0, sizeof *shared);
	for (int i = 0; i < 3; i++) { /* the same load again each time, as after a check */
		seen |= 1 << pick(config, "/");
		for (int k = 0; k < 3; k++)
			shared->known[k].dealt_by_then = shared->known[k].dealt;
	}
	CHECK_INT(seen, 7);
	free(config);
}

/* ---- by path ---- */

enum { KEYS = 10000 };

static void place_keys(const struct redirect_config *config, uint64_t dead, uint8_t *places)
{
	memset(shared, 0, sizeof *shared);
	shared->dead = dead;
	for (int i = 0; i < KEYS; i++) {
		char path[32];
		snprintf(path, sizeof path, "/%d/item%d", i % 97, i);
		places[i] = (uint8_t)pick(config, path);
	}
}

static void a_path_has_one_slave(void)
{
	const char *const slaves[] = { "--slave=a:1", "--slave=b:1=2", "--slave=c:1", NULL };
	struct redirect_config *config = of_policy("hash", slaves);
	int counts[REDIRECT_SLAVES_MAX];
	for (int i = 0; i < 100; i++)
		CHECK_INT(pick(config, "/the/same"), pick(config, "/the/same"));
	deal(config, 0, KEYS, counts);
	CHECK(abs(counts[0] - KEYS / 4) < 300 && abs(counts[1] - KEYS / 2) < 300 &&
	      abs(counts[2] - KEYS / 4) < 300);
	free(config);
}

static void a_new_slave_takes_its_share_and_no_more(void)
{
	static uint8_t before[KEYS], after[KEYS];
	const char *const four[] = { "--slave=a:1", "--slave=b:1", "--slave=c:1", "--slave=d:1", NULL };
	const char *const five[] = { "--slave=a:1", "--slave=b:1", "--slave=e:1",
				     "--slave=c:1", "--slave=d:1", NULL };
	static const int same[] = { 0, 1, 3, 4 };
	struct redirect_config *old = of_policy("hash", four), *new = of_policy("hash", five);
	int moved = 0, taken[4] = { 0 };
	place_keys(old, 0, before);
	place_keys(new, 0, after);
	for (int i = 0; i < KEYS; i++) {
		if (after[i] == same[before[i]])
			continue;
		CHECK_INT(after[i], 2); /* to the new one, and to no one else */
		taken[before[i]]++;
		moved++;
	}
	CHECK(abs(moved - KEYS / 5) < 300);
	for (int i = 0; i < 4; i++)
		CHECK(abs(taken[i] - KEYS / 20) < 150);
	free(old);
	free(new);
}

static void keys_of_the_dead_are_spread_and_come_back(void)
{
	static uint8_t before[KEYS], during[KEYS], after[KEYS];
	const char *const slaves[] = { "--slave=a:1", "--slave=b:1", "--slave=c:1", "--slave=d:1", NULL };
	struct redirect_config *config = of_policy("hash", slaves);
	int taken[4] = { 0 };
	place_keys(config, 0, before);
	place_keys(config, 2, during);
	place_keys(config, 0, after);
	for (int i = 0; i < KEYS; i++)
		if (before[i] != 1)
			CHECK_INT(during[i], before[i]);
		else
			taken[during[i]]++;
	CHECK_INT(taken[1], 0);
	for (int i = 0; i < 4; i++)
		CHECK(i == 1 || abs(taken[i] - KEYS / 12) < 200);
	CHECK(memcmp(before, after, sizeof before) == 0);
	free(config);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(the_dead_get_nothing),
		TEST(all_64_may_live),
		TEST(turns_of_the_dead_go_to_all_the_others),
		TEST(turns_of_the_dead_are_spread),
		TEST(chances_are_as_the_weights),
		TEST(lots_have_no_pattern),
		TEST(the_least_loaded_is_next),
		TEST(equals_have_turns),
		TEST(a_path_has_one_slave),
		TEST(a_new_slave_takes_its_share_and_no_more),
		TEST(keys_of_the_dead_are_spread_and_come_back),
		{ 0 },
	};
	shared = calloc(1, sizeof *shared);
	int status = run_tests(tests);
	free(shared);
	return status;
}
