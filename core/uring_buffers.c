/* uring_buffers.c - a ring of buffers from which the kernel takes one when bytes have come; see uring.h.
 *
 *     tail -> [ 7 | 3 | 12 | ... ] <- head: the kernel's        IORING_REGISTER_PBUF_RING, kernel 5.19
 *
 * Buffers go round: each is used once before the first is used again. So many large buffers are a larger working
 * set than few, and n should be what a turn of the loop receives, not more.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>

#include "pages.h"
#include "sys.h"
#include "uring.h"

static size_t ring_size(const struct uring_buffers *b)
{
	return b->n * sizeof(struct io_uring_buf);
}

static int enter_group(struct uring *u, const struct uring_buffers *b)
{
	struct io_uring_buf_reg reg = { .ring_addr = (uintptr_t)b->ring, .ring_entries = b->n, .bgid = b->group };
	return sys_io_uring_register(u->counters, u->fd, IORING_REGISTER_PBUF_RING, &reg, 1);
}

static void release(struct uring_buffers *b)
{
	pages_release(b->ring, ring_size(b));
	pages_release(b->memory, b->n * b->size);
	*b = (struct uring_buffers){ 0 };
}

int uring_buffers_open(struct uring *u, struct uring_buffers *b, uint16_t group, unsigned n, size_t size)
{
	*b = (struct uring_buffers){ .n = n, .size = size, .group = group };
	b->ring = pages_reserve(ring_size(b)); /* must begin with a page */
	b->memory = pages_reserve(n * size);
	int error = b->ring && b->memory ? enter_group(u, b) : -ENOMEM;
	if (error < 0) {
		release(b);
		return error;
	}
	for (unsigned number = 0; number < n; number++)
		uring_give_back(b, number);
	return 0;
}

void uring_buffers_close(struct uring *u, struct uring_buffers *b)
{
	struct io_uring_buf_reg reg = { .bgid = b->group };
	if (b->ring)
		sys_io_uring_register(u->counters, u->fd, IORING_UNREGISTER_PBUF_RING, &reg, 1);
	release(b);
}

/* The tail lies over a field of the first entry, so an entry is never written as a whole. */
void uring_give_back(struct uring_buffers *b, unsigned number)
{
	struct io_uring_buf *place = &b->ring->bufs[b->tail & (b->n - 1)];
	place->addr = (uintptr_t)uring_buffer_at(b, number);
	place->len = (uint32_t)b->size;
	place->bid = (uint16_t)number;
	__atomic_store_n(&b->ring->tail, ++b->tail, __ATOMIC_RELEASE);
}
