/* load_source.h - where connections go to, and which address they come from.
 *
 * Two sockets of one address cannot share a port towards the same server, and one address has some 28,000
 * ports for outgoing connections (net.ipv4.ip_local_port_range). But all of 127.0.0.0/8 is this machine: with
 * N sources, sockets are bound to 127.0.0.1, 127.0.0.2, ... in turn. IP_BIND_ADDRESS_NO_PORT lets the kernel
 * choose the port at connect(2), when it knows the server; without it bind(2) would take a port away from all
 * destinations. ip(7).
 *
 * A connection per request uses up ports, since who closes first (we do, as most clients) keeps the port in
 * TIME_WAIT for a minute. On the loopback Linux takes such a port again after a second (net.ipv4.tcp_tw_reuse
 * = 2, the default since 4.19); so a few sources are good for 100,000 connections a second, and where it is
 * 0, more are taken. */
#ifndef BENCH_LOAD_SOURCE_H
#define BENCH_LOAD_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct load_sources {
	struct sockaddr_storage to;
	socklen_t               to_len;
	unsigned                n;
};

struct load_config;

/* Resolves the target, and decides on the number of sources. 0, or -1 with `why` filled in. */
int load_sources_open(struct load_sources *, const struct load_config *, char *why, size_t size);

/* Another server, with as many sources as `like` has where both are on the loopback. 0, or -1: no such name. */
int load_sources_to(struct load_sources *, const char *host, uint16_t port, const struct load_sources *like);

/* A non-blocking socket that is connecting, from the source of this number (modulo n). When that one has no
 * free port, the others are tried. A descriptor, or -errno: -EADDRNOTAVAIL when no source has a port left. */
int load_source_connect(const struct load_sources *, unsigned source);

#endif
