/* test_files_bounds.c - how much is kept and who is thrown out, names of folders, many threads (core/files.c).
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/listing.h"
#include "tests/unit/check.h"
#include "tests/unit/files_place.h"

/* ---- bounds ---- */

/* Three bodies of 10,000 bytes fit, four do not. */
enum { BODY = 10000, ROOM = 35000 };

static void put_bodies(struct place *p)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	for (int i = 0; i < 4; i++)
		place_fill(p, names[i], names[i][0], BODY);
}

static void who_was_not_asked_for_longest_goes_first(void)
{
	struct place p;
	place_open(&p, ROOM, 0);
	put_bodies(&p);
	place_touch(&p, "a", NOW);
	place_touch(&p, "b", NOW);
	place_touch(&p, "c", NOW);
	CHECK(place_is_hot(&p, "a", NOW)); /* used again: now b is the oldest */
	place_touch(&p, "d", NOW);
	CHECK(place_is_hot(&p, "a", NOW));
	CHECK(!place_is_hot(&p, "b", NOW));
	CHECK(place_is_hot(&p, "c", NOW));
	CHECK(place_is_hot(&p, "d", NOW));
	place_close(&p);
}

static void what_is_pinned_stays_and_counts(void)
{
	struct place p;
	place_open(&p, ROOM, 0);
	put_bodies(&p);
	struct file_entry *a = place_get(&p, "a", NOW), *b = place_get(&p, "b", NOW), *c = place_get(&p, "c", NOW);
	/* There is no room: it is its session's alone, and sent from its descriptor. */
	struct file_entry *d = place_get(&p, "d", NOW);
	CHECK(file_fd_of(d) >= 0 && !file_of(d)->body);
	CHECK(!place_is_hot(&p, "d", NOW));
	place_unpin(&p, d);
	place_unpin(&p, b);
	d = place_get(&p, "d", NOW);
	CHECK(file_of(d)->body);
	CHECK(place_is_hot(&p, "a", NOW) && !place_is_hot(&p, "b", NOW) && place_is_hot(&p, "c", NOW));
	place_unpin(&p, a);
	place_unpin(&p, c);
	place_unpin(&p, d);
	place_close(&p);
}

static void all_room_comes_back(void)
{
	struct place p;
	place_open(&p, ROOM, 0);
	put_bodies(&p);
	place_fill(&p, "all", 'x', ROOM - 1000);
	struct file_entry *a = place_get(&p, "a", NOW);
	place_write(&p, "a", "another");
	place_touch(&p, "a", NOW + 1000); /* replaced while it is pinned */
	place_touch(&p, "b", NOW + 1000);
	struct file_entry *all = place_get(&p, "all", NOW + 1000);
	CHECK(!file_of(all)->body); /* the old a still takes its share */
	CHECK(place_is_hot(&p, "b", NOW + 1000)); /* and no one is thrown out for nothing */
	place_unpin(&p, all);
	place_unpin(&p, a);
	all = place_get(&p, "all", NOW + 1000);
	CHECK(file_of(all)->body);
	CHECK(!place_is_hot(&p, "b", NOW + 1000));
	place_unpin(&p, all);
	place_close(&p);
}

static void descriptors_are_bounded(void)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	struct place p;
	place_open(&p, ROOM, 2);
	for (int i = 0; i < 4; i++)
		place_fill(&p, names[i], 'x', LARGE);
	int before = n_descriptors();
	for (int i = 0; i < 4; i++)
		place_touch(&p, names[i], NOW);
	CHECK_INT(n_descriptors(), before + 2);
	uint64_t opened = count_get(&p.c, COUNT_OPEN);
	place_touch(&p, "c", NOW);
	place_touch(&p, "d", NOW);
	CHECK_INT(count_get(&p.c, COUNT_OPEN), opened);
	struct file_entry *pinned[4];
	for (int i = 0; i < 4; i++)
		pinned[i] = place_get(&p, names[i], NOW);
	CHECK_INT(n_descriptors(), before + 4);
	for (int i = 0; i < 4; i++)
		place_unpin(&p, pinned[i]);
	CHECK_INT(n_descriptors(), before + 2);
	place_close(&p);
}

static void nothing_is_kept_when_there_is_no_room_at_all(void)
{
	struct place p;
	place_open(&p, 0, 0);
	place_write(&p, "a", "hello");
	place_fill(&p, "large", 'l', LARGE);
	int before = n_descriptors();
	struct file_entry *a = place_get(&p, "a", NOW), *large = place_get(&p, "large", NOW);
	struct file_entry *here = place_get(&p, ".", NOW);
	CHECK(file_fd_of(a) >= 0 && file_fd_of(large) >= 0 && file_of(here)->directory);
	place_unpin(&p, a);
	place_unpin(&p, large);
	place_unpin(&p, here);
	CHECK(!place_is_hot(&p, "a", NOW) && !place_is_hot(&p, "large", NOW) && !place_is_hot(&p, ".", NOW));
	CHECK_INT(n_descriptors(), before);
	place_close(&p);
}

/* ---- folders ---- */

static struct file_entry *names_of(struct place *p, const char *path)
{
	struct file_entry *e = NULL;
	CHECK_INT(files_get(p->files, &p->c, path, true, NOW, &e), 0);
	return e;
}

static void a_folder_is_described_and_its_names_are_read_anew(void)
{
	struct place p;
	place_open(&p, 1 << 20, 8);
	place_write(&p, "b", "");
	place_write(&p, "a c", "");
	place_write(&p, ".hidden", "");
	CHECK_INT(mkdirat(p.root_fd, "sub", 0700), 0);
	CHECK_INT(mkfifoat(p.root_fd, "fifo", 0600), 0);
	CHECK_INT(symlinkat("/etc", p.root_fd, "link"), 0);
	place_touch(&p, ".", NOW);
	struct file_entry *hot = files_hot(p.files, ".", NOW);
	CHECK(hot && file_of(hot)->directory && !file_of(hot)->body);
	place_unpin(&p, hot);
	struct file_entry *names = names_of(&p, ".");
	CHECK(file_of(names)->directory && !file_of(names)->cut_short);
	CHECK_MEM(file_of(names)->body, file_of(names)->body_len, "a c\0b\0link\0sub/", 16);
	place_write(&p, "aa", "");
	struct file_entry *anew = names_of(&p, ".");
	CHECK_MEM(file_of(anew)->body, file_of(anew)->body_len, "a c\0aa\0b\0link\0sub/", 19);
	place_unpin(&p, names);
	place_unpin(&p, anew);
	struct file_entry *none = names_of(&p, "sub");
	CHECK(file_of(none)->body && file_of(none)->body_len == 0);
	place_unpin(&p, none);
	place_close(&p);
}

static void a_folder_of_many_names_is_cut_short(void)
{
	enum { NAME = 250, MANY = LISTING_MAX / NAME + 10 };
	struct place p;
	char name[NAME + 1];
	place_open(&p, 1 << 20, 8);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "%0*d", NAME, i);
		CHECK_INT(mknodat(p.root_fd, name, S_IFREG | 0600, 0), 0);
	}
	struct file_entry *e = names_of(&p, ".");
	const struct io_file *about = file_of(e);
	CHECK(about->cut_short);
	CHECK(about->body_len <= LISTING_MAX && about->body_len > LISTING_MAX - NAME - 1);
	CHECK_INT(about->body_len % (NAME + 1), 0);
	for (size_t at = NAME + 1; at < about->body_len; at += NAME + 1)
		if (strcmp(about->body + at - NAME - 1, about->body + at) >= 0)
			CHECK_STR(about->body + at, "a later name");
	place_unpin(&p, e);
	place_close(&p);
}

/* ---- threads ---- */

/* A file's bytes are all its name's generation, and so many: whoever mixes two generations is found out. */
enum { THREADS = 4, PATHS = 6, ROUNDS = 1500, GENERATIONS = 300 };
static const char *const paths[PATHS] = { "0", "1", "2", "3", "4", "5" };

static size_t length_of(int generation)
{
	return (size_t)(generation % 7 == 0 ? LARGE : 500) + (size_t)generation;
}

static void *replace(void *argument)
{
	struct place *p = argument;
	char *bytes = malloc(length_of(0) + GENERATIONS);
	for (int i = 0; i < GENERATIONS; i++) {
		memset(bytes, 'a' + i % 26, length_of(i));
		write_file(p->root_fd, "new", bytes, length_of(i));
		CHECK_INT(renameat(p->root_fd, "new", p->root_fd, paths[i % PATHS]), 0);
	}
	free(bytes);
	return NULL;
}

static bool is_whole(const struct file_entry *e)
{
	const struct io_file *about = file_of(e);
	char first, last, ends[2];
	size_t len = (size_t)about->size;
	if (about->body) {
		first = about->body[0];
		last = about->body[len - 1];
		for (size_t i = 0; i < len; i++)
			if (about->body[i] != first)
				return false;
	} else {
		if (pread(file_fd_of(e), ends, 1, 0) != 1 || pread(file_fd_of(e), ends + 1, 1, (off_t)len - 1) != 1)
			return false;
		first = ends[0];
		last = ends[1];
	}
	size_t generation = len >= LARGE ? len - LARGE : len - 500;
	return first == last && first == (char)('a' + generation % 26) && length_of((int)generation) == len;
}

struct reader {
	struct place   *p;
	struct counters c;
	unsigned        seed;
	int             wrong;
	pthread_t       thread;
};

static void *read_at_random(void *argument)
{
	struct reader *r = argument;
	struct file_entry *held[3] = { NULL };
	for (int64_t i = 0; i < ROUNDS; i++) {
		struct file_entry **e = &held[i % 3], *old = *e;
		const char *path = paths[(unsigned)rand_r(&r->seed) % PATHS];
		int64_t now = NOW + i * 100;
		if (old)
			files_unpin(r->p->files, &r->c, old);
		*e = files_hot(r->p->files, path, now);
		if ((!*e && files_get(r->p->files, &r->c, path, false, now, e)) || !is_whole(*e))
			r->wrong++;
	}
	for (int i = 0; i < 3; i++)
		if (held[i])
			files_unpin(r->p->files, &r->c, held[i]);
	return NULL;
}

static void threads_share_it_while_files_are_replaced(void)
{
	struct reader readers[THREADS] = { { .wrong = 0 } };
	struct place p;
	pthread_t writer;
	place_open(&p, 2000, 2);
	int before = n_descriptors();
	for (int i = 0; i < PATHS; i++)
		place_fill(&p, paths[i], (char)('a' + i), length_of(i));
	CHECK_INT(pthread_create(&writer, NULL, replace, &p), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		readers[i].p = &p;
		readers[i].seed = i;
		CHECK_INT(pthread_create(&readers[i].thread, NULL, read_at_random, &readers[i]), 0);
	}
	pthread_join(writer, NULL);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(readers[i].thread, NULL);
		CHECK_INT(readers[i].wrong, 0);
	}
	CHECK(n_descriptors() <= before + 2);
	place_close(&p);
	CHECK_INT(n_descriptors(), before - 1); /* and the root */
}

int main(void)
{
	static const struct test tests[] = {
		TEST(who_was_not_asked_for_longest_goes_first),
		TEST(what_is_pinned_stays_and_counts),
		TEST(all_room_comes_back),
		TEST(descriptors_are_bounded),
		TEST(nothing_is_kept_when_there_is_no_room_at_all),
		TEST(a_folder_is_described_and_its_names_are_read_anew),
		TEST(a_folder_of_many_names_is_cut_short),
		TEST(threads_share_it_while_files_are_replaced),
		{ 0 },
	};
	return run_tests(tests);
}
