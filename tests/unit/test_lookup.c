/* test_lookup.c - names beside a loop: one that the resolver is slow with holds up no other. The resolver is ours here:
 * it knows every name, and answers for "slow" when it is told to.
 *
 * SPDX-License-Identifier: MIT */
#include "core/lookup.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"

enum { SLOW_NAMES = 8, WAIT_MS = 30000 };

/* ---- the resolver ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t  changed = PTHREAD_COND_INITIALIZER;
static bool            slow_is_answered;

static void set_slow_is_answered(bool answered)
{
	pthread_mutex_lock(&lock);
	slow_is_answered = answered;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

/* Instead of the C library's. */
int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
		struct addrinfo **restrict list)
{
	(void)service;
	(void)hints;
	pthread_mutex_lock(&lock);
	while (strcmp(name, "slow") == 0 && !slow_is_answered)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	*list = calloc(1, sizeof **list);
	return *list ? 0 : EAI_MEMORY;
}

void freeaddrinfo(struct addrinfo *list)
{
	free(list);
}

/* ---- the tests ---- */

static char owners[SLOW_NAMES + 1];

static struct session *owner(int i)
{
	return (struct session *)(void *)&owners[i];
}

static struct session *next_finished(struct lookups *all, int event_fd)
{
	struct pollfd wait = { .fd = event_fd, .events = POLLIN };
	CHECK_INT(poll(&wait, 1, WAIT_MS), 1);
	lookups_heard(all);
	return lookups_finished(all);
}

static void check_found(struct lookups *all, struct lookup *l)
{
	struct addrinfo *list = NULL;
	CHECK_INT(lookup_result(all, l, &list), 0);
	CHECK(list);
	freeaddrinfo(list);
	lookup_drop(all, l);
}

/* All of them are asked for before any helper has begun. */
static void slow_names_hold_up_no_other(void)
{
	int event_fd = -1;
	struct addrinfo *list;
	struct lookup *slow[SLOW_NAMES];
	struct lookups *all = lookups_open(&event_fd);
	set_slow_is_answered(false);
	for (int i = 0; i < SLOW_NAMES; i++)
		slow[i] = lookup_start(all, owner(i), "slow", 80);
	struct lookup *fast = lookup_start(all, owner(SLOW_NAMES), "fast", 80);
	CHECK(next_finished(all, event_fd) == owner(SLOW_NAMES));
	check_found(all, fast);
	CHECK_INT(lookup_result(all, slow[0], &list), -EAGAIN);
	set_slow_is_answered(true);
	for (int i = 0; i < SLOW_NAMES;) {
		i += next_finished(all, event_fd) != NULL;
		while (lookups_finished(all))
			i++;
	}
	for (int i = 0; i < SLOW_NAMES; i++)
		check_found(all, slow[i]);
	lookups_close(all);
}

/* Whoever asked has left, and the helpers are where they were. */
static void a_dropped_name_holds_up_no_other(void)
{
	int event_fd = -1;
	struct lookups *all = lookups_open(&event_fd);
	set_slow_is_answered(false);
	for (int i = 0; i < SLOW_NAMES; i++)
		lookup_drop(all, lookup_start(all, owner(i), "slow", 80));
	struct lookup *fast = lookup_start(all, owner(SLOW_NAMES), "fast", 80);
	CHECK(next_finished(all, event_fd) == owner(SLOW_NAMES));
	check_found(all, fast);
	CHECK(!lookups_finished(all));
	set_slow_is_answered(true);
	lookups_close(all);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(slow_names_hold_up_no_other),
		TEST(a_dropped_name_holds_up_no_other),
		{ 0 },
	};
	return run_tests(tests);
}
