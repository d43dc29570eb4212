/* web_server.c - the web server as a program.
 *
 * SPDX-License-Identifier: MIT */
#include "backends/backends.h"
#include "core/server.h"
#include "web.h"

int main(int argc, char **argv)
{
	return server_main(&web_service, "web_server", backends, argc, argv);
}
