/* proxy_server.c - the caching proxy as a program.
 *
 * SPDX-License-Identifier: MIT */
#include "backends/backends.h"
#include "core/server.h"
#include "proxy.h"

int main(int argc, char **argv)
{
	return server_main(&proxy_service, "proxy_server", backends, argc, argv);
}
