/* drive_cases.c - tables of steps, and conversations that are cut in every way; see drive.h.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "tests/unit/check.h"
#include "tests/unit/drive_own.h"

/* ---- tables ---- */

const char DRIVE_START[] = "start", DRIVE_DONE[] = "done", DRIVE_END[] = "end", DRIVE_TIMEOUT[] = "time-out";
const char DRIVE_STOP[] = "stop", DRIVE_REFUSED[] = "refused", DRIVE_RESET[] = "reset";

static void do_event(struct drive *d, const char *event)
{
	if (event == DRIVE_START)
		drive_start(d);
	else if (event == DRIVE_DONE || event == DRIVE_END)
		drive_result(d, 0);
	else if (event == DRIVE_TIMEOUT)
		drive_result(d, -ETIMEDOUT);
	else if (event == DRIVE_REFUSED)
		drive_result(d, -ECONNREFUSED);
	else if (event == DRIVE_RESET)
		drive_result(d, -ECONNRESET);
	else if (event == DRIVE_STOP)
		d->env.stopping = true;
	else
		drive_receive(d, event, strlen(event));
}

bool drive_steps(struct drive *d, const struct drive_step *step)
{
	for (; step->event && !d->broken; step++) {
		char got[DRIVE_TEXT] = "dead";
		do_event(d, step->event);
		if (step->event == DRIVE_STOP || d->broken)
			continue;
		if (!d->dead)
			drive_describe(got, sizeof got, &d->req);
		if (strcmp(got, step->want) != 0) {
			drive_failed(d, "after %s\n#   got  %s\n#   want %s", step->event, got, step->want);
			return false;
		}
	}
	return !d->broken;
}

void drive_table(const struct service *service, const void *config, const struct drive_step *step)
{
	struct drive d;
	drive_open(&d, service, config);
	drive_steps(&d, step);
	drive_close(&d);
}

/* ---- conversations ---- */

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

static size_t room_for_input(const struct drive *d)
{
	return d->service->max_message + DRIVE_RECEIVE - d->client.kept.len;
}

static void open_for(struct drive *d, const struct drive_dialogue *c, int step, size_t split)
{
	static const struct drive_origin none;
	drive_open(d, c->service, c->config);
	if (c->scratch_len)
		d->env.scratch_len = c->scratch_len;
	d->env.stopping = c->then == THEN_STOP;
	d->env.hot_file = c->hot == HOT_ALWAYS ? drive_hot_file : NULL;
	d->wait_max_ms = c->wait_max_ms;
	d->files = c->files;
	d->origins = c->origins ? c->origins : &none;
	d->n_origins = c->n_origins;
	d->cut_step = step;
	d->cut_split = split > c->in_len ? split - c->in_len : 0;
	if (c->prepare)
		c->prepare(d);
}

void drive_cut(struct drive *d, const struct drive_dialogue *dialogue, int step, size_t split)
{
	struct drive_dialogue c = *dialogue;
	size_t at = 0;
	if (!c.in_len)
		c.in_len = strlen(c.in);
	srand((unsigned)-step);
	open_for(d, &c, step, split);
	drive_start(d);
	drive_perform(d);
	while (!d->done && at < c.in_len) {
		size_t n = drive_piece(step, split, at, c.in_len - at), room = room_for_input(d);
		n = n < room ? n : room;
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

static bool same_bytes(struct drive *d, const char *to, const struct drive_bytes *b, const char *want,
		       size_t want_len)
{
	size_t at = 0;
	char got[120], wanted[120];
	if (b->len == want_len && memcmp(b->data, want, want_len) == 0)
		return true;
	while (at < b->len && at < want_len && b->data[at] == want[at])
		at++;
	if (!d->broken)
		drive_failed(d,
			     "to the %s, cut in steps of %d, origin's at %zu%s: from byte %zu on\n"
			     "#   got  %s (%zu bytes in all)\n#   want %s (%zu)",
			     to, d->cut_step, d->cut_split, d->env.hot_file ? ", hot files" : "", at,
			     log_bytes(got, sizeof got, b->data + at, b->len - at), b->len,
			     log_bytes(wanted, sizeof wanted, want + at, want_len - at), want_len);
	return false;
}

static bool cut_is_good(const struct drive_dialogue *c, int step, size_t split, const char *want,
			size_t want_len)
{
	struct drive d;
	drive_cut(&d, c, step, split);
	bool good = same_bytes(&d, "client", &d.taken, want, want_len) && d.done && !d.broken;
	if (good && c->ask) {
		size_t ask_len = c->ask_len ? c->ask_len : strlen(c->ask);
		good = same_bytes(&d, "origin", &d.origin_sent, c->ask, ask_len);
	}
	drive_close(&d);
	return good;
}

/* The files are at hand, or not, or one after the other. */
static bool both_are_good(const struct drive_dialogue *dialogue, int step, const char *want, size_t want_len)
{
	struct drive_dialogue c = *dialogue;
	bool good = cut_is_good(&c, step, 0, want, want_len);
	if (good && c.files && c.hot == HOT_BOTH) {
		c.hot = HOT_ALWAYS;
		good = cut_is_good(&c, step, 0, want, want_len);
	}
	return good;
}

/* Which of the two it is alternates, or there would be twice as many. */
static bool splits_are_good(const struct drive_dialogue *dialogue, size_t len, const char *want,
			    size_t want_len)
{
	enum { SPLITS = 200 };
	struct drive_dialogue c = *dialogue;
	bool good = true, hot = false;
	for (size_t split = 1; good && split < len; split += len / SPLITS + 1) {
		hot = !hot;
		c.hot = dialogue->hot == HOT_BOTH && hot ? HOT_ALWAYS : dialogue->hot;
		good = cut_is_good(&c, 0, split, want, want_len);
	}
	return good;
}

static size_t bytes_in_all(const struct drive_dialogue *c)
{
	size_t len = c->in_len ? c->in_len : strlen(c->in);
	for (size_t i = 0; i < c->n_origins; i++)
		len += drive_origin_len(&c->origins[i]);
	return len;
}

void drive_all_ways(const struct drive_dialogue *c, const char *want, size_t want_len)
{
	enum { SEEDS = 20, SMALL = 4 };
	bool good = true;
	for (int step = 0; good && step <= SMALL; step++)
		good = both_are_good(c, step, want, want_len);
	good = good && splits_are_good(c, bytes_in_all(c), want, want_len);
	for (int seed = 1; good && seed <= SEEDS; seed++)
		good = both_are_good(c, -seed, want, want_len);
}
