/* coroutine.c - stacks with a guard below, kept for reuse, and the switch from one to another; see coroutine.h.
 *
 *     low                                                                high address
 *     | guard: PROT_NONE |   <--- frames grow downwards | struct coroutine |        one mapping each
 *
 * The coroutine's own data stand at the upper end of its stack: they share a page with its first frames.
 *
 * A stack that becomes free keeps its bottom frame, live(), parked like any other: so the next coroutine on it
 * needs no makecontext, just a function. Free stacks above KEEP are unmapped, for a crowd that has left should
 * not cost for ever.
 *
 * swapcontext(3), makecontext(3), mmap(2), mprotect(2). Sanitizers: sanitizer/asan_interface.h,
 * tsan_interface.h.
 *
 * SPDX-License-Identifier: MIT */
#include "coroutine.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "log.h"

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { STACK_SIZE = 1 << 20 }; /* they put red zones between variables */
#else
enum { STACK_SIZE = 64 << 10 };
#endif

/* The guard is wider than any frame of ours (13 KiB, says gcc -fstack-usage), so that none steps over it. And
 * an odd number of pages from stack to stack spreads their upper ends, where the work is done, over the sets of
 * a cache. */
enum { GUARD_PAGES = 5, KEEP = 256 };

/* ---- what sanitizers must be told of every switch; nothing for all others ---- */

struct shadow {
	const void *bottom; /* of the stack: its lowest address */
	size_t      size;
	void       *fake;   /* AddressSanitizer's: while it is not running */
	void       *fiber;  /* ThreadSanitizer's */
};

#if defined __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
static void shadow_leave(struct shadow *from, const struct shadow *to)
{
	__sanitizer_start_switch_fiber(&from->fake, to->bottom, to->size);
}
/* It knows where we came from; of the thread's own stack we learn it here. */
static void shadow_arrive(const struct shadow *here, struct shadow *from)
{
	__sanitizer_finish_switch_fiber(here->fake, &from->bottom, &from->size);
}
#define shadow_forget(shadow) __asan_unpoison_memory_region((shadow)->bottom, (shadow)->size)
#elif defined __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
static void shadow_leave(struct shadow *from, struct shadow *to)
{
	if (!from->fiber)
		from->fiber = __tsan_get_current_fiber();
	if (!to->fiber)
		to->fiber = __tsan_create_fiber(0);
	__tsan_switch_to_fiber(to->fiber, 0);
}
#define shadow_arrive(here, from) ((void)0)
#define shadow_forget(shadow)     ((shadow)->fiber ? __tsan_destroy_fiber((shadow)->fiber) : (void)0)
#else
#define shadow_leave(from, to)    ((void)0)
#define shadow_arrive(here, from) ((void)0)
#endif
#ifndef shadow_forget
#define shadow_forget(shadow) ((void)0)
#endif

/* ---- one side of a switch, and the switch ---- */

struct side {
	ucontext_t    context;
	struct shadow shadow;
};

struct coroutine {
	struct coroutine_pool *pool;
	struct coroutine      *next;     /* while its stack is free */
	coroutine_function    *function; /* NULL: it has ended */
	void                  *argument;
	struct side            self;
};

struct coroutine_pool {
	struct counters  *counters;
	struct coroutine *free, *running;
	unsigned          n_stacks, n_free;
	size_t            guard_size;
	struct side       loop; /* who resumes */
};

static void switch_to(struct counters *c, struct side *from, struct side *to)
{
	count_add(c, COUNT_SWITCHES, 1);
	count_add(c, COUNT_SIGMASK, 1);
	shadow_leave(&from->shadow, &to->shadow);
	if (swapcontext(&from->context, &to->context))
		die_bug("swapcontext failed");
	shadow_arrive(&from->shadow, &to->shadow);
}

/* The bottom frame of every stack. makecontext(3) passes integers, so a pointer comes in two. */
static void live(unsigned high, unsigned low)
{
	struct coroutine *co = (struct coroutine *)(uintptr_t)((uint64_t)high << 32 | low);
	shadow_arrive(&co->self.shadow, &co->pool->loop.shadow);
	for (;;) {
		co->function(co, co->argument);
		co->function = NULL;
		coroutine_yield(co);
	}
}

/* ---- stacks ---- */

static char *mapping_of(struct coroutine *co)
{
	return (char *)(co + 1) - STACK_SIZE - co->pool->guard_size;
}

static void unmap(struct coroutine *co)
{
	co->pool->n_stacks--;
	shadow_forget(&co->self.shadow);
	munmap(mapping_of(co), co->pool->guard_size + STACK_SIZE);
}

/* glibc's getcontext asks for the signal mask, once for each new stack. */
static void prepare(struct coroutine *co)
{
	uint64_t address = (uint64_t)(uintptr_t)co;
	char *bottom = mapping_of(co) + co->pool->guard_size;
	count_add(co->pool->counters, COUNT_SIGMASK, 1);
	if (getcontext(&co->self.context))
		die_bug("getcontext failed");
	co->self.shadow.bottom = bottom;
	co->self.shadow.size = (size_t)((char *)co - bottom);
	co->self.context.uc_stack = (stack_t){ .ss_sp = bottom, .ss_size = co->self.shadow.size };
	makecontext(&co->self.context, (void (*)(void))live, 2, (unsigned)(address >> 32), (unsigned)address);
}

static struct coroutine *make(struct coroutine_pool *pool)
{
	const size_t size = pool->guard_size + STACK_SIZE;
	char *low = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (low == MAP_FAILED)
		return NULL;
	if (mprotect(low, pool->guard_size, PROT_NONE)) {
		munmap(low, size);
		return NULL;
	}
	struct coroutine *co = (struct coroutine *)(void *)(low + size) - 1;
	co->pool = pool;
	pool->n_stacks++;
	prepare(co);
	return co;
}

static void give_back(struct coroutine *co)
{
	struct coroutine_pool *pool = co->pool;
	if (pool->n_free == KEEP) {
		unmap(co);
		return;
	}
	co->next = pool->free;
	pool->free = co;
	pool->n_free++;
}

static struct coroutine *take_free(struct coroutine_pool *pool)
{
	struct coroutine *co = pool->free;
	pool->free = co->next;
	pool->n_free--;
	return co;
}

/* ---- for loops ---- */

struct coroutine_pool *coroutine_pool_open(struct counters *counters)
{
	struct coroutine_pool *pool = calloc(1, sizeof *pool);
	if (!pool)
		return NULL;
	pool->counters = counters;
	pool->guard_size = GUARD_PAGES * (size_t)sysconf(_SC_PAGESIZE);
	return pool;
}

void coroutine_pool_close(struct coroutine_pool *pool)
{
	if (!pool)
		return;
	if (coroutine_pool_live(pool))
		die_bug("%u coroutines have not ended", coroutine_pool_live(pool));
	while (pool->free)
		unmap(take_free(pool));
	free(pool);
}

unsigned coroutine_pool_live(const struct coroutine_pool *pool)
{
	return pool->n_stacks - pool->n_free;
}

unsigned coroutine_pool_stacks(const struct coroutine_pool *pool)
{
	return pool->n_stacks;
}

struct coroutine *coroutine_start(struct coroutine_pool *pool, coroutine_function *function, void *argument)
{
	struct coroutine *co = pool->free ? take_free(pool) : make(pool);
	if (!co)
		return NULL;
	co->function = function;
	co->argument = argument;
	return co;
}

bool coroutine_resume(struct coroutine *co)
{
	struct coroutine_pool *pool = co->pool;
	if (pool->running)
		die_bug("a coroutine is resumed from another");
	pool->running = co;
	switch_to(pool->counters, &pool->loop, &co->self);
	pool->running = NULL;
	if (co->function)
		return true;
	give_back(co);
	return false;
}

void coroutine_yield(struct coroutine *co)
{
	if (co->pool->running != co)
		die_bug("a coroutine yields that does not run");
	switch_to(co->pool->counters, &co->self, &co->pool->loop);
}
