/* net.c - names to sockets and back; see net.h. getaddrinfo(3), ip(7), ipv6(7), tcp(7).
 *
 * SPDX-License-Identifier: MIT */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

void peer_from_sockaddr(struct peer *peer, const struct sockaddr *sa)
{
	memset(peer, 0, sizeof *peer);
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)sa;
		peer->family = 4;
		peer->port = ntohs(in->sin_port);
		memcpy(peer->addr, &in->sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)sa;
		bool mapped = IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);
		peer->family = mapped ? 4 : 6;
		peer->port = ntohs(in6->sin6_port);
		memcpy(peer->addr, (const char *)&in6->sin6_addr + (mapped ? 12 : 0), mapped ? 4 : 16);
	}
}

char *peer_format(char *out, size_t size, const struct peer *peer)
{
	char text[INET6_ADDRSTRLEN] = "local";
	if (peer->family)
		inet_ntop(peer->family == 4 ? AF_INET : AF_INET6, peer->addr, text, sizeof text);
	snprintf(out, size, "%s, %u", text, (unsigned)peer->port);
	return out;
}

int net_local_name(int fd, char *out, size_t size)
{
	struct sockaddr_storage sa = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof sa;
	char host[NI_MAXHOST], port[NI_MAXSERV];
	if (getsockname(fd, (struct sockaddr *)&sa, &len) < 0)
		return -errno;
	if (getnameinfo((struct sockaddr *)&sa, len, host, sizeof host, port, sizeof port,
			NI_NUMERICHOST | NI_NUMERICSERV))
		return -EINVAL;
	snprintf(out, size, sa.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
	return 0;
}

static int resolve(const char *host, uint16_t port, int flags, struct addrinfo **list)
{
	char service[8];
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags };
	snprintf(service, sizeof service, "%u", (unsigned)port);
	return getaddrinfo(*host ? host : NULL, service, &hints, list);
}

int net_resolve(const char *host, uint16_t port, struct addrinfo **list)
{
	return resolve(host, port, AI_NUMERICSERV, list);
}

int net_numeric(const char *host, uint16_t port, struct addrinfo **list)
{
	return resolve(host, port, AI_NUMERICSERV | AI_NUMERICHOST, list);
}

void net_no_delay(int fd)
{
	int on = 1;
	/* Fails on what is no TCP socket, and need not work there. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* backlog < 0: only bound. */
static int listen_on(const struct addrinfo *ai, int backlog, bool shared)
{
	int on = 1, off = 0, error;
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (shared)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
	net_no_delay(fd);
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) < 0 || (backlog >= 0 && listen(fd, backlog) < 0)) {
		error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

int net_listen(const char *host, uint16_t port, int backlog, bool shared)
{
	struct addrinfo *list;
	int fd = -ENXIO;
	if (resolve(host, port, AI_NUMERICSERV | AI_PASSIVE, &list))
		return -ENXIO;
	/* All interfaces: the IPv6 socket takes IPv4 too, so it goes first; 0.0.0.0 where there is no IPv6. */
	for (int want6 = !*host; want6 >= 0; want6--)
		for (struct addrinfo *ai = list; ai && fd < 0; ai = ai->ai_next)
			if (*host || (ai->ai_family == AF_INET6) == want6)
				fd = listen_on(ai, backlog, shared);
	freeaddrinfo(list);
	return fd;
}

int net_reserve(const char *host, uint16_t port)
{
	return net_listen(host, port, -1, false);
}

int net_listen_again(int listen_fd, int backlog)
{
	struct sockaddr_storage sa;
	struct addrinfo ai = { .ai_addr = (struct sockaddr *)&sa, .ai_addrlen = sizeof sa };
	if (getsockname(listen_fd, ai.ai_addr, &ai.ai_addrlen) < 0)
		return -errno;
	ai.ai_family = sa.ss_family;
	return listen_on(&ai, backlog, true);
}

int net_connect(const char *host, uint16_t port)
{
	struct addrinfo *list;
	int result = -ENXIO;
	if (net_resolve(host, port, &list))
		return -ENXIO;
	for (struct addrinfo *ai = list; ai; ai = ai->ai_next) {
		int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, ai->ai_addr, ai->ai_addrlen) == 0) {
			result = fd;
			break;
		}
		result = -errno;
		if (fd >= 0)
			close(fd);
	}
	freeaddrinfo(list);
	return result;
}

int net_split(const char *text, char *host, size_t size, uint16_t *port)
{
	const char *end, *colon;
	if (*text == '[') {
		end = strchr(++text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return -EINVAL;
		colon = end[1] ? end + 1 : NULL;
	} else {
		colon = strchr(text, ':');
		end = colon ? colon : text + strlen(text);
	}
	if (end == text || (size_t)(end - text) >= size)
		return -EINVAL;
	if (colon) {
		char *rest;
		unsigned long number = strtoul(colon + 1, &rest, 10);
		if (colon[1] < '0' || colon[1] > '9' || *rest || number > 65535)
			return -EINVAL;
		*port = (uint16_t)number;
	}
	memcpy(host, text, (size_t)(end - text));
	host[end - text] = '\0';
	return 0;
}

int net_raise_fd_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	return limit.rlim_cur > 1 << 20 ? 1 << 20 : (int)limit.rlim_cur;
}
