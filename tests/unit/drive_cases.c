/* drive_cases.c - tables of steps, and conversations that are cut in every way; see drive.h.
 *
 * SPDX-License-Identifier: MIT */
#include "tests/unit/drive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "tests/unit/check.h"

/* ---- tables ---- */

const char DRIVE_START[] = "start", DRIVE_DONE[] = "done", DRIVE_END[] = "end", DRIVE_TIMEOUT[] = "time-out";
const char DRIVE_STOP[] = "stop";

static void do_event(struct drive *d, const char *event)
{
	if (event == DRIVE_START)
		drive_start(d);
	else if (event == DRIVE_DONE || event == DRIVE_END)
		drive_result(d, 0);
	else if (event == DRIVE_TIMEOUT)
		drive_result(d, -ETIMEDOUT);
	else if (event == DRIVE_STOP)
		d->env.stopping = true;
	else
		drive_receive(d, event, strlen(event));
}

void drive_table(const struct service *service, const void *config, const struct drive_step *step)
{
	struct drive d;
	drive_open(&d, service, config);
	for (; step->event && !d.broken; step++) {
		char got[DRIVE_TEXT];
		do_event(&d, step->event);
		if (step->event == DRIVE_STOP || d.broken)
			continue;
		drive_describe(got, sizeof got, &d.req);
		if (strcmp(got, step->want) != 0) {
			drive_failed(&d, "after %s\n#   got  %s\n#   want %s", step->event, got, step->want);
			break;
		}
	}
	drive_close(&d);
}

/* ---- conversations ---- */

static size_t piece_len(const struct drive_dialogue *c, int step, size_t split, size_t at)
{
	size_t left = c->in_len - at, n = DRIVE_RECEIVE;
	if (step > 0)
		n = (size_t)step;
	else if (step < 0)
		n = 1 + (size_t)rand() % (rand() % 4 ? 20 : 2000);
	else if (split > at)
		n = split - at;
	if (n > DRIVE_RECEIVE)
		n = DRIVE_RECEIVE;
	return n < left ? n : left;
}

/* All input has come, or a stop has begun: what a driver does with a session that would wait. */
static void no_more_input(struct drive *d, enum drive_then then)
{
	if (then == THEN_STOP && d->req.idle) {
		d->done = d->lingered = true; /* the driver ends it: nothing is owed */
		return;
	}
	drive_result(d, then == THEN_SILENCE ? -ETIMEDOUT : 0);
	drive_perform(d);
}

void drive_cut(struct drive *d, const struct drive_dialogue *dialogue, int step, size_t split)
{
	struct drive_dialogue c = *dialogue;
	size_t at = 0;
	if (!c.in_len)
		c.in_len = strlen(c.in);
	srand((unsigned)-step);
	drive_open(d, c.service, c.config);
	if (c.scratch_len)
		d->env.scratch_len = c.scratch_len;
	d->env.stopping = c.then == THEN_STOP;
	drive_start(d);
	while (!d->done && at < c.in_len) {
		size_t n = piece_len(&c, step, split, at);
		if (c.pace_ms && d->req.timeout_ms >= 0 && c.pace_ms >= d->req.timeout_ms) {
			drive_result(d, -ETIMEDOUT);
		} else {
			d->env.now_ms += c.pace_ms;
			drive_receive(d, c.in + at, n);
			at += n;
		}
		drive_perform(d);
	}
	for (int i = 0; i < 4 && !d->done; i++)
		no_more_input(d, c.then);
	if (!d->done)
		drive_failed(d, "the session does not end");
}

static bool cut_is_good(const struct drive_dialogue *c, int step, size_t split, const char *want,
			size_t want_len)
{
	struct drive d;
	drive_cut(&d, c, step, split);
	bool same = d.n_sent == want_len && memcmp(d.sent, want, want_len) == 0;
	bool good = same && d.done && !d.broken;
	if (!same && !d.broken) {
		size_t at = 0;
		char got[120], wanted[120];
		while (at < d.n_sent && at < want_len && d.sent[at] == want[at])
			at++;
		drive_failed(&d,
			     "cut in steps of %d, or at %zu: from byte %zu on\n#   got  %s (%zu bytes in all)\n"
			     "#   want %s (%zu)",
			     step, split, at, log_bytes(got, sizeof got, d.sent + at, d.n_sent - at), d.n_sent,
			     log_bytes(wanted, sizeof wanted, want + at, want_len - at), want_len);
	}
	drive_close(&d);
	return good;
}

void drive_all_ways(const struct drive_dialogue *c, const char *want, size_t want_len)
{
	enum { SPLITS = 200, SEEDS = 20, SMALL = 4 };
	size_t len = c->in_len ? c->in_len : strlen(c->in);
	size_t stride = len / SPLITS + 1;
	bool good = true;
	for (int step = 0; good && step <= SMALL; step++)
		good = cut_is_good(c, step, 0, want, want_len);
	for (size_t split = 1; good && split < len; split += stride)
		good = cut_is_good(c, 0, split, want, want_len);
	for (int seed = 1; good && seed <= SEEDS; seed++)
		good = cut_is_good(c, -seed, 0, want, want_len);
}
