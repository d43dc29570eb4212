/* wake.c - the self-pipe; see wake.h. pipe2(2), read(2), write(2), pipe(7).
 *
 * SPDX-License-Identifier: MIT */
#include "wake.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include "sys.h"

enum { GULP = 512 }; /* bytes that one read takes out; there is mostly one */

int wake_open(struct wake *w)
{
	if (pipe2(w->fds, O_NONBLOCK | O_CLOEXEC) == 0)
		return 0;
	w->fds[0] = w->fds[1] = -1;
	return -errno;
}

void wake_up(const struct wake *w, struct counters *c)
{
	int kept = errno;
	ssize_t n = c ? sys_write(c, w->fds[1], "", 1) : write(w->fds[1], "", 1);
	(void)n; /* a full pipe says EAGAIN: there is enough in it to wake the loop */
	errno = kept;
}

/* A read that does not wait is not interrupted. A short one has emptied the pipe: what is written afterwards is
 * news again, to edge-triggered waits too. */
void wake_heard(const struct wake *w, struct counters *c)
{
	char bytes[GULP];
	ssize_t n;
	do
		n = c ? sys_read(c, w->fds[0], bytes, sizeof bytes) : read(w->fds[0], bytes, sizeof bytes);
	while (n == GULP);
}

void wake_close(struct wake *w)
{
	for (int i = 0; i < 2; i++) {
		if (w->fds[i] >= 0)
			close(w->fds[i]);
		w->fds[i] = -1;
	}
}
