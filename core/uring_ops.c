/* uring_ops.c - operations for the ring: which fields of an entry mean what; see uring.h.
 *
 * io_uring_enter(2) lists the fields for each operation. Nothing is checked here: what the kernel does not like comes
 * back as the result of the completion.
 *
 * Faults (fault.h) strike when an operation is filled in: one that must fail is not submitted; a silent no-operation
 * takes its place in the ring, and the failure is delivered by the next uring_reap(). One that must be short asks for
 * one byte. An operation that goes on counts once.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stddef.h>

#include "fault.h"
#include "uring.h"
#include "uring_own.h"

static uint64_t address(const void *p)
{
	return (uintptr_t)p;
}

static struct io_uring_sqe *prepare(struct uring *u, uint8_t op, int fd, uint64_t token)
{
	struct io_uring_sqe *entry = uring_entry(u);
	if (entry) {
		entry->opcode = op;
		entry->fd = fd;
		entry->user_data = token;
	}
	return entry;
}

/* True: the operation is not to take place, it has failed. */
static bool strike(struct uring *u, struct io_uring_sqe *entry, enum count kind, size_t *len)
{
	int error = fault_before(kind, len);
	if (!error || !uring_make_up(u, entry->user_data, error))
		return false;
	*entry = (struct io_uring_sqe){ .opcode = IORING_OP_NOP, .flags = IOSQE_CQE_SKIP_SUCCESS };
	return true;
}

static struct io_uring_sqe *accept_with(struct uring *u, int listen_fd, uint16_t how, int flags, uint64_t token)
{
	struct io_uring_sqe *entry = prepare(u, IORING_OP_ACCEPT, listen_fd, token);
	if (entry && !strike(u, entry, COUNT_ACCEPT, NULL)) {
		entry->ioprio = how;
		entry->accept_flags = (uint32_t)(flags | SOCK_CLOEXEC);
	}
	return entry;
}

struct io_uring_sqe *uring_accept(struct uring *u, int listen_fd, struct sockaddr *sa, socklen_t *len, int flags,
				  uint64_t token)
{
	struct io_uring_sqe *entry = accept_with(u, listen_fd, 0, flags, token);
	if (entry && entry->opcode == IORING_OP_ACCEPT) {
		entry->addr = address(sa);
		entry->addr2 = address(len);
	}
	return entry;
}

struct io_uring_sqe *uring_accept_all(struct uring *u, int listen_fd, int flags, uint64_t token)
{
	return accept_with(u, listen_fd, IORING_ACCEPT_MULTISHOT, flags, token);
}

struct io_uring_sqe *uring_recv(struct uring *u, int fd, void *buf, size_t len, int flags, uint64_t token)
{
	struct io_uring_sqe *entry = prepare(u, IORING_OP_RECV, fd, token);
	if (entry && !strike(u, entry, COUNT_RECV, &len)) {
		entry->addr = address(buf);
		entry->len = (uint32_t)len;
		entry->msg_flags = (uint32_t)flags;
	}
	return entry;
}

/* A length of 0 means that of the buffer; a receive that goes on must not name one. */
struct io_uring_sqe *uring_recv_group(struct uring *u, int fd, uint16_t group, bool all, uint64_t token)
{
	struct io_uring_sqe *entry = prepare(u, IORING_OP_RECV, fd, token);
	size_t len = 2;
	if (entry && !strike(u, entry, COUNT_RECV, &len)) {
		bool cut = len == 1;
		entry->flags = IOSQE_BUFFER_SELECT;
		entry->buf_group = group;
		entry->len = cut;
		entry->ioprio = all && !cut ? IORING_RECV_MULTISHOT : 0;
	}
	return entry;
}

static void send_both(const struct uring *u, struct io_uring_sqe *entry, struct iovec head, struct iovec body)
{
	struct uring_aside *aside = uring_beside(u, entry);
	aside->pieces[0] = head;
	aside->pieces[1] = body;
	aside->message = (struct msghdr){ .msg_iov = aside->pieces, .msg_iovlen = 2 };
	entry->opcode = IORING_OP_SENDMSG;
	entry->addr = address(&aside->message);
	entry->len = 1;
}

struct io_uring_sqe *uring_send(struct uring *u, int fd, struct iovec head, struct iovec body, int flags,
				uint64_t token)
{
	struct io_uring_sqe *entry = prepare(u, IORING_OP_SEND, fd, token);
	size_t len = head.iov_len;
	if (!entry || strike(u, entry, COUNT_SEND, &len))
		return entry;
	entry->msg_flags = (uint32_t)(flags | MSG_NOSIGNAL);
	if (body.iov_len && len == head.iov_len) {
		send_both(u, entry, head, body);
	} else {
		entry->addr = address(head.iov_base);
		entry->len = (uint32_t)len;
	}
	return entry;
}

/* On big-endian machines the halves of the 32 bits are swapped, since there were 16 at first. */
static uint32_t poll_bits(uint32_t events)
{
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? events << 16 | events >> 16 : events;
}

struct io_uring_sqe *uring_poll(struct uring *u, int fd, uint32_t events, bool all, uint64_t token)
{
	struct io_uring_sqe *entry = prepare(u, IORING_OP_POLL_ADD, fd, token);
	if (entry) {
		entry->poll32_events = poll_bits(events);
		entry->len = all ? IORING_POLL_ADD_MULTI : 0;
	}
	return entry;
}

struct io_uring_sqe *uring_cancel(struct uring *u, uint64_t target, uint64_t token)
{
	struct io_uring_sqe *entry = prepare(u, IORING_OP_ASYNC_CANCEL, -1, token);
	if (entry)
		entry->addr = target;
	return entry;
}

struct io_uring_sqe *uring_cancel_fd(struct uring *u, int fd, uint64_t token)
{
	struct io_uring_sqe *entry = prepare(u, IORING_OP_ASYNC_CANCEL, fd, token);
	if (entry)
		entry->cancel_flags = IORING_ASYNC_CANCEL_FD | IORING_ASYNC_CANCEL_ALL;
	return entry;
}

struct io_uring_sqe *uring_shutdown(struct uring *u, int fd, int how, uint64_t token)
{
	struct io_uring_sqe *entry = prepare(u, IORING_OP_SHUTDOWN, fd, token);
	if (entry)
		entry->len = (uint32_t)how;
	return entry;
}

struct io_uring_sqe *uring_close_fd(struct uring *u, int fd, uint64_t token)
{
	return prepare(u, IORING_OP_CLOSE, fd, token);
}

struct io_uring_sqe *uring_timeout(struct uring *u, int ms, uint64_t token)
{
	struct io_uring_sqe *entry = prepare(u, IORING_OP_TIMEOUT, -1, token);
	if (entry) {
		struct uring_aside *aside = uring_beside(u, entry);
		aside->time = (struct __kernel_timespec){ ms / 1000, ms % 1000 * 1000000LL };
		entry->addr = address(&aside->time);
		entry->len = 1;
	}
	return entry;
}
