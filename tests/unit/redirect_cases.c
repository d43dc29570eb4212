/* redirect_cases.c - see redirect_cases.h.
 *
 * SPDX-License-Identifier: MIT */
#include "tests/unit/redirect_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/options.h"
#include "tests/unit/check.h"
#include "tests/unit/texts.h"

struct redirect_config *redirect_configure(const char *const *options, char *said, size_t size)
{
	const struct program program = { .name = "redirect_master", .usage = "", .summary = "" };
	struct redirect_config *config = malloc(sizeof *config);
	struct option_set sets[] = { { "Options", redirect_service.options, config }, { 0 } };
	char *argv[80] = { (char *)"redirect_master" };
	int argc = 1;
	memcpy(config, redirect_service.defaults, sizeof *config);
	while (options[argc - 1] && argc < 79) {
		argv[argc] = (char *)options[argc - 1];
		argc++;
	}
	FILE *real = stderr;
	memset(said, 0, size);
	stderr = fmemopen(said, size - 1, "w");
	int answer = options_parse(&program, sets, argc, argv);
	fclose(stderr);
	stderr = real;
	if (answer >= 0 && !redirect_service.check(config, said, size))
		return config;
	free(config);
	return NULL;
}

struct redirect_config *good_config(const char *const *options)
{
	char said[400];
	struct redirect_config *config = redirect_configure(options, said, sizeof said);
	if (!config) {
		printf("Bail out! %s\n", said);
		abort();
	}
	return config;
}

struct redirect_config *two_slaves(void)
{
	return good_config(OPTIONS("--slave", "127.0.0.1:9000", "--slave=[::1]:9001"));
}

void check_answers_of(const struct redirect_config *config, const char *in, const char *want)
{
	struct drive_dialogue c = { .service = &redirect_service, .config = config, .in = in };
	note_text(in);
	drive_all_ways(&c, want, strlen(want));
	c.scratch_len = DRIVE_SCRATCH_LEAST;
	drive_all_ways(&c, want, strlen(want));
	note_text("");
}

void check_answers(const char *in, const char *want)
{
	struct redirect_config *config = two_slaves();
	check_answers_of(config, in, want);
	free(config);
}

void converse(struct drive *d, const struct redirect_config *config, const char *in, enum drive_then then)
{
	struct drive_dialogue c = { .service = &redirect_service, .config = config, .in = in, .then = then };
	drive_cut(d, &c, 0, 0);
}
