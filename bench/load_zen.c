/* load_zen.c - questions of the Zen protocol, one of the seven at random or always the first, and the answers.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load_config.h"
#include "proto/zen.h"

enum { N_STEPS = 509, LONGEST = 64 }; /* a prime, so that connections do not fall into step */

static size_t append(char *to, size_t at, const struct zen_text *text)
{
	memcpy(to + at, text->text, text->len);
	return at + text->len;
}

static int prepare(struct load_script *script, const struct load_config *config, unsigned batch, uint64_t seed)
{
	unsigned n_steps = config->one_question ? 1 : N_STEPS, all = n_steps + batch;
	unsigned char chosen[N_STEPS] = { 0 };
	script->requests = malloc((size_t)all * LONGEST);
	script->answers = malloc((size_t)all * LONGEST);
	if (load_script_alloc(script, n_steps, batch) < 0 || !script->requests || !script->answers)
		return -ENOMEM;
	for (unsigned i = 0; i < n_steps && !config->one_question; i++)
		chosen[i] = (unsigned char)(load_random(&seed) % ZEN_PAIRS);
	for (unsigned i = 0; i < all; i++) {
		const struct zen_pair *pair = &zen_pairs[chosen[i % n_steps]];
		script->request_at[i + 1] = append(script->requests, script->request_at[i], &pair->question);
		script->answer_at[i + 1] = append(script->answers, script->answer_at[i], &pair->answer);
	}
	return 0;
}

const struct load_protocol load_zen = {
	.name = "zen", .port = 1060, .prepare = prepare, .check = load_match, .at_end = load_never_ends,
};
