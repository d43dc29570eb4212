/* wake.h - a pipe that wakes a loop: another thread, or a signal handler, writes a byte, and the wait ends.
 *
 *     loop:   watches wake_fd() as any other descriptor ... wait ---> readable: wake_heard(), then what is new
 *     others: leave their news where the loop will look, then wake_up()
 *
 * A loop that waits in one place can hear of one kind of thing only: descriptors. What is no descriptor (a
 * lock, a signal, a list with something on it) becomes one by a pipe whose two ends belong to the same process.
 * D. J. Bernstein named it the self-pipe trick; select(2) and signal-safety(7) are why a signal handler may do
 * it too.
 *
 * Why no eventfd(2), which needs one descriptor and 8 bytes for it: a pipe works with every way to wait. One of
 * them is SIGIO, and the kernel raises that only for files that have the operation fasync: sockets, pipes,
 * terminals. An eventfd, a signalfd, a timerfd and an epoll descriptor have none: fcntl(F_SETFL, O_ASYNC) says
 * 0 and F_GETFL shows that nothing came of it (tests/unit/test_wake.c).
 *
 * Order matters. Who wakes writes its news first and the byte after; the loop reads the bytes first and the
 * news after. The other way round, news that come in between are left lying until someone wakes the loop again.
 * pipe(7) */
#ifndef CORE_WAKE_H
#define CORE_WAKE_H

#include "counters.h"

struct wake {
	int fds[2]; /* as of pipe(2): the end that is read, the end that is written; -1: not open */
};

/* Both ends are non-blocking and closed on exec. 0 or -errno. */
int wake_open(struct wake *);

/* To be watched for reading. */
static inline int wake_fd(const struct wake *w)
{
	return w->fds[0];
}

/* From any thread, or from a signal handler (errno is kept). Many before the loop hears are as good as one: the
 * pipe holds thousands of bytes, and when it is full the loop has not yet heard the first, so one more is not
 * needed. counters: of the calling thread; NULL when it has none, or may be in the middle of counting (a signal
 * handler): the call is not counted then. */
void wake_up(const struct wake *, struct counters *);

/* The loop, when it is readable: takes all bytes out, those of wake-ups that nobody has waited for too. */
void wake_heard(const struct wake *, struct counters *);

/* No harm when it is not open. No one may wake it any more. */
void wake_close(struct wake *);

#endif
