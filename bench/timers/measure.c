/* measure.c - the operations, each timed by itself, on timers that are embedded in slots of a session's size.
 *
 * Time is made up: deadlines lie within a minute, as idle time-outs do, and the clock goes as fast as the work
 * is done.
 *
 *     add        from none to n, each for a random time
 *     later      each moves to a random later time, in random order
 *     earlier    and back
 *     wait       when is the next?
 *     cancel     from n to none, in random order
 *     expire     from n to none, as a loop does: for the time until the next, then pop all that are due
 *
 * And what a loop with n sessions does for one request of a random session, with a wait and a look at what is
 * due every ten requests. The deadline of a session is a minute after its last request; it makes ten in that
 * time.
 *
 *     noted      only writes the deadline into the slot: no timer, for comparison
 *     lazy       arms only if the timer would fire too late. Who pops early is armed for the noted time
 *     eager      arms for each request
 *
 * SPDX-License-Identifier: MIT */
#include "measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"

enum { OPERATIONS = 200000, REQUESTS = 1000000, TURN = 10, EXCHANGES = 20000 };

const char *const work_names[N_WORKS] = {
	"add", "later", "earlier", "cancel", "expire", "wait", "noted", "lazy", "eager"
};

struct slot {
	struct timer timer;
	int64_t      deadline_ms;
	int64_t      near_ms, far_ms; /* after the start: for moves */
	char         rest[SLOT_BYTES - sizeof(struct timer) - 3 * sizeof(int64_t)];
};
_Static_assert(sizeof(struct slot) == SLOT_BYTES, "a session's slot");

/* ---- the same chances for both kinds ---- */

static uint64_t chance = 1;

/* xorshift: G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (14), 2003. */
static uint32_t random_below(uint32_t n)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return (uint32_t)((chance >> 32) * n >> 32);
}

static void shuffle(uint32_t *order, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t j = random_below(i + 1);
		order[i] = order[j];
		order[j] = i;
	}
}

static int64_t cost_of_the_clock(void)
{
	int64_t least = INT64_MAX;
	for (int i = 0; i < 1000; i++) {
		int64_t before = clock_ns(), cost = clock_ns() - before;
		least = cost < least ? cost : least;
	}
	return least;
}

int field_open(struct field *f, uint32_t n)
{
	*f = (struct field){ .n = n, .clock_cost_ns = cost_of_the_clock() };
	f->slots = calloc(n, sizeof *f->slots);
	f->order = calloc(n, sizeof *f->order);
	if (!f->slots || !f->order)
		return -ENOMEM;
	shuffle(f->order, n);
	for (uint32_t i = 0; i < n; i++) {
		f->slots[i].near_ms = 1 + random_below(HORIZON_MS);
		f->slots[i].far_ms = f->slots[i].near_ms + random_below(HORIZON_MS);
	}
	return 0;
}

void field_close(struct field *f)
{
	free(f->slots);
	free(f->order);
}

/* ---- operations ---- */

struct watch { /* adds up what passes between start and stop */
	int64_t started_ns, sum_ns, cost_ns;
};

static void start(struct watch *watch)
{
	watch->started_ns = clock_ns();
}

static void stop(struct watch *watch)
{
	int64_t took = clock_ns() - watch->started_ns - watch->cost_ns;
	watch->sum_ns += took > 0 ? took : 0;
}

/* Timers are zeroed, and so of no kind. */
static void forget_all(struct field *f)
{
	for (uint32_t i = 0; i < f->n; i++)
		f->slots[i].timer = (struct timer){ 0 }, f->slots[i].deadline_ms = 0;
}

static void add_all(struct field *f, struct timers *t, int64_t now)
{
	for (uint32_t i = 0; i < f->n; i++)
		timer_arm(t, &f->slots[i].timer, now + f->slots[i].near_ms);
}

static void move_all(struct field *f, struct timers *t, int64_t now, bool later)
{
	for (uint32_t i = 0; i < f->n; i++) {
		struct slot *slot = &f->slots[f->order[i]];
		timer_arm(t, &slot->timer, now + (later ? slot->far_ms : slot->near_ms));
	}
}

static void cancel_all(struct field *f, struct timers *t)
{
	for (uint32_t i = 0; i < f->n; i++)
		timer_cancel(t, &f->slots[f->order[i]].timer);
}

static void ask_often(struct timers *t, int64_t now, uint32_t times)
{
	for (; times; times--) {
		int wait = timers_wait(t, now);
		__asm__ volatile("" : : "r"(wait)); /* somebody wants to know */
	}
}

/* Returns what time it is then. */
static int64_t expire_all(struct timers *t, int64_t now)
{
	for (int wait; (wait = timers_wait(t, now)) >= 0;) {
		now += wait;
		while (timers_pop(t, now))
			;
	}
	return now;
}

static void time_operations(struct field *f, struct timers *t, double *ns)
{
	struct watch watches[WAIT + 1];
	uint32_t rounds = f->n < OPERATIONS ? OPERATIONS / f->n : 1;
	int64_t now = 0;
	for (int work = ADD; work <= WAIT; work++)
		watches[work] = (struct watch){ .cost_ns = f->clock_cost_ns };
	for (uint32_t round = 0; round < rounds; round++) {
		start(&watches[ADD]), add_all(f, t, now), stop(&watches[ADD]);
		start(&watches[LATER]), move_all(f, t, now, true), stop(&watches[LATER]);
		start(&watches[EARLIER]), move_all(f, t, now, false), stop(&watches[EARLIER]);
		start(&watches[WAIT]), ask_often(t, now, f->n), stop(&watches[WAIT]);
		start(&watches[CANCEL]), cancel_all(f, t), stop(&watches[CANCEL]);
		add_all(f, t, now);
		start(&watches[EXPIRE]), now = expire_all(t, now), stop(&watches[EXPIRE]);
	}
	for (int work = ADD; work <= WAIT; work++)
		ns[work] = (double)watches[work].sum_ns / ((double)f->n * rounds);
}

/* ---- requests ---- */

static void fire(struct timers *t, int64_t now)
{
	for (struct timer *due; (due = timers_pop(t, now));) {
		struct slot *slot = (struct slot *)(void *)((char *)due - offsetof(struct slot, timer));
		if (slot->deadline_ms <= now) /* it was silent for too long: another takes its place */
			slot->deadline_ms = now + HORIZON_MS;
		timer_arm(t, due, slot->deadline_ms);
	}
}

static void request(struct timers *t, struct slot *slot, int work, int64_t now)
{
	slot->deadline_ms = now + HORIZON_MS;
	if (work == EAGER || (work == LAZY && !timer_fires_by(&slot->timer, slot->deadline_ms)))
		timer_arm(t, &slot->timer, slot->deadline_ms);
}

static void serve(struct field *f, struct timers *t, int work)
{
	int64_t per_timeout = (int64_t)f->n * REQUESTS_PER_TIMEOUT, now = 0;
	for (int64_t i = 0; i < REQUESTS; i++) {
		request(t, &f->slots[random_below(f->n)], work, now);
		if (i % TURN)
			continue;
		if (work != NOTED)
			ask_often(t, now, 1);
		now = i * HORIZON_MS / per_timeout;
		fire(t, now);
	}
}

static double time_requests(struct field *f, struct timers *t, int work)
{
	struct watch watch = { .cost_ns = f->clock_cost_ns };
	forget_all(f);
	if (work != NOTED)
		add_all(f, t, 0);
	start(&watch);
	serve(f, t, work);
	stop(&watch);
	cancel_all(f, t);
	return (double)watch.sum_ns / REQUESTS;
}

int measure(struct field *f, const struct timer_kind *kind, double ns[N_WORKS])
{
	struct timers t;
	int error = 0;
	for (int work = WAIT; work < N_WORKS && !error; work++) {
		error = timers_open_as(&t, kind, f->n);
		if (!error && work == WAIT)
			time_operations(f, &t, ns);
		else if (!error)
			ns[work] = time_requests(f, &t, work);
		timers_close(&t);
	}
	forget_all(f);
	return error;
}

/* ---- what else is to be known ---- */

/* This process's own memory, page by page: proc(5), /proc/pid/smaps_rollup. */
static double anonymous_bytes(void)
{
	char line[256];
	double kib = -1;
	FILE *rollup = fopen("/proc/self/smaps_rollup", "re");
	while (rollup && fgets(line, sizeof line, rollup) && sscanf(line, "Anonymous: %lf", &kib) != 1)
		;
	if (rollup)
		fclose(rollup);
	return kib * 1024;
}

double measure_memory(struct field *f, const struct timer_kind *kind)
{
	struct timers t;
	double before, after = -1;
	anonymous_bytes(); /* makes what stdio needs */
	before = anonymous_bytes();
	if (timers_open_as(&t, kind, f->n) == 0) {
		add_all(f, &t, 0);
		after = anonymous_bytes();
		cancel_all(f, &t);
		forget_all(f);
	}
	timers_close(&t);
	return before < 0 || after < before ? -1 : after - before;
}

double measure_request(void)
{
	char bytes[32] = { 0 };
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -1;
	int64_t begun = clock_ns();
	ssize_t done = 1;
	for (int i = 0; i < EXCHANGES && done > 0; i++)
		done = send(ends[0], bytes, sizeof bytes, 0) < 0 ? -1 : recv(ends[1], bytes, sizeof bytes, 0);
	int64_t took = clock_ns() - begun;
	close(ends[0]);
	close(ends[1]);
	return done > 0 ? (double)took / EXCHANGES : -1;
}
