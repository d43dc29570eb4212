/* watch.h - the one thread of a blocking server that blocks in no client's call: it takes the signals, looks after
 * the deadlines, and sees to it that everyone notices the end. The same for threads and for processes.
 *
 *     worker: recv, accept ... blocks                          watch: sigtimedwait, twice a second:
 *                 ^                                              a deadline on the board has passed? --+
 *                 |                                              stop asked for? ----------------------+
 *                 +------------- WAKE_SIGNAL, by tgkill <---------------------------------------------+
 *                 EINTR: look at deadline and phase */
#ifndef CORE_WATCH_H
#define CORE_WATCH_H

#include <signal.h>
#include <stdbool.h>

struct server;

enum { WAKE_SIGNAL = SIGURG }; /* ignored by who has no handler for it */

/* Before the first worker: from now on WAKE_SIGNAL interrupts a call, and does nothing else. */
void watch_prepare(struct server *);

/* Takes signals, wakes and reaps until done(what). */
void watch_over(struct server *, bool (*done)(void *what), void *what);

#endif
