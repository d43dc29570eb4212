/* select.c - the floor under select: select, recv, send. select(2)
 *
 * SPDX-License-Identifier: MIT */
#include <sys/select.h>

#include "floor.h"

int main(void)
{
	fd_set wanted;
	int listener = floor_listen("floor_select"), top = listener;
	FD_ZERO(&wanted);
	FD_SET(listener, &wanted);
	for (;;) {
		fd_set ready = wanted;
		int left = select(top + 1, &ready, NULL, NULL, NULL);
		for (int fd = 0; fd <= top && left > 0; fd++) {
			if (!FD_ISSET(fd, &ready))
				continue;
			left--;
			if (fd == listener) {
				int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
				if (client >= FD_SETSIZE || client < 0) {
					close(client);
					continue;
				}
				FD_SET(client, &wanted);
				top = client > top ? client : top;
			} else if (!floor_serve(fd)) {
				FD_CLR(fd, &wanted);
				close(fd);
			}
		}
	}
}
