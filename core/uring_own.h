/* uring_own.h - what the files of uring.h share among themselves. */
#ifndef CORE_URING_OWN_H
#define CORE_URING_OWN_H

#include <linux/time_types.h>

#include "uring.h"

/* What an entry points to. The kernel has read it when it has taken the entry (IORING_FEAT_SUBMIT_STABLE), and only
 * then is the entry's place used again: so each place has one of these, and nobody else has to keep them alive. */
struct uring_aside {
	union {
		struct __kernel_timespec time;
		struct {
			struct msghdr message;
			struct iovec  pieces[2];
		};
	};
};

/* A zeroed entry, or NULL. */
struct io_uring_sqe *uring_entry(struct uring *);

static inline struct uring_aside *uring_beside(const struct uring *u, const struct io_uring_sqe *entry)
{
	return &u->asides[entry - u->entries];
}

#ifdef MUXLAB_FAULTS
bool uring_make_up(struct uring *, uint64_t token, int error);
#else
static inline bool uring_make_up(struct uring *u, uint64_t token, int error)
{
	(void)u, (void)token, (void)error;
	return false;
}
#endif

#endif
