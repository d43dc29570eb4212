/* proactor.c - "tell me when it is done": a loop's way to wait with io_uring and posix_aio.
 *
 *     parked session ---> receive, send, poll ---> [ completer ] ---> wait ---> next ---> result ---> resume()
 *
 * A session has exactly one outstanding request (io.h), so at most one operation of it is under way, and only while it
 * is parked: its token is that of slot and end, and what it sends is the memory that session_park() keeps.
 * Received bytes stand where the completer has them for one turn, and are copied only if the session leaves
 * some.
 *
 *     IO_RECV  IO_SEND     handed over by await(); the completion is the result, or a part of it
 *     IO_SLEEP             a timer of the loop
 *     all others           tried, as a reactor does, and polled for where they would block
 *
 * What would cut a request short (its deadline, a stop, the end) first calls the operation back: its memory is the
 * kernel's until it is done. So a session never hears of what it has given up, and ends when nothing is under way.
 *
 *     parked -- recall() -> called back -- done: -ECANCELED -> goes on with -ETIMEDOUT, or looks anew
 *                                       -- done: a result  --> goes on with that
 *     any ----- let_go() -> buried ------- done, whatever ---> loop_buried()
 *
 * Clients are accepted as they come, before we can say that there is no room: those wait here until there is.
 *
 * SPDX-License-Identifier: MIT */
#include "proactor.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loops.h"
#include "server.h"
#include "trace.h"

enum { N_TOKENS = TOKEN_WAKE + 1, DRAIN_MS = 100, DRAIN_TURNS = 50 };

/* end->watched: of the operation on that end that is under way. IN_ADVANCE: more may be received, or has been. */
enum { UNDER_WAY = 1, CALLED_BACK = 2, TOO_LATE = 4, BURIED = 8, IN_ADVANCE = 16 };

struct kept {
	int         fd;
	struct peer peer;
};

struct proactor {
	struct loop             loop;
	const struct completer *io;
	void                   *state;
	bool                    asked;     /* for clients */
	struct kept            *kept;      /* those who came when there was no room */
	uint32_t                n_kept;
	uint32_t                n_flying;  /* operations of sessions that are */
	int                     own_fds[N_TOKENS];
	unsigned                unwatched; /* of these, 1 << token */
};

static struct proactor *proactor_of(struct loop *l)
{
	return (struct proactor *)(void *)l; /* it begins with it */
}

static uint64_t token_of(const struct proactor *p, const struct slot *slot)
{
	return slot_token(&p->loop.slots, slot, (enum io_end)slot->session.end_of);
}

/* The end that the parked session waits for; NULL: none. */
static struct end *awaited(const struct slot *slot)
{
	return session_end_of(&slot->session, (enum io_end)slot->session.end_of);
}

/* ---- the loop's own descriptors ---- */

/* Those that were heard of, and those for which there was no memory the last time. */
static void watch_anew(struct proactor *p)
{
	for (unsigned token = 0; p->unwatched && token < N_TOKENS; token++)
		if (p->unwatched & 1U << token && p->io->poll(p->state, p->own_fds[token], WATCH_READ, token) >= 0)
			p->unwatched &= ~(1U << token);
}

static int proactor_watch(struct loop *l, int fd, enum loop_token token)
{
	struct proactor *p = proactor_of(l);
	p->own_fds[token] = fd;
	p->unwatched |= 1U << token;
	return 0;
}

static void own_done(struct proactor *p, enum loop_token token, ssize_t n)
{
	p->unwatched |= 1U << token;
	if (n > 0)
		loop_own_event(&p->loop, token);
}

/* ---- accepting ---- */

/* Not while some wait who came before. */
static int ask_for_clients(struct proactor *p)
{
	if (p->asked || p->n_kept)
		return 0;
	int error = p->io->accept(p->state, p->loop.listen_fd);
	p->asked = error >= 0;
	return error;
}

/* At once, since the listener may be closed right behind: a closed one goes on to listen for as long as it
 * is waited for. */
static void call_accept_back(struct proactor *p)
{
	if (p->asked)
		p->io->cancel(p->state, IO_DONE, TOKEN_LISTENER);
	p->io->wait(p->state, 0);
}

static int proactor_listen(struct loop *l, bool on)
{
	struct proactor *p = proactor_of(l);
	if (on)
		return ask_for_clients(p);
	call_accept_back(p);
	return 0;
}

/* It came when there was no room. */
static void keep(struct proactor *p, const struct done *done)
{
	struct kept *all = reallocarray(p->kept, p->n_kept + 1, sizeof *all);
	if (!all) {
		close((int)done->n);
		return;
	}
	all[p->n_kept++] = (struct kept){ (int)done->n, done->peer };
	p->kept = all;
}

/* At a stop too: they came before it. */
static bool may_let_in(const struct proactor *p)
{
	return p->n_kept && (p->loop.accepting || p->loop.stopping);
}

static void let_kept_in(struct proactor *p)
{
	uint32_t n = 0;
	while (n < p->n_kept && (p->loop.accepting || p->loop.stopping) && loop_has_room(&p->loop)) {
		loop_newcomer(&p->loop, p->kept[n].fd, &p->kept[n].peer);
		n++;
	}
	p->n_kept -= n;
	memmove(p->kept, p->kept + n, p->n_kept * sizeof *p->kept);
	if (p->loop.accepting && ask_for_clients(p) < 0)
		loop_accept_failed(&p->loop, -ENOMEM);
}

static void accept_done(struct proactor *p, const struct done *done)
{
	struct loop *l = &p->loop;
	p->asked = done->goes_on;
	if (done->n >= 0 && (p->n_kept || !loop_has_room(l)))
		keep(p, done);
	else if (done->n >= 0)
		loop_newcomer(l, (int)done->n, &done->peer);
	else if (done->n != -ECANCELED && !loop_accept_failed(l, (int)done->n))
		return;
	if (l->accepting && ask_for_clients(p) < 0)
		loop_accept_failed(l, -ENOMEM);
}

static bool proactor_owes(const struct loop *l)
{
	const struct proactor *p = (const struct proactor *)(const void *)l;
	return p->asked || p->n_kept;
}

/* ---- sessions ---- */

static int submit(struct proactor *p, const struct slot *slot, const struct end *end)
{
	const struct session *s = &slot->session;
	struct iovec head, body;
	switch ((enum io_op)s->op) {
	case IO_RECV:
		return p->io->receive(p->state, end->fd, token_of(p, slot));
	case IO_SEND:
		session_left(s, &head, &body);
		return p->io->send(p->state, end->fd, head, body, token_of(p, slot));
	default:
		return p->io->poll(p->state, end->fd, s->wants, token_of(p, slot));
	}
}

/* True: an operation of the parked session is under way, and has been called back. */
static bool call_back(struct proactor *p, struct slot *slot, uint8_t why)
{
	struct end *end = awaited(slot);
	if (!end || !(end->watched & UNDER_WAY))
		return false;
	if (!(end->watched & CALLED_BACK))
		p->io->cancel(p->state, (enum io_op)slot->session.op, token_of(p, slot));
	end->watched |= CALLED_BACK | why;
	return true;
}

static int proactor_await(struct loop *l, struct worker *w, struct slot *slot)
{
	struct proactor *p = proactor_of(l);
	struct end *end = awaited(slot);
	(void)w;
	if (!end || !slot->session.wants)
		return 0;
	int error = submit(p, slot, end);
	if (error < 0)
		return error;
	end->watched |= UNDER_WAY;
	p->n_flying++;
	if (slot->session.op == IO_RECV && p->io->forget && end == &slot->session.client)
		end->watched |= IN_ADVANCE;
	if (l->worker.env.stopping && session_is_idle(&slot->session))
		call_back(p, slot, 0); /* only what is there already */
	return 0;
}

static bool proactor_recall(struct loop *l, struct slot *slot, int n)
{
	return !call_back(proactor_of(l), slot, n == -ETIMEDOUT ? TOO_LATE : 0);
}

static bool proactor_let_go(struct loop *l, struct slot *slot)
{
	return !call_back(proactor_of(l), slot, BURIED);
}

static void proactor_forget(struct loop *l, struct end *client)
{
	struct proactor *p = proactor_of(l);
	const struct slot *slot = (struct slot *)(void *)((char *)client - offsetof(struct slot, session.client));
	if (p->io->forget)
		p->io->forget(p->state, slot_token(&l->slots, slot, IO_CLIENT));
}

/* ---- what is done ---- */

static void receive_done(struct proactor *p, struct slot *slot, const struct done *done)
{
	ssize_t n = done->n;
	if (n > 0)
		n = session_bring(&p->loop.worker, &slot->session, done->data, (size_t)n);
	loop_done(&p->loop, slot, n);
}

/* Each piece that moves has its time anew. */
static void send_done(struct proactor *p, struct slot *slot, size_t sent)
{
	ssize_t n = session_sent(&p->loop.worker, &slot->session, sent);
	if (n == -EAGAIN)
		slot_set_deadline(slot, 0);
	loop_done(&p->loop, slot, n);
}

/* It failed, or did not happen. */
static void not_done(struct proactor *p, struct slot *slot, uint8_t state, int error)
{
	bool nothing_happened = error == -ECANCELED || error == -EINTR || error == -EAGAIN ||
				(error == -ENOBUFS && slot->session.op == IO_RECV);
	if (nothing_happened)
		error = state & TOO_LATE ? -ETIMEDOUT : -EAGAIN;
	loop_done(&p->loop, slot, error);
}

static unsigned seen_of(ssize_t events)
{
	if (events & (POLLERR | POLLHUP | POLLNVAL))
		return WATCH_READ | WATCH_WRITE | WATCH_END;
	return (events & POLLIN ? WATCH_READ : 0u) | (events & POLLOUT ? WATCH_WRITE : 0u) |
	       (events & POLLRDHUP ? WATCH_READ | WATCH_END : 0u);
}

/* What was done, as if it were a call of no length. */
static void trace_done(struct proactor *p, struct slot *slot, const struct end *end, ssize_t n)
{
	struct worker *w = &p->loop.worker;
	enum io_op op = (enum io_op)slot->session.op;
	if (!tracing(w->counters) || (op != IO_RECV && op != IO_SEND))
		return;
	w->current = &slot->session;
	trace_add(w->counters->trace, op == IO_RECV ? COUNT_RECV : COUNT_SEND, end->fd, n, clock_ns());
}

static void session_done(struct proactor *p, struct slot *slot, const struct done *done)
{
	enum io_end which = done->token & 1 ? IO_ORIGIN : IO_CLIENT;
	struct end *end = session_end_of(&slot->session, which);
	uint8_t state = end->watched;
	end->watched &= done->n > 0 || slot->session.op != IO_RECV ? IN_ADVANCE : 0;
	p->n_flying--;
	trace_done(p, slot, end, done->n);
	if (state & BURIED)
		loop_buried(&p->loop, slot);
	else if (done->n < 0)
		not_done(p, slot, state, (int)done->n);
	else if (slot->session.op == IO_RECV)
		receive_done(p, slot, done);
	else if (slot->session.op == IO_SEND)
		send_done(p, slot, (size_t)done->n);
	else
		loop_event(&p->loop, slot, which, seen_of(done->n));
}

static void take_one(struct proactor *p, const struct done *done)
{
	struct slot *slot;
	if (done->token >> 32) {
		slot = slot_of(&p->loop.slots, done->token);
		if (slot)
			session_done(p, slot, done);
	} else if (done->token == TOKEN_LISTENER) {
		accept_done(p, done);
	} else {
		own_done(p, (enum loop_token)done->token, done->n);
	}
}

static void proactor_take(struct loop *l, int n)
{
	struct proactor *p = proactor_of(l);
	struct done done;
	if (may_let_in(p))
		let_kept_in(p);
	for (; n && p->io->next(p->state, &done); n--)
		take_one(p, &done);
}

static int proactor_wait(struct loop *l, int timeout_ms)
{
	struct proactor *p = proactor_of(l);
	watch_anew(p);
	if (!may_let_in(p))
		return p->io->wait(p->state, timeout_ms);
	int n = p->io->wait(p->state, 0);
	return n < 0 ? n : n + 1;
}

/* ---- opening and closing ---- */

static bool close_later(struct worker *w, int fd)
{
	struct proactor *p = (struct proactor *)(void *)((char *)w - offsetof(struct proactor, loop.worker));
	if (p->io->close_fd(p->state, fd) < 0)
		return false;
	if (tracing(w->counters))
		trace_add(w->counters->trace, COUNT_CLOSE, fd, 0, clock_ns());
	return true;
}

static int proactor_open(struct loop *l)
{
	struct proactor *p = proactor_of(l);
	p->io = l->how;
	if (p->io->blocking)
		l->worker.at_once = MSG_DONTWAIT;
	int error = p->io->open(&p->state, &l->worker);
	if (error >= 0 && p->io->close_fd)
		l->worker.close_later = close_later;
	return error;
}

/* Sessions that were cut have operations under way: they end first. */
static void proactor_close(struct loop *l)
{
	struct proactor *p = proactor_of(l);
	if (!p->state)
		return;
	for (int i = 0; p->n_flying && i < DRAIN_TURNS; i++)
		proactor_take(l, proactor_wait(l, DRAIN_MS));
	l->worker.close_later = NULL;
	p->io->close(p->state);
	for (uint32_t i = 0; i < p->n_kept; i++)
		close(p->kept[i].fd);
	free(p->kept);
}

static const struct loop_driver proactor_driver = {
	.size = sizeof(struct proactor),
	.open = proactor_open,
	.close = proactor_close,
	.watch = proactor_watch,
	.listen = proactor_listen,
	.await = proactor_await,
	.wait = proactor_wait,
	.take = proactor_take,
	.forget = proactor_forget,
	.let_go = proactor_let_go,
	.recall = proactor_recall,
	.owes = proactor_owes,
	.submits = 1U << IO_RECV | 1U << IO_SEND,
};

int proactor_run(struct server *server, const struct completer *io)
{
	return loops_run(server, &proactor_driver, NULL, io);
}
