/* uring_stream.h - receives that go on in the ring, given out one at a time.
 *
 *     want ---> result ---> want ---> result ...     what its user sees: a receive is asked for, and done
 *       |         ^
 *       v         |
 *     [ one receive that goes on, for all of them ]  what the kernel sees: a buffer is taken whenever bytes come
 *
 * What comes when nobody wants it is kept, and the receive is called back, so that a client who sends without end fills
 * no more memory than it takes to say so, and no one else's buffers. Who fills whole buffers gets a larger one for each
 * receive instead, and the kernel waits until that is wanted.
 *
 * A stream is known by its token, and by a place in a table, below n. Functions return >= 0 or -errno. */
#ifndef CORE_URING_STREAM_H
#define CORE_URING_STREAM_H

#include "uring.h"

/* Completions of streams have one of these in their token, which is otherwise the stream's. */
#define URING_SMALL (UINT64_C(1) << 30)
#define URING_LARGE (UINT64_C(1) << 31)

struct uring_stream;

struct uring_streams {
	struct uring        *ring;
	struct uring_buffers small, large;
	struct uring_stream *all;
	uint32_t             n;
	struct uring_stream *ready, *last_ready; /* wanted, and already there */
	unsigned             n_ready;
	struct uring_buffers *lender; /* of the buffer that was given out last; NULL: none is */
	unsigned             lent;
	struct uring_early  *old;     /* the same, of what had been kept */
};

struct uring_got {
	uint64_t token;
	int32_t  n;    /* bytes; 0: the end; -errno; -ECANCELED: called back */
	char    *data; /* lent until uring_streams_give_back() */
};

int  uring_streams_open(struct uring_streams *, struct uring *, uint32_t n);
/* No receive is under way. */
void uring_streams_close(struct uring_streams *);

/* One result, please: a later completion brings it, or uring_streams_ready(). One at a time for each stream. */
int  uring_stream_want(struct uring_streams *, uint32_t place, int fd, uint64_t token);
/* No more: soon there is a result, perhaps -ECANCELED. After a result <= 0 nothing is kept and nothing under way. */
void uring_stream_recall(struct uring_streams *, uint32_t place, uint64_t token);
/* Its descriptor is about to be closed: what was kept is dropped, what is under way is called back, and nothing is
 * heard of it again. */
void uring_stream_forget(struct uring_streams *, uint32_t place, uint64_t token);

/* A single receive, without a stream. */
int  uring_receive_once(struct uring_streams *, int fd, uint64_t token);

/* A completion with URING_SMALL or URING_LARGE; the place is that of its token. True: *got is a result. */
bool uring_streams_take(struct uring_streams *, uint32_t place, const struct uring_done *, struct uring_got *got);
bool uring_once_take(struct uring_streams *, const struct uring_done *, struct uring_got *got);
/* Results that were there before they were wanted, and how many there are. False: there is none. */
unsigned uring_streams_n_ready(const struct uring_streams *);
bool uring_streams_ready(struct uring_streams *, struct uring_got *got);
/* The data of the last result, if it had some, may be overwritten. */
void uring_streams_give_back(struct uring_streams *);

#endif
