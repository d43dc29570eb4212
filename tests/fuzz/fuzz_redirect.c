/* fuzz_redirect.c - the redirect master, whole: nothing of a request gets out of its Location.
 *
 *     input: what a client sends
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "tests/fuzz/service.h"
#include "tests/unit/redirect_cases.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct redirect_config *config;
	struct fuzz_input in = fuzz_begin(data, size);
	if (!config)
		config = two_slaves();
	fuzz_service(&in, &(struct drive_dialogue){ .service = &redirect_service, .config = config },
		     fuzz_look_at_answers);
	free(in.data);
	return 0;
}
