/* thread.c - the floor under thread: recv, send, in a thread for each client. pthreads(7)
 *
 * SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdint.h>

#include "floor.h"

static void *serve(void *argument)
{
	int fd = (int)(intptr_t)argument;
	while (floor_serve(fd))
		;
	close(fd);
	return NULL;
}

int main(void)
{
	int listener = floor_listen("floor_thread");
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 128 << 10);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	for (;;) {
		pthread_t thread;
		int fd = accept(listener, NULL, NULL);
		if (fd >= 0 && pthread_create(&thread, &attributes, serve, (void *)(intptr_t)fd))
			close(fd);
	}
}
