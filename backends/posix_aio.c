/* posix_aio.c - aio(7): aio_read and aio_write, and a signal when it is done. Underneath, libc has a thread
 * wait for you.
 *
 *     loop's thread                       glibc's threads (--workers), one request each
 *     await --> aio_read, aio_write --->  [ read(2): blocks ]  [ write(2) ]  [ read(2): blocks ]  ...
 *                                                 | done
 *     take  <-- signalfd <--- SIGRTMIN + 1 -------+    (sigqueue(3), blocked in all threads)
 *           <-- listener, wake-ups, connections that are being made: poll(2), for AIO has no such operations
 *
 * POSIX wanted completions; Linux never had them for sockets. So glibc keeps a queue and threads that take from
 * it, start when there is work and end a second after. A thread that reads from a silent client sits in
 * read(2). With as many silent clients as threads, no request is served any more, not even a write for someone
 * who waits for an answer: so we let in no more clients than there are threads (20, as aio_init(3) has it). It
 * is a pool of threads, one client each, behind the interface of a ring; what that costs shows beside
 * thread_queue and io_uring.
 *
 * Calls for a request that the glass box sees: aio_read and aio_write, for each of them an aio_error and an
 * aio_return, and a share of a poll and of a read of the signalfd, which brings several. What it does not see
 * is done inside libc; strace -f counts for a request (glibc 2.36): pread, which says ESPIPE, then read;
 * pwrite, the same, then write; two signals, with a getpid and a getuid for each; and 9 to 15 futex, by which a
 * request and its end go from thread to thread.
 *
 * Why signals and not aio_suspend(3): that waits for requests only, and a loop has a listener, too. Why the
 * signal is read from a descriptor (signalfd(2)) and not taken by sigtimedwait(2): for the same reason.
 *
 * Traps:
 *  - Sockets must block: with O_NONBLOCK aio_read is "done" at once, with EAGAIN.
 *  - aio_cancel(3) cannot cancel what a thread sits in (AIO_NOTCANCELED). What ends its read is shutdown(2): after a
 *    deadline that direction of the connection is over, and what it had to say is not heard.
 *  - The control block and the buffer are libc's until it is done, whatever happens to the session.
 *  - One request at a time for each descriptor; glibc makes the second wait for the first.
 *  - If the queue of signals is full (RLIMIT_SIGPENDING), glibc puts EAGAIN in the place of the result,
 *    whatever had been read, and no signal comes. So once a second, when nothing is heard, all requests are
 *    looked at; whose result is lost is let go.
 *  - sendfile(2) on a socket that blocks would hold up the loop: files go through a buffer here.
 *
 * aio(7), aio_read(3), aio_init(3), sigevent(3type), signalfd(2).
 *
 * SPDX-License-Identifier: MIT */
#include "backends.h"

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/log.h"
#include "core/pages.h"
#include "core/proactor.h"
#include "core/server.h"
#include "core/sys.h"

enum { OWN_POLLS = 8, LOOK_MS = 1000, SIGNALS = 32 };

struct request {
	struct aiocb cb;
	uint64_t     token;
	bool         under_way, called_back;
	char         buffer[RECEIVE_SIZE];
};

struct aio_state {
	struct counters *counters;
	struct request  *requests;    /* by the session's slot */
	uint32_t         n_requests, n_under_way;
	struct pollfd   *polled;      /* [0]: the signals */
	uint64_t        *poll_tokens; /* of each */
	unsigned         n_polled;
	struct done     *done;        /* a ring: heard of, and not yet told */
	uint64_t         n_done, told; /* grow for ever */
	uint64_t         n_lost;
};

static int signal_number(void)
{
	return SIGRTMIN + 1;
}

static struct request *request_of(struct aio_state *s, uint64_t token)
{
	return &s->requests[(uint32_t)token >> 1];
}

static unsigned room_of(const struct aio_state *s)
{
	return s->n_requests + OWN_POLLS;
}

/* There is room: each token is told of once before it is asked for anew. */
static void tell(struct aio_state *s, const struct done *done)
{
	s->done[s->n_done++ % room_of(s)] = *done;
}

/* ---- requests of libc ---- */

static void begin(struct aio_state *s, struct request *r)
{
	bool reads = r->cb.aio_lio_opcode == LIO_READ;
	int error = reads ? sys_aio_read(s->counters, &r->cb) : sys_aio_write(s->counters, &r->cb);
	if (error < 0) {
		tell(s, &(struct done){ .token = r->token, .n = error == -EAGAIN ? -ENOMEM : error });
		return;
	}
	r->under_way = true;
	s->n_under_way++;
}

static int prepare(struct aio_state *s, int fd, int op, void *data, size_t len, uint64_t token)
{
	struct request *r = request_of(s, token);
	r->cb = (struct aiocb){ .aio_fildes = fd, .aio_buf = data, .aio_nbytes = len, .aio_lio_opcode = op };
	r->cb.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
	r->cb.aio_sigevent.sigev_signo = signal_number();
	r->cb.aio_sigevent.sigev_value.sival_int = (int)(r - s->requests);
	r->token = token;
	r->called_back = false;
	begin(s, r);
	return 0;
}

static int receive(void *state, int fd, uint64_t token)
{
	struct aio_state *s = state;
	return prepare(s, fd, LIO_READ, request_of(s, token)->buffer, RECEIVE_SIZE, token);
}

/* AIO gathers nothing: first the one, then the other. */
static int send_piece(void *state, int fd, struct iovec head, struct iovec body, uint64_t token)
{
	struct iovec piece = head.iov_len ? head : body;
	return prepare(state, fd, LIO_WRITE, piece.iov_base, piece.iov_len, token);
}

static ssize_t result_of(struct aio_state *s, struct request *r, int error)
{
	ssize_t n = sys_aio_return(s->counters, &r->cb);
	if (error)
		n = -error;
	return n <= 0 && r->called_back ? -ECANCELED : n;
}

static void say_lost(struct aio_state *s)
{
	struct rlimit limit = { 0 };
	getrlimit(RLIMIT_SIGPENDING, &limit);
	if (!s->n_lost++)
		log_warnx("the queue of signals is full (RLIMIT_SIGPENDING, ulimit -i, is %llu): results are lost, and "
			  "their clients let go", (unsigned long long)limit.rlim_cur);
}

/* An origin's socket was made for connect(2), which must not wait; or the result could not be told of. */
static void found_nothing(struct aio_state *s, struct request *r)
{
	int fd = r->cb.aio_fildes;
	sys_aio_return(s->counters, &r->cb);
	if (fcntl(fd, F_GETFL) & O_NONBLOCK) {
		sys_set_blocking(s->counters, fd);
		begin(s, r);
		return;
	}
	say_lost(s);
	tell(s, &(struct done){ .token = r->token, .n = -EIO });
}

static void look_at(struct aio_state *s, struct request *r)
{
	int error = r->under_way ? sys_aio_error(s->counters, &r->cb) : EINPROGRESS;
	if (error == EINPROGRESS)
		return;
	r->under_way = false;
	s->n_under_way--;
	if (error == EAGAIN && !r->called_back)
		found_nothing(s, r);
	else
		tell(s, &(struct done){ .token = r->token, .n = result_of(s, r, error), .data = r->buffer });
}

static void look_at_all(struct aio_state *s)
{
	for (uint32_t i = 0; i < s->n_requests && s->n_under_way; i++)
		look_at(s, &s->requests[i]);
}

/* Its value is where the request stands: which may be another one by now, if it was looked at before the
 * signal came. */
static void take_signals(struct aio_state *s)
{
	struct signalfd_siginfo info[SIGNALS];
	ssize_t n = sys_read(s->counters, s->polled[0].fd, info, sizeof info);
	for (ssize_t i = 0; i < n / (ssize_t)sizeof info[0]; i++)
		if ((uint32_t)info[i].ssi_int < s->n_requests)
			look_at(s, &s->requests[info[i].ssi_int]);
}

/* ---- all else: poll ---- */

static int poll_once(void *state, int fd, unsigned watch, uint64_t token)
{
	struct aio_state *s = state;
	int events = (watch & WATCH_READ ? POLLIN | POLLRDHUP : 0) | (watch & WATCH_WRITE ? POLLOUT : 0);
	s->polled[s->n_polled] = (struct pollfd){ .fd = fd, .events = (short)events };
	s->poll_tokens[s->n_polled++] = token;
	return 0;
}

static int accept_one(void *state, int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return poll_once(state, fd, WATCH_READ, TOKEN_LISTENER);
}

/* The last one moves into the gap. */
static void stop_polling(struct aio_state *s, unsigned i)
{
	s->polled[i] = s->polled[--s->n_polled];
	s->poll_tokens[i] = s->poll_tokens[s->n_polled];
}

/* False: someone else was quicker. */
static bool take_client(struct aio_state *s, int listen_fd)
{
	struct done done = { .token = TOKEN_LISTENER };
	done.n = sys_accept(s->counters, listen_fd, &done.peer, 0);
	if (done.n == -EAGAIN)
		return false;
	tell(s, &done);
	return true;
}

static void take_polled(struct aio_state *s)
{
	for (unsigned i = s->n_polled; --i > 0;) {
		const struct pollfd *p = &s->polled[i];
		uint64_t token = s->poll_tokens[i];
		if (!p->revents || (token == TOKEN_LISTENER && !take_client(s, p->fd)))
			continue;
		if (token != TOKEN_LISTENER)
			tell(s, &(struct done){ .token = token, .n = p->revents });
		stop_polling(s, i);
	}
}

/* ---- calling back ---- */

static void cancel_poll(struct aio_state *s, uint64_t token)
{
	for (unsigned i = 1; i < s->n_polled; i++)
		if (s->poll_tokens[i] == token) {
			stop_polling(s, i);
			tell(s, &(struct done){ .token = token, .n = -ECANCELED });
			return;
		}
}

static void cancel(void *state, enum io_op op, uint64_t token)
{
	struct aio_state *s = state;
	struct request *r = token == TOKEN_LISTENER ? NULL : request_of(s, token);
	if (!r || (op != IO_RECV && op != IO_SEND)) {
		cancel_poll(s, token);
		return;
	}
	r->called_back = true;
	if (r->under_way && sys_aio_cancel(s->counters, r->cb.aio_fildes, &r->cb) == AIO_NOTCANCELED)
		sys_shutdown(s->counters, r->cb.aio_fildes, op == IO_RECV ? SHUT_RD : SHUT_WR);
}

/* ---- waiting ---- */

static int time_to_poll(const struct aio_state *s, int timeout_ms)
{
	if (s->told < s->n_done)
		return 0;
	return s->n_under_way && (timeout_ms < 0 || timeout_ms > LOOK_MS) ? LOOK_MS : timeout_ms;
}

static int wait_for_any(void *state, int timeout_ms)
{
	struct aio_state *s = state;
	int n = sys_poll(s->counters, s->polled, s->n_polled, time_to_poll(s, timeout_ms));
	if (n == 0)
		look_at_all(s);
	if (n > 0) {
		count_add(s->counters, COUNT_SCANNED, s->n_polled);
		take_polled(s);
		if (s->polled[0].revents)
			take_signals(s);
	}
	unsigned here = (unsigned)(s->n_done - s->told);
	return here || n >= 0 ? (int)here : n;
}

static bool next(void *state, struct done *done)
{
	struct aio_state *s = state;
	if (s->told == s->n_done)
		return false;
	*done = s->done[s->told++ % room_of(s)];
	return true;
}

/* ---- opening and closing ---- */

static void close_aio(void *state)
{
	struct aio_state *s = state;
	if (s->polled && s->polled[0].fd >= 0)
		close(s->polled[0].fd);
	pages_release(s->requests, s->n_requests * sizeof *s->requests);
	free(s->polled);
	free(s->poll_tokens);
	free(s->done);
	free(s);
}

/* It stays blocked for good: a late one would end the process. */
static int open_signals(void)
{
	sigset_t ours;
	sigemptyset(&ours);
	sigaddset(&ours, signal_number());
	pthread_sigmask(SIG_BLOCK, &ours, NULL);
	int fd = signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int allocate(struct aio_state *s)
{
	unsigned room = room_of(s);
	s->requests = pages_reserve(s->n_requests * sizeof *s->requests);
	s->polled = calloc(room, sizeof *s->polled);
	s->poll_tokens = calloc(room, sizeof *s->poll_tokens);
	s->done = calloc(room, sizeof *s->done);
	if (!s->requests || !s->polled || !s->poll_tokens || !s->done)
		return -ENOMEM;
	s->polled[0] = (struct pollfd){ .fd = open_signals(), .events = POLLIN };
	s->n_polled = 1;
	return s->polled[0].fd < 0 ? s->polled[0].fd : 0;
}

static int open_aio(void **state, struct worker *worker)
{
	const struct server *server = worker_server(worker);
	struct aioinit init = { .aio_threads = server_workers(server), .aio_num = server_workers(server) };
	struct aio_state *s = calloc(1, sizeof *s);
	if (!s)
		return -ENOMEM;
	s->counters = worker_counters(worker);
	s->n_requests = (uint32_t)server->max_sessions + 1;
	int error = allocate(s);
	if (error) {
		close_aio(s);
		return error;
	}
	aio_init(&init); /* heeded before the first request only */
	*state = s;
	return 0;
}

static const struct completer aio_completer = {
	.blocking = true,
	.open = open_aio,
	.close = close_aio,
	.accept = accept_one,
	.receive = receive,
	.send = send_piece,
	.poll = poll_once,
	.cancel = cancel,
	.wait = wait_for_any,
	.next = next,
};

/* Under ThreadSanitizer calloc(3) is its own; a thread that libc makes for itself calls it, unheard of, and crashes. */
static int aio_probe(void)
{
#ifdef __SANITIZE_THREAD__
	return -ENOTSUP;
#else
	return 0;
#endif
}

static const char *aio_advice(int error)
{
	(void)error;
	return "ThreadSanitizer does not know the threads that libc makes for itself: use another build";
}

static int aio_run(struct server *server, const struct poller *poller)
{
	(void)poller;
	return proactor_run(server, &aio_completer);
}

const struct backend posix_aio_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "posix_aio",
	.summary = "one loop over aio_read and aio_write, which libc does in threads",
	.see_also = "aio(7), aio_read(3), signalfd(2)",
	.workers = "threads",
	.default_workers = 20,
	.one_each = true,
	.family = IO_COMPLETION,
	.probe = aio_probe,
	.advice = aio_advice,
	.run = aio_run,
};
