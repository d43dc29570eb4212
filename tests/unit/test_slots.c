/* test_slots.c - whose a session is: as a table for one thread, and with threads that meet.
 *
 * SPDX-License-Identifier: MIT */
#include "core/slots.h"

#include <pthread.h>
#include <sched.h>

#include "core/backend.h"
#include "tests/unit/check.h"

enum { CAPACITY = 64, STATE_SIZE = 24, N_THREADS = 4, N_EACH = 20000 };

static struct counters counters;

static struct slots *fresh(bool shared)
{
	static struct slots slots;
	if (slots.base)
		slots_close(&slots);
	slots = (struct slots){ .shared = shared };
	CHECK_INT(slots_open(&slots, CAPACITY, STATE_SIZE), 0);
	return &slots;
}

static enum slot_state state_of(const struct slot *slot)
{
	return (enum slot_state)atomic_load(&slot->state);
}

/* ---- one thread ---- */

static void a_slot_goes_round(void)
{
	for (int shared = 0; shared < 2; shared++) {
		struct slots *s = fresh(shared);
		check_note("shared %d", shared);
		struct slot *slot = slot_take(s, &counters);
		CHECK_INT(state_of(slot), SLOT_TAKEN);
		CHECK_INT(s->n_live, 1);
		CHECK(slot_release(s, slot));
		CHECK_INT(state_of(slot), SLOT_PARKED);
		CHECK(slot_claim(s, slot));
		CHECK_INT(state_of(slot), SLOT_TAKEN);
		slot_give_back(s, &counters, slot);
		CHECK(!slot_is_live(slot));
		CHECK_INT(s->n_live, 0);
		CHECK(!slot_claim(s, slot));
		CHECK(slot_take(s, &counters) == slot);
		CHECK_INT(s->touched, 1);
	}
	check_note("%s", "");
}

/* A loop alone has nothing to note: it finds the session's bits when it parks it. */
static void a_loop_alone_misses_nothing(void)
{
	struct slots *s = fresh(false);
	struct slot *slot = slot_take(s, &counters);
	CHECK(!slot_claim(s, slot));
	CHECK_INT(state_of(slot), SLOT_TAKEN);
	CHECK(slot_release(s, slot));
	CHECK_INT(slot->session.client.ready, 0);
}

static void what_came_meanwhile_is_heard_at_release(void)
{
	struct slots *s = fresh(true);
	struct slot *slot = slot_take(s, &counters);
	CHECK(!slot_claim(s, slot));
	CHECK(!slot_claim(s, slot));
	CHECK_INT(state_of(slot), SLOT_MISSED);
	CHECK(!slot_release(s, slot)); /* both at once */
	CHECK_INT(state_of(slot), SLOT_TAKEN);
	/* The end is not expected: to the next receive it would mean that a short read has not emptied the socket. */
	CHECK_INT(slot->session.client.ready, WATCH_READ | WATCH_WRITE);
	CHECK(slot_release(s, slot));
	CHECK(slot_claim(s, slot));
}

static void both_ends_are_worth_trying_then(void)
{
	struct slots *s = fresh(true);
	struct slot *slot = slot_take(s, &counters);
	struct reach reach = { 0 };
	slot->session.reach = &reach;
	CHECK(!slot_claim(s, slot));
	CHECK(!slot_release(s, slot));
	CHECK_INT(reach.origin.ready, WATCH_READ | WATCH_WRITE);
}

static void a_missed_one_can_end(void)
{
	struct slots *s = fresh(true);
	struct slot *slot = slot_take(s, &counters);
	CHECK(!slot_claim(s, slot));
	slot_give_back(s, &counters, slot);
	CHECK(!slot_claim(s, slot));
	CHECK(!slot_is_live(slot));
	CHECK(slot_take(s, &counters) == slot);
	CHECK_INT(state_of(slot), SLOT_TAKEN);
}

static void late_tokens_find_no_one(void)
{
	struct slots *s = fresh(true);
	struct slot *slot = slot_take(s, &counters);
	uint64_t client = slot_token(s, slot, IO_CLIENT), origin = slot_token(s, slot, IO_ORIGIN);
	CHECK(client >> 32 != 0); /* those are the loop's own */
	CHECK_INT(client & 1, 0);
	CHECK_INT(origin & 1, 1);
	CHECK(slot_of(s, client) == slot);
	CHECK(slot_of(s, origin) == slot);
	slot_give_back(s, &counters, slot);
	CHECK(slot_of(s, client) == NULL);
	CHECK(slot_take(s, &counters) == slot);
	CHECK(slot_of(s, client) == NULL);
	CHECK(slot_token(s, slot, IO_CLIENT) != client);
}

static void generation_0_is_no_ones(void)
{
	struct slots *s = fresh(false);
	struct slot *slot = slot_take(s, &counters);
	slot->generation = UINT32_MAX;
	slot_give_back(s, &counters, slot);
	CHECK(slot_take(s, &counters) == slot);
	CHECK_INT(slot->generation, 1);
}

/* Those that were given come after those that waited already, in the order in which they were given. */
static void the_run_queue_keeps_the_order(void)
{
	struct slots *s = fresh(true);
	struct slot *slots[6];
	for (int i = 0; i < 6; i++)
		slots[i] = slot_take(s, &counters);
	slots_enqueue(s, slots[0]);
	for (int i = 1; i < 4; i++)
		slots_give(s, slots[i]);
	CHECK(slots_given(s));
	CHECK_INT(s->n_queued, 1);
	slots_take_given(s);
	CHECK(!slots_given(s));
	slots_enqueue(s, slots[4]);
	slots_give(s, slots[5]);
	slots_take_given(s);
	CHECK_INT(s->n_queued, 6);
	for (int i = 0; i < 6; i++)
		CHECK(slots_dequeue(s) == slots[i]);
	CHECK_INT(s->n_queued, 0);
	slots_take_given(s);
	CHECK_INT(s->n_queued, 0);
}

static void alone_there_is_no_lock(void)
{
	struct slots *s = fresh(false);
	slots_lock(s, &counters);
	slots_lock(s, &counters); /* it would not come back */
	slots_unlock(s, &counters);
	slots_unlock(s, &counters);
	CHECK_INT(count_get(&counters, COUNT_FUTEX), 0);
}

/* ---- threads that meet ---- */

struct meeting {
	struct slots *slots;
	struct slot  *slot;
	unsigned      plain;   /* no atomic: the claim guards it */
	atomic_uint   n_events, n_seen;
};

struct member {
	pthread_t       thread;
	struct meeting *meeting;
	struct counters counters;
	unsigned        n_claims;
};

static void meet(struct meeting *m, struct member *members, void *(*run)(void *))
{
	for (int i = 0; i < N_THREADS; i++) {
		members[i] = (struct member){ .meeting = m };
		CHECK_INT(pthread_create(&members[i].thread, NULL, run, &members[i]), 0);
	}
	for (int i = 0; i < N_THREADS; i++)
		pthread_join(members[i].thread, NULL);
}

/* An event for the session. Whoever has it looks at all events there are by then, and again if it is told of more. */
static void *bring_events(void *argument)
{
	struct member *member = argument;
	struct meeting *m = member->meeting;
	for (int i = 0; i < N_EACH; i++) {
		atomic_fetch_add(&m->n_events, 1);
		if (!slot_claim(m->slots, m->slot))
			continue;
		member->n_claims++;
		m->plain++;
		do
			atomic_store(&m->n_seen, atomic_load(&m->n_events));
		while (!slot_release(m->slots, m->slot));
	}
	return NULL;
}

static void one_owner_and_no_event_is_lost(void)
{
	struct meeting m = { .slots = fresh(true) };
	struct member members[N_THREADS];
	unsigned n_claims = 0;
	m.slot = slot_take(m.slots, &counters);
	CHECK(slot_release(m.slots, m.slot));
	meet(&m, members, bring_events);
	for (int i = 0; i < N_THREADS; i++)
		n_claims += members[i].n_claims;
	CHECK_INT(m.plain, n_claims);
	CHECK_INT(m.n_seen, N_THREADS * N_EACH);
	CHECK_INT(state_of(m.slot), SLOT_PARKED);
}

/* Takes slots and gives each to the one who empties the list, until none is left. */
static void *give(void *argument)
{
	struct member *member = argument;
	struct meeting *m = member->meeting;
	for (unsigned i; (i = atomic_fetch_add(&m->n_events, 1)) < CAPACITY;)
		slots_give(m->slots, slot_at(m->slots, i + 1));
	return NULL;
}

static void what_many_give_arrives_once(void)
{
	for (int round = 0; round < 200; round++) {
		struct meeting m = { .slots = fresh(true) };
		struct member members[N_THREADS];
		bool seen[CAPACITY + 1] = { false };
		for (int i = 0; i < CAPACITY; i++)
			slot_take(m.slots, &counters);
		for (int i = 0; i < N_THREADS; i++) {
			members[i] = (struct member){ .meeting = &m };
			CHECK_INT(pthread_create(&members[i].thread, NULL, give, &members[i]), 0);
		}
		for (int n = 0; n < CAPACITY;) {
			slots_take_given(m.slots);
			for (; m.slots->n_queued; n++) {
				struct slot *slot = slots_dequeue(m.slots);
				uint32_t number = (uint32_t)slot_token(m.slots, slot, IO_CLIENT) >> 1;
				CHECK(!seen[number]);
				seen[number] = true;
			}
			sched_yield();
		}
		for (int i = 0; i < N_THREADS; i++)
			pthread_join(members[i].thread, NULL);
		CHECK(!slots_given(m.slots));
	}
}

/* The thread that waits takes slots, the others give them back. */
static void *give_back(void *argument)
{
	struct member *member = argument;
	struct meeting *m = member->meeting;
	for (;;) {
		unsigned number = atomic_fetch_add(&m->n_seen, 1) + 1;
		if (number > CAPACITY)
			return NULL;
		while (!slot_is_live(slot_at(m->slots, number)))
			sched_yield();
		slot_give_back(m->slots, &member->counters, slot_at(m->slots, number));
	}
}

static void slots_come_back_from_others(void)
{
	struct meeting m = { .slots = fresh(true) };
	struct member members[N_THREADS];
	for (int i = 0; i < CAPACITY; i++)
		slot_take(m.slots, &counters);
	CHECK_INT(m.slots->n_live, CAPACITY);
	meet(&m, members, give_back);
	CHECK_INT(m.slots->n_live, 0);
	for (int i = 0; i < CAPACITY; i++)
		CHECK(slot_take(m.slots, &counters) != NULL);
	CHECK_INT(m.slots->touched, CAPACITY);
	CHECK_INT(m.slots->n_live, CAPACITY);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(a_slot_goes_round),
		TEST(a_loop_alone_misses_nothing),
		TEST(what_came_meanwhile_is_heard_at_release),
		TEST(both_ends_are_worth_trying_then),
		TEST(a_missed_one_can_end),
		TEST(late_tokens_find_no_one),
		TEST(generation_0_is_no_ones),
		TEST(the_run_queue_keeps_the_order),
		TEST(alone_there_is_no_lock),
		TEST(one_owner_and_no_event_is_lost),
		TEST(what_many_give_arrives_once),
		TEST(slots_come_back_from_others),
		{ 0 }
	};
	return run_tests(tests);
}
