/* coroutine.h - functions that stop in the middle and go on later, each on a stack of its own; swapcontext(3).
 *
 *     the loop, on its thread's stack              a coroutine, on its own
 *     -------------------------------              -----------------------
 *     coroutine_start: a stack, nothing runs yet
 *     coroutine_resume ------ swapcontext -------> function(co, argument) {
 *             <-------------- swapcontext --------    coroutine_yield(co);     it is parked: its frames stay
 *     ... other coroutines, a wait ...
 *     coroutine_resume ------ swapcontext ------->    it goes on behind the yield
 *     false <---------------- swapcontext -------- }  returned: the stack is free for the next one
 *
 * So code that waits in the middle can be written as code that blocks, and one thread runs thousands of it.
 * Nothing is preempted: between two yields a coroutine has the thread, and all that belongs to it, to itself.
 *
 * What it costs. A switch saves and loads registers, and the signal mask too: by a system call,
 * rt_sigprocmask, hidden in libc, in each swapcontext. COUNT_SWITCHES and COUNT_SIGMASK count both
 * (tests/unit/test_coroutine.c looks with strace whether that is true). Memory is address space until it is
 * touched: a coroutine that is parked not deep in its calls holds one page, 4 KiB; what a deeper call has
 * touched stays, for the next coroutine too.
 *
 * Below each stack is a guard that no one may touch: running over the end is SIGSEGV, not a neighbour's broken
 * frames. Two mappings for each stack: so vm.max_map_count (65530) allows some 32,000.
 *
 * A pool belongs to one thread. makecontext(3), mmap(2), proc_sys_vm(5). */
#ifndef CORE_COROUTINE_H
#define CORE_COROUTINE_H

#include <stdbool.h>
#include <stddef.h>

#include "counters.h"

struct coroutine;
struct coroutine_pool;

typedef void coroutine_function(struct coroutine *, void *argument);

/* counters: of the thread that resumes. NULL: no memory. */
struct coroutine_pool *coroutine_pool_open(struct counters *);
/* All of them must have ended. NULL is fine. */
void coroutine_pool_close(struct coroutine_pool *);

/* A coroutine that begins with its first resume, and ends when function returns. NULL: no memory, or no
 * mapping, left. */
struct coroutine *coroutine_start(struct coroutine_pool *, coroutine_function *, void *argument);

/* From the thread's own stack: runs it until it yields (true) or ends (false: it is no more). */
bool coroutine_resume(struct coroutine *);

/* From the coroutine: back to who resumed it; returns with the next resume. */
void coroutine_yield(struct coroutine *);

/* How many have been started and have not ended; how many stacks there are, with those that are kept for the
 * next. */
unsigned coroutine_pool_live(const struct coroutine_pool *);
unsigned coroutine_pool_stacks(const struct coroutine_pool *);

#endif
