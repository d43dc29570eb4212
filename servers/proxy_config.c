/* proxy_config.c - the options of the proxy, and what is made of them: the cache, and a name.
 *
 * The name stands in the Via of everything that passes. A request that comes with it has been here before (RFC
 * 9110 section 7.6.3). It is random, so two proxies on two machines with the same address do not take each
 * other for a loop.
 *
 * SPDX-License-Identifier: MIT */
#include "proxy_config.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/lru.h"

#define FIELD(name) .offset = offsetof(struct proxy_config, name)

const struct option_def proxy_options[] = {
	{ .name = "cache-size", .arg = "SIZE", .help = "bodies in the cache, in all; 0: none (1m)",
	  .set = set_size, FIELD(cache_bytes), .max = 1LL << 40 },
	{ .name = "object-size", .arg = "SIZE", .help = "largest body that is cached (100k)", .set = set_size,
	  FIELD(object_bytes), .max = 1LL << 40 },
	{ .name = "lab", .help = "cache as the lab asks: every complete 200, whatever Cache-Control says",
	  .set = set_flag, FIELD(lab) },
	{ .name = "connect-timeout", .arg = "TIME", .help = "for a connection to an origin: 504 (10s)",
	  .set = set_seconds_ms, FIELD(connect_ms), .min = 1, .max = 86400000 },
	{ .name = "origin-timeout", .arg = "TIME", .help = "for an origin's head, then its next bytes (30s)",
	  .set = set_seconds_ms, FIELD(origin_ms), .min = 1, .max = 86400000 },
	{ .name = "allow-self", .help = "forward to this very server too, and do not look for loops",
	  .set = set_flag, FIELD(allow_self) },
	HTTP_LIMIT_OPTIONS(struct proxy_config, limits),
	{ 0 },
};

const struct proxy_config proxy_defaults = {
	.cache_bytes = 1 << 20, .object_bytes = 100 << 10, .connect_ms = 10000, .origin_ms = 30000,
};

int proxy_check(void *target, char *why, size_t size)
{
	struct proxy_config *config = target;
	struct lru_limits limits = { config->cache_bytes, config->object_bytes };
	config->cache = lru_open(&limits);
	if (!config->cache) {
		snprintf(why, size, "out of memory for the cache; give a smaller --cache-size");
		return -1;
	}
	snprintf(config->name, sizeof config->name, "muxlab-%016" PRIx64, lru_identity(config->cache));
	return 0;
}

void proxy_close(void *target)
{
	struct proxy_config *config = target;
	lru_close(config->cache);
	config->cache = NULL;
}
