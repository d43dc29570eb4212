/* plugin_server.c - runs a service that lives in a shared object outside the tree:
 *
 *     servers/plugin_server ./mine.so [HOST] [-p PORT] ...      make run SERVICE=./mine.so
 *
 * The file exports `const struct service muxlab_service`; core/io.h is its contract. Everything else, options and
 * backends included, is as with the services that are built in.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "backends/backends.h"
#include "core/plugin.h"
#include "core/server.h"
#include "core/version.h"

/* The options are the service's to explain, and there is none yet. */
static int answer_without_service(const char *option)
{
	if (strcmp(option, "--version") == 0) {
		printf("plugin_server (muxlab) %s\n", MUXLAB_VERSION);
		return 0;
	}
	bool asked = strcmp(option, "--help") == 0;
	fprintf(asked ? stdout : stderr, "Usage: plugin_server ./SERVICE.so [HOST] [OPTION...]\n"
					 "Runs the service of a plug-in; with --help behind it, lists its options.\n");
	return asked ? 0 : 2;
}

int main(int argc, char **argv)
{
	char why[512], program[64];
	if (argc < 2 || argv[1][0] == '-')
		return answer_without_service(argc > 1 ? argv[1] : "");
	const struct service *service = plugin_service(argv[1], why, sizeof why);
	if (!service) {
		fprintf(stderr, "plugin_server: %s\n", why);
		return 2;
	}
	snprintf(program, sizeof program, "%s_server", service->name);
	return server_main(service, program, backends, argc - 1, argv + 1);
}
