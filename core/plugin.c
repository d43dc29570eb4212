/* plugin.c - loading a backend or a service from a shared object; see plugin.h.
 *
 * What fails, fails here and now with a sentence: RTLD_NOW finds missing functions at load, and the version of the
 * contract is the first word of either struct, so that it can be read whatever else has changed.
 *
 * SPDX-License-Identifier: MIT */
#include "plugin.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

bool plugin_is_path(const char *name)
{
	size_t len = strlen(name);
	return strchr(name, '/') || (len > 3 && strcmp(name + len - 3, ".so") == 0);
}

static const void *load(const char *path, const char *symbol, char *why, size_t size)
{
	char here[4096];
	/* Without a slash dlopen(3) would look in the system's library path only. */
	snprintf(here, sizeof here, "%s%s", strchr(path, '/') ? "" : "./", path);
	void *object = dlopen(here, RTLD_NOW | RTLD_LOCAL);
	if (!object) {
		snprintf(why, size, "cannot load it: %s", dlerror());
		return NULL;
	}
	const unsigned *contract = dlsym(object, symbol);
	if (!contract) {
		snprintf(why, size, "%s exports no `%s`", path, symbol);
		return NULL;
	}
	if (*contract != MUXLAB_CONTRACT) {
		snprintf(why, size, "%s was built for contract %u, this program has %d: build it anew", path, *contract,
			 MUXLAB_CONTRACT);
		return NULL;
	}
	return contract;
}

const struct backend *plugin_backend(const char *path, char *why, size_t size)
{
	const struct backend *backend = load(path, "muxlab_backend", why, size);
	if (!backend)
		return NULL;
	const struct poller *p = backend->poller;
	if (!backend->name || !backend->summary || !backend->run) {
		snprintf(why, size, "%s: a backend needs name, summary and run", path);
		return NULL;
	}
	if (backend->run == reactor_run && (!p || !p->open || !p->watch || !p->wait || !p->close)) {
		snprintf(why, size, "%s: reactor_run needs a poller with open, watch, wait and close", path);
		return NULL;
	}
	return backend;
}

const struct service *plugin_service(const char *path, char *why, size_t size)
{
	const struct service *service = load(path, "muxlab_service", why, size);
	if (!service)
		return NULL;
	if (!service->name || !service->summary || !service->start || !service->resume || !service->max_message) {
		snprintf(why, size, "%s: a service needs name, summary, max_message, start and resume", path);
		return NULL;
	}
	return service;
}
