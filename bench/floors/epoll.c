/* epoll.c - the floor under epoll_lt and epoll_et: epoll_wait, recv, send. epoll(7)
 *
 * SPDX-License-Identifier: MIT */
#include <sys/epoll.h>

#include "floor.h"

static void watch(int epfd, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
	epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event);
}

int main(void)
{
	static struct epoll_event events[512];
	int listener = floor_listen("floor_epoll"), epfd = epoll_create1(0);
	watch(epfd, listener);
	for (;;) {
		int n = epoll_wait(epfd, events, 512, -1);
		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;
			if (fd == listener)
				watch(epfd, accept4(listener, NULL, NULL, SOCK_NONBLOCK));
			else if (!floor_serve(fd))
				close(fd);
		}
	}
}
