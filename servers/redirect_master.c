/* redirect_master.c - the redirect master as a program.
 *
 * SPDX-License-Identifier: MIT */
#include "backends/backends.h"
#include "core/server.h"
#include "redirect.h"

int main(int argc, char **argv)
{
	return server_main(&redirect_service, "redirect_master", backends, argc, argv);
}
