/* loop.c - the one event loop: turn after turn, whatever it waits with; see loop.h.
 *
 *           +--> wait ---> events: claim the slot, run its session:
 *           |               |        try its request
 *           |               |          | result: resume(), try the next one ... up to LOOP_BUDGET times
 *           |               |          | would block: park, and await
 *           |               |          | had its turn: into the run queue, and on
 *           |               v
 *           |    run each session once that was put off in the turn before
 *           |               v
 *           +---- fire the timers that are due
 *
 * I/O, timers and signals so come from one place, the wait: timers as its time-out, signals through a descriptor
 * (signalfd(2)), other threads through a pipe (wake.h). Nothing interrupts a session in the middle of its turn.
 *
 * Per request: what the driver needs, and a share of one wait. No timer operation: a deadline that moves later is just
 * noted in the slot, and looked at when the old one fires.
 *
 * SPDX-License-Identifier: MIT */
#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "log.h"
#include "lookup.h"
#include "loops.h"
#include "server.h"
#include "sys.h"
#include "trace.h"

enum {
	ACCEPT_BATCH = 64,   /* connections taken before those that exist have their turn */
	TIRED_MS = 1000,     /* how long accepting pauses when the machine is out of something, at most */
	MARGIN_MS = 50,      /* longer than a turn is between two looks at the clock */
};

static const int64_t TIRED_WAIT_NS = 10000000;

static struct loop *loop_of(struct worker *w)
{
	return (struct loop *)(void *)((char *)w - offsetof(struct loop, worker));
}

/* Does it serve the sessions beside the clients'? Then there is no listener, and no signal is for it. */
static bool is_beside(const struct loop *l)
{
	return l->worker.service != l->worker.server->service;
}

/* ---- accepting or not ---- */

static int set_accepting(struct loop *l, bool on)
{
	int error = 0;
	if (l->accepting != on && l->listen_fd >= 0)
		error = l->driver->listen(l, on);
	if (error >= 0)
		l->accepting = on;
	return error < 0 ? error : 0;
}

static void arm(struct loop *l, struct timer *timer, int64_t when_ms)
{
	slots_lock(&l->slots, l->worker.counters);
	timer_arm(&l->timers, timer, when_ms);
	slots_unlock(&l->slots, l->worker.counters);
}

static void pause_accepting(struct loop *l)
{
	set_accepting(l, false);
	arm(l, &l->accept_timer, l->worker.env.now_ms + TIRED_MS);
}

static bool is_full(const struct loop *l)
{
	return server_is_full(l->worker.server) || l->slots.n_live >= l->slots.capacity;
}

static void resume_accepting(struct loop *l)
{
	if (!l->stopping && !l->accepting && l->listen_fd >= 0 && !is_full(l) && set_accepting(l, true))
		pause_accepting(l); /* not even that: later, then */
}

/* ---- news from a crew ---- */

/* The news are there already. A loop that has not gone to sleep will look for them before it does: no call is needed.
 * Who says first that it sleeps, or that there are news, is seen by the other (both are sequentially consistent). */
static void tell_loop(struct loop *l, struct worker *w)
{
	if (atomic_exchange(&l->asleep, false))
		wake_up(&l->wake, w->counters);
}

/* ---- the end of a session ---- */

void loop_give_back(struct loop *l, struct worker *w, struct slot *slot)
{
	slots_lock(&l->slots, w->counters);
	timer_cancel(&l->timers, &slot->timer);
	slots_unlock(&l->slots, w->counters);
	w->current = NULL; /* it may soon be another thread's */
	slot_give_back(&l->slots, w->counters, slot);
	if (!is_beside(l))
		server_count_sessions(l->worker.server, l->worker.berth, -1);
	if (w == &l->worker) {
		resume_accepting(l);
	} else if (!l->accepting || l->stopping) {
		l->left = true; /* there is room now; or that was the last one */
		tell_loop(l, w);
	}
}

void loop_drop(struct loop *l, struct worker *w, struct slot *slot)
{
	if (l->driver->let_go && !l->driver->let_go(l, slot))
		return;
	if (l->turns && l->turns->drop) {
		l->turns->drop(l, slot);
		return;
	}
	session_end(w, &slot->session);
	loop_give_back(l, w, slot);
}

void loop_buried(struct loop *l, struct slot *slot)
{
	session_end(&l->worker, &slot->session);
	loop_give_back(l, &l->worker, slot);
}

/* ---- between two turns ---- */

/* The time of a request runs from when it first waits. The turn's clock may be some milliseconds old by then, so
 * deadlines get a margin: late is allowed, early is not. A sleep is to be exact, so it reads the clock. */
static int64_t deadline_of(const struct worker *w, const struct job *job)
{
	if (job->req.op == IO_SLEEP)
		return clock_ms() + 1 + job->req.timeout_ms;
	return w->env.now_ms + MARGIN_MS + job->req.timeout_ms;
}

/* True: the loop, which another thread is, waits for longer than that. */
static bool note_deadline(struct loop *l, struct worker *w, struct slot *slot, const struct job *job)
{
	bool sooner = false;
	if (job->req.timeout_ms < 0)
		return false;
	slots_lock(&l->slots, w->counters);
	if (!slot->deadline_ms)
		slot->deadline_ms = deadline_of(w, job);
	if (!timer_fires_by(&slot->timer, slot->deadline_ms)) {
		timer_arm(&l->timers, &slot->timer, slot->deadline_ms);
		sooner = w != &l->worker && slot->deadline_ms < l->until_ms;
	}
	slots_unlock(&l->slots, w->counters);
	return sooner;
}

static void trace_pause(const struct worker *w, int kind)
{
	if (tracing(w->counters))
		trace_add(w->counters->trace, kind, -1, 0, clock_ns());
}

/* Into the run queue. */
static void put_off(struct loop *l, struct worker *w, struct slot *slot)
{
	w->current = NULL;
	if (w == &l->worker) {
		slots_enqueue(&l->slots, slot);
		return;
	}
	slots_give(&l->slots, slot);
	count_add(w->counters, COUNT_HANDED, 1);
	tell_loop(l, w);
}

void loop_park(struct loop *l, struct worker *w, struct slot *slot, const struct job *job)
{
	bool sooner = note_deadline(l, w, slot, job);
	if (job->req.op == IO_SLEEP)
		trace_pause(w, TRACE_PAUSE_BEGIN);
	bool failed = session_park(w, &slot->session, job) || l->driver->await(l, w, slot) < 0;
	w->current = NULL;
	if (failed)
		loop_drop(l, w, slot);
	else if (!slot_release(&l->slots, slot))
		put_off(l, w, slot);
	if (sooner)
		tell_loop(l, w);
}

void loop_run_later(struct loop *l, struct worker *w, struct slot *slot, const struct job *job)
{
	if (slot->deadline_ms && slot->deadline_ms <= w->env.now_ms) {
		loop_drop(l, w, slot); /* it lingers and is flooded */
		return;
	}
	if (job->req.op == IO_DONE)
		note_deadline(l, w, slot, job);
	if (session_park(w, &slot->session, job))
		loop_drop(l, w, slot);
	else
		put_off(l, w, slot);
}

/* ---- a session's turn ---- */

/* Is it for the driver alone? Not if there is nothing to do, or, at a stop, nothing to wait for; but what the driver
 * has received in advance it alone can tell. */
static bool is_submitted(const struct loop *l, const struct end *end, const struct io_req *req)
{
	if (!(l->driver->submits & 1U << req->op) || end->fd < 0)
		return false;
	if (req->op == IO_RECV)
		return end->watched || !(req->idle && l->worker.env.stopping);
	return req->len + req->body_len > 0;
}

bool loop_worth_trying(const struct loop *l, const struct worker *w, const struct session *s, const struct job *job)
{
	const struct end *end = session_end_of(s, job->req.end);
	if (job->req.op == IO_SLEEP)
		return job->req.in_place;
	if (!end)
		return true; /* to hear that there is no such end, or to make one */
	if (is_submitted(l, end, &job->req))
		return false;
	switch (job->req.op) {
	case IO_RECV:
		return end->fd < 0 || end->ready & WATCH_READ || (job->req.idle && w->env.stopping);
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

/* To the end of the time, whatever signal comes; unless all is over. */
static ssize_t sleep_in_place(struct worker *w, struct slot *slot, struct job *job)
{
	ssize_t n = -EINTR;
	while (n == -EINTR && server_phase(w->server) != SERVER_OVER)
		n = session_try(w, &slot->session, job);
	return n;
}

/* A request that moves, or has become another one, has its time anew. */
ssize_t loop_attempt(struct worker *w, struct slot *slot, struct job *job)
{
	enum io_op op = job->req.op;
	size_t done = job->done;
	ssize_t n = op == IO_SLEEP ? sleep_in_place(w, slot, job) : session_try(w, &slot->session, job);
	if (n < 0 && (job->done > done || job->req.op != op))
		slot->deadline_ms = 0;
	if (op == IO_SLEEP || op == IO_OPEN || op == IO_SENDFILE)
		worker_tick(w, clock_ms()); /* these may have blocked for long */
	return n;
}

/* Who runs resume() also does what would block the loop itself. */
static bool is_for_others(const struct loop *l, const struct worker *w, const struct job *job)
{
	return l->turns && l->turns->resume && w == &l->worker &&
	       (job->req.op == IO_OPEN || (job->req.op == IO_SLEEP && job->req.in_place));
}

/* False: the slot is not ours any more. */
static bool resume(struct loop *l, struct worker *w, struct slot *slot, struct job *job, ssize_t n)
{
	if (l->turns && l->turns->resume && w == &l->worker) {
		l->turns->resume(l, slot, job, n);
		return false;
	}
	if (!session_resume(w, &slot->session, job, n)) {
		loop_drop(l, w, slot);
		return false;
	}
	slot->deadline_ms = 0;
	return true;
}

static void run(struct loop *l, struct worker *w, struct slot *slot, struct job *job, ssize_t n)
{
	for (int resumes = 0;; resumes++) {
		if (n == -EAGAIN && loop_worth_trying(l, w, &slot->session, job)) {
			if (resumes == LOOP_BUDGET) {
				loop_run_later(l, w, slot, job);
				return;
			}
			if (is_for_others(l, w, job)) {
				l->turns->resume(l, slot, job, n);
				return;
			}
			n = loop_attempt(w, slot, job);
		}
		if (n == -EAGAIN) {
			loop_park(l, w, slot, job);
			return;
		}
		if (n == -EINTR) {
			loop_run_later(l, w, slot, job);
			return;
		}
		if (!resume(l, w, slot, job, n))
			return;
		n = -EAGAIN;
	}
}

void loop_unpark(struct worker *w, struct slot *slot, struct job *job, ssize_t n)
{
	session_unpark(w, &slot->session, job);
	if (n != -EAGAIN && job->req.op == IO_SLEEP)
		trace_pause(w, TRACE_PAUSE_END);
}

void loop_serve(struct loop *l, struct worker *w, struct slot *slot, ssize_t n)
{
	struct job job;
	loop_unpark(w, slot, &job, n);
	run(l, w, slot, &job, n);
}

/* To whoever has the turns. The slot is taken. */
static void serve(struct loop *l, struct slot *slot, ssize_t n)
{
	if (l->turns && l->turns->serve)
		l->turns->serve(l, slot, n);
	else
		loop_serve(l, &l->worker, slot, n);
}

/* The n that were put off before this turn; who is put off in it waits for the next one. */
static void run_queue(struct loop *l, uint32_t n)
{
	for (; n; n--)
		serve(l, slots_dequeue(&l->slots), -EAGAIN);
}

/* ---- what drivers bring ---- */

void loop_done(struct loop *l, struct slot *slot, ssize_t n)
{
	if (slot_claim(&l->slots, slot))
		serve(l, slot, n);
}

bool loop_event(struct loop *l, struct slot *slot, enum io_end which, unsigned seen)
{
	struct session *s = &slot->session;
	bool ours = slot_claim(&l->slots, slot);
	if (!ours && l->slots.shared)
		return true; /* whose it is now will try everything */
	struct end *end = session_end_of(s, which);
	if (end)
		end->ready |= (uint8_t)seen;
	if (!ours)
		return true; /* it has its turn in any case */
	if (end && s->end_of == which && s->wants & end->ready)
		serve(l, slot, -EAGAIN);
	else if (slot_release(&l->slots, slot))
		return false;
	else
		put_off(l, &l->worker, slot);
	return true;
}

/* ---- new sessions ---- */

void loop_welcome(struct loop *l, int fd, const struct peer *peer)
{
	struct slot *slot = slot_take(&l->slots, l->worker.counters);
	struct job job;
	if (l->turns && l->turns->begin) {
		l->turns->begin(l, slot, fd, peer);
		return;
	}
	session_begin(&l->worker, &slot->session, fd, peer, &job);
	run(l, &l->worker, slot, &job, -EAGAIN);
}

void loop_newcomer(struct loop *l, int fd, const struct peer *peer)
{
	server_count_sessions(l->worker.server, l->worker.berth, 1);
	if (!loops_deal(l, fd, peer))
		loop_welcome(l, fd, peer);
}

bool loop_has_room(struct loop *l)
{
	if (!is_full(l))
		return true;
	server_say_full(l->worker.server);
	pause_accepting(l);
	return false;
}

bool loop_accept_failed(struct loop *l, int error)
{
	if (server_accept_failed(l->worker.server, error))
		return true;
	pause_accepting(l);
	return false;
}

/* One connection. False: none is waiting, or we may take no more for now. */
static bool accept_one(struct loop *l)
{
	struct server *server = l->worker.server;
	struct peer peer;
	if (is_full(l)) {
		server_say_full(server);
		pause_accepting(l);
		resume_accepting(l); /* who has left since then did not know that it matters */
		return false;
	}
	int fd = sys_accept(l->worker.counters, l->listen_fd, &peer, SOCK_NONBLOCK);
	if (fd >= 0) {
		loop_newcomer(l, fd, &peer);
		return true;
	}
	return fd != -EAGAIN && loop_accept_failed(l, fd);
}

/* Several loops may be told of one client: then all but one come in vain. */
static void accept_some(struct loop *l)
{
	uint64_t before = count_get(l->worker.counters, COUNT_EAGAIN);
	for (int i = 0; i < ACCEPT_BATCH && l->accepting && accept_one(l); i++)
		before = UINT64_MAX;
	if (count_get(l->worker.counters, COUNT_EAGAIN) > before)
		count_add(l->worker.counters, COUNT_VAIN, 1);
}

/* ---- the way to an end ---- */

/* A parked session, which is claimed, is to go on with n. False: later, and it is parked again. */
static bool goes_on(struct loop *l, struct slot *slot, int n)
{
	if (!l->driver->recall || l->driver->recall(l, slot, n))
		return true;
	slot_release(&l->slots, slot);
	return false;
}

/* Empties the accept queue, then gives each idle session its last receive. */
static void begin_stop(struct loop *l)
{
	struct server *server = l->worker.server;
	worker_tick(&l->worker, clock_ms()); /* from here on env.stopping: sessions answer what came and end */
	if (l->listen_fd >= 0) {
		fcntl(l->listen_fd, F_SETFL, fcntl(l->listen_fd, F_GETFL) | O_NONBLOCK);
		for (int i = 0; i < server->options.backlog && accept_one(l); i++)
			;
		set_accepting(l, false);
		loops_stop_listening(l);
	}
	l->stopping = true; /* and no one is let in any more */
	for (uint32_t number = 1; number <= l->slots.touched; number++) {
		struct slot *slot = slot_at(&l->slots, number);
		if (!slot_is_live(slot) || !slot_claim(&l->slots, slot))
			continue;
		if (session_is_idle(&slot->session) ? goes_on(l, slot, -EAGAIN) : !slot_release(&l->slots, slot))
			put_off(l, &l->worker, slot);
	}
	arm(l, &l->grace_timer, server_grace_end_ms(server));
}

static void take_signals(struct loop *l)
{
	struct signalfd_siginfo info;
	if (is_beside(l)) {
		l->over = true;
		return;
	}
	while (read(l->signal_fd, &info, sizeof info) == sizeof info)
		server_handle_signal(l->worker.server, (int)info.ssi_signo);
	if (server_phase(l->worker.server) != SERVER_RUNNING)
		loops_wake(l->all);
}

/* Sessions whose name has been looked up: the slot is around the session. Nothing else claims them but their deadline. */
static void take_names(struct loop *l)
{
	lookups_heard(l->worker.lookups);
	for (struct session *s; (s = lookups_finished(l->worker.lookups));) {
		struct slot *slot = (struct slot *)(void *)((char *)s - offsetof(struct slot, session));
		if (slot_claim(&l->slots, slot))
			put_off(l, &l->worker, slot);
	}
}

void loop_own_event(struct loop *l, enum loop_token token)
{
	switch (token) {
	case TOKEN_LISTENER:
		if (l->accepting)
			accept_some(l);
		break;
	case TOKEN_SIGNALS:
		take_signals(l);
		break;
	case TOKEN_NAMES:
		take_names(l);
		break;
	case TOKEN_WAKE:
		wake_heard(&l->wake, l->worker.counters);
		loops_take_dealt(l);
		resume_accepting(l);
		break;
	}
}

/* ---- timers ---- */

static struct timer *next_due(struct loop *l)
{
	slots_lock(&l->slots, l->worker.counters);
	struct timer *due = timers_pop(&l->timers, l->worker.env.now_ms);
	slots_unlock(&l->slots, l->worker.counters);
	return due;
}

static void fire_timer(struct loop *l, struct timer *timer)
{
	if (timer == &l->accept_timer) {
		resume_accepting(l);
		return;
	}
	if (timer == &l->grace_timer) {
		server_check_grace(l->worker.server);
		return;
	}
	struct slot *slot = (struct slot *)(void *)((char *)timer - offsetof(struct slot, timer));
	if (!slot_claim(&l->slots, slot))
		return; /* it has its turn, and arms it anew if it waits again */
	int64_t deadline_ms = slot->deadline_ms;
	if (deadline_ms && deadline_ms <= l->worker.env.now_ms) {
		if (goes_on(l, slot, -ETIMEDOUT))
			serve(l, slot, slot->session.op == IO_SLEEP ? 0 : -ETIMEDOUT);
		return;
	}
	if (deadline_ms)
		arm(l, timer, deadline_ms);
	if (!slot_release(&l->slots, slot))
		put_off(l, &l->worker, slot);
}

static void fire_timers(struct loop *l)
{
	for (struct timer *due; (due = next_due(l));)
		fire_timer(l, due);
}

static int time_to_wait(struct loop *l)
{
	if (l->slots.shared)
		l->asleep = true; /* first say so, then look */
	if (l->slots.n_queued || slots_given(&l->slots) || l->left)
		return 0;
	slots_lock(&l->slots, l->worker.counters);
	int64_t now = clock_ms();
	int timeout_ms = timers_wait(&l->timers, now);
	l->until_ms = timeout_ms < 0 ? INT64_MAX : now + timeout_ms;
	slots_unlock(&l->slots, l->worker.counters);
	return timeout_ms;
}

/* ---- the loop ---- */

/* Awake: from here on no one need wake it. */
static void hear_crew(struct loop *l)
{
	l->asleep = false;
	slots_take_given(&l->slots);
	if (l->left) {
		l->left = false;
		resume_accepting(l);
	}
}

int loop_turn(struct loop *l)
{
	int n = l->driver->wait(l, time_to_wait(l));
	if (l->slots.shared)
		hear_crew(l);
	if (n < 0 && error_kind(n) == ERROR_TIRED) /* short of memory: no reason to end */
		sys_sleep_until(l->worker.counters, clock_ns() + TIRED_WAIT_NS);
	else if (n < 0 && n != -EINTR)
		return n;
	worker_tick(&l->worker, clock_ms());
	uint32_t n_put_off = l->slots.n_queued;
	if (n > 0)
		l->driver->take(l, n);
	run_queue(l, n_put_off);
	fire_timers(l);
	if (!l->stopping && !is_beside(l) && server_phase(l->worker.server) != SERVER_RUNNING)
		begin_stop(l);
	return 0;
}

bool loop_finished(const struct loop *l)
{
	return l->over || server_phase(l->worker.server) == SERVER_OVER ||
	       (l->stopping && !l->slots.n_live && !loops_owe(l) && !(l->driver->owes && l->driver->owes(l)));
}

/* ---- opening and closing ---- */

static void forget(struct worker *w, struct end *end)
{
	struct loop *l = loop_of(w);
	l->driver->forget(l, end);
}

static int open_lookups(struct worker *w)
{
	struct loop *l = loop_of(w);
	int fd;
	w->lookups = lookups_open(&fd);
	if (!w->lookups)
		return -ENOMEM;
	int error = l->driver->watch(l, fd, TOKEN_NAMES);
	if (error < 0) {
		lookups_close(w->lookups);
		w->lookups = NULL;
	}
	return error;
}

int loop_open(struct loop *l, struct server *server, const struct service *service, uint32_t capacity)
{
	int error = worker_open(&l->worker, server, service);
	if (error)
		return error;
	l->worker.nonblocking = true;
	l->worker.open_lookups = open_lookups;
	if (l->driver->forget)
		l->worker.forget = forget;
	l->slots.shared = l->turns && l->turns->crew;
	if (slots_open(&l->slots, capacity, service->session_size) || timers_open(&l->timers, capacity + 2))
		return -ENOMEM;
	error = l->driver->open(l);
	if (error >= 0 && l->slots.shared)
		error = open_lookups(&l->worker); /* for all of the crew, before there is one */
	if (error >= 0 && l->signal_fd >= 0)
		error = l->driver->watch(l, l->signal_fd, TOKEN_SIGNALS);
	if (error >= 0 && l->all)
		error = l->driver->watch(l, wake_fd(&l->wake), TOKEN_WAKE);
	return error < 0 ? error : set_accepting(l, true);
}

void loop_cut(struct loop *l)
{
	l->stopping = true;
	for (uint32_t number = 1; number <= l->slots.touched; number++)
		if (slot_is_live(slot_at(&l->slots, number)))
			loop_drop(l, &l->worker, slot_at(&l->slots, number));
}

void loop_close(struct loop *l)
{
	if (!l->worker.session)
		return; /* there was no memory for it */
	loop_cut(l);
	l->driver->close(l);
	timers_close(&l->timers);
	slots_close(&l->slots);
	worker_close(&l->worker);
}
