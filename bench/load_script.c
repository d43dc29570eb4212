/* load_script.c - requests laid out in advance, and answers that are compared with what must come.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load_config.h"
#include "bench/load_urls.h"

const struct load_protocol *const load_protocols[] = { &load_zen, &load_echo, &load_http, NULL };

uint64_t load_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

int load_script_alloc(struct load_script *script, unsigned n_steps, unsigned batch)
{
	size_t offsets = (size_t)n_steps + batch + 1;
	script->n_steps = n_steps;
	script->batch = batch;
	script->request_at = calloc(offsets, sizeof *script->request_at);
	script->answer_at = calloc(offsets, sizeof *script->answer_at);
	return script->request_at && script->answer_at ? 0 : -ENOMEM;
}

int load_script_open(struct load_script *script, const struct load_config *config, unsigned batch,
		     uint64_t seed)
{
	memset(script, 0, sizeof *script);
	script->config = config;
	int error = config->protocol->prepare(script, config, batch, seed);
	if (error)
		load_script_close(script);
	return error;
}

void load_script_close(struct load_script *script)
{
	if (script->answers != script->requests) /* echo: the same bytes */
		free(script->answers);
	if (!script->urls) {
		free(script->requests);
		free(script->request_at);
	}
	free(script->answer_at);
	free(script->http);
	memset(script, 0, sizeof *script);
}

unsigned load_script_first(struct load_script *script, unsigned n)
{
	enum { APART = 7 }; /* so that connections do not all ask the same */
	return script->urls ? load_urls_draw(script->urls, &script->random) : n * APART % script->n_steps;
}

void load_reader_start(struct load_reader *reader, unsigned step)
{
	*reader = (struct load_reader){ .step = step, .line = reader->line, .location = reader->location };
}

void load_reader_free(struct load_reader *reader)
{
	free(reader->line);
	free(reader->location);
	reader->line = reader->location = NULL;
}

enum load_verdict load_match(struct load_script *script, struct load_reader *reader, const char *data,
			     size_t len, size_t *used)
{
	size_t from = script->answer_at[reader->step] + reader->seen;
	size_t left = script->answer_at[reader->step + 1] - from;
	*used = len < left ? len : left;
	if (memcmp(data, script->answers + from, *used) != 0)
		return LOAD_WRONG;
	if (*used < left) {
		reader->seen += *used;
		return LOAD_MORE;
	}
	reader->seen = 0;
	if (++reader->step == script->n_steps)
		reader->step = 0;
	return LOAD_RIGHT;
}

enum load_verdict load_never_ends(struct load_reader *reader)
{
	(void)reader;
	return LOAD_WRONG;
}
