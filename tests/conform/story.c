/* story.c - runs cases and tells what happened in them; see story.h.
 *
 * SPDX-License-Identifier: MIT */
#include "story.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"

char *story_bytes(char *out, const char *data, size_t len)
{
	int n = snprintf(out, STORY_TEXT, "%zu byte%s ", len, len == 1 ? "" : "s");
	log_bytes(out + n, 96, data, len);
	return out;
}

void story_step(struct story *s, const char *format, ...)
{
	va_list args;
	unsigned i = s->n_steps++ % STORY_STEPS;
	s->steps[i].at_ms = clock_ms();
	va_start(args, format);
	vsnprintf(s->steps[i].text, sizeof s->steps[i].text, format, args);
	va_end(args);
}

static void print_line(const struct story *s, int64_t at_ms, const char *text)
{
	printf("# %6lld ms  %s\n", (long long)(at_ms - s->begin_ms), text);
}

static void print_steps(const struct story *s)
{
	unsigned first = s->n_steps > STORY_STEPS ? s->n_steps - STORY_STEPS : 0;
	if (first)
		printf("#            (%u steps before these)\n", first);
	for (unsigned i = first; i < s->n_steps; i++)
		print_line(s, s->steps[i % STORY_STEPS].at_ms, s->steps[i % STORY_STEPS].text);
}

_Noreturn void story_fail(struct story *s, const char *expected, const char *got)
{
	s->failed = true;
	print_steps(s);
	print_line(s, clock_ms(), "then:");
	printf("#            expected: %s\n", expected);
	if (got)
		printf("#                 got: %s\n", got);
	longjmp(s->out, 1);
}

_Noreturn void story_skip(struct story *s, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(s->skipped, sizeof s->skipped, format, args);
	va_end(args);
	longjmp(s->out, 1);
}

void story_play(struct story *s, const char *name, void (*play)(void *), void *context)
{
	s->n_steps = 0;
	s->failed = false;
	s->skipped[0] = '\0';
	s->begin_ms = clock_ms();
	if (setjmp(s->out) == 0)
		play(context);
	s->n++;
	s->n_failed += s->failed;
	printf("%s %d - %s%s%s\n", s->failed ? "not ok" : "ok", s->n, name, s->skipped[0] ? " # SKIP " : "",
	       s->skipped);
}

int story_end(const struct story *s)
{
	printf("1..%d\n", s->n);
	return s->n_failed || !s->n ? 1 : 0;
}
