/* uring.c - the rings of io_uring: opening, submitting, reaping; see uring.h.
 *
 * System calls: io_uring_setup(2) and two mmap(2) once, then io_uring_enter(2) only: one for each turn of a loop, which
 * hands over all new entries, waits with a time-out (IORING_ENTER_EXT_ARG) and lets the kernel finish what is due.
 *
 * Who writes what, and in which order (both sides run at the same time, on different cores if the kernel likes):
 *
 *                   entries       sq tail           sq head    completions   cq tail           cq head
 *     we            write, then   store release     load acq.  read after    load acquire      store release
 *     the kernel    read after    load acquire      release    write, then   store release     load acquire
 *
 * So an entry is whole before the kernel sees the tail that covers it, and a completion is copied out before its
 * place is given back. The fields are plain integers in shared memory, hence the compiler's __atomic functions and not
 * <stdatomic.h>. ThreadSanitizer does not see the kernel's side: it cannot report a race on the rings, nor miss one of
 * ours, since one thread alone has this end. What it cannot check is this table.
 *
 * With IORING_SETUP_DEFER_TASKRUN the kernel completes nothing behind our back: it notes what is due, and the thread
 * does it inside io_uring_enter, if that is asked for events (IORING_ENTER_GETEVENTS). So uring_wait() always asks.
 *
 * io_uring(7), io_uring_setup(2), io_uring_enter(2). Kernel versions are those of the man pages of liburing 2.12.
 *
 * SPDX-License-Identifier: MIT */
#include "uring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys.h"
#include "uring_own.h"

static unsigned load(const unsigned *shared)
{
	return __atomic_load_n(shared, __ATOMIC_ACQUIRE);
}

/* ---- opening ---- */

/* From best to plainest: a kernel says EINVAL to flags that it does not know. CQSIZE is 5.5, CLAMP 5.6. */
static const unsigned setups[] = {
	/* 6.1: completions are finished only in our own io_uring_enter, in one batch. 6.0: one thread submits. 5.18: an
	 * entry that is refused gets its completion, and the next ones go on */
	IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_SUBMIT_ALL,
	/* 5.19: at the next system call of ours, whichever; no interrupt for it */
	IORING_SETUP_COOP_TASKRUN | IORING_SETUP_SUBMIT_ALL,
	IORING_SETUP_SUBMIT_ALL,
	0,
};

static int set_up(struct uring *u, unsigned n_entries, unsigned n_completions, struct io_uring_params *p)
{
	int fd = -EINVAL;
	for (size_t i = 0; i < sizeof setups / sizeof setups[0] && fd == -EINVAL; i++) {
		*p = (struct io_uring_params){ .flags = setups[i] | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
					       .cq_entries = n_completions };
		fd = sys_io_uring_setup(u->counters, n_entries, p);
	}
	return fd;
}

/* EXT_ARG: a time-out for the wait (5.11). NODROP: completions for which there is no room are kept (5.5). FAST_POLL:
 * sockets are waited for without a thread (5.7). SUBMIT_STABLE: what entries point to is read when they are submitted
 * (5.5). SINGLE_MMAP: both rings in one mapping (5.4). */
enum {
	NEEDED = IORING_FEAT_EXT_ARG | IORING_FEAT_NODROP | IORING_FEAT_FAST_POLL | IORING_FEAT_SUBMIT_STABLE |
		 IORING_FEAT_SINGLE_MMAP
};

static void *map(const struct uring *u, size_t size, uint64_t what)
{
	void *area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, u->fd, (off_t)what);
	return area == MAP_FAILED ? NULL : area;
}

static unsigned *field(const struct uring *u, uint32_t offset)
{
	return (unsigned *)(void *)((char *)u->rings + offset);
}

static int map_rings(struct uring *u, const struct io_uring_params *p)
{
	size_t sq_size = p->sq_off.array + p->sq_entries * sizeof(uint32_t);
	size_t cq_size = p->cq_off.cqes + p->cq_entries * sizeof(struct uring_done);
	u->rings_size = sq_size > cq_size ? sq_size : cq_size;
	u->n_entries = p->sq_entries;
	u->n_completions = p->cq_entries;
	u->rings = map(u, u->rings_size, IORING_OFF_SQ_RING);
	u->entries = map(u, p->sq_entries * sizeof *u->entries, IORING_OFF_SQES);
	u->asides = calloc(p->sq_entries, sizeof *u->asides);
	if (!u->rings || !u->entries || !u->asides)
		return -ENOMEM;
	u->sq_head = field(u, p->sq_off.head);
	u->sq_tail = field(u, p->sq_off.tail);
	u->sq_flags = field(u, p->sq_off.flags);
	u->cq_head = field(u, p->cq_off.head);
	u->cq_tail = field(u, p->cq_off.tail);
	u->completions = (const struct uring_done *)(void *)field(u, p->cq_off.cqes);
	/* Entries are submitted in the order in which they stand. (IORING_SETUP_NO_SQARRAY, 6.6, does without this
	 * array: one load less for each entry, too little to be measured.) */
	for (unsigned i = 0; i < p->sq_entries; i++)
		field(u, p->sq_off.array)[i] = i;
	return 0;
}

/* Flags of operations cannot be asked for, operations can (IORING_REGISTER_PROBE, 5.6): a kernel that has
 * an operation has the flags of the same release too. */
static void look_what_it_has(struct uring *u)
{
	enum { N_OPS = 64 };
	struct io_uring_probe *probe = calloc(1, sizeof *probe + N_OPS * sizeof probe->ops[0]);
	if (probe && sys_io_uring_register(u->counters, u->fd, IORING_REGISTER_PROBE, probe, N_OPS) >= 0) {
		if (probe->ops[IORING_OP_SOCKET].flags & IO_URING_OP_SUPPORTED)
			u->has |= URING_5_19;
		if (probe->ops[IORING_OP_SEND_ZC].flags & IO_URING_OP_SUPPORTED)
			u->has |= URING_6_0;
	}
	free(probe);
}

int uring_open(struct uring *u, struct counters *counters, unsigned n_entries, unsigned n_completions)
{
	struct io_uring_params params;
	*u = (struct uring){ .counters = counters };
	u->fd = set_up(u, n_entries, n_completions, &params);
	if (u->fd < 0)
		return u->fd;
	u->setup = params.flags;
	int error = (params.features & NEEDED) == NEEDED ? map_rings(u, &params) : -EOPNOTSUPP;
	if (error)
		uring_close(u);
	else
		look_what_it_has(u);
	return error;
}

void uring_close(struct uring *u)
{
	if (u->entries)
		munmap(u->entries, u->n_entries * sizeof *u->entries);
	if (u->rings)
		munmap(u->rings, u->rings_size);
	free(u->asides);
	if (u->fd >= 0)
		close(u->fd);
	*u = (struct uring){ .fd = -1 };
}

/* ---- submitting ---- */

/* Shows the kernel what is filled in; how many entries it has yet to take. */
static unsigned publish(struct uring *u)
{
	__atomic_store_n(u->sq_tail, u->filled, __ATOMIC_RELEASE);
	return u->filled - load(u->sq_head);
}

static unsigned n_free(const struct uring *u)
{
	return u->n_entries - (u->filled - load(u->sq_head));
}

int uring_reserve(struct uring *u, unsigned n)
{
	int error = 0;
	if (n > u->n_entries)
		return -EINVAL;
	while (n_free(u) < n && (error >= 0 || error == -EINTR))
		error = sys_io_uring_enter(u->counters, u->fd, publish(u), 0, 0, NULL);
	return error < 0 && n_free(u) < n ? error : 0;
}

struct io_uring_sqe *uring_entry(struct uring *u)
{
	if (!n_free(u) && uring_reserve(u, 1))
		return NULL;
	struct io_uring_sqe *entry = &u->entries[u->filled++ & (u->n_entries - 1)];
	memset(entry, 0, sizeof *entry);
	return entry;
}

/* ---- waiting and reaping ---- */

#ifdef MUXLAB_FAULTS
/* A failure that is delivered in the place of an operation's completion. False: no room, then it does not fail. */
bool uring_make_up(struct uring *u, uint64_t token, int error)
{
	if (u->n_made_up == sizeof u->made_up / sizeof u->made_up[0])
		return false;
	u->made_up[u->n_made_up++] = (struct uring_done){ .token = token, .result = error };
	return true;
}

static unsigned n_made_up(const struct uring *u)
{
	return u->n_made_up;
}

static unsigned reap_made_up(struct uring *u, struct uring_done *done, unsigned max)
{
	unsigned n = u->n_made_up < max ? u->n_made_up : max;
	memcpy(done, u->made_up, n * sizeof *done);
	u->n_made_up -= n;
	memmove(u->made_up, u->made_up + n, u->n_made_up * sizeof *done);
	return n;
}
#else
static unsigned n_made_up(const struct uring *u)
{
	(void)u;
	return 0;
}
static unsigned reap_made_up(struct uring *u, struct uring_done *done, unsigned max)
{
	(void)u, (void)done, (void)max;
	return 0;
}
#endif

static unsigned n_ready(const struct uring *u)
{
	return load(u->cq_tail) - *u->cq_head + n_made_up(u); /* cq_head is written by us alone */
}

/* The call's own result is how many entries were taken, also when time ended the wait: it says nothing of completions.
 * If it took only some of them, it did not wait. */
int uring_wait(struct uring *u, int timeout_ms)
{
	struct __kernel_timespec time = { timeout_ms / 1000, timeout_ms % 1000 * 1000000LL };
	struct io_uring_getevents_arg limit = { .ts = timeout_ms > 0 ? (uintptr_t)&time : 0 };
	unsigned wait_for = timeout_ms != 0 && !n_made_up(u);
	int error = sys_io_uring_enter(u->counters, u->fd, publish(u), wait_for, IORING_ENTER_GETEVENTS, &limit);
	unsigned n = n_ready(u);
	if (!n && error < 0 && error != -ETIME)
		return error;
	if (!n && wait_for && u->filled == load(u->sq_head))
		count_add(u->counters, COUNT_EMPTY, 1);
	return error == -EBADR ? error : (int)n;
}

unsigned uring_reap(struct uring *u, struct uring_done *done, unsigned max)
{
	unsigned n = reap_made_up(u, done, max), head = *u->cq_head, tail = load(u->cq_tail);
	while (head != tail && n < max)
		done[n++] = u->completions[head++ & (u->n_completions - 1)];
	__atomic_store_n(u->cq_head, head, __ATOMIC_RELEASE);
	count_add(u->counters, COUNT_EVENTS, n);
	return n;
}
