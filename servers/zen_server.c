/* zen_server.c - the Zen service as a program.
 *
 * SPDX-License-Identifier: MIT */
#include "backends/backends.h"
#include "core/server.h"
#include "zen.h"

int main(int argc, char **argv)
{
	return server_main(&zen_service, "zen_server", backends, argc, argv);
}
