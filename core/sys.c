/* sys.c - the system calls that serve clients, counted; see sys.h.
 *
 * accept4(2) recv(2) sendmsg(2) shutdown(2) close(2) select(2) poll(2) epoll_ctl(2) epoll_wait(2)
 * clock_nanosleep(2) getpeername(2) socket(2) connect(2) openat2(2) fstat(2) getdents64(2) pread(2) sendfile(2)
 * read(2) write(2) aio_read(3) io_uring_enter(2) fcntl(2) ioctl(2) sigtimedwait(2) futex(2)
 *
 * Each call passes fault_before() on its way in, and after() on its way out:
 *
 *     driver --> fault_before() --> the kernel --> after() --> driver
 *                (test builds:      count, trace,
 *                 refuse, shorten)   errno -> -errno
 *
 * SPDX-License-Identifier: MIT */
#include "sys.h"

#include <aio.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"
#include "net.h"
#include "trace.h"

static ssize_t after(struct counters *c, enum count kind, ssize_t result)
{
	int error = result < 0 ? errno : 0;
	count_add(c, kind, 1);
	if (!error)
		return result;
	if (error == EAGAIN)
		count_add(c, COUNT_EAGAIN, 1);
	return -error;
}

__attribute__((cold, noinline))
static ssize_t after_traced(struct counters *c, enum count kind, int fd, ssize_t result)
{
	ssize_t n = after(c, kind, result);
	trace_add(c->trace, (int)kind, fd, n, c->trace->began_ns);
	return n;
}

/* A call, counted; and timed if there is a trace. Written out twice: without one it costs a look at a pointer. */
#define CALL(c, kind, fd, call)                                                                                   \
	(tracing(c) ? after_traced((c), (kind), (fd), (trace_begin((c)->trace), (call))) : after((c), (kind), (call)))

static int after_wait(struct counters *c, int timeout_ms, ssize_t result)
{
	if (result > 0)
		count_add(c, COUNT_EVENTS, (uint64_t)result);
	else if (result == 0 && timeout_ms)
		count_add(c, COUNT_EMPTY, 1);
	return (int)result;
}

#define WAIT(c, timeout_ms, call) after_wait((c), (timeout_ms), CALL((c), COUNT_WAIT, -1, (call)))

int sys_accept(struct counters *c, int listen_fd, struct peer *peer, int flags)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;
	int error = fault_before(COUNT_ACCEPT, NULL);
	if (error)
		return error;
	sa.ss_family = AF_UNSPEC;
	int fd = (int)CALL(c, COUNT_ACCEPT, listen_fd,
			   accept4(listen_fd, (struct sockaddr *)&sa, &len, flags | SOCK_CLOEXEC));
	if (fd >= 0)
		peer_from_sockaddr(peer, (struct sockaddr *)&sa);
	if (fd >= 0 && tracing(c))
		trace_client(c->trace, peer);
	return fd;
}

void sys_peer(struct counters *c, int fd, struct peer *peer)
{
	struct sockaddr_storage sa = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof sa;
	CALL(c, COUNT_OTHER, fd, getpeername(fd, (struct sockaddr *)&sa, &len));
	peer_from_sockaddr(peer, (struct sockaddr *)&sa);
}

ssize_t sys_recv(struct counters *c, int fd, void *buf, size_t len, int flags)
{
	int error = fault_before(COUNT_RECV, &len);
	if (error)
		return error;
	ssize_t n = CALL(c, COUNT_RECV, fd, recv(fd, buf, len, flags));
	if (n > 0)
		count_add(c, COUNT_BYTES_IN, (uint64_t)n);
	return n;
}

static ssize_t send_both(int fd, struct iovec head, struct iovec body, int flags)
{
	struct iovec pieces[] = { head, body };
	struct msghdr message = { .msg_iov = pieces, .msg_iovlen = 2 };
	return sendmsg(fd, &message, flags);
}

ssize_t sys_send(struct counters *c, int fd, struct iovec head, struct iovec body, int flags)
{
	size_t len = head.iov_len;
	int error = fault_before(COUNT_SEND, &len);
	if (error)
		return error;
	flags |= MSG_NOSIGNAL;
	bool both = len == head.iov_len && body.iov_len;
	ssize_t n = CALL(c, COUNT_SEND, fd,
			 both ? send_both(fd, head, body, flags) : send(fd, head.iov_base, len, flags));
	if (n > 0)
		count_add(c, COUNT_BYTES_OUT, (uint64_t)n);
	return n;
}

int sys_shutdown(struct counters *c, int fd, int how)
{
	return (int)CALL(c, COUNT_SHUTDOWN, fd, shutdown(fd, how));
}

/* close(2) NOTES: on Linux the descriptor is gone also when close says EINTR, so it is never repeated. */
int sys_close(struct counters *c, int fd)
{
	return (int)CALL(c, COUNT_CLOSE, fd, close(fd));
}

int sys_socket(struct counters *c, int family, int type)
{
	return (int)CALL(c, COUNT_OTHER, -1, socket(family, type | SOCK_CLOEXEC, 0));
}

int sys_connect(struct counters *c, int fd, const struct sockaddr *sa, socklen_t len)
{
	int error = fault_before(COUNT_CONNECT, NULL);
	return error ? error : (int)CALL(c, COUNT_CONNECT, fd, connect(fd, sa, len));
}

/* O_NONBLOCK: opening a FIFO must not wait for its writer. glibc 2.36 has no wrapper for openat2. */
int sys_open_below(struct counters *c, int root_fd, const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	int error = fault_before(COUNT_OPEN, NULL);
	return error ? error : (int)CALL(c, COUNT_OPEN, -1, syscall(SYS_openat2, root_fd, path, &how, sizeof how));
}

int sys_fstat(struct counters *c, int fd, struct stat *st)
{
	int error = fault_before(COUNT_OTHER, NULL);
	return error ? error : (int)CALL(c, COUNT_OTHER, fd, fstat(fd, st));
}

int sys_fstat_at(struct counters *c, int dir_fd, const char *name, struct stat *st)
{
	return (int)CALL(c, COUNT_OTHER, dir_fd, fstatat(dir_fd, name, st, AT_SYMLINK_NOFOLLOW));
}

ssize_t sys_getdents(struct counters *c, int dir_fd, void *entries, size_t size)
{
	int error = fault_before(COUNT_OTHER, NULL);
	return error ? error : CALL(c, COUNT_OTHER, dir_fd, getdents64(dir_fd, entries, size));
}

ssize_t sys_pread(struct counters *c, int fd, void *buf, size_t len, off_t offset)
{
	int error = fault_before(COUNT_PREAD, &len);
	return error ? error : CALL(c, COUNT_PREAD, fd, pread(fd, buf, len, offset));
}

ssize_t sys_read(struct counters *c, int fd, void *buf, size_t len)
{
	return CALL(c, COUNT_OTHER, fd, read(fd, buf, len));
}

ssize_t sys_write(struct counters *c, int fd, const void *buf, size_t len)
{
	return CALL(c, COUNT_OTHER, fd, write(fd, buf, len));
}

ssize_t sys_sendfile(struct counters *c, int fd, int file_fd, off_t *offset, size_t len)
{
	int error = fault_before(COUNT_SENDFILE, &len);
	if (error)
		return error;
	ssize_t n = CALL(c, COUNT_SENDFILE, fd, sendfile(fd, file_fd, offset, len));
	if (n > 0)
		count_add(c, COUNT_BYTES_OUT, (uint64_t)n);
	return n;
}

int sys_select(struct counters *c, int n, fd_set *in, fd_set *out, int timeout_ms)
{
	struct timeval timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
	int error = fault_before(COUNT_WAIT, NULL);
	return error ? error : WAIT(c, timeout_ms, select(n, in, out, NULL, timeout_ms < 0 ? NULL : &timeout));
}

int sys_poll(struct counters *c, struct pollfd *fds, unsigned n, int timeout_ms)
{
	int error = fault_before(COUNT_WAIT, NULL);
	return error ? error : WAIT(c, timeout_ms, poll(fds, n, timeout_ms));
}

int sys_epoll_ctl(struct counters *c, int epfd, int op, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = { .events = events, .data.u64 = data };
	int error = fault_before(COUNT_CTL, NULL);
	return error ? error : (int)CALL(c, COUNT_CTL, fd, epoll_ctl(epfd, op, fd, &event));
}

int sys_epoll_wait(struct counters *c, int epfd, struct epoll_event *events, int max, int timeout_ms)
{
	int error = fault_before(COUNT_WAIT, NULL);
	return error ? error : WAIT(c, timeout_ms, epoll_wait(epfd, events, max, timeout_ms));
}

int sys_set_owner(struct counters *c, int fd, const struct f_owner_ex *owner)
{
	int error = fault_before(COUNT_CTL, NULL);
	return error ? error : (int)CALL(c, COUNT_CTL, fd, fcntl(fd, F_SETOWN_EX, owner));
}

int sys_set_signal(struct counters *c, int fd, int signo)
{
	int error = fault_before(COUNT_CTL, NULL);
	return error ? error : (int)CALL(c, COUNT_CTL, fd, fcntl(fd, F_SETSIG, signo));
}

int sys_set_async(struct counters *c, int fd, bool on)
{
	int value = on, error = fault_before(COUNT_CTL, NULL);
	return error ? error : (int)CALL(c, COUNT_CTL, fd, ioctl(fd, FIOASYNC, &value));
}

/* The kernel says EAGAIN when the time is over. */
int sys_sigwait(struct counters *c, const sigset_t *signals, siginfo_t *info, int timeout_ms)
{
	struct timespec timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000000 };
	int error = fault_before(COUNT_WAIT, NULL);
	if (error)
		return error;
	ssize_t n = CALL(c, COUNT_WAIT, -1, sigtimedwait(signals, info, timeout_ms < 0 ? NULL : &timeout));
	if (n == -EAGAIN && timeout_ms)
		count_add(c, COUNT_EMPTY, 1);
	return n > 0 ? 1 : n == -EAGAIN ? 0 : (int)n;
}

/* libc has no wrappers for these three. */
int sys_io_uring_setup(struct counters *c, unsigned n_entries, struct io_uring_params *params)
{
	return (int)CALL(c, COUNT_OTHER, -1, syscall(SYS_io_uring_setup, n_entries, params));
}

int sys_io_uring_register(struct counters *c, int fd, unsigned op, void *arg, unsigned n)
{
	return (int)CALL(c, COUNT_OTHER, -1, syscall(SYS_io_uring_register, fd, op, arg, n));
}

/* Where it waits, faults for "wait" strike it; where it only submits, those for "enter". */
int sys_io_uring_enter(struct counters *c, int fd, unsigned submit, unsigned wait_for, unsigned flags,
		       struct io_uring_getevents_arg *limit)
{
	int error = fault_before(wait_for ? COUNT_WAIT : COUNT_ENTER, NULL);
	flags |= limit ? IORING_ENTER_EXT_ARG : 0;
	return error ? error : (int)CALL(c, COUNT_ENTER, -1, syscall(SYS_io_uring_enter, fd, submit, wait_for, flags,
								     limit, limit ? sizeof *limit : 0));
}

int sys_aio_read(struct counters *c, struct aiocb *cb)
{
	int error = fault_before(COUNT_RECV, &cb->aio_nbytes);
	return error ? error : (int)CALL(c, COUNT_AIO, cb->aio_fildes, aio_read(cb));
}

int sys_aio_write(struct counters *c, struct aiocb *cb)
{
	int error = fault_before(COUNT_SEND, &cb->aio_nbytes);
	return error ? error : (int)CALL(c, COUNT_AIO, cb->aio_fildes, aio_write(cb));
}

int sys_aio_error(struct counters *c, const struct aiocb *cb)
{
	return (int)CALL(c, COUNT_AIO, cb->aio_fildes, aio_error(cb));
}

/* It returns what read(2) or write(2) did, and errno is none of its own then. */
ssize_t sys_aio_return(struct counters *c, struct aiocb *cb)
{
	return CALL(c, COUNT_AIO, cb->aio_fildes, aio_return(cb));
}

int sys_aio_cancel(struct counters *c, int fd, struct aiocb *cb)
{
	return (int)CALL(c, COUNT_AIO, fd, aio_cancel(fd, cb));
}

int sys_set_blocking(struct counters *c, int fd)
{
	int off = 0;
	return (int)CALL(c, COUNT_CTL, fd, ioctl(fd, FIONBIO, &off));
}

/* glibc has no wrapper for futex. */
int sys_futex_wait(struct counters *c, const uint32_t *word, uint32_t expected)
{
	int error = fault_before(COUNT_FUTEX, NULL);
	return error ? error : (int)CALL(c, COUNT_FUTEX, -1,
					 syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL));
}

/* It fails only for an address that is none: so no fault is injected, which would let somebody sleep for ever. */
int sys_futex_wake(struct counters *c, const uint32_t *word, int n)
{
	return (int)CALL(c, COUNT_FUTEX, -1, syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, n));
}

int sys_sleep_until(struct counters *c, int64_t end_ns)
{
	struct timespec end = { end_ns / 1000000000, end_ns % 1000000000 };
	int64_t began_ns = tracing(c) ? clock_ns() : 0;
	int error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL);
	count_add(c, COUNT_SLEEP, 1);
	if (tracing(c))
		trace_add(c->trace, COUNT_SLEEP, -1, -error, began_ns);
	return -error;
}
