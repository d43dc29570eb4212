/* uring_stream.c - receives that go on, given out one at a time; see uring_stream.h.
 *
 *                        want               completion                          completion that nobody wants
 *     idle ----------> armed, wanted ------> armed -- want --> armed, wanted    armed ---> early, called back
 *      ^                                       | whole buffer                                |
 *      |                                       v                                             v
 *      +-- the last completion -------- called back, floods <----------------------------------+
 *
 * A receive that goes on is over with the completion that lacks IORING_CQE_F_MORE; only then may the next one begin, or
 * two would take bytes in whichever order. It takes up to 32 buffers before we hear of the first
 * (MULTISHOT_MAX_RETRY in the kernel's io_uring/net.c), which is why the buffers are small: 64 KiB is what one
 * flood can make us keep.
 *
 * Two groups of buffers (uring_buffers.c): small ones for questions, large ones for whoever sends much.
 *
 * Linux 6.0 (IORING_RECV_MULTISHOT); before that every receive is a single one.
 *
 * SPDX-License-Identifier: MIT */
#include "uring_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pages.h"

enum {
	SMALL_SIZE = 2048, N_SMALL = 256, SMALL_GROUP = 0,
	LARGE_SIZE = 16 << 10, N_LARGE = 64, LARGE_GROUP = 1,
	FIRST_EARLY = LARGE_SIZE, /* of bytes that are kept; no less than a buffer */
};

/* WANTED: a completion is waited for. READY: not necessary, it is in the list. FLOODS: the next receive is a
 * large one. */
enum { ARMED = 1, WANTED = 2, READY = 4, CALLED_BACK = 8, RECALLED = 16, ENDED = 32, LARGE = 64, FLOODS = 128 };

struct uring_early {
	size_t len, cap, given;
	char   data[];
};

struct uring_stream {
	uint64_t             token; /* 0: no one's */
	struct uring_early  *early; /* what nobody wanted yet; NULL: nothing */
	struct uring_stream *next;  /* of those that are ready */
	int                  fd;
	int16_t              end;   /* ENDED: how, 0 or -errno */
	uint8_t              state;
};

/* Nobody listens to the completions of cancellations. */
static const uint64_t NOBODY = UINT64_C(0xff);

static size_t table_size(const struct uring_streams *s)
{
	return s->n * sizeof *s->all;
}

int uring_streams_open(struct uring_streams *s, struct uring *ring, uint32_t n)
{
	*s = (struct uring_streams){ .ring = ring, .n = n };
	s->all = pages_reserve(table_size(s));
	int error = s->all ? 0 : -ENOMEM;
	if (!error)
		error = uring_buffers_open(ring, &s->small, SMALL_GROUP, N_SMALL, SMALL_SIZE);
	if (!error)
		error = uring_buffers_open(ring, &s->large, LARGE_GROUP, N_LARGE, LARGE_SIZE);
	return error;
}

void uring_streams_close(struct uring_streams *s)
{
	uring_streams_give_back(s);
	uring_buffers_close(s->ring, &s->small);
	uring_buffers_close(s->ring, &s->large);
	pages_release(s->all, table_size(s));
}

/* ---- what the kernel is asked for ---- */

static uint64_t token_in_ring(const struct uring_stream *stream)
{
	return stream->token | (stream->state & LARGE ? URING_LARGE : URING_SMALL);
}

static int arm(struct uring_streams *s, struct uring_stream *stream)
{
	bool large = stream->state & FLOODS || !(s->ring->has & URING_6_0);
	stream->state &= (uint8_t)~(LARGE | FLOODS);
	if (large)
		stream->state |= LARGE;
	if (!uring_recv_group(s->ring, stream->fd, large ? LARGE_GROUP : SMALL_GROUP, !large, token_in_ring(stream)))
		return -ENOMEM;
	stream->state |= ARMED;
	return 0;
}

static void cancel(struct uring_streams *s, uint64_t token)
{
	struct io_uring_sqe *entry = uring_cancel(s->ring, token, NOBODY);
	if (entry)
		uring_be_silent(entry);
}

static void call_back(struct uring_streams *s, struct uring_stream *stream)
{
	if (!(stream->state & ARMED) || stream->state & CALLED_BACK)
		return;
	cancel(s, token_in_ring(stream));
	stream->state |= CALLED_BACK;
}

int uring_receive_once(struct uring_streams *s, int fd, uint64_t token)
{
	return uring_recv_group(s->ring, fd, LARGE_GROUP, false, token | URING_LARGE) ? 0 : -ENOMEM;
}

/* ---- what its user asks for ---- */

static void put_ready(struct uring_streams *s, struct uring_stream *stream)
{
	stream->state |= READY;
	stream->next = NULL;
	if (s->ready)
		s->last_ready->next = stream;
	else
		s->ready = stream;
	s->last_ready = stream;
	s->n_ready++;
}

int uring_stream_want(struct uring_streams *s, uint32_t place, int fd, uint64_t token)
{
	struct uring_stream *stream = &s->all[place];
	if (stream->token != token)
		*stream = (struct uring_stream){ .token = token, .fd = fd };
	if (stream->early || stream->state & ENDED) {
		put_ready(s, stream);
		return 0;
	}
	stream->state |= WANTED;
	return stream->state & ARMED ? 0 : arm(s, stream);
}

void uring_stream_recall(struct uring_streams *s, uint32_t place, uint64_t token)
{
	struct uring_stream *stream = &s->all[place];
	if (stream->token != token)
		return;
	stream->state |= RECALLED;
	call_back(s, stream);
}

void uring_stream_forget(struct uring_streams *s, uint32_t place, uint64_t token)
{
	struct uring_stream *stream = &s->all[place];
	if (stream->token != token)
		return;
	call_back(s, stream);
	free(stream->early);
	*stream = (struct uring_stream){ 0 };
}

/* ---- what is done ---- */

void uring_streams_give_back(struct uring_streams *s)
{
	if (s->lender)
		uring_give_back(s->lender, s->lent);
	s->lender = NULL;
	free(s->old);
	s->old = NULL;
}

/* The buffer of a completion, which is lent from now on; NULL: it has none. */
static char *buffer_of(struct uring_streams *s, const struct uring_done *done)
{
	if (!uring_has_buffer(done))
		return NULL;
	s->lender = done->token & URING_LARGE ? &s->large : &s->small;
	s->lent = uring_buffer_number(done);
	return uring_buffer_at(s->lender, s->lent);
}

static bool give(struct uring_stream *stream, int32_t n, char *data, struct uring_got *got)
{
	got->token = stream->token;
	got->n = n;
	got->data = data;
	stream->state &= (uint8_t)~(WANTED | READY | RECALLED);
	return true;
}

/* False: it is lost, for want of memory. */
static bool keep(struct uring_stream *stream, const char *data, size_t n)
{
	struct uring_early *early = stream->early;
	size_t len = early ? early->len : 0, cap = early ? early->cap : 0;
	if (cap - len < n) {
		cap = early ? 2 * cap + n : FIRST_EARLY;
		early = realloc(early, sizeof *early + cap);
		if (!early)
			return false;
		if (!stream->early)
			*early = (struct uring_early){ 0 };
		early->cap = cap;
		stream->early = early;
	}
	memcpy(early->data + len, data, n);
	early->len = len + n;
	return true;
}

static void end(struct uring_stream *stream, int32_t how)
{
	stream->state |= ENDED;
	stream->end = (int16_t)how;
}

static bool bytes_came(struct uring_streams *s, struct uring_stream *stream, int32_t n, char *data,
		       struct uring_got *got)
{
	bool wanted = stream->state & WANTED;
	if (!wanted || (size_t)n == s->lender->size) {
		stream->state |= FLOODS;
		call_back(s, stream);
	}
	if (wanted)
		return give(stream, n, data, got);
	if (!keep(stream, data, (size_t)n))
		end(stream, -ENOMEM);
	return false;
}

/* Nothing came: the receive was called back, there was no buffer, or it was interrupted. */
static bool nothing_came(struct uring_streams *s, struct uring_stream *stream, struct uring_got *got)
{
	if (!(stream->state & WANTED))
		return false;
	if (stream->state & RECALLED)
		return give(stream, -ECANCELED, NULL, got);
	return arm(s, stream) ? give(stream, -ENOMEM, NULL, got) : false;
}

static bool is_nothing(int32_t n)
{
	return n == -ECANCELED || n == -ENOBUFS || n == -EINTR || n == -EAGAIN;
}

bool uring_streams_take(struct uring_streams *s, uint32_t place, const struct uring_done *done, struct uring_got *got)
{
	struct uring_stream *stream = &s->all[place];
	char *data = buffer_of(s, done);
	if (stream->token != (done->token & ~(URING_SMALL | URING_LARGE)))
		return false; /* it is late: its descriptor is closed */
	if (!uring_goes_on(done))
		stream->state &= (uint8_t)~(ARMED | CALLED_BACK);
	if (done->result > 0)
		return bytes_came(s, stream, done->result, data, got);
	if (is_nothing(done->result))
		return nothing_came(s, stream, got);
	if (stream->state & WANTED)
		return give(stream, done->result, NULL, got);
	end(stream, done->result);
	return false;
}

bool uring_once_take(struct uring_streams *s, const struct uring_done *done, struct uring_got *got)
{
	char *data = buffer_of(s, done);
	*got = (struct uring_got){ done->token & ~URING_LARGE, done->result, data };
	return true;
}

/* At most a large buffer's worth at a time, as of any other receive. */
static bool give_early(struct uring_streams *s, struct uring_stream *stream, struct uring_got *got)
{
	struct uring_early *early = stream->early;
	size_t left = early->len - early->given, n = left < LARGE_SIZE ? left : LARGE_SIZE;
	char *data = early->data + early->given;
	early->given += n;
	if (n == left) {
		s->old = early;
		stream->early = NULL;
	}
	return give(stream, (int32_t)n, data, got);
}

unsigned uring_streams_n_ready(const struct uring_streams *s)
{
	return s->n_ready;
}

bool uring_streams_ready(struct uring_streams *s, struct uring_got *got)
{
	struct uring_stream *stream = s->ready;
	if (!stream)
		return false;
	s->ready = stream->next;
	s->n_ready--;
	if (stream->early)
		return give_early(s, stream, got);
	stream->state &= (uint8_t)~ENDED;
	return give(stream, stream->end, NULL, got);
}
