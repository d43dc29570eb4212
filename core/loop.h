/* loop.h - one thread that serves many: what every event loop does, whatever it waits with.
 *
 *     core/loop.c      turns, accepting, deadlines, the way to an end              (the loop itself, once)
 *        |
 *        | struct loop_driver: how it waits
 *        +--- core/reactor.c     "tell me when it would not block"    select, poll, epoll, sigio, plug-ins
 *        +--- core/proactor.c    "tell me when it is done"            io_uring, posix_aio
 *        |
 *        | struct loop_turns: who performs a request, and who runs resume()
 *        +--- none               the loop does both
 *        +--- core/crew.c        other threads do one, or both        half_sync, sim_proactor, leader_followers
 *        +--- core/coroutine.c   a stack for each session             coroutine
 */
#ifndef CORE_LOOP_H
#define CORE_LOOP_H

#include <stdatomic.h>
#include <stddef.h>

#include "slots.h"
#include "timer.h"
#include "wake.h"
#include "worker.h"

enum { LOOP_BUDGET = 32 }; /* resume() calls for one session before the others have their turn */

/* Generation 0: no session has these tokens. */
enum loop_token { TOKEN_LISTENER, TOKEN_SIGNALS, TOKEN_NAMES, TOKEN_WAKE };

struct loop;
struct loops;

/* What a loop leaves to the way it waits. Functions return >= 0 or -errno. */
struct loop_driver {
	size_t size; /* of its own struct, which begins with a struct loop */
	int  (*open)(struct loop *);
	void (*close)(struct loop *);
	/* Tell of a descriptor of the loop's own (signals, names, wake-ups) whenever it is readable. */
	int  (*watch)(struct loop *, int fd, enum loop_token);
	/* From now on bring new clients, or do not. */
	int  (*listen)(struct loop *, bool on);
	/* `w` has parked the session: see to it that it goes on when it can. */
	int  (*await)(struct loop *, struct worker *w, struct slot *);
	int  (*wait)(struct loop *, int timeout_ms); /* -1: for ever. Returns how many events came */
	void (*take)(struct loop *, int n);          /* these, by the functions below */
	/* An end of a session is about to be closed; NULL: nothing to do. */
	void (*forget)(struct loop *, struct end *);
	/* May the session end now? False: some of its memory is the kernel's; the driver has asked for it
	 * back, and calls loop_buried() then. NULL: always. */
	bool (*let_go)(struct loop *, struct slot *);
	/* The parked session, which is claimed, is to go on with n (-ETIMEDOUT; -EAGAIN: look anew). False:
	 * not before its request is the kernel's no more. The driver has asked for it back, and calls
	 * loop_done() then. NULL: always. */
	bool (*recall)(struct loop *, struct slot *, int n);
	/* Could listen() still bring a client, though it is off by now? NULL: never. */
	bool (*owes)(const struct loop *);
	unsigned submits; /* of 1 << enum io_op: only await() has these done; they are never tried here */
};

/* How a session has its turn. The slot is TAKEN, and theirs until they park it or drop it. NULL: the loop itself. */
struct loop_turns {
	/* Serve it from n on, as loop_serve() does. */
	void (*serve)(struct loop *, struct slot *, ssize_t n);
	/* The loop has performed the request: go on with resume(). NULL: who performed it does. */
	void (*resume)(struct loop *, struct slot *, const struct job *, ssize_t n);
	/* Instead of session_begin() and the first turn; NULL: these. */
	void (*begin)(struct loop *, struct slot *, int fd, const struct peer *);
	/* Instead of session_end() and loop_give_back(): see to it that both come; NULL: these. */
	void (*drop)(struct loop *, struct slot *);
	/* Other threads are at work on its sessions (crew.h): those are started when the loop is open, 0 or
	 * -errno; what its own thread does instead of loop_turn(), NULL: that; and they end, before the loop
	 * is closed. */
	bool crew;
	int  (*open)(struct loop *);
	int  (*turn)(struct loop *);
	void (*close)(struct loop *);
};

struct loop {
	struct worker     worker;    /* the thread that waits */
	const struct loop_driver *driver;
	const struct loop_turns  *turns; /* NULL: the loop has them all itself */
	const void       *how;       /* the driver's: the poller, for a reactor */
	struct slots      slots;
	struct timers     timers;
	struct timer      accept_timer, grace_timer;
	struct crew      *crew;      /* who else is at work on its sessions; NULL: no one */
	struct loops     *all;       /* its neighbours; NULL: it serves those beside the clients */
	unsigned          number;    /* among them, from 0 */
	int               listen_fd; /* -1: it is not for this loop to accept */
	int               signal_fd; /* the server's signals; -1: they are another's */
	struct wake       wake;      /* how other threads reach it */
	int               to_accept; /* at a stop: so many of those who wait may still be let in */
	atomic_bool       accepting, stopping;
	atomic_bool       door_closed; /* at a stop: no one is let in any more */
	bool              over;
	/* For a crew: */
	atomic_bool       asleep;    /* it waits, or is about to: who has news must wake it */
	atomic_bool       left;      /* a session has ended while that was of interest */
	int64_t           until_ms;  /* it waits until then; guarded by slots_lock() */
};

/* ---- for drivers ---- */

/* A descriptor of the loop's own is readable: the listener, too, where the driver does not accept itself. */
void loop_own_event(struct loop *, enum loop_token);
/* An end of a session is ready for `seen` (WATCH_ bits): the session goes on if it waits for that. False: it is parked,
 * but waits for something else. */
bool loop_event(struct loop *, struct slot *, enum io_end, unsigned seen);
/* The parked request is done, with result n: the session goes on. */
void loop_done(struct loop *, struct slot *, ssize_t n);
/* For drivers that accept. May a client be asked for? False: accepting pauses. */
bool loop_has_room(struct loop *);
/* A new client, whom the driver accepted. */
void loop_newcomer(struct loop *, int fd, const struct peer *);
/* The driver's accept failed. False: accepting pauses. */
bool loop_accept_failed(struct loop *, int error);
/* The memory that let_go() asked for is back. */
void loop_buried(struct loop *, struct slot *);

/* ---- for those who have turns ---- */

/* Runs the session from result n on (or from an attempt, if n is -EAGAIN) until it waits, ends, or has had its turn. */
void loop_serve(struct loop *, struct worker *w, struct slot *, ssize_t n);
/* What loop_serve() is made of. The session that was parked goes on: its turn begins. */
void loop_unpark(struct worker *w, struct slot *, struct job *, ssize_t n);
/* Could an attempt at its request succeed, as far as we know? */
bool loop_worth_trying(const struct loop *, const struct worker *w, const struct session *, const struct job *);
/* One attempt, as session_try(). */
ssize_t loop_attempt(struct worker *w, struct slot *, struct job *);
/* After a turn: it waits for its request; it goes on later; it ends; it has ended, take the slot back. */
void loop_park(struct loop *, struct worker *w, struct slot *, const struct job *);
void loop_run_later(struct loop *, struct worker *w, struct slot *, const struct job *);
void loop_drop(struct loop *, struct worker *w, struct slot *);
void loop_give_back(struct loop *, struct worker *w, struct slot *);

/* ---- a loop's life ---- */

/* *l is zeroed but for driver, how, turns, all, number, listen_fd, signal_fd and wake. In the thread that will run it.
 * Whatever it returns, loop_close() is next. */
int  loop_open(struct loop *, struct server *, const struct service *, uint32_t capacity);
int  loop_turn(struct loop *);
bool loop_finished(const struct loop *);
void loop_close(struct loop *);
/* Drops all sessions. */
void loop_cut(struct loop *);
/* A client that another loop has accepted, or one of the sessions beside (fd -1). */
void loop_welcome(struct loop *, int fd, const struct peer *);

#endif
