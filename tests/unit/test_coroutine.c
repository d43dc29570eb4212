/* test_coroutine.c - coroutines: who runs when, stacks that are used again, what they cost, and where they end.
 *
 * SPDX-License-Identifier: MIT */
#include "core/coroutine.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/check.h"

#if defined __SANITIZE_THREAD__
enum { SANITIZED = 1, MANY = 500 }; /* it keeps books of every stack, and has room for some thousands */
#elif defined __SANITIZE_ADDRESS__
enum { SANITIZED = 1, MANY = 2000 };
#else
enum { SANITIZED = 0, MANY = 10000 };
#endif

static struct counters c;

/* ---- who runs when ---- */

static char   said[64];
static size_t n_said;

static void say(char what)
{
	said[n_said++ % (sizeof said - 1)] = what;
}

static void count_to_three(struct coroutine *co, void *argument)
{
	for (int i = 0; i < 3; i++) {
		say(*(const char *)argument);
		coroutine_yield(co);
	}
}

static void they_take_turns(void)
{
	char a[] = "a", b[] = "b";
	struct coroutine_pool *pool = coroutine_pool_open(&c);
	struct coroutine *first = coroutine_start(pool, count_to_three, a);
	struct coroutine *second = coroutine_start(pool, count_to_three, b);
	memset(said, 0, sizeof said);
	n_said = 0;
	say('.'); /* starting runs nothing */
	for (int i = 0; i < 3; i++) {
		CHECK(coroutine_resume(first));
		say('-');
		CHECK(coroutine_resume(second));
		say('.');
	}
	CHECK_STR(said, ".a-b.a-b.a-b.");
	CHECK_INT(coroutine_pool_live(pool), 2);
	CHECK(!coroutine_resume(second));
	CHECK(!coroutine_resume(first));
	CHECK_INT(coroutine_pool_live(pool), 0);
	coroutine_pool_close(pool);
}

/* What it keeps on its stack is there when it goes on. */
static void sum(struct coroutine *co, void *argument)
{
	volatile long mine[64];
	long *out = argument;
	for (int i = 0; i < 64; i++) {
		mine[i] = *out + i;
		coroutine_yield(co);
	}
	*out = 0;
	for (int i = 0; i < 64; i++)
		*out += mine[i];
}

static void frames_survive_a_switch(void)
{
	struct coroutine *all[10];
	long sums[10];
	struct coroutine_pool *pool = coroutine_pool_open(&c);
	for (int i = 0; i < 10; i++) {
		sums[i] = 1000L * i;
		all[i] = coroutine_start(pool, sum, &sums[i]);
	}
	for (int turn = 0; turn <= 64; turn++)
		for (int i = 0; i < 10; i++)
			CHECK_INT(coroutine_resume(all[i]), turn < 64);
	for (int i = 0; i < 10; i++)
		CHECK_INT(sums[i], 64 * 1000L * i + 63 * 64 / 2);
	coroutine_pool_close(pool);
}

static void yield_deep(struct coroutine *co, int depth)
{
	volatile char frame[200];
	frame[0] = (char)depth;
	if (depth)
		yield_deep(co, depth - 1);
	else
		coroutine_yield(co);
	CHECK_INT(frame[0], (char)depth);
}

static void go_deep(struct coroutine *co, void *argument)
{
	yield_deep(co, *(int *)argument);
}

static void yields_from_deep_calls(void)
{
	int depth = 100;
	struct coroutine_pool *pool = coroutine_pool_open(&c);
	struct coroutine *co = coroutine_start(pool, go_deep, &depth);
	CHECK(coroutine_resume(co));
	CHECK(!coroutine_resume(co));
	coroutine_pool_close(pool);
}

/* ---- stacks ---- */

static void note_place(struct coroutine *co, void *argument)
{
	(void)co;
	*(uintptr_t *)argument = (uintptr_t)__builtin_frame_address(0);
}

static void a_free_stack_is_used_again(void)
{
	uintptr_t first = 0, second = 1;
	struct coroutine_pool *pool = coroutine_pool_open(&c);
	CHECK(!coroutine_resume(coroutine_start(pool, note_place, &first)));
	CHECK(!coroutine_resume(coroutine_start(pool, note_place, &second)));
	CHECK(first == second);
	CHECK_INT(coroutine_pool_stacks(pool), 1);
	coroutine_pool_close(pool);
}

static void yield_once(struct coroutine *co, void *argument)
{
	coroutine_yield(co);
	++*(int *)argument;
}

static void thousands_at_once_and_few_kept(void)
{
	static struct coroutine *all[MANY];
	int ended = 0;
	struct coroutine_pool *pool = coroutine_pool_open(&c);
	for (int crowd = 1; crowd <= 2; crowd++) {
		for (int i = 0; i < MANY; i++) {
			all[i] = coroutine_start(pool, yield_once, &ended);
			CHECK(all[i]);
			CHECK(coroutine_resume(all[i]));
		}
		CHECK_INT(coroutine_pool_live(pool), MANY);
		for (int i = 0; i < MANY; i++)
			CHECK(!coroutine_resume(all[i]));
		CHECK_INT(ended, crowd * MANY);
		CHECK_INT(coroutine_pool_live(pool), 0);
		CHECK(coroutine_pool_stacks(pool) < MANY);
	}
	coroutine_pool_close(pool);
}

/* ---- what they cost ---- */

static void park_for_ever(struct coroutine *co, void *argument)
{
	char **place = argument;
	*place = __builtin_frame_address(0);
	coroutine_yield(co);
}

/* Pages of a stack that are in memory: of those below its end, and the one above where a frame is. mincore(2)
 * */
static int resident_pages(const char *frame)
{
	enum { LOOK_AT = 8 };
	unsigned char in_core[LOOK_AT];
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t top = (uintptr_t)frame / page * page + page;
	int n = 0;
	CHECK_INT(mincore((void *)(top - LOOK_AT * page), LOOK_AT * page, in_core), 0);
	for (int i = 0; i < LOOK_AT; i++)
		n += in_core[i] & 1;
	return n;
}

static void a_parked_one_holds_one_page(void)
{
	enum { N = 100 };
	struct coroutine *all[N];
	char *frame = NULL;
	struct coroutine_pool *pool = coroutine_pool_open(&c);
	for (int i = 0; i < N; i++) {
		all[i] = coroutine_start(pool, park_for_ever, &frame);
		CHECK(coroutine_resume(all[i]));
		if (!SANITIZED)
			CHECK_INT(resident_pages(frame), 1);
	}
	for (int i = 0; i < N; i++)
		CHECK(!coroutine_resume(all[i]));
	coroutine_pool_close(pool);
}

static void switches_are_counted(void)
{
	struct counters mine = { 0 };
	int ended = 0;
	struct coroutine_pool *pool = coroutine_pool_open(&mine);
	for (int i = 0; i < 2; i++) {
		struct coroutine *co = coroutine_start(pool, yield_once, &ended);
		CHECK(coroutine_resume(co));
		CHECK(!coroutine_resume(co));
	}
	CHECK_INT(count_get(&mine, COUNT_SWITCHES), 8);     /* in and out, twice for each */
	CHECK_INT(count_get(&mine, COUNT_SIGMASK), 8 + 1);  /* and one for the stack */
	coroutine_pool_close(pool);
}

/* For the next test: runs under strace as another process. */
static int run_to_be_traced(void)
{
	enum { TURNS = 1000 };
	struct counters mine = { 0 };
	int ended = 0;
	struct coroutine_pool *pool = coroutine_pool_open(&mine);
	if (!pool)
		return 1;
	for (int i = 0; i < TURNS; i++) {
		struct coroutine *co = coroutine_start(pool, yield_once, &ended);
		while (co && coroutine_resume(co))
			;
	}
	printf("%d\n", (int)count_get(&mine, COUNT_SIGMASK));
	coroutine_pool_close(pool);
	return ended == TURNS ? 0 : 1;
}

static int run_command(const char *format, const char *argument)
{
	char command[4096 + 256];
	snprintf(command, sizeof command, format, argument);
	return system(command); /* NOLINT(cert-env33-c): a command of ours */
}

static long number_in(const char *command_line, const char *argument)
{
	char command[4096 + 256];
	long n = -1;
	snprintf(command, sizeof command, command_line, argument);
	FILE *in = popen(command, "r"); /* NOLINT(cert-env33-c): the same */
	if (!in)
		return -1;
	if (fscanf(in, "%ld", &n) != 1)
		n = -1;
	pclose(in);
	return n;
}

/* What libc hides: the calls that strace sees are those that we count. */
static void the_hidden_calls_are_as_many_as_counted(void)
{
	char self[4096] = "";
	if (SANITIZED || run_command("strace -V >/dev/null 2>&1", ""))
		return;
	if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
		return;
	if (run_command("strace -o /dev/null '%s' --to-be-traced >/dev/null 2>&1", self))
		return; /* tracing is forbidden here */
	long counted = number_in("'%s' --to-be-traced", self);
	long seen = number_in("strace -e trace=rt_sigprocmask '%s' --to-be-traced 2>&1 >/dev/null | "
			      "grep -c '^rt_sigprocmask'", self);
	CHECK_INT(counted, 4 * 1000 + 1);
	CHECK_INT(seen, counted);
}

/* ---- where they end ---- */

/* Touches every byte of a frame and goes on to the next one. */
static int dig(int depth)
{
	volatile char frame[1024];
	for (size_t i = 0; i < sizeof frame; i++)
		frame[i] = (char)depth;
	return depth > 0 ? dig(depth - 1) + frame[depth % 1024] : frame[0];
}

static void overflow(struct coroutine *co, void *argument)
{
	(void)co;
	*(int *)argument = dig(1 << 20);
}

/* The signal cannot be handled on the stack that it tells of: so the process ends, as it does with a thread's
 * stack. */
static void running_over_the_end_is_SIGSEGV(void)
{
	int status = 0, result = 0;
	if (SANITIZED)
		return; /* they end the process their own way */
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		const struct rlimit no_core = { 0, 0 };
		setrlimit(RLIMIT_CORE, &no_core);
		struct coroutine_pool *pool = coroutine_pool_open(&c);
		/* Its neighbours must not be what it runs into. */
		for (int i = 0; i < 3; i++)
			coroutine_resume(coroutine_start(pool, yield_once, &result));
		coroutine_resume(coroutine_start(pool, overflow, &result));
		_exit(0);
	}
	CHECK(pid > 0);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status));
	CHECK_INT(WTERMSIG(status), SIGSEGV);
}

static void out_of_mappings_is_an_answer(void)
{
	struct rlimit before, little;
	int ended = 0;
	if (SANITIZED)
		return; /* they need address space of their own */
	struct coroutine_pool *pool = coroutine_pool_open(&c);
	getrlimit(RLIMIT_AS, &before);
	little = before;
	little.rlim_cur = 1;
	setrlimit(RLIMIT_AS, &little);
	struct coroutine *none = coroutine_start(pool, yield_once, &ended);
	setrlimit(RLIMIT_AS, &before);
	CHECK(!none);
	struct coroutine *co = coroutine_start(pool, yield_once, &ended);
	CHECK(coroutine_resume(co));
	CHECK(!coroutine_resume(co));
	coroutine_pool_close(pool);
	coroutine_pool_close(NULL);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(they_take_turns),
		TEST(frames_survive_a_switch),
		TEST(yields_from_deep_calls),
		TEST(a_free_stack_is_used_again),
		TEST(thousands_at_once_and_few_kept),
		TEST(a_parked_one_holds_one_page),
		TEST(switches_are_counted),
		TEST(the_hidden_calls_are_as_many_as_counted),
		TEST(running_over_the_end_is_SIGSEGV),
		TEST(out_of_mappings_is_an_answer),
		{ 0 },
	};
	if (argc > 1 && strcmp(argv[1], "--to-be-traced") == 0)
		return run_to_be_traced();
	return run_tests(tests);
}
