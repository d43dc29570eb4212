/* proxy_cases.c - see proxy_cases.h.
 *
 * SPDX-License-Identifier: MIT */
#include "tests/unit/proxy_cases.h"

#include <stdio.h>
#include <string.h>

struct proxy_config proxy_config, proxy_wanted;

void proxy_done(void)
{
	proxy_service.close(&proxy_config);
}

void proxy_new(struct drive *d)
{
	char why[100];
	(void)d;
	proxy_done();
	proxy_config = *(const struct proxy_config *)proxy_service.defaults;
	proxy_config.lab = proxy_wanted.lab;
	proxy_config.allow_self = proxy_wanted.allow_self;
	if (proxy_wanted.cache_bytes)
		proxy_config.cache_bytes = proxy_wanted.cache_bytes;
	if (proxy_wanted.object_bytes)
		proxy_config.object_bytes = proxy_wanted.object_bytes;
	CHECK_INT(proxy_service.check(&proxy_config, why, sizeof why), 0);
	snprintf(proxy_config.name, sizeof proxy_config.name, NAME);
}

struct drive_dialogue proxy_dialogue(const char *in, const struct drive_origin *origins, size_t n_origins)
{
	return (struct drive_dialogue){ .service = &proxy_service, .config = &proxy_config, .in = in,
					.origins = origins, .n_origins = n_origins, .prepare = proxy_new };
}

void proxy_talk(const char *in, const char *origin, const char *ask, const char *want)
{
	const struct drive_origin one = { .where = "origin:80", .bytes = origin };
	struct drive_dialogue c = proxy_dialogue(in, &one, 1);
	c.ask = ask;
	note_text(in);
	drive_all_ways(&c, want, strlen(want));
}

const char *proxy_error(const char *line, const char *why)
{
	static char text[512];
	snprintf(text, sizeof text, "%s\r\n" DATE "Content-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s\n",
		 line, strlen(why) + 1, why);
	return text;
}
