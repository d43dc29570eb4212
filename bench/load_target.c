/* load_target.c - a URL taken apart: protocol, host, port, path.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "bench/load_config.h"
#include "bench/load_protocol.h"
#include "core/net.h"

static const struct load_protocol *find_protocol(const char *name, size_t len)
{
	for (const struct load_protocol *const *p = load_protocols; *p; p++)
		if (strlen((*p)->name) == len && strncasecmp((*p)->name, name, len) == 0)
			return *p;
	return NULL;
}

/* A path may hold everything but white space and control bytes, which would break the request line. */
static bool is_clean(const char *path)
{
	for (; *path; path++)
		if ((unsigned char)*path <= ' ' || *path == 127)
			return false;
	return true;
}

int load_target_parse(struct load_config *config, const char *target, char *why, size_t size)
{
	const char *mark = strstr(target, "://");
	config->target = target;
	config->protocol = mark ? find_protocol(target, (size_t)(mark - target)) : NULL;
	if (!config->protocol) {
		snprintf(why, size, "'%s' is no target: give %s", target, LOAD_TARGETS);
		return -1;
	}
	const char *host = mark + 3;
	size_t n = strcspn(host, "/?#"), n_path = strcspn(host + n, "#");
	bool http = config->protocol == &load_http;
	if ((n_path > 1 && !http) || n >= sizeof config->authority || n_path + 2 > sizeof config->path) {
		snprintf(why, size, "'%s': %s", target, http ? "is too long" : "only http has a path");
		return -1;
	}
	snprintf(config->authority, sizeof config->authority, "%.*s", (int)n, host);
	snprintf(config->path, sizeof config->path, "%s%.*s", host[n] == '/' ? "" : "/", (int)n_path, host + n);
	snprintf(config->address, sizeof config->address, "http://%s%s", config->authority, config->path);
	config->port = config->protocol->port;
	if (net_split(config->authority, config->host, sizeof config->host, &config->port) < 0 ||
	    config->port == 0) {
		snprintf(why, size, "'%s' is not HOST or HOST:PORT", config->authority);
		return -1;
	}
	if (!is_clean(config->path)) {
		snprintf(why, size, "the path holds a space or a control character: write %%20 and the like");
		return -1;
	}
	return 0;
}
