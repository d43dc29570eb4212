/* uring.h - io_uring on raw system calls: two rings in memory shared with the kernel, and one call for everything.
 *
 *              uring_recv(), uring_send() ... fill in entries; nothing has happened yet
 *                   |
 *                   v tail                                         head (the kernel takes)
 *     submissions  [ . . send recv send . . . ] ---- uring_wait() ----+    one io_uring_enter(2): hands over all that
 *                                                                     |    is new, waits, and runs what is due
 *     completions  [ . . done done . . . . . ] <----------------------+
 *                   | head                     tail (the kernel adds)
 *                   v
 *              uring_reap(): token, result, flags
 *
 * A ring belongs to the thread that opened it (IORING_SETUP_SINGLE_ISSUER): no other may touch it, not even to
 * close it. Functions return >= 0 or -errno; results of operations too.
 *
 * What must stay alive, and how long:
 *   memory that is received into or sent from   until the completion. With MSG_DONTWAIT an operation has completed
 *                                               when the call that submits it returns, so until then
 *   a struct msghdr, an iovec, a time           the ring's own, beside each entry: see uring_send()
 *   an open file                                the kernel holds it until the completion, whatever close(2) says: a
 *                                               peer hears no FIN, and a listener listens, until all is cancelled */
#ifndef CORE_URING_H
#define CORE_URING_H

#include <linux/io_uring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "counters.h"

/* What came with kernels younger than the oldest that uring_open() takes (5.11). Each bit stands for all of
 * its release. */
enum {
	URING_5_19 = 1, /* buffer rings, accept that goes on, cancel by descriptor, MSG_WAITALL for sends */
	URING_6_0 = 2,  /* receive that goes on */
};

struct uring_done { /* a completion: struct io_uring_cqe with names of ours */
	uint64_t token;
	int32_t  result; /* >= 0 or -errno */
	uint32_t flags;  /* IORING_CQE_F_ bits: uring_goes_on(), uring_has_buffer() */
};

struct uring_aside; /* what an entry points to */

struct uring {
	struct counters     *counters;
	int                  fd;
	unsigned             setup;     /* IORING_SETUP_ flags: those that this kernel took */
	unsigned             has;       /* URING_ bits */
	struct io_uring_sqe *entries;
	struct uring_aside  *asides;    /* one for each entry */
	unsigned             n_entries; /* a power of two */
	unsigned             filled;    /* tail of the entries that are filled in; grows for ever */
	unsigned            *sq_head, *sq_tail; /* shared */
	const unsigned      *sq_flags;  /* shared: IORING_SQ_CQ_OVERFLOW */
	const struct uring_done *completions;
	unsigned             n_completions; /* a power of two */
	unsigned            *cq_head, *cq_tail; /* shared */
	void                *rings;     /* the mapping of both */
	size_t               rings_size;
#ifdef MUXLAB_FAULTS
	struct uring_done    made_up[16]; /* failures that were asked for */
	unsigned             n_made_up;
#endif
};

/* 0: this machine has what the backend needs (URING_5_19); or -errno, which uring_advice() explains. */
int uring_probe(void);

/* One line for people: why uring_probe() or uring_open() said so, and what to do about it. */
const char *uring_advice(int error);

/* Room for n_entries operations between two calls, and for n_completions before the kernel has to put some aside (it
 * loses none: IORING_FEAT_NODROP); both are rounded up to powers of two. The caller owns *u. Operations that are
 * under way at uring_close() go on in the kernel for a while, and so does what they do to memory: cancel them first
 * and wait for their completions. */
int  uring_open(struct uring *u, struct counters *, unsigned n_entries, unsigned n_completions);
void uring_close(struct uring *);

/* Submits all that is filled in and waits for a completion, at most timeout_ms (-1: for ever; 0: looks only).
 * How many there are to be reaped now; 0: the time is over; -EINTR: a signal came.
 * -EAGAIN, -EBUSY: the kernel is short of memory, and there is nothing to reap. -EBADR: it was so short of it that it
 * lost a completion: give the ring up. */
int uring_wait(struct uring *, int timeout_ms);

/* Moves up to max completions to done[], oldest first; how many. Their places are free again at once. */
unsigned uring_reap(struct uring *, struct uring_done *done, unsigned max);

/* Makes room for n entries, which are then submitted together (a chain of IOSQE_IO_LINK must be). Submits what is
 * filled in, if it has to. 0, -EINVAL: more than there are at all, or -errno of uring_wait(). */
int uring_reserve(struct uring *, unsigned n);

/* The operation is not over: more completions will have this token (IORING_CQE_F_MORE). */
static inline bool uring_goes_on(const struct uring_done *done)
{
	return done->flags & IORING_CQE_F_MORE;
}

/* ---- operations: uring_ops.c ----
 *
 * Each fills in an entry and returns it, for flags such as IOSQE_IO_LINK; or NULL: none was to be had, treat it as
 * -ENOMEM. Its completion carries `token`, which is all the caller's. */

/* One connection; its address goes to *sa and *len, which stay alive until then. flags: SOCK_NONBLOCK or 0
 * (SOCK_CLOEXEC always). */
struct io_uring_sqe *uring_accept(struct uring *, int listen_fd, struct sockaddr *sa, socklen_t *len, int flags,
				  uint64_t token);
/* One after the other, until it fails or is cancelled (URING_5_19). No address: getpeername(2). */
struct io_uring_sqe *uring_accept_all(struct uring *, int listen_fd, int flags, uint64_t token);

struct io_uring_sqe *uring_recv(struct uring *, int fd, void *buf, size_t len, int flags, uint64_t token);
/* Into a buffer of that group, which is chosen when the bytes are there: who waits holds none. Once, or (`all`;
 * URING_6_0) each time that bytes come, until the end (0), a failure, or -ENOBUFS: the group is empty. */
struct io_uring_sqe *uring_recv_group(struct uring *, int fd, uint16_t group, bool all, uint64_t token);

/* Head, then body (mostly none); never SIGPIPE. flags:
 *   MSG_WAITALL   (URING_5_19) what the socket does not take at once is sent when there is room, so a short count
 *                 means that a failure, a cancellation or a signal cut it off: the next send tells. In a chain, a short
 *                 send breaks it; without this flag it does not
 *   MSG_DONTWAIT  -EAGAIN or a short count at once, instead of waiting
 * Neither: waits for some room, once; the count may be short. */
struct io_uring_sqe *uring_send(struct uring *, int fd, struct iovec head, struct iovec body, int flags,
				uint64_t token);

/* POLLIN ...; the result is what was seen. Once, or `all`: at each wake-up, as an edge (5.13). */
struct io_uring_sqe *uring_poll(struct uring *, int fd, uint32_t events, bool all, uint64_t token);

/* Cancels the operation with the token `target`, at once or never: that completes too, with -ECANCELED, or with its
 * result if it was quicker. This one's result is 0; -ENOENT: there is none; -EALREADY: it runs, and cannot be
 * stopped. */
struct io_uring_sqe *uring_cancel(struct uring *, uint64_t target, uint64_t token);
/* All operations on fd (URING_5_19); the result is how many. */
struct io_uring_sqe *uring_cancel_fd(struct uring *, int fd, uint64_t token);

/* The kernel hands this one to a thread (it always has, as of 6.18): shutdown(2) is cheaper. */
struct io_uring_sqe *uring_shutdown(struct uring *, int fd, int how, uint64_t token);
struct io_uring_sqe *uring_close_fd(struct uring *, int fd, uint64_t token);

/* -ETIME after so many milliseconds. */
struct io_uring_sqe *uring_timeout(struct uring *, int ms, uint64_t token);

/* No completion if it succeeds (5.17). */
static inline void uring_be_silent(struct io_uring_sqe *entry)
{
	entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

/* ---- buffers that the kernel chooses from: uring_buffers.c ----
 *
 *     n buffers ---> ring ---> one is chosen when bytes come ---> a completion names it ---> uring_give_back()
 *
 * However many connections wait, n buffers are all there are. The kernel takes them in the order in which they were
 * given. */
struct uring_buffers {
	struct io_uring_buf_ring *ring; /* shared; its tail is */
	char    *memory;
	unsigned n;         /* a power of two */
	size_t   size;      /* of each */
	uint16_t group, tail;
};

/* n: a power of two up to 32768. -EINVAL: this kernel has no such rings (they came with 5.19). */
int  uring_buffers_open(struct uring *, struct uring_buffers *, uint16_t group, unsigned n, size_t size);
/* No receive of the group may be under way. */
void uring_buffers_close(struct uring *, struct uring_buffers *);

static inline bool uring_has_buffer(const struct uring_done *done)
{
	return done->flags & IORING_CQE_F_BUFFER;
}

static inline unsigned uring_buffer_number(const struct uring_done *done)
{
	return done->flags >> IORING_CQE_BUFFER_SHIFT;
}

/* Its bytes: the caller's until it gives the buffer back. */
static inline char *uring_buffer_at(const struct uring_buffers *b, unsigned number)
{
	return b->memory + (size_t)number * b->size;
}

void uring_give_back(struct uring_buffers *, unsigned number);

#endif
