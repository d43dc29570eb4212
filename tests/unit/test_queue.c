/* test_queue.c - semaphores and the bounded queue on them: one thread as a table, then threads that meet.
 *
 * Two things are looked at from outside. Threads that wait are seen in the semaphore's word, so a test goes on
 * when they do, and not after some time. And syscall(3) is ours here, so futex calls are counted a second time.
 *
 * SPDX-License-Identifier: MIT */
#include "core/queue.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/unit/check.h"

enum { N_THREADS = 4, N_EACH = 4000, ROOM = 3 };

/* ---- futex calls, counted a second time ---- */

typedef long syscall_function(long, ...);

static _Atomic(syscall_function *) real;
static atomic_ulong n_futex;

/* Instead of the C library's, which is called in the end. No call has more than six arguments. */
long syscall(long number, ...)
{
	long a[6];
	va_list list;
	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (!real)
		real = (syscall_function *)dlsym(RTLD_NEXT, "syscall");
	n_futex += number == SYS_futex;
	return (*real)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static uint64_t futex_calls(const struct counters *c)
{
	return count_get(c, COUNT_FUTEX);
}

/* ---- threads ---- */

struct test_thread {
	pthread_t         id;
	struct counters   counters;
	struct semaphore *semaphore;
	struct queue     *queue;
	unsigned          number;
	int               result;
	uint64_t          sum;
	bool              in_order, bounded;
	atomic_bool       returned;
};

static void start(struct test_thread *t, void *(*run)(void *))
{
	CHECK_INT(pthread_create(&t->id, NULL, run, t), 0);
}

/* Returns when so many threads are asleep in it, or on the last step to that. */
static void await_waiters(struct semaphore *s, unsigned n)
{
	while (atomic_load(&s->state) >> 32 != n)
		sched_yield();
}

static void nothing(int signo)
{
	(void)signo;
}

static void install_signal(void)
{
	struct sigaction action = { .sa_handler = nothing }; /* no SA_RESTART */
	sigaction(SIGURG, &action, NULL);
}

/* A signal that comes just before the wait is lost: so it is sent until it has been heard. */
static void interrupt(struct test_thread *t)
{
	while (!atomic_load(&t->returned)) {
		pthread_kill(t->id, SIGURG);
		sched_yield();
	}
	pthread_join(t->id, NULL);
}

static void *run_down(void *argument)
{
	struct test_thread *t = argument;
	t->result = semaphore_down(&t->counters, t->semaphore);
	atomic_store(&t->returned, true);
	return NULL;
}

static void *run_take(void *argument)
{
	struct test_thread *t = argument;
	unsigned element;
	t->result = queue_take(&t->counters, t->queue, &element);
	atomic_store(&t->returned, true);
	return NULL;
}

static void *run_put(void *argument)
{
	struct test_thread *t = argument;
	t->result = queue_put(&t->counters, t->queue, &t->number);
	atomic_store(&t->returned, true);
	return NULL;
}

/* ---- the semaphore ---- */

static void semaphore_counts_permits(void)
{
	struct counters c = { 0 };
	struct semaphore s;
	semaphore_init(&s, 2);
	CHECK(semaphore_try_down(&s));
	CHECK_INT(semaphore_down(&c, &s), 0);
	CHECK(!semaphore_try_down(&s));
	semaphore_up(&c, &s);
	semaphore_up(&c, &s);
	semaphore_up(&c, &s);
	for (int i = 0; i < 3; i++)
		CHECK_INT(semaphore_down(&c, &s), 0);
	CHECK(!semaphore_try_down(&s));
	CHECK_INT(futex_calls(&c), 0);
}

static void up_wakes_one_each(void)
{
	struct counters c = { 0 };
	struct semaphore s;
	struct test_thread threads[N_THREADS] = { 0 };
	semaphore_init(&s, 0);
	for (int i = 0; i < N_THREADS; i++) {
		threads[i].semaphore = &s;
		start(&threads[i], run_down);
	}
	await_waiters(&s, N_THREADS);
	for (unsigned left = N_THREADS; left--;) {
		semaphore_up(&c, &s);
		await_waiters(&s, left);
	}
	for (int i = 0; i < N_THREADS; i++) {
		pthread_join(threads[i].id, NULL);
		CHECK_INT(threads[i].result, 0);
	}
	CHECK_INT(futex_calls(&c), N_THREADS);
	CHECK_INT(atomic_load(&s.state), 0);
}

static void a_signal_ends_a_wait(void)
{
	struct counters c = { 0 };
	struct semaphore s;
	struct test_thread t = { .semaphore = &s };
	semaphore_init(&s, 0);
	start(&t, run_down);
	await_waiters(&s, 1);
	interrupt(&t);
	CHECK_INT(t.result, -EINTR);
	CHECK_INT(atomic_load(&s.state), 0);
	semaphore_up(&c, &s);
	CHECK_INT(futex_calls(&c), 0); /* no one waits any more */
	CHECK(semaphore_try_down(&s));
}

static unsigned plain; /* no atomic: the semaphore guards it */

static void *run_count(void *argument)
{
	struct test_thread *t = argument;
	for (int i = 0; i < N_EACH; i++) {
		t->result |= semaphore_down(&t->counters, t->semaphore);
		plain++;
		semaphore_up(&t->counters, t->semaphore);
	}
	return NULL;
}

static void one_permit_is_a_mutex(void)
{
	struct semaphore s;
	struct test_thread threads[N_THREADS] = { 0 };
	semaphore_init(&s, 1);
	plain = 0;
	for (int i = 0; i < N_THREADS; i++) {
		threads[i].semaphore = &s;
		start(&threads[i], run_count);
	}
	for (int i = 0; i < N_THREADS; i++) {
		pthread_join(threads[i].id, NULL);
		CHECK_INT(threads[i].result, 0);
	}
	CHECK_INT(plain, N_THREADS * N_EACH);
	CHECK_INT(atomic_load(&s.state), 1);
}

/* ---- the queue, one thread ---- */

enum step_kind { PUT, TRY_PUT, TAKE, END };

struct step {
	enum step_kind kind;
	int            number, result; /* number: put, or to be got */
	unsigned       len;            /* afterwards */
};

static int do_step(struct counters *c, struct queue *q, const struct step *step)
{
	unsigned char element[5] = { (unsigned char)step->number, 'm', 'u', 'x', (unsigned char)~step->number };
	unsigned char got[5] = { 0 };
	int result = 0;
	switch (step->kind) {
	case PUT:
		return queue_put(c, q, element);
	case TRY_PUT:
		return queue_try_put(c, q, element);
	case TAKE:
		result = queue_take(c, q, got);
		if (!result)
			CHECK_MEM((char *)got, sizeof got, (char *)element, sizeof element);
		return result;
	case END:
		queue_end(c, q);
	}
	return result;
}

static const struct step steps[] = {
	{ PUT, 1, 0, 1 },                 { PUT, 2, 0, 2 },                 { TRY_PUT, 3, 0, 3 },
	{ TRY_PUT, 4, -EAGAIN, 3 },       { TAKE, 1, 0, 2 },                { PUT, 5, 0, 3 },
	{ TRY_PUT, 6, -EAGAIN, 3 },       { TAKE, 2, 0, 2 },                { TAKE, 3, 0, 1 },
	{ TAKE, 5, 0, 0 },                { PUT, 7, 0, 1 },                 { PUT, 8, 0, 2 },
	{ PUT, 9, 0, 3 },                 { END, 0, 0, 3 },                 { PUT, 10, -ESHUTDOWN, 3 },
	{ TRY_PUT, 10, -ESHUTDOWN, 3 },   { TAKE, 7, 0, 2 },                { PUT, 11, -ESHUTDOWN, 2 },
	{ END, 0, 0, 2 },                 { TAKE, 8, 0, 1 },                { TAKE, 9, 0, 0 },
	{ TAKE, 0, -ESHUTDOWN, 0 },       { TAKE, 0, -ESHUTDOWN, 0 },       { TRY_PUT, 12, -ESHUTDOWN, 0 },
};

static void one_thread_step_by_step(void)
{
	struct counters c = { 0 };
	struct queue q;
	unsigned n_put = 0;
	CHECK_INT(queue_open(&q, ROOM, 5), 0);
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		check_note("step %zu", i);
		CHECK_INT(do_step(&c, &q, &steps[i]), steps[i].result);
		CHECK_INT(queue_len(&q), steps[i].len);
		n_put += steps[i].kind <= TRY_PUT && !steps[i].result;
	}
	CHECK_INT(count_get(&c, COUNT_HANDED), n_put);
	CHECK_INT(futex_calls(&c), 0);
	queue_close(&q);
}

/* ---- the queue, several threads ---- */

struct note { /* what producers put */
	unsigned producer, number;
};

static void *run_produce(void *argument)
{
	struct test_thread *t = argument;
	t->bounded = true;
	for (unsigned i = 1; i <= N_EACH; i++) {
		struct note note = { t->number, i };
		int result;
		while ((result = queue_put(&t->counters, t->queue, &note)) == -EINTR)
			;
		t->result |= result;
		t->bounded = t->bounded && queue_len(t->queue) <= ROOM;
	}
	atomic_store(&t->returned, true);
	return NULL;
}

static void *run_consume(void *argument)
{
	struct test_thread *t = argument;
	unsigned last[N_THREADS] = { 0 };
	struct note note;
	t->in_order = t->bounded = true;
	while ((t->result = queue_take(&t->counters, t->queue, &note)) != -ESHUTDOWN) {
		if (t->result == -EINTR)
			continue;
		t->in_order = t->in_order && note.number > last[note.producer];
		t->bounded = t->bounded && queue_len(t->queue) <= ROOM;
		last[note.producer] = note.number;
		t->sum += note.number;
	}
	return NULL;
}

static void join_and_count(struct test_thread *threads, uint64_t *n_calls)
{
	for (int i = 0; i < N_THREADS; i++) {
		pthread_join(threads[i].id, NULL);
		CHECK(threads[i].bounded);
		*n_calls += futex_calls(&threads[i].counters);
	}
}

/* To everybody, again and again, until all producers are done. */
static void storm(const struct test_thread *producers, const struct test_thread *consumers)
{
	for (int i = 0; i < N_THREADS;) {
		for (int k = 0; k < N_THREADS; k++) {
			pthread_kill(producers[k].id, SIGURG);
			pthread_kill(consumers[k].id, SIGURG);
		}
		sched_yield();
		i += atomic_load(&producers[i].returned);
	}
}

/* All arrives once, and what one put in order, each other gets in order; and the glass box tells the truth. */
static void exchange(bool with_signals)
{
	struct queue q;
	struct counters c = { 0 };
	struct test_thread producers[N_THREADS] = { 0 }, consumers[N_THREADS] = { 0 };
	unsigned long before = n_futex;
	uint64_t sum = 0, n_calls = 0;
	queue_open(&q, ROOM, sizeof(struct note));
	for (unsigned i = 0; i < N_THREADS; i++) {
		producers[i].queue = consumers[i].queue = &q;
		producers[i].number = i;
		start(&consumers[i], run_consume);
		start(&producers[i], run_produce);
	}
	if (with_signals)
		storm(producers, consumers);
	join_and_count(producers, &n_calls);
	queue_end(&c, &q);
	join_and_count(consumers, &n_calls);
	for (int i = 0; i < N_THREADS; i++) {
		CHECK_INT(producers[i].result, 0);
		CHECK_INT(count_get(&producers[i].counters, COUNT_HANDED), N_EACH);
		CHECK(consumers[i].in_order);
		sum += consumers[i].sum;
	}
	CHECK_INT(sum, (uint64_t)N_THREADS * N_EACH * (N_EACH + 1) / 2);
	CHECK_INT(n_futex - before, n_calls + futex_calls(&c));
	queue_close(&q);
}

static void producers_and_consumers(void)
{
	exchange(false);
}

static void signals_lose_nothing(void)
{
	exchange(true);
}

/* They put until they all must wait: then there is as much in it as there is room. */
static void no_more_than_there_is_room(void)
{
	struct queue q;
	struct counters c = { 0 };
	struct test_thread threads[N_THREADS] = { 0 };
	struct note note;
	unsigned long before = n_futex;
	uint64_t n_calls = 0;
	queue_open(&q, ROOM, sizeof note);
	for (unsigned i = 0; i < N_THREADS; i++) {
		threads[i].queue = &q;
		threads[i].number = i;
		start(&threads[i], run_produce);
	}
	await_waiters(&q.slots, N_THREADS);
	CHECK_INT(queue_len(&q), ROOM);
	CHECK_INT(queue_try_put(&c, &q, &note), -EAGAIN);
	for (int i = 0; i < N_THREADS * N_EACH; i++)
		CHECK_INT(queue_take(&c, &q, &note), 0);
	join_and_count(threads, &n_calls);
	CHECK_INT(n_futex - before, n_calls + futex_calls(&c));
	CHECK_INT(queue_len(&q), 0);
	queue_close(&q);
}

/* Nobody meets anybody: one fills it, another empties it. */
static void no_contention_no_call(void)
{
	struct queue q;
	struct counters c = { 0 };
	unsigned long before = n_futex;
	queue_open(&q, N_THREADS, sizeof(unsigned));
	for (int turn = 0; turn < 3; turn++) {
		struct test_thread putters[N_THREADS] = { 0 };
		unsigned number;
		for (unsigned i = 0; i < N_THREADS; i++) {
			putters[i].queue = &q;
			putters[i].number = i;
			start(&putters[i], run_put);
			pthread_join(putters[i].id, NULL);
			CHECK_INT(futex_calls(&putters[i].counters), 0);
		}
		for (unsigned i = 0; i < N_THREADS; i++) {
			CHECK_INT(queue_take(&c, &q, &number), 0);
			CHECK_INT(number, i);
		}
	}
	CHECK_INT(futex_calls(&c), 0);
	CHECK_INT(n_futex - before, 0);
	queue_close(&q);
}

/* ---- ends and signals ---- */

static void check_end_wakes(struct queue *q, struct semaphore *s, void *(*run)(void *))
{
	struct counters c = { 0 };
	struct test_thread threads[N_THREADS] = { 0 };
	for (int i = 0; i < N_THREADS; i++) {
		threads[i].queue = q;
		start(&threads[i], run);
	}
	await_waiters(s, N_THREADS);
	queue_end(&c, q);
	for (int i = 0; i < N_THREADS; i++) {
		pthread_join(threads[i].id, NULL);
		CHECK_INT(threads[i].result, -ESHUTDOWN);
	}
}

static void end_wakes_all_who_wait(void)
{
	struct queue q;
	struct counters c = { 0 };
	unsigned number = 7;
	queue_open(&q, 1, sizeof number);
	check_end_wakes(&q, &q.items, run_take);
	queue_close(&q);
	queue_open(&q, 1, sizeof number);
	queue_put(&c, &q, &number);
	check_end_wakes(&q, &q.slots, run_put);
	number = 0;
	CHECK_INT(queue_take(&c, &q, &number), 0);
	CHECK_INT(number, 7);
	CHECK_INT(queue_take(&c, &q, &number), -ESHUTDOWN);
	queue_close(&q);
}

static void signals_end_waits(void)
{
	struct queue q;
	struct counters c = { 0 };
	struct test_thread taker = { .queue = &q }, putter = { .queue = &q, .number = 8 };
	unsigned number = 7;
	queue_open(&q, 1, sizeof number);
	start(&taker, run_take);
	await_waiters(&q.items, 1);
	interrupt(&taker);
	CHECK_INT(taker.result, -EINTR);
	CHECK_INT(queue_put(&c, &q, &number), 0);
	start(&putter, run_put);
	await_waiters(&q.slots, 1);
	interrupt(&putter);
	CHECK_INT(putter.result, -EINTR);
	CHECK_INT(queue_len(&q), 1);
	CHECK_INT(queue_take(&c, &q, &number), 0);
	CHECK_INT(number, 7);
	CHECK_INT(futex_calls(&c), 0); /* they had left */
	queue_close(&q);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(semaphore_counts_permits),
		TEST(up_wakes_one_each),
		TEST(a_signal_ends_a_wait),
		TEST(one_permit_is_a_mutex),
		TEST(one_thread_step_by_step),
		TEST(producers_and_consumers),
		TEST(signals_lose_nothing),
		TEST(no_more_than_there_is_room),
		TEST(no_contention_no_call),
		TEST(end_wakes_all_who_wait),
		TEST(signals_end_waits),
		{ 0 },
	};
	install_signal();
	return run_tests(tests);
}
