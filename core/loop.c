/* loop.c - the one event loop: turn after turn, whatever it waits with; see loop.h.
 *
 *           +--> wait ---> events: claim the slot, its session has its turn (loop_turn.c)
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
#include "loop_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "log.h"
#include "lookup.h"
#include "loops.h"
#include "sys.h"
#include "trace.h"

static const int64_t TIRED_WAIT_NS = 10000000;

static struct loop *loop_of(struct worker *w)
{
	return (struct loop *)(void *)((char *)w - offsetof(struct loop, worker));
}

/* ---- what drivers bring ---- */

void loop_done(struct loop *l, struct slot *slot, ssize_t n)
{
	if (slot_claim(&l->slots, slot))
		loop_give_turn(l, slot, n);
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
		loop_give_turn(l, slot, -EAGAIN);
	else if (slot_release(&l->slots, slot))
		return false;
	else
		loop_put_off(l, &l->worker, slot);
	return true;
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

/* Those who connected before the stop are served, as soon as there is room; then no one is let in any more. */
static void empty_accept_queue(struct loop *l)
{
	for (; l->to_accept > 0; l->to_accept--) {
		if (!loop_has_room(l))
			return;
		if (!loop_accept_one(l))
			break;
	}
	loop_set_accepting(l, false);
	loops_stop_listening(l);
	l->door_closed = true;
}

/* Empties the accept queue, and gives each idle session its last receive. */
static void begin_stop(struct loop *l)
{
	struct server *server = l->worker.server;
	worker_tick(&l->worker, clock_ms()); /* from here on env.stopping: sessions answer what came and end */
	l->stopping = true;
	if (l->listen_fd >= 0) {
		fcntl(l->listen_fd, F_SETFL, fcntl(l->listen_fd, F_GETFL) | O_NONBLOCK);
		l->to_accept = server->options.backlog;
		empty_accept_queue(l);
	} else {
		l->door_closed = true;
	}
	for (uint32_t number = 1; number <= l->slots.touched; number++) {
		struct slot *slot = slot_at(&l->slots, number);
		if (!slot_is_live(slot) || !slot_claim(&l->slots, slot))
			continue;
		if (session_is_idle(&slot->session) ? goes_on(l, slot, -EAGAIN) : !slot_release(&l->slots, slot))
			loop_put_off(l, &l->worker, slot);
	}
	loop_arm(l, &l->grace_timer, server_grace_end_ms(server));
}

static void take_signals(struct loop *l)
{
	struct signalfd_siginfo info;
	if (loop_is_beside(l)) {
		l->over = true;
		return;
	}
	while (read(l->signal_fd, &info, sizeof info) == sizeof info)
		server_handle_signal(l->worker.server, (int)info.ssi_signo);
	if (server_phase(l->worker.server) != SERVER_RUNNING)
		loops_wake(l->all);
}

/* Sessions whose name has been looked up: the slot is around the session. */
static void take_names(struct loop *l)
{
	lookups_heard(l->worker.lookups);
	for (struct session *s; (s = lookups_finished(l->worker.lookups));) {
		struct slot *slot = (struct slot *)(void *)((char *)s - offsetof(struct slot, session));
		if (slot_claim(&l->slots, slot))
			loop_put_off(l, &l->worker, slot);
	}
}

void loop_own_event(struct loop *l, enum loop_token token)
{
	switch (token) {
	case TOKEN_LISTENER:
		if (l->accepting)
			loop_accept_some(l);
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
		loop_resume_accepting(l);
		break;
	}
}

/* ---- timers ---- */

void loop_arm(struct loop *l, struct timer *timer, int64_t when_ms)
{
	slots_lock(&l->slots, l->worker.counters);
	timer_arm(&l->timers, timer, when_ms);
	slots_unlock(&l->slots, l->worker.counters);
}

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
		loop_resume_accepting(l);
		return;
	}
	if (timer == &l->grace_timer) {
		server_check_grace(l->worker.server);
		return;
	}
	struct slot *slot = (struct slot *)(void *)((char *)timer - offsetof(struct slot, timer));
	if (!slot_claim(&l->slots, slot))
		return; /* it has its turn, and arms it anew if it waits again */
	int64_t deadline_ms = slot_deadline(slot);
	if (deadline_ms && deadline_ms <= l->worker.env.now_ms) {
		if (goes_on(l, slot, -ETIMEDOUT))
			loop_give_turn(l, slot, slot->session.op == IO_SLEEP ? 0 : -ETIMEDOUT);
		return;
	}
	if (deadline_ms)
		loop_arm(l, timer, deadline_ms);
	if (!slot_release(&l->slots, slot))
		loop_put_off(l, &l->worker, slot);
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
		loop_resume_accepting(l);
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
	loop_run_queue(l, n_put_off);
	fire_timers(l);
	if (!l->stopping && !loop_is_beside(l) && server_phase(l->worker.server) != SERVER_RUNNING)
		begin_stop(l);
	else if (l->stopping && !l->door_closed)
		empty_accept_queue(l);
	return 0;
}

bool loop_finished(const struct loop *l)
{
	return l->over || server_phase(l->worker.server) == SERVER_OVER ||
	       (l->stopping && l->door_closed && !l->slots.n_live && !loops_owe(l) &&
		!(l->driver->owes && l->driver->owes(l)));
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
	return error < 0 ? error : loop_set_accepting(l, true);
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
