/* cases_common.c - what every backend owes every service: unfriendly clients hurt no one but themselves.
 *
 * A "witness" is a client that is served while others misbehave. A backend that serves N clients at a time has
 * no place for it when N of them stay: such cases are skipped with that reason, and one shows this limit.
 *
 * SPDX-License-Identifier: MIT */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "tests/conform/dialect.h"
#include "tests/conform/watch.h"

void ask(struct client *c)
{
	say_text(c, c->p->dialect->request);
	c->p->dialect->hear_answer(c);
}

void ask_as_new_client(struct probe *p)
{
	struct client *c = dial(p);
	ask(c);
	hang_up(c);
}

/* ---- resets ---- */

static void reset_in_mid_request(struct probe *p)
{
	for (int i = 0; i < 20; i++) {
		struct client *c = dial(p);
		say_text(c, p->dialect->begun);
		if (i % 2) /* half of them when the server has certainly seen the bytes */
			all_delivered(c);
		hang_up_hard(c);
	}
	ask_as_new_client(p);
}

static void reset_before_saying_anything(struct probe *p)
{
	for (int i = 0; i < 20; i++)
		hang_up_hard(dial(p));
	ask_as_new_client(p);
}

/* The server finds the reset while it sends: EPIPE or ECONNRESET, never SIGPIPE. */
static void reset_while_answers_are_pending(struct probe *p)
{
	const char *flood = take_copies(p, p->dialect->flood, 200);
	for (int i = 0; i < 10; i++) {
		struct client *c = dial_narrow(p);
		stuff(c, flood, strlen(flood), 200000);
		hang_up_hard(c);
	}
	ask_as_new_client(p);
}

/* Closing with unread answers also makes the kernel send a reset. */
static void close_without_reading(struct probe *p)
{
	for (int i = 0; i < 10; i++) {
		struct client *c = dial(p);
		for (int k = 0; k < 20; k++)
			say_text(c, p->dialect->request);
		hang_up(c);
	}
	ask_as_new_client(p);
}

/* ---- clients that hold on ---- */

enum { CROWD = 20 };

static void silent_clients(struct probe *p)
{
	struct client *silent[CROWD];
	need_at_once(p, CROWD + 1);
	for (int i = 0; i < CROWD; i++)
		silent[i] = dial(p);
	for (int i = 0; i < 5; i++)
		ask_as_new_client(p);
	for (int i = CROWD; i-- > 0;)
		ask(silent[i]);
}

static void half_said_clients(struct probe *p)
{
	need_at_once(p, CROWD + 1);
	for (int i = 0; i < CROWD; i++)
		say_text(dial(p), p->dialect->begun);
	for (int i = 0; i < 5; i++)
		ask_as_new_client(p);
}

static long memory_kib(struct probe *p)
{
	struct holding now;
	if (watch_server(p->server_pid, &now) < 0)
		expected(p, "there is no such process", "the server, process %d, runs", p->server_pid);
	return now.memory_kib;
}

/* All of them send until none could send for a hundred answers to the witness: so the witness is served all the
 * while, and the server had its turns to take more. */
static void stuff_until_full(struct probe *p, struct client **crowd, struct client *witness)
{
	enum { QUIET = 100, AT_MOST = 16 << 20 };
	const char *flood = take_copies(p, p->dialect->flood, 1000);
	for (int quiet = 0; quiet < QUIET; quiet++) {
		for (int i = 0; i < CROWD; i++)
			if (crowd[i]->stuffed < AT_MOST && stuff(crowd[i], flood, strlen(flood), 65536))
				quiet = 0;
		ask(witness);
	}
}

static void never_reads(struct probe *p)
{
	struct client *crowd[CROWD];
	size_t sent = 0;
	need_at_once(p, CROWD + 1);
	struct client *witness = dial(p);
	ask(witness);
	for (int i = 0; i < CROWD; i++)
		ask(crowd[i] = dial_narrow(p));
	long before = p->server_pid ? memory_kib(p) : 0;
	stuff_until_full(p, crowd, witness);
	for (int i = 0; i < CROWD; i++)
		sent += crowd[i]->stuffed;
	STEP(p, "%d clients have sent %zu bytes and read no answer", CROWD, sent);
	long grown = p->server_pid ? memory_kib(p) - before : 0;
	char got[64];
	snprintf(got, sizeof got, "it grew by %ld KiB", grown);
	if (grown > p->memory_mib * 1024L)
		expected(p, got, "the server's memory grows by at most %d MiB", p->memory_mib);
	hang_up_all(p);
	ask_as_new_client(p);
}

/* ---- many clients ---- */

/* Also more than the server has places for (--crowd): they wait, and each gets its turn. */
static void crowd_at_once(struct probe *p)
{
	for (int i = 0; i < p->crowd; i++)
		dial(p);
	for (int i = 0; i < p->crowd; i++)
		say_text(&p->clients[i], p->dialect->request);
	for (int i = 0; i < p->crowd; i++) {
		p->dialect->hear_answer(&p->clients[i]);
		hang_up(&p->clients[i]); /* one place more for those who wait */
	}
}

/* The limit itself: with all places taken the next client is connected (by the kernel, listen(2)) and not
 * served, until one of the others leaves. */
static void next_waits_until_one_leaves(struct probe *p)
{
	struct client *held = p->clients; /* the first ones, in this order */
	if (!p->at_once || p->at_once > MAX_CLIENTS - 2)
		story_skip(&p->story, "there is no such limit");
	for (int i = 0; i < p->at_once; i++)
		ask(dial(p));
	struct client *next = dial(p);
	say_text(next, p->dialect->request);
	all_delivered(next);
	for (int i = 0; i < 10 * p->at_once; i++)
		ask(&held[i % p->at_once]);
	if (!hears_nothing(next))
		expected(p, "it has", "client %d has no answer while %d others stay", next->number, p->at_once);
	STEP(p, "client %d waits", next->number);
	hang_up(&held[0]);
	p->dialect->hear_answer(next);
}

/* ---- what is left behind ---- */

static void leave_in_every_way(struct probe *p)
{
	for (int i = 0; i < 100 + 2 * p->processes; i++) {
		struct client *c = dial(p);
		if (i & 1)
			ask(c);
		if (i & 2)
			say_text(c, p->dialect->begun);
		if (i & 4)
			finish(c);
		if (i % 3)
			hang_up(c);
		else
			hang_up_hard(c);
	}
}

/* The server notices the ends in its own time: what it holds is looked at until it is as little as in the
 * beginning. A few more are allowed for what a first client made it open: a file in each process, so there are more
 * clients than processes. */
static void nothing_is_left_open(struct probe *p)
{
	enum { SLACK = 8 };
	struct holding before = p->at_start, now;
	int most_fds = before.fds + SLACK + p->processes, most_tasks = before.tasks + SLACK;
	if (!p->server_pid)
		story_skip(&p->story, "needs --server-pid");
	ask_as_new_client(p);
	leave_in_every_way(p);
	for (int64_t end = clock_ms() + p->patience_ms;;) {
		if (watch_server(p->server_pid, &now) < 0)
			expected(p, "it has ended", "the server runs");
		if (now.fds <= most_fds && now.tasks <= most_tasks)
			break;
		if (clock_ms() > end) {
			char got[96];
			snprintf(got, sizeof got, "%d descriptors and %d threads", now.fds, now.tasks);
			expected(p, got, "the server holds no more than %d descriptors and %d threads", most_fds,
				 most_tasks);
		}
		poll(NULL, 0, 1); /* between two looks; what is waited for is the count */
	}
	ask_as_new_client(p);
}

const struct test_case common_cases[] = {
	{ "reset_before_saying_anything", reset_before_saying_anything, false },
	{ "reset_in_mid_request", reset_in_mid_request, false },
	{ "reset_while_answers_are_pending", reset_while_answers_are_pending, false },
	{ "close_without_reading", close_without_reading, false },
	{ "silent_clients", silent_clients, false },
	{ "half_said_clients", half_said_clients, false },
	{ "never_reads", never_reads, true },
	{ "crowd_at_once", crowd_at_once, false },
	{ "next_waits_until_one_leaves", next_waits_until_one_leaves, false },
	{ "nothing_is_left_open", nothing_is_left_open, false },
	{ 0 },
};
