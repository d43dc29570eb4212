/* drive_ends.c - what is at the other ends: origins and files from tables, lent memory, the log; see drive.h.
 *
 *     files:    table ---> a copy of its own each time it is opened ---> closed: overwritten, but kept, so that
 *               bytes that are sent from it afterwards are known for what they are
 *     origins:  table ---> the connection at hand ---> pieces, cut as the conversation is
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/unit/drive_own.h"

enum { AREA = 1 << 20, PAGE = 4096, POISON = 0x5a, DEAD_FILES = 8 };

/* ---- lent memory ---- */

/* Areas are kept for the next drive: making one is three calls. */
static struct spare_area { struct spare_area *next; } *spare_areas;

static char *area_get(void)
{
	if (spare_areas) {
		char *area = (char *)spare_areas;
		spare_areas = spare_areas->next;
		return area;
	}
	char *area = mmap(NULL, AREA + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED || mprotect(area + AREA, PAGE, PROT_NONE))
		abort();
	return area;
}

void drive_lend(struct drive *d)
{
	const struct drive_bytes *kept = &d->offering->kept;
	if (kept->len > AREA)
		abort();
	if (d->lent)
		memset((char *)d->lent, POISON, d->n_lent);
	char *area = d->areas[1] ? d->areas[1] : area_get();
	d->areas[1] = d->areas[0];
	d->areas[0] = area;
	d->lent = area + AREA - kept->len;
	d->n_lent = kept->len;
	if (kept->len)
		memcpy(area + AREA - kept->len, kept->data, kept->len);
}

void drive_free_areas(struct drive *d)
{
	for (int i = 0; i < 2; i++) {
		struct spare_area *spare = (void *)d->areas[i];
		if (!spare)
			continue;
		spare->next = spare_areas;
		spare_areas = spare;
	}
}

/* ---- files ---- */

void drive_file_bytes(char *out, off_t from, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		off_t at = from + (off_t)i;
		out[i] = (char)('!' + (at + at / 89) % 89);
	}
}

/* The older ones are freed, so that a test of a thousand requests does not keep a thousand files. */
static void forget_dead_files(struct drive *d, int keep)
{
	struct drive_lent_file **at = &d->dead_files;
	while (*at && keep-- > 0)
		at = &(*at)->older;
	while (*at) {
		struct drive_lent_file *f = *at;
		*at = f->older;
		free(f);
	}
}

void drive_drop_file(struct drive *d)
{
	struct drive_lent_file *f = d->file;
	if (!f)
		return;
	memset(&f->file, POISON, sizeof f->file);
	memset(f->body, POISON, f->len);
	f->older = d->dead_files;
	d->dead_files = f;
	d->file = NULL;
	forget_dead_files(d, DEAD_FILES);
}

void drive_free_files(struct drive *d)
{
	drive_drop_file(d);
	forget_dead_files(d, 0);
}

static const struct drive_file *find_file(const struct drive *d, const char *path)
{
	for (const struct drive_file *f = d->files; f && f->path; f++)
		if (strcmp(f->path, path) == 0)
			return f;
	return NULL;
}

static void lend_file(struct drive *d, const struct io_file *is, bool body)
{
	size_t len = is->body && !is->body_len ? strlen(is->body) : is->body_len;
	struct drive_lent_file *f = calloc(1, sizeof *f + len);
	f->len = len;
	f->file = *is;
	if (is->body && !is->directory && !is->size)
		f->file.size = (off_t)len;
	if (is->body)
		memcpy(f->body, is->body, len);
	f->file.body = is->body && body ? f->body : NULL;
	f->file.body_len = f->file.body ? len : 0;
	d->file = f;
}

int drive_take_file(struct drive *d, const char *path, bool list, bool hot)
{
	const struct drive_file *f = find_file(d, path);
	if (hot && (!f || f->error || f->cold))
		return -ENOENT;
	drive_drop_file(d);
	d->opens++;
	if (!f || f->error)
		return f ? f->error : -ENOENT;
	lend_file(d, &f->file, !f->file.directory || list);
	return 0;
}

/* The environment that the service has been given is the drive's first member. */
static struct drive *drive_of(const struct io_env *env)
{
	return (struct drive *)((uintptr_t)env - offsetof(struct drive, env));
}

const struct io_file *drive_hot_file(const struct io_env *env, const char *path)
{
	struct drive *d = drive_of(env);
	if (!d->service->root)
		drive_violated(d, "a hot file without a root");
	int error = drive_take_file(d, path, false, true);
	drive_note(d, " [hot %.100s: %s]", path, error ? "no" : "yes");
	return error ? NULL : &d->file->file;
}

void drive_take_log(const struct io_env *env, const char *line, size_t len)
{
	struct drive *d = drive_of(env);
	const char *end = len ? memchr(line, '\n', len) : NULL;
	if (!end || end != line + len - 1)
		drive_violated(d, "what goes to the access log is not one line");
	drive_gather(&d->log, line, len);
}

/* ---- origins ---- */

size_t drive_origin_len(const struct drive_origin *o)
{
	return o->len || !o->bytes ? o->len : strlen(o->bytes);
}

size_t drive_piece(int step, size_t split, size_t at, size_t left)
{
	size_t n = DRIVE_RECEIVE;
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

static void connect_origin(struct drive *d)
{
	const struct drive_origin *o = d->connects < d->n_origins ? &d->origins[d->connects] : NULL;
	if (o && o->where && strcmp(o->where, d->req.where) != 0) {
		drive_violated(d, "a connect to another origin than the table says");
		return;
	}
	d->talk = o;
	d->talk_at = 0;
	drive_result(d, o ? o->connect : -ECONNREFUSED);
}

static void receive_from_origin(struct drive *d)
{
	static const int ends[] = { 0, -ETIMEDOUT, -ECONNRESET }; /* as in enum drive_origin_then */
	const struct drive_origin *o = d->talk;
	size_t at = d->talk_at, left = drive_origin_len(o) - at;
	size_t n = drive_piece(d->cut_step, d->cut_split, d->script_at, left);
	if (!n && o->then == ORIGIN_SILENCE && d->req.timeout_ms < 0) {
		drive_violated(d, "it would wait for the origin for ever");
	} else if (!n) {
		drive_result(d, ends[o->then]);
	} else {
		d->talk_at += n;
		d->script_at += n;
		drive_receive(d, o->bytes + at, n);
	}
}

/* False: it waits for something that only the test knows. */
static bool perform_one(struct drive *d)
{
	bool origin = d->req.end == IO_ORIGIN;
	if (d->req.op == IO_CONNECT && d->origins)
		connect_origin(d);
	else if (d->req.op == IO_RECV && origin && d->talk)
		receive_from_origin(d);
	else if (d->req.op == IO_SEND && origin && d->talk)
		drive_result(d, d->talk->send);
	else if (d->req.op == IO_RECV || d->req.op == IO_CONNECT)
		return false;
	else
		drive_result(d, 0);
	return true;
}

void drive_perform(struct drive *d)
{
	while (!d->done && perform_one(d))
		;
}
