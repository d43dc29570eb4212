/* sigio.c - signal-driven I/O: the kernel sends a signal for each change, and wait() fetches them one by one.
 *
 *     watch: F_SETOWN_EX  "to this thread"     a byte comes            wait: sigtimedwait, until none is left
 *            F_SETSIG     "this signal"  --->  [ signal | signal ]  --->   |  si_fd: WHO has changed, a suspect
 *            FIOASYNC     "from now on"        queue of the thread         v
 *                                                                        poll of the suspects: WHAT they are
 *
 * The signal is a real-time one: these queue up and say for which descriptor. It stays blocked, so nothing runs
 * in a handler. It also says what happened (si_band), but not all of it: the end of a stream is POLL_IN, like
 * data. And what was ready before it was watched makes no signal. So whoever is new or has changed is a
 * suspect, and each wait looks at all suspects with one poll(2). What is watched by level (the listener) stays
 * one until it is not ready.
 *
 * System calls for a request: recv, send, one sigtimedwait for EVERY signal where one epoll_wait brings
 * hundreds of events; and a share of the two that end a batch: a sigtimedwait that finds none, and the poll.
 * For a connection three more. Limits and traps:
 *  - The queue is bounded: RLIMIT_SIGPENDING (ulimit -i), for all processes of the user together. When it is
 *    full, the kernel sends a plain SIGIO, which says nothing but "you missed some". Then everyone is a
 *    suspect.
 *  - The owner is the open file's, not the descriptor's: of two threads that watch the same listener the last
 *    one gets all the signals. So several loops need a listener each, or one that deals.
 *  - A signal may come late, for a descriptor that is closed by then, or opened anew.
 *  - signalfd(2) raises no SIGIO (core/wake.h). So the signals that it is for are taken here as well, and given
 *    back.
 *
 * fcntl(2) "Managing signals", sigtimedwait(2), signal(7) "Real-time signals".
 *
 * SPDX-License-Identifier: MIT */
#include "backends.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/log.h"
#include "core/pages.h"
#include "core/server.h"
#include "core/sys.h"
#include "core/wake.h"

enum { MAX_SIGNALS = 512 }; /* in one wait; those that are left are the first of the next one */

struct watched { /* by descriptor */
	uint64_t token;
	unsigned now;     /* WATCH_ bits; 0: not watched */
	unsigned suspect; /* its place in suspects, from 1; 0: none */
};

struct sigio_state {
	struct counters *counters;
	size_t           max_fds;
	int              end_fd;    /* all watched descriptors are below */
	int              deaf_fd;   /* watched, but raises no signals: the signalfd; -1: none */
	struct watched  *watched;
	struct pollfd   *suspects;
	unsigned         n_suspects;
	sigset_t         ours, theirs; /* our two signals; the server's */
	sigset_t         mask;      /* the thread's, before */
	uint64_t         overflows;
};

static int signal_number(void)
{
	return SIGRTMIN;
}

static unsigned seen_of(short revents)
{
	if (revents & (POLLERR | POLLHUP | POLLNVAL))
		return WATCH_READ | WATCH_WRITE | WATCH_END;
	return (revents & POLLIN ? WATCH_READ : 0u) | (revents & POLLOUT ? WATCH_WRITE : 0u) |
	       (revents & (POLLRDHUP | POLLPRI) ? WATCH_READ | WATCH_END : 0u);
}

/* ---- suspects ---- */

static void suspect(struct sigio_state *s, int fd)
{
	struct watched *w = &s->watched[fd];
	int events = (w->now & WATCH_READ ? POLLIN | POLLRDHUP | POLLPRI : 0) |
		     (w->now & WATCH_WRITE ? POLLOUT : 0);
	if (!w->suspect)
		w->suspect = ++s->n_suspects;
	s->suspects[w->suspect - 1] = (struct pollfd){ .fd = fd, .events = (short)events };
}

/* The last one moves into the gap. */
static void clear(struct sigio_state *s, int fd)
{
	struct watched *w = &s->watched[fd];
	if (!w->suspect)
		return;
	struct pollfd *gap = &s->suspects[w->suspect - 1];
	*gap = s->suspects[--s->n_suspects];
	s->watched[gap->fd].suspect = w->suspect;
	w->suspect = 0;
}

/* Returns how many are ready. Who stays a suspect moves to the front. */
static int look_at_suspects(struct sigio_state *s, struct ready *ready, int max)
{
	unsigned n_kept = 0;
	int n = 0, found;
	if (!s->n_suspects)
		return 0;
	do
		found = sys_poll(s->counters, s->suspects, s->n_suspects, 0);
	while (found == -EINTR); /* it does not wait: there is nothing to interrupt */
	if (found < 0)
		return found;
	count_add(s->counters, COUNT_SCANNED, s->n_suspects);
	for (unsigned i = 0; i < s->n_suspects; i++) {
		struct pollfd looked = s->suspects[i];
		struct watched *w = &s->watched[looked.fd];
		bool told = looked.revents && n < max;
		if (told)
			ready[n++] = (struct ready){ w->token, seen_of(looked.revents) };
		bool keep = looked.revents && !(told && w->now & WATCH_EDGE);
		if (keep)
			s->suspects[n_kept++] = looked;
		w->suspect = keep ? n_kept : 0;
	}
	s->n_suspects = n_kept;
	return n;
}

/* ---- signals ---- */

static void say_overflow(struct sigio_state *s)
{
	struct rlimit limit = { 0 };
	if (s->overflows++)
		return;
	getrlimit(RLIMIT_SIGPENDING, &limit);
	log_warnx("the queue of signals is full (RLIMIT_SIGPENDING, ulimit -i, is %llu): some are lost, so all "
		  "descriptors are looked at",
		  (unsigned long long)limit.rlim_cur);
}

static void suspect_all(struct sigio_state *s)
{
	for (int fd = 0; fd < s->end_fd; fd++)
		if (s->watched[fd].now)
			suspect(s, fd);
}

/* What the kernel sends has a si_code above 0 (sigaction(2)); who sends such a signal by kill(2) tells us
 * nothing. */
static void take_signal(struct sigio_state *s, const siginfo_t *info)
{
	if (info->si_code <= 0)
		return;
	if (info->si_signo == SIGIO) {
		say_overflow(s);
		suspect_all(s);
	} else if (info->si_fd >= 0 && info->si_fd < s->end_fd && s->watched[info->si_fd].now) {
		suspect(s, info->si_fd);
	}
}

/* It is for whoever reads the signalfd: sent to this thread it stays pending, for it is blocked. */
static void give_back(struct sigio_state *s, int signo)
{
	pthread_kill(pthread_self(), signo);
	suspect(s, s->deaf_fd);
}

/* The first with the time-out, then those that are there. Low numbers come first: the server's, SIGIO, ours.
 * One of the server's is the last that is taken, or it would come again. */
static int take_signals(struct sigio_state *s, int timeout_ms)
{
	sigset_t signals = s->ours;
	siginfo_t info;
	if (s->deaf_fd >= 0)
		sigorset(&signals, &signals, &s->theirs);
	for (int i = 0; i < MAX_SIGNALS; i++) {
		int n = sys_sigwait(s->counters, &signals, &info, i ? 0 : timeout_ms);
		if (n <= 0)
			return n;
		if (sigismember(&s->theirs, info.si_signo)) {
			give_back(s, info.si_signo);
			return 0;
		}
		take_signal(s, &info);
	}
	return 0;
}

/* ---- the poller ---- */

static void release(struct sigio_state *s)
{
	pages_release(s->watched, s->max_fds * sizeof *s->watched);
	pages_release(s->suspects, s->max_fds * sizeof *s->suspects);
	free(s);
}

static int sigio_open(void **state, struct worker *worker, int max_fds)
{
	struct sigio_state *s = calloc(1, sizeof *s);
	if (!s)
		return -ENOMEM;
	s->counters = worker_counters(worker);
	s->max_fds = (size_t)max_fds;
	s->deaf_fd = -1;
	s->watched = pages_reserve(s->max_fds * sizeof *s->watched);
	s->suspects = pages_reserve(s->max_fds * sizeof *s->suspects);
	if (!s->watched || !s->suspects) {
		release(s);
		return -ENOMEM;
	}
	sigemptyset(&s->ours);
	sigaddset(&s->ours, SIGIO);
	sigaddset(&s->ours, signal_number());
	server_signals(&s->theirs);
	pthread_sigmask(SIG_BLOCK, &s->ours, &s->mask);
	*state = s;
	return 0;
}

/* A signal that is left would end the process as soon as it is not blocked. */
static void sigio_close(void *state)
{
	const struct timespec now = { 0 };
	struct sigio_state *s = state;
	int off = 0;
	for (int fd = 0; fd < s->end_fd; fd++)
		if (s->watched[fd].now)
			ioctl(fd, FIOASYNC, &off);
	while (sigtimedwait(&s->ours, NULL, &now) > 0)
		;
	pthread_sigmask(SIG_SETMASK, &s->mask, NULL);
	if (s->overflows > 1)
		log_warnx("the queue of signals was full %llu times", (unsigned long long)s->overflows);
	release(s);
}

/* -ENOTTY: such a file raises no signals. */
static int raise_signals(struct counters *c, int fd)
{
	const struct f_owner_ex me = { F_OWNER_TID, gettid() };
	int error = sys_set_owner(c, fd, &me);
	if (!error)
		error = sys_set_signal(c, fd, signal_number());
	return error ? error : sys_set_async(c, fd, true);
}

static int begin_watch(struct sigio_state *s, int fd)
{
	int error = raise_signals(s->counters, fd);
	if (error == -ENOTTY && s->deaf_fd < 0) {
		s->deaf_fd = fd;
		error = 0;
	}
	return error;
}

/* It is about to be closed, which silences it too. */
static void sigio_forget(void *state, int fd)
{
	struct sigio_state *s = state;
	clear(s, fd);
	s->watched[fd].now = 0;
	if (fd == s->deaf_fd)
		s->deaf_fd = -1;
}

static int sigio_watch(void *state, int fd, unsigned was, unsigned now, uint64_t token)
{
	struct sigio_state *s = state;
	if ((size_t)fd >= s->max_fds)
		return -EMFILE;
	if (!now) {
		bool raises = was && fd != s->deaf_fd;
		sigio_forget(s, fd);
		return raises ? sys_set_async(s->counters, fd, false) : 0;
	}
	int error = was ? 0 : begin_watch(s, fd);
	if (error)
		return error;
	s->watched[fd].token = token;
	s->watched[fd].now = now;
	if (fd >= s->end_fd)
		s->end_fd = fd + 1;
	suspect(s, fd);
	return 0;
}

static int sigio_wait(void *state, struct ready *ready, int max, int timeout_ms)
{
	struct sigio_state *s = state;
	int error = take_signals(s, s->n_suspects ? 0 : timeout_ms);
	int n = look_at_suspects(s, ready, max);
	return n ? n : error;
}

static int sigio_probe(void)
{
	struct counters c = { 0 };
	struct wake w;
	int error = wake_open(&w);
	if (error)
		return error;
	error = raise_signals(&c, wake_fd(&w)); /* it raises none, as nothing is written */
	wake_close(&w);
	return error;
}

static const struct poller sigio_poller = {
	.edge = true,
	.open = sigio_open,
	.watch = sigio_watch,
	.wait = sigio_wait,
	.forget = sigio_forget,
	.close = sigio_close,
};

const struct backend sigio_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "sigio",
	.summary = "a loop over real-time signals, one for each event",
	.see_also = "fcntl(2), sigtimedwait(2), signal(7)",
	.workers = "loops",
	.accept_modes = 1 << ACCEPT_REUSEPORT | 1 << ACCEPT_DISPATCH,
	.family = IO_READINESS,
	.probe = sigio_probe,
	.run = reactor_run,
	.poller = &sigio_poller,
};
