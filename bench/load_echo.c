/* load_echo.c - messages of --payload random bytes, which must come back as they are.
 *
 * The messages differ from one another, so that an echo of the wrong one is found.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_protocol.h"

#include <errno.h>
#include <stdlib.h>

#include "bench/load_config.h"

enum { SCRIPT_BYTES = 32 << 10, STEPS_MAX = 251 }; /* small messages stay in the cache */

static int prepare(struct load_script *script, const struct load_config *config, unsigned batch, uint64_t seed)
{
	size_t payload = config->payload;
	unsigned fit = (unsigned)(SCRIPT_BYTES / payload) + 2, n_steps = fit < STEPS_MAX ? fit : STEPS_MAX;
	unsigned all = n_steps + batch;
	if (payload > SIZE_MAX / all)
		return -ENOMEM;
	script->requests = script->answers = malloc(payload * all);
	if (load_script_alloc(script, n_steps, batch) < 0 || !script->requests)
		return -ENOMEM;
	for (size_t i = 0; i < payload * n_steps; i++)
		script->requests[i] = (char)load_random(&seed);
	/* From there on the beginning comes again, and again. */
	for (size_t i = payload * n_steps; i < payload * all; i++)
		script->requests[i] = script->requests[i - payload * n_steps];
	for (unsigned i = 1; i <= all; i++)
		script->request_at[i] = script->answer_at[i] = i * payload;
	return 0;
}

const struct load_protocol load_echo = {
	.name = "echo", .port = 7007, .prepare = prepare, .check = load_match, .at_end = load_never_ends,
};
