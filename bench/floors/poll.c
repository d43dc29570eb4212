/* poll.c - the floor under poll: poll, recv, send. poll(2)
 *
 * SPDX-License-Identifier: MIT */
#include <poll.h>

#include "floor.h"

enum { MAX_FDS = 20000 };

int main(void)
{
	static struct pollfd fds[MAX_FDS];
	nfds_t n_fds = 1;
	int listener = floor_listen("floor_poll");
	fds[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
	for (;;) {
		int left = poll(fds, n_fds, -1);
		for (nfds_t i = n_fds; i-- > 0 && left > 0;) {
			if (!fds[i].revents)
				continue;
			left--;
			if (i == 0) {
				int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
				fds[n_fds++] = (struct pollfd){ .fd = fd, .events = POLLIN };
			} else if (!floor_serve(fds[i].fd)) {
				close(fds[i].fd);
				fds[i] = fds[--n_fds];
			}
		}
	}
}
