/* fuzz_proxy.c - the caching proxy, whole: what it forwards and answers is well-formed, whoever lies to it.
 *
 *     input: what a client sends, and what origins answer (service.h)
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "servers/proxy.h"
#include "tests/fuzz/service.h"

/* Each conversation has a cache of its own, or the second one would find what the first one asked for; and a
 * name that is always the same. */
static struct proxy_config config;

static void new_cache(struct drive *d)
{
	char why[100];
	(void)d;
	proxy_service.close(&config);
	memcpy(&config, proxy_service.defaults, sizeof config);
	config.cache_bytes = 20000;
	config.object_bytes = 8000;
	EXPECT(proxy_service.check(&config, why, sizeof why) == 0);
	strcpy(config.name, "muxlab-1");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_begin(data, size);
	fuzz_service(&in, &(struct drive_dialogue){ .service = &proxy_service, .config = &config,
						    .prepare = new_cache, .wait_max_ms = -1 },
		     fuzz_look_at_forwarded);
	free(in.data);
	return 0;
}
