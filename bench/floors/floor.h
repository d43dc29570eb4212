/* floor.h - what the four floors share: a listener, and one answer to one segment.
 *
 * A floor is the least that a server of a model can do for a Zen question: wait, recv, look up, send. It leaves out
 * what makes a server: it takes a segment for a question, an answer for sent, and every error for a goodbye; no
 * deadlines, no counters, no graceful stop, no log. It is a measuring stick, not an example. */
#ifndef BENCH_FLOORS_FLOOR_H
#define BENCH_FLOORS_FLOOR_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/zen.h"

static inline int floor_listen(const char *name)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof address;
	struct rlimit limit;
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&address, len) || listen(fd, 4096) ||
	    getsockname(fd, (struct sockaddr *)&address, &len)) {
		perror(name);
		exit(1);
	}
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	printf("%s: listening on 127.0.0.1:%d (floor)\n", name, ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

/* One question, one answer; false: the client is gone. */
static inline bool floor_serve(int fd)
{
	char question[4096];
	ssize_t n = recv(fd, question, sizeof question, 0);
	if (n <= 0)
		return false;
	const struct zen_text *answer = zen_answer(question, (size_t)n);
	return send(fd, answer->text, answer->len, MSG_NOSIGNAL) == (ssize_t)answer->len;
}

#endif
