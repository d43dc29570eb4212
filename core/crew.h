/* crew.h - threads that share the sessions of one loop: what the hybrids have in common.
 *
 *     half_sync          the loop waits, a crew performs and thinks      crew_hand, loop_serve
 *     sim_proactor       the loop waits and performs, a crew thinks      crew_hand, a function of its own
 *     leader_followers   the crew is the loop, one at a time             only the threads
 *
 * A session is never with two threads: slots.h says whose it is. What comes for one that is taken is not lost:
 * its slot is MISSED then, and who wants to park it looks again.
 *
 * Each thread has a worker of its own, so buffers and counters have one owner, and --stats shows who did what.
 * What hangs off the loop is shared: slots and timers (under slots_lock()), the poller (WATCH_ONCE), names that
 * are looked up. The loop's own worker is a role: whoever waits at the moment acts as it, and no one else
 * touches it. */
#ifndef CORE_CREW_H
#define CORE_CREW_H

#include <pthread.h>

#include "loop.h"
#include "queue.h"

struct crew {
	struct loop     *loop;
	void           (*run)(struct crew *, struct worker *); /* what each thread does */
	int              n;       /* threads that were started */
	pthread_t       *threads;
	struct semaphore opened;  /* one permit for each that is there, or cannot be */
	atomic_int       error;   /* why one cannot */
};

/* Starts n threads that run() until they return; in the thread of the loop, which is open. 0 or -errno;
 * whatever it returns, crew_join() is next. *crew is the caller's, and zeroed. */
int  crew_start(struct crew *, struct loop *, int n, void (*run)(struct crew *, struct worker *));
void crew_join(struct crew *);

/* A worker for a thread of the crew: as worker_open(). 0 or -errno. */
int  crew_worker_open(const struct crew *, struct worker *);
void crew_worker_close(struct worker *);

/* Turns' begin: a new session is parked at once, and has its first turn when its client has said something. */
void crew_begin(struct loop *, struct slot *, int fd, const struct peer *);

/* ---- a crew that takes its work from a queue ---- */

/* A session on its way to a turn, and the result that it goes on with. */
struct handed {
	struct slot *slot;
	ssize_t      n;
};

/* In a thread of the crew: a session's turn. The slot is taken; it parks it, hands it on or drops it. */
typedef void crew_work(struct loop *, struct worker *, struct slot *, ssize_t n);

/* Turns' open: --workers threads that wait for work. 0 or -errno. */
int  crew_open(struct loop *, crew_work *work);
/* Turns' close: takes what is left, and joins the threads. Also after an open() that failed, or never was. */
void crew_close(struct loop *);
/* Turns' serve: the loop hands the session over, and waits while the queue is full. */
void crew_hand(struct loop *, struct slot *, ssize_t n);

#endif
