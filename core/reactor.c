/* reactor.c - the one loop of the readiness family: select, poll, epoll level- and edge-triggered, and plug-ins.
 *
 *           +--> wait ---> events: mark the end ready, run its session:
 *           |               |        try its request
 *           |               |          | result: resume(), try the next one ... up to BUDGET times
 *           |               |          | would block: park, watch, forget
 *           |               |          | had its turn: into the run queue, and on
 *           |               v
 *           |    run each session once that was put off in the turn before
 *           |               v
 *           +---- fire the timers that are due
 *
 * Level- and edge-triggered are the same loop. A session's end has two ready bits, "worth trying": an event sets
 * them, EAGAIN or a short read clears them. With a level-triggered poller the kernel would also remember for us;
 * with an edge-triggered one these bits and the queue are the only memory there is. So
 *
 *     edge:   watched once for both directions, when it first has to wait; never changed
 *     level:  watched for what the parked request needs, changed only when that is not watched yet (a send that
 *             waits) or when an event comes that no one wants (a hang-up during a sleep would fire for ever)
 *
 * Per request: recv and send, and a share of one wait. No ctl call, no timer operation: a deadline that moves later is
 * just noted in the slot, and looked at when the old one fires.
 *
 * Slots are numbered; a token is generation | slot | end, so an event that comes late, for a session that has ended and
 * whose slot has a new owner, is dropped. epoll(7), poll(2), select(2), signalfd(2).
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "log.h"
#include "lookup.h"
#include "pages.h"
#include "server.h"
#include "session.h"
#include "sys.h"
#include "timer.h"
#include "trace.h"
#include "worker.h"

enum {
	BUDGET = 32,         /* resume() calls for one session before the others have their turn */
	ACCEPT_BATCH = 64,   /* connections taken before those that exist have their turn */
	TIRED_MS = 1000,     /* how long accepting pauses when the machine is out of something, at most */
	MARGIN_MS = 50,      /* longer than a turn is between two looks at the clock */
};

static const int64_t TIRED_WAIT_NS = 10000000;

enum { TOKEN_LISTENER, TOKEN_SIGNALS, TOKEN_NAMES }; /* generation 0: no session has it */

struct slot {
	struct slot   *next; /* in the run queue, or in the free list */
	uint32_t       generation;
	struct timer   timer;
	int64_t        deadline_ms; /* of the parked request; 0: none. The timer may be armed for an earlier time */
	bool           live, queued;
	struct session session;
};

struct reactor {
	struct worker        worker;
	const struct poller *poller;
	void                *state;
	struct ready        *ready; /* one for each descriptor: a wait never has to leave out some, always the same */
	char                *slots;
	size_t               slot_size;
	uint32_t             capacity, touched, n_live; /* slots: there are, were ever used, are in use */
	struct slot         *free_head, *run_head, *run_tail;
	uint32_t             n_queued;
	struct timers        timers;
	struct timer         accept_timer, grace_timer;
	int                  signal_fd; /* of the sessions beside: readable when they are to end */
	bool                 accepting, stopping, over;
};

/* Does it serve the sessions beside the clients'? Then there is no listener, and no signal is for it. */
static bool is_beside(const struct reactor *r)
{
	return r->worker.service != r->worker.server->service;
}

/* ---- slots ---- */

static struct slot *slot_at(struct reactor *r, uint32_t number)
{
	return (struct slot *)(void *)(r->slots + (size_t)(number - 1) * r->slot_size);
}

static uint32_t slot_number(const struct reactor *r, const struct slot *slot)
{
	return (uint32_t)((size_t)((const char *)slot - r->slots) / r->slot_size) + 1;
}

static uint64_t token_of(const struct reactor *r, const struct slot *slot, enum io_end end)
{
	return (uint64_t)slot->generation << 32 | slot_number(r, slot) << 1 | (end == IO_ORIGIN);
}

/* NULL: the session that the token was made for has ended. */
static struct slot *slot_of(struct reactor *r, uint64_t token)
{
	struct slot *slot = slot_at(r, (uint32_t)token >> 1);
	return slot->live && slot->generation == (uint32_t)(token >> 32) ? slot : NULL;
}

/* The caller has seen that n_live < capacity. */
static struct slot *slot_take(struct reactor *r)
{
	struct slot *slot = r->free_head;
	if (slot)
		r->free_head = slot->next;
	else
		slot = slot_at(r, ++r->touched);
	uint32_t generation = slot->generation + 1;
	memset(slot, 0, r->slot_size);
	slot->generation = generation ? generation : 1; /* 0 is no session's */
	slot->live = true;
	r->n_live++;
	return slot;
}

static void slot_give_back(struct reactor *r, struct slot *slot)
{
	slot->live = false;
	slot->next = r->free_head;
	r->free_head = slot;
	r->n_live--;
}

/* ---- the run queue: first in, first out ---- */

static void enqueue(struct reactor *r, struct slot *slot)
{
	if (slot->queued)
		return;
	slot->queued = true;
	slot->next = NULL;
	if (r->run_head)
		r->run_tail->next = slot;
	else
		r->run_head = slot;
	r->run_tail = slot;
	r->n_queued++;
}

static struct slot *dequeue(struct reactor *r)
{
	struct slot *slot = r->run_head;
	r->run_head = slot->next;
	r->n_queued--;
	slot->queued = false;
	return slot;
}

/* ---- accepting or not ---- */

static int watch_listener(struct reactor *r, bool on)
{
	int error = 0;
	if (r->accepting != on)
		error = r->poller->watch(r->state, r->worker.server->listen_fd, on ? 0 : WATCH_READ,
					 on ? WATCH_READ : 0, TOKEN_LISTENER);
	if (!error)
		r->accepting = on;
	return error;
}

static void pause_accepting(struct reactor *r)
{
	watch_listener(r, false);
	timer_arm(&r->timers, &r->accept_timer, r->worker.env.now_ms + TIRED_MS);
}

static void resume_accepting(struct reactor *r)
{
	if (!r->stopping && !r->accepting && !is_beside(r) && r->n_live < r->capacity && watch_listener(r, true))
		pause_accepting(r); /* not even that: later, then */
}

/* ---- a session's turn ---- */

static void drop(struct reactor *r, struct slot *slot)
{
	struct session *s = &slot->session;
	timer_cancel(&r->timers, &slot->timer);
	session_end(&r->worker, s);
	slot_give_back(r, slot);
	resume_accepting(r);
}

static int watch(struct reactor *r, struct slot *slot, enum io_end which, unsigned now)
{
	struct end *end = session_end_of(&slot->session, which);
	int error = r->poller->watch(r->state, end->fd, end->watched, now, token_of(r, slot, which));
	if (!error)
		end->watched = (uint8_t)now;
	return error;
}

static int watch_for_parked(struct reactor *r, struct slot *slot)
{
	struct session *s = &slot->session;
	enum io_end which = (enum io_end)s->end_of;
	struct end *end = session_end_of(s, which);
	unsigned wants = s->wants;
	if (!end || !wants)
		return 0;
	if (r->poller->edge)
		return end->watched ? 0 : watch(r, slot, which, WATCH_READ | WATCH_WRITE | WATCH_EDGE);
	return wants & ~(unsigned)end->watched ? watch(r, slot, which, wants) : 0;
}

/* The time of a request runs from when it first waits. The turn's clock may be some milliseconds old by then, so
 * deadlines get a margin: late is allowed, early is not. A sleep is to be exact, so it reads the clock. */
static int64_t deadline_of(const struct reactor *r, const struct job *job)
{
	if (job->req.op == IO_SLEEP)
		return clock_ms() + 1 + job->req.timeout_ms;
	return r->worker.env.now_ms + MARGIN_MS + job->req.timeout_ms;
}

static void note_deadline(struct reactor *r, struct slot *slot, const struct job *job)
{
	if (job->req.timeout_ms < 0)
		return;
	if (!slot->deadline_ms)
		slot->deadline_ms = deadline_of(r, job);
	if (!timer_fires_by(&slot->timer, slot->deadline_ms))
		timer_arm(&r->timers, &slot->timer, slot->deadline_ms);
}

static void trace_pause(const struct reactor *r, int kind)
{
	if (tracing(r->worker.counters))
		trace_add(r->worker.counters->trace, kind, -1, 0, clock_ns());
}

static void park(struct reactor *r, struct slot *slot, const struct job *job)
{
	note_deadline(r, slot, job);
	if (job->req.op == IO_SLEEP)
		trace_pause(r, TRACE_PAUSE_BEGIN);
	if (session_park(&r->worker, &slot->session, job) || watch_for_parked(r, slot))
		drop(r, slot);
}

static void run_later(struct reactor *r, struct slot *slot, const struct job *job)
{
	if (slot->deadline_ms && slot->deadline_ms <= r->worker.env.now_ms) {
		drop(r, slot); /* it lingers and is flooded */
		return;
	}
	if (job->req.op == IO_DONE)
		note_deadline(r, slot, job);
	if (session_park(&r->worker, &slot->session, job))
		drop(r, slot);
	else
		enqueue(r, slot);
}

/* Could the request succeed, as far as we know? */
static bool worth_trying(const struct reactor *r, const struct session *s, const struct job *job)
{
	const struct end *end = session_end_of(s, job->req.end);
	if (job->req.op == IO_SLEEP)
		return job->req.in_place;
	if (!end)
		return true; /* to hear that there is no such end, or to make one */
	switch (job->req.op) {
	case IO_RECV:
		return end->fd < 0 || end->ready & WATCH_READ || (job->req.idle && r->worker.env.stopping);
	case IO_DONE:
		return !job->req.linger || !s->client.half_closed || end->ready & WATCH_READ;
	case IO_SEND:
	case IO_SENDFILE:
		return end->fd < 0 || end->ready & WATCH_WRITE;
	case IO_CONNECT:
		return !s->reach->dial.begun || end->fd < 0 || end->ready & WATCH_WRITE;
	default:
		return true;
	}
}

/* One attempt. A request that moves, or has become another one, has its time anew. */
static ssize_t attempt(struct reactor *r, struct slot *slot, struct job *job)
{
	enum io_op op = job->req.op;
	size_t done = job->done;
	ssize_t n = session_try(&r->worker, &slot->session, job);
	if (n < 0 && (job->done > done || job->req.op != op))
		slot->deadline_ms = 0;
	if (op == IO_SLEEP || op == IO_OPEN || op == IO_SENDFILE)
		worker_tick(&r->worker, clock_ms()); /* these may have blocked for long */
	return n;
}

/* Runs the session from a result on (or from an attempt, if n is -EAGAIN) until it waits, ends, or has had its turn. */
static void run(struct reactor *r, struct slot *slot, struct job *job, ssize_t n)
{
	struct session *s = &slot->session;
	for (int resumes = 0;; resumes++) {
		if (n == -EAGAIN && worth_trying(r, s, job)) {
			if (resumes == BUDGET) {
				run_later(r, slot, job);
				return;
			}
			n = attempt(r, slot, job);
		}
		if (n == -EAGAIN) {
			park(r, slot, job);
			return;
		}
		if (n == -EINTR) {
			run_later(r, slot, job);
			return;
		}
		if (!session_resume(&r->worker, s, job, n)) {
			drop(r, slot);
			return;
		}
		slot->deadline_ms = 0;
		n = -EAGAIN;
	}
}

static void serve(struct reactor *r, struct slot *slot)
{
	struct job job;
	session_unpark(&r->worker, &slot->session, &job);
	run(r, slot, &job, -EAGAIN);
}

/* The n that were put off before this turn; who is put off in it waits for the next one. */
static void run_queue(struct reactor *r, uint32_t n)
{
	for (; n; n--)
		serve(r, dequeue(r));
}

/* ---- new sessions ---- */

static void welcome(struct reactor *r, int fd, const struct peer *peer)
{
	struct slot *slot = slot_take(r);
	struct job job;
	session_begin(&r->worker, &slot->session, fd, peer, &job);
	run(r, slot, &job, -EAGAIN);
}

/* One connection. False: none is waiting, or we may take no more for now. */
static bool accept_one(struct reactor *r)
{
	struct server *server = r->worker.server;
	struct peer peer;
	if (r->n_live == r->capacity) {
		server_say_full(server);
		pause_accepting(r);
		return false;
	}
	int fd = sys_accept(r->worker.counters, server->listen_fd, &peer, SOCK_NONBLOCK);
	if (fd >= 0) {
		welcome(r, fd, &peer);
		return true;
	}
	if (fd == -EAGAIN)
		return false;
	if (server_accept_failed(server, fd))
		return true;
	pause_accepting(r);
	return false;
}

static void accept_some(struct reactor *r)
{
	for (int i = 0; i < ACCEPT_BATCH && accept_one(r); i++)
		;
}

/* ---- the way to an end ---- */

/* Empties the accept queue, then gives each idle session its last receive. */
static void begin_stop(struct reactor *r)
{
	struct server *server = r->worker.server;
	worker_tick(&r->worker, clock_ms()); /* from here on env.stopping: sessions answer what came and end */
	for (int i = 0; i < server->options.backlog && accept_one(r); i++)
		;
	watch_listener(r, false);
	r->stopping = true; /* and no one is let in any more */
	close(server->listen_fd);
	server->listen_fd = -1;
	for (uint32_t number = 1; number <= r->touched; number++) {
		struct slot *slot = slot_at(r, number);
		if (slot->live && session_is_idle(&slot->session))
			enqueue(r, slot);
	}
	timer_arm(&r->timers, &r->grace_timer, atomic_load(&server->grace_end_ms));
}

static void take_signals(struct reactor *r)
{
	struct server *server = r->worker.server;
	struct signalfd_siginfo info;
	if (is_beside(r)) {
		r->over = true;
		return;
	}
	while (read(r->signal_fd, &info, sizeof info) == sizeof info)
		server_handle_signal(server, (int)info.ssi_signo);
	if (server_phase(server) != SERVER_RUNNING && !r->stopping)
		begin_stop(r);
}

/* ---- the loop ---- */

/* Sessions whose name has been looked up: the slot is around the session. */
static void take_names(struct reactor *r)
{
	lookups_heard(r->worker.lookups);
	for (struct session *s; (s = lookups_finished(r->worker.lookups));)
		enqueue(r, (struct slot *)(void *)((char *)s - offsetof(struct slot, session)));
}

static void take_event(struct reactor *r, const struct ready *event)
{
	if (event->token >> 32 == 0) {
		if (event->token == TOKEN_SIGNALS)
			take_signals(r);
		else if (event->token == TOKEN_NAMES)
			take_names(r);
		else if (r->accepting)
			accept_some(r);
		return;
	}
	struct slot *slot = slot_of(r, event->token);
	if (!slot)
		return;
	struct session *s = &slot->session;
	enum io_end which = event->token & 1 ? IO_ORIGIN : IO_CLIENT;
	struct end *end = session_end_of(s, which);
	if (!end)
		return;
	end->ready |= (uint8_t)event->seen;
	unsigned wants = s->end_of == which ? s->wants : 0;
	if (slot->queued)
		return; /* it has its turn in any case */
	if (wants & end->ready)
		serve(r, slot);
	else if (!r->poller->edge && watch(r, slot, which, wants))
		drop(r, slot);
}

static void fire_timer(struct reactor *r, struct timer *timer)
{
	if (timer == &r->accept_timer) {
		resume_accepting(r);
		return;
	}
	if (timer == &r->grace_timer) {
		server_check_grace(r->worker.server);
		return;
	}
	struct slot *slot = (struct slot *)(void *)((char *)timer - offsetof(struct slot, timer));
	struct job job;
	if (!slot->deadline_ms || slot->queued)
		return; /* nothing can be late; or it has its turn first, and arms the timer anew if it waits again */
	if (slot->deadline_ms > r->worker.env.now_ms) {
		timer_arm(&r->timers, timer, slot->deadline_ms);
		return;
	}
	session_unpark(&r->worker, &slot->session, &job);
	if (job.req.op == IO_SLEEP)
		trace_pause(r, TRACE_PAUSE_END);
	run(r, slot, &job, job.req.op == IO_SLEEP ? 0 : -ETIMEDOUT);
}

static void fire_timers(struct reactor *r)
{
	for (struct timer *due; (due = timers_pop(&r->timers, r->worker.env.now_ms));)
		fire_timer(r, due);
}

static int turn(struct reactor *r)
{
	int timeout_ms = r->n_queued ? 0 : timers_wait(&r->timers, clock_ms());
	int n = r->poller->wait(r->state, r->ready, r->worker.server->max_fds, timeout_ms);
	if (n < 0 && error_kind(n) == ERROR_TIRED) /* short of memory: no reason to end */
		sys_sleep_until(r->worker.counters, clock_ns() + TIRED_WAIT_NS);
	else if (n < 0 && n != -EINTR)
		return n;
	worker_tick(&r->worker, clock_ms());
	uint32_t n_put_off = r->n_queued;
	for (int i = 0; i < n; i++)
		take_event(r, &r->ready[i]);
	run_queue(r, n_put_off);
	fire_timers(r);
	return 0;
}

static bool finished(const struct reactor *r)
{
	return r->over || server_phase(r->worker.server) == SERVER_OVER || (r->stopping && !r->n_live);
}

/* ---- opening and closing ---- */

static size_t slots_size(const struct reactor *r)
{
	return (size_t)r->capacity * r->slot_size;
}

static size_t ready_size(const struct server *server)
{
	return (size_t)server->max_fds * sizeof(struct ready);
}

static int open_signals(void)
{
	sigset_t signals;
	server_signals(&signals);
	int fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static struct reactor *reactor_of(struct worker *w)
{
	return (struct reactor *)(void *)((char *)w - offsetof(struct reactor, worker));
}

/* An end that is closed while its session goes on, or with it. */
static void forget(struct worker *w, struct end *end)
{
	struct reactor *r = reactor_of(w);
	if (r->poller->forget)
		r->poller->forget(r->state, end->fd);
}

static int open_lookups(struct worker *w)
{
	struct reactor *r = reactor_of(w);
	int event_fd;
	w->lookups = lookups_open(&event_fd);
	if (!w->lookups)
		return -ENOMEM;
	int error = r->poller->watch(r->state, event_fd, 0, WATCH_READ, TOKEN_NAMES);
	if (error < 0) {
		lookups_close(w->lookups);
		w->lookups = NULL;
	}
	return error;
}

static int reactor_open(struct reactor *r, const struct poller *poller, int capacity, int signal_fd)
{
	struct server *server = r->worker.server;
	size_t session_size = sizeof(struct slot) + r->worker.service->session_size;
	r->worker.nonblocking = true;
	r->worker.forget = forget;
	r->worker.open_lookups = open_lookups;
	r->poller = poller;
	r->slot_size = (session_size + 7) & ~(size_t)7;
	r->capacity = (uint32_t)capacity;
	r->signal_fd = signal_fd;
	r->slots = pages_reserve(slots_size(r));
	r->ready = pages_reserve(ready_size(server));
	if (!r->slots || !r->ready || timers_open(&r->timers, r->capacity + 2))
		return -ENOMEM;
	if (signal_fd < 0)
		return signal_fd;
	int error = poller->open(&r->state, &r->worker, server->max_fds);
	return error < 0 ? error : poller->watch(r->state, signal_fd, 0, WATCH_READ, TOKEN_SIGNALS);
}

static int open_listener(struct reactor *r)
{
	int listen_fd = r->worker.server->listen_fd;
	fcntl(listen_fd, F_SETFL, fcntl(listen_fd, F_GETFL) | O_NONBLOCK);
	return watch_listener(r, true);
}

static void reactor_close(struct reactor *r)
{
	for (uint32_t number = 1; r->state && number <= r->touched; number++)
		if (slot_at(r, number)->live)
			drop(r, slot_at(r, number));
	if (r->state)
		r->poller->close(r->state);
	timers_close(&r->timers);
	pages_release(r->ready, ready_size(r->worker.server));
	pages_release(r->slots, slots_size(r));
}

/* Turns until it is over. `error` is how opening went. */
static int loop(struct reactor *r, int error)
{
	while (error >= 0 && !finished(r))
		error = turn(r);
	r->stopping = true;
	reactor_close(r);
	worker_close(&r->worker);
	return error < 0 ? error : 0;
}

int reactor_run(struct server *server, const struct poller *poller)
{
	struct reactor r = { 0 };
	int signal_fd = open_signals(), error = worker_open(&r.worker, server, server->service);
	if (!error) {
		error = reactor_open(&r, poller, server->max_sessions, signal_fd);
		if (error >= 0)
			error = open_listener(&r);
		if (error >= 0)
			server_ready(server);
		error = loop(&r, error);
	}
	if (signal_fd >= 0)
		close(signal_fd);
	return error;
}

int reactor_beside(struct server *server, const struct poller *poller, int n, int wake_fd)
{
	static const struct peer no_one;
	struct reactor r = { 0 };
	int error = worker_open(&r.worker, server, server->service->beside);
	if (error)
		return error;
	error = reactor_open(&r, poller, n, wake_fd);
	for (int i = 0; error >= 0 && i < n; i++) {
		r.worker.env.number = (unsigned)i;
		welcome(&r, -1, &no_one);
	}
	return loop(&r, error);
}
