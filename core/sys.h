/* sys.h - the glass box: every system call that serves a client is made here and nowhere else.
 *
 * So this is the one place that counts them, where a trace would hang and where faults are injected. Every function
 * returns >= 0 or -errno and takes the counters of the calling thread. They add nothing else: what a call means is
 * in its man page. `make lint` checks that drivers and backends make no such call directly. */
#ifndef CORE_SYS_H
#define CORE_SYS_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "counters.h"
#include "io.h"

struct aiocb; /* <aio.h> */
struct io_uring_getevents_arg;
struct io_uring_params;

struct f_owner_ex; /* <fcntl.h> */

/* accept4(2); flags: SOCK_NONBLOCK or 0 (SOCK_CLOEXEC always). The kernel's address goes to *peer. */
int     sys_accept(struct counters *, int listen_fd, struct peer *peer, int flags);
/* getpeername(2). One who has left already has no name any more: family 0. */
void    sys_peer(struct counters *, int fd, struct peer *peer);
ssize_t sys_recv(struct counters *, int fd, void *buf, size_t len, int flags);
/* Head, then body (mostly none): sendmsg(2), or send(2) for one piece; never SIGPIPE. flags: MSG_MORE or 0. */
ssize_t sys_send(struct counters *, int fd, struct iovec head, struct iovec body, int flags);
int     sys_shutdown(struct counters *, int fd, int how);
int     sys_close(struct counters *, int fd);

int     sys_socket(struct counters *, int family, int type); /* SOCK_CLOEXEC always */
int     sys_connect(struct counters *, int fd, const struct sockaddr *, socklen_t len);
/* openat2(2), read only: a path that leaves `root_fd`, by .. or by a link, is -EXDEV or -ELOOP. */
int     sys_open_below(struct counters *, int root_fd, const char *path);
int     sys_fstat(struct counters *, int fd, struct stat *);
/* fstatat(2) of what stands in the folder, of a link itself. */
int     sys_fstat_at(struct counters *, int dir_fd, const char *name, struct stat *);
ssize_t sys_getdents(struct counters *, int dir_fd, void *entries, size_t size); /* getdents64(2) */
ssize_t sys_pread(struct counters *, int fd, void *buf, size_t len, off_t offset);
ssize_t sys_read(struct counters *, int fd, void *buf, size_t len);        /* a pipe that wakes a loop */
ssize_t sys_write(struct counters *, int fd, const void *buf, size_t len); /* the same; the access log */
/* sendfile(2); *offset moves on. 0: the file has no more. */
ssize_t sys_sendfile(struct counters *, int fd, int file_fd, off_t *offset, size_t len);

int sys_select(struct counters *, int n, fd_set *in, fd_set *out, int timeout_ms);
int sys_poll(struct counters *, struct pollfd *, unsigned n, int timeout_ms);
int sys_epoll_ctl(struct counters *, int epfd, int op, int fd, uint32_t events, uint64_t data);
int sys_epoll_wait(struct counters *, int epfd, struct epoll_event *, int max, int timeout_ms);

/* What makes a descriptor raise signals; fcntl(2). Who gets them: F_SETOWN_EX. Which one: F_SETSIG. On or
 * off: as O_ASYNC by F_SETFL does, but by ioctl(2) FIOASYNC, which says -ENOTTY of a file that cannot. */
int sys_set_owner(struct counters *, int fd, const struct f_owner_ex *);
int sys_set_signal(struct counters *, int fd, int signo);
int sys_set_async(struct counters *, int fd, bool on);
/* sigtimedwait(2), a wait. 1: one signal, which is in *info (events are counted by who looks what it tells); 0: none
 * came in time. */
int sys_sigwait(struct counters *, const sigset_t *, siginfo_t *info, int timeout_ms);

/* io_uring_setup(2), io_uring_register(2), io_uring_enter(2): for uring.c alone. A limit, if there is one, goes with
 * IORING_ENTER_EXT_ARG; what completed is counted by who reaps it. */
int sys_io_uring_setup(struct counters *, unsigned n_entries, struct io_uring_params *);
int sys_io_uring_register(struct counters *, int fd, unsigned op, void *arg, unsigned n);
int sys_io_uring_enter(struct counters *, int fd, unsigned submit, unsigned wait_for, unsigned flags,
		       struct io_uring_getevents_arg *limit);

/* aio_read(3) and its kin, on sockets that block; 0 or -errno. aio_error: 0, EINPROGRESS, or how it failed,
 * as a positive number. aio_cancel: AIO_CANCELED, AIO_NOTCANCELED, AIO_ALLDONE. What libc's threads call is
 * not counted. */
int     sys_aio_read(struct counters *, struct aiocb *);
int     sys_aio_write(struct counters *, struct aiocb *);
int     sys_aio_error(struct counters *, const struct aiocb *);
ssize_t sys_aio_return(struct counters *, struct aiocb *);
int     sys_aio_cancel(struct counters *, int fd, struct aiocb *);
/* Takes O_NONBLOCK off: ioctl(2) FIONBIO. */
int     sys_set_blocking(struct counters *, int fd);

/* futex(2), between the threads of this process. Wait sleeps if *word still is `expected`: 0: woken, or for no
 * reason, so look again; -EAGAIN: it is another one already; -EINTR: a signal (its handler without SA_RESTART). Wake
 * returns how many, at most n, were woken. */
int sys_futex_wait(struct counters *, const uint32_t *word, uint32_t expected);
int sys_futex_wake(struct counters *, const uint32_t *word, int n);

/* clock_nanosleep(2) on the monotonic clock, until `end_ns`: -EINTR when a signal came first. */
int sys_sleep_until(struct counters *, int64_t end_ns);

#endif
