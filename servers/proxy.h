/* proxy.h - the caching proxy: http:// addresses, fetched from their origins or answered from memory.
 *
 * The cache (core/lru.h) is a part of the config, so it belongs to a process: threads share it, and
 * processes that a backend forks have one each. Whoever asks them in turn misses once in every process. Only
 * counters are in shared memory. */
#ifndef SERVERS_PROXY_H
#define SERVERS_PROXY_H

#include <stdatomic.h>

#include "core/io.h"
#include "servers/http_session.h"
#include "servers/http_stats.h"

struct lru;

struct proxy_config {
	struct http_limits limits;
	size_t cache_bytes, object_bytes;  /* bodies: of all, of one */
	int    connect_ms, origin_ms;      /* to connect to an origin; for its head, then for the next bytes */
	bool   lab;                        /* cache every complete 200, whatever Cache-Control says */
	bool   allow_self;                 /* forward to ourselves too */
	/* Made by check(), freed by close(): */
	struct lru *cache;
	char   name[32];                   /* "muxlab-0123456789abcdef": what we call ourselves in Via */
};

enum { PROXY_ROWS = 64 };

struct proxy_row { /* of a worker, as in http_stats.h */
	_Alignas(64) atomic_uint_least64_t hits, misses;
	atomic_uint_least64_t not_cached;            /* misses whose answer could or may not be kept */
	atomic_uint_least64_t hit_bytes, miss_bytes; /* of content */
};

struct proxy_shared {
	struct http_stats stats;
	struct proxy_row  rows[PROXY_ROWS];
};

extern const struct service proxy_service;

#endif
