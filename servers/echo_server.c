/* echo_server.c - the echo service as a program.
 *
 * SPDX-License-Identifier: MIT */
#include "backends/backends.h"
#include "core/server.h"
#include "echo.h"

int main(int argc, char **argv)
{
	return server_main(&echo_service, "echo_server", backends, argc, argv);
}
