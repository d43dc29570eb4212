/* load_source.c - resolving the target, and sockets that come from several addresses; see load_source.h.
 *
 * socket(2), bind(2), connect(2), ip(7): IP_BIND_ADDRESS_NO_PORT.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_source.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/load_config.h"
#include "core/net.h"

enum {
	PER_SOURCE = 16000,   /* well below the number of ports, which others need too */
	CHURN_SOURCES = 8,    /* a port is free again after a second */
	MANY_SOURCES = 64,    /* after a minute: 64 * 28,000 ports / 60 s = 30,000 connections a second */
};

static bool is_loopback4(const struct sockaddr_storage *sa)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)sa;
	return sa->ss_family == AF_INET && ntohl(in->sin_addr.s_addr) >> 24 == 127;
}

/* 127.0.0.1, 127.0.0.2, ... 127.0.0.250, 127.0.1.1, ... */
static int bind_source(int fd, unsigned source)
{
	int on = 1;
	struct sockaddr_in from = { .sin_family = AF_INET };
	from.sin_addr.s_addr = htonl(0x7f000001 + (source / 250 << 8) + source % 250);
	if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) < 0)
		return -errno;
	return bind(fd, (struct sockaddr *)&from, sizeof from) < 0 ? -errno : 0;
}

static int connect_from(const struct load_sources *sources, unsigned source)
{
	int fd = socket(sources->to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int error = sources->n > 1 ? bind_source(fd, source) : 0;
	if (!error && connect(fd, (const struct sockaddr *)&sources->to, sources->to_len) < 0 &&
	    errno != EINPROGRESS)
		error = -errno;
	if (!error)
		return fd;
	close(fd);
	return error;
}

int load_source_connect(const struct load_sources *sources, unsigned source)
{
	int result = -EADDRNOTAVAIL;
	for (unsigned i = 0; i < sources->n && result == -EADDRNOTAVAIL; i++)
		result = connect_from(sources, (source + i) % sources->n);
	return result;
}

/* Of several addresses ("localhost" is ::1 and 127.0.0.1) the first one that answers. */
static bool answers(const struct load_sources *sources, int timeout_ms)
{
	int error = 0, fd = connect_from(sources, 0);
	socklen_t len = sizeof error;
	if (fd < 0)
		return false;
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	bool good = poll(&ready, 1, timeout_ms) == 1 &&
		    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && !error;
	close(fd);
	return good;
}

static void choose_address(struct load_sources *sources, const struct addrinfo *list, int timeout_ms)
{
	for (const struct addrinfo *ai = list; ai; ai = ai->ai_next) {
		memcpy(&sources->to, ai->ai_addr, ai->ai_addrlen);
		sources->to_len = ai->ai_addrlen;
		if (!list->ai_next || answers(sources, timeout_ms))
			return;
	}
}

static bool ports_are_reused(void)
{
	FILE *file = fopen("/proc/sys/net/ipv4/tcp_tw_reuse", "re");
	int value = 0;
	if (!file)
		return false;
	bool known = fscanf(file, "%d", &value) == 1;
	fclose(file);
	return known && value > 0;
}

static unsigned sources_needed(const struct load_config *config)
{
	unsigned n = (unsigned)(config->connections + config->idle) / PER_SOURCE + 1;
	unsigned churn = !config->churn || config->reset ? 1
			 : ports_are_reused()		 ? CHURN_SOURCES
							 : MANY_SOURCES;
	return n > churn ? n : churn;
}

int load_sources_to(struct load_sources *sources, const char *host, uint16_t port,
		    const struct load_sources *like)
{
	struct addrinfo *list;
	if (net_resolve(host, port, &list))
		return -1;
	*sources = (struct load_sources){ .n = 1, .to_len = list->ai_addrlen };
	memcpy(&sources->to, list->ai_addr, list->ai_addrlen);
	freeaddrinfo(list);
	if (is_loopback4(&sources->to) && is_loopback4(&like->to))
		sources->n = like->n;
	return 0;
}

int load_sources_open(struct load_sources *sources, const struct load_config *config, char *why, size_t size)
{
	struct addrinfo *list;
	int error = net_resolve(config->host, config->port, &list);
	if (error) {
		snprintf(why, size, "cannot resolve %s: %s", config->host, gai_strerror(error));
		return -1;
	}
	*sources = (struct load_sources){ .n = 1 };
	choose_address(sources, list, config->timeout_ms);
	freeaddrinfo(list);
	if (!is_loopback4(&sources->to)) {
		snprintf(why, size, "several --sources need a target in 127.0.0.0/8");
		return config->sources > 1 ? -1 : 0;
	}
	sources->n = config->sources ? (unsigned)config->sources : sources_needed(config);
	return 0;
}
