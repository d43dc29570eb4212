/* test_files.c - what is at hand, fresh, replaced, refused (core/files.c).
 *
 * Real files in a folder of our own; the clock is an argument. Calls are counted, so what costs none is seen.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/check.h"
#include "tests/unit/files_place.h"

/* ---- fresh or not ---- */

static void what_was_asked_for_is_at_hand_without_a_call(void)
{
	struct place p;
	place_open(&p, 1 << 20, 8);
	place_write(&p, "a", "hello");
	CHECK(!place_is_hot(&p, "a", NOW));
	struct file_entry *e = place_get(&p, "a", NOW);
	place_check(e, "hello");
	CHECK_INT(place_calls(&p), 5); /* openat2, fstat, pread, fstat, close */
	for (int i = 0; i < 3; i++) {
		struct file_entry *again = i ? files_hot(p.files, "a", NOW + 999) : place_get(&p, "a", NOW + 999);
		CHECK(again == e);
		place_unpin(&p, again);
	}
	CHECK_INT(place_calls(&p), 5);
	place_unpin(&p, e);
	place_close(&p);
}

static void after_a_second_it_is_looked_at_and_not_read(void)
{
	struct place p;
	place_open(&p, 1 << 20, 8);
	files_close(p.files);
	/* ctime cannot be set, so an old file must be someone else's. */
	int old_fd = open("/etc", O_PATH | O_DIRECTORY);
	p.files = files_open(old_fd, 1 << 20, 8);
	place_touch(&p, "passwd", NOW);
	CHECK(place_is_hot(&p, "passwd", NOW + 999));
	CHECK(!place_is_hot(&p, "passwd", NOW + 1000));
	place_touch(&p, "passwd", NOW + 1000);
	CHECK_INT(place_calls(&p), 5 + 3); /* and openat2, fstat, close */
	CHECK_INT(count_get(&p.c, COUNT_PREAD), 1);
	CHECK(place_is_hot(&p, "passwd", NOW + 1999));
	CHECK(place_is_hot(&p, "passwd", NOW - 5)); /* a thread whose clock is some milliseconds behind */
	CHECK(!place_is_hot(&p, "passwd", NOW + 2000));
	close(old_fd);
	place_close(&p);
}

/* It could be written again within a tick of the clock, and look the same. */
static void a_young_file_is_read_again(void)
{
	struct place p;
	struct timespec then, now;
	place_open(&p, 1 << 20, 8);
	clock_gettime(CLOCK_REALTIME, &then);
	place_write(&p, "a", "hello");
	place_touch(&p, "a", NOW);
	CHECK(place_is_hot(&p, "a", NOW + 999));
	place_touch(&p, "a", NOW + 1000);
	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec - then.tv_sec < 2) /* or we were held up */
		CHECK_INT(count_get(&p.c, COUNT_PREAD), 2);
	CHECK(place_is_hot(&p, "a", NOW + 1999));
	place_close(&p);
}

static void a_replaced_file_is_another_and_the_old_one_lives_on(void)
{
	struct place p;
	place_open(&p, 1 << 20, 8);
	place_write(&p, "a", "old");
	struct file_entry *old = place_get(&p, "a", NOW);
	place_write(&p, "b", "brand new");
	CHECK_INT(renameat(p.root_fd, "b", p.root_fd, "a"), 0);
	struct file_entry *fresh = place_get(&p, "a", NOW + 999);
	CHECK(fresh == old);
	struct file_entry *new = place_get(&p, "a", NOW + 1000);
	place_check(new, "brand new");
	place_check(old, "old");
	CHECK(file_of(new)->inode != file_of(old)->inode);
	place_unpin(&p, fresh);
	place_unpin(&p, old);
	CHECK(place_is_hot(&p, "a", NOW + 1000));
	place_unpin(&p, new);
	place_close(&p);
}

/* As `cp -p` or rsync may leave it: the same inode, size and mtime. */
static void a_rewritten_file_cannot_hide(void)
{
	struct place p;
	struct stat st;
	place_open(&p, 1 << 20, 8);
	place_write(&p, "a", "one");
	CHECK_INT(fstatat(p.root_fd, "a", &st, 0), 0);
	place_touch(&p, "a", NOW);
	int fd = openat(p.root_fd, "a", O_WRONLY);
	CHECK_INT(pwrite(fd, "two", 3, 0), 3);
	CHECK_INT(futimens(fd, (struct timespec[]){ st.st_atim, st.st_mtim }), 0);
	close(fd);
	struct file_entry *e = place_get(&p, "a", NOW + 1000);
	place_check(e, "two");
	place_unpin(&p, e);
	place_close(&p);
}

static void a_file_that_is_gone_is_gone(void)
{
	struct place p;
	place_open(&p, 1 << 20, 8);
	place_write(&p, "a", "hello");
	place_touch(&p, "a", NOW);
	CHECK_INT(unlinkat(p.root_fd, "a", 0), 0);
	struct file_entry *e = NULL;
	CHECK_INT(files_get(p.files, &p.c, "a", false, NOW + 1000, &e), -ENOENT);
	CHECK(!place_is_hot(&p, "a", NOW));
	place_close(&p);
}

/* sysfs promises a page and gives a line: as a file that shrinks while it is read. */
static void what_ends_before_its_size_is_not_kept(void)
{
	struct counters c = { 0 };
	struct file_entry *e = NULL;
	int root_fd = open("/sys/kernel", O_PATH | O_DIRECTORY);
	struct files *files = files_open(root_fd, 1 << 20, 8);
	if (root_fd >= 0 && files_get(files, &c, "mm/transparent_hugepage/enabled", false, NOW, &e) == 0) {
		CHECK(file_fd_of(e) >= 0);
		CHECK(file_of(e)->body == NULL);
		CHECK(!files_hot(files, "mm/transparent_hugepage/enabled", NOW));
		files_unpin(files, &c, e);
	}
	files_close(files);
	close(root_fd);
}

/* ---- small and large ---- */

static void an_empty_file_has_an_empty_body(void)
{
	struct place p;
	place_open(&p, 1 << 20, 8);
	place_write(&p, "a", "");
	struct file_entry *e = place_get(&p, "a", NOW);
	CHECK(file_of(e)->body != NULL);
	CHECK_INT(file_of(e)->body_len, 0);
	place_unpin(&p, e);
	place_close(&p);
}

static void the_largest_body(void)
{
	struct place p;
	place_open(&p, 1 << 20, 8);
	place_fill(&p, "small", 's', FILES_BODY_MAX);
	place_fill(&p, "large", 'l', LARGE);
	struct file_entry *small = place_get(&p, "small", NOW), *large = place_get(&p, "large", NOW);
	CHECK_INT(file_of(small)->body_len, FILES_BODY_MAX);
	CHECK(file_of(large)->body == NULL && file_fd_of(large) >= 0);
	CHECK_INT(file_of(large)->size, LARGE);
	place_unpin(&p, small);
	place_unpin(&p, large);
	place_close(&p);
}

/* Its bytes are read when they are sent: so each one who asks is told what it is now. */
static void a_large_file_is_looked_at_each_time(void)
{
	struct place p;
	place_open(&p, 1 << 20, 8);
	place_fill(&p, "large", 'l', LARGE);
	struct file_entry *first = place_get(&p, "large", NOW), *second = place_get(&p, "large", NOW);
	CHECK(first == second);
	CHECK_INT(count_get(&p.c, COUNT_OPEN), 1);
	CHECK(!place_is_hot(&p, "large", NOW));
	int fd = openat(p.root_fd, "large", O_WRONLY);
	CHECK_INT(ftruncate(fd, LARGE - 1), 0);
	close(fd);
	struct file_entry *third = place_get(&p, "large", NOW);
	CHECK_INT(file_of(first)->size, LARGE);
	CHECK_INT(file_of(third)->size, LARGE - 1);
	CHECK_INT(file_of(third)->body_len, LARGE - 1); /* small enough now */
	place_unpin(&p, first);
	place_unpin(&p, second);
	place_unpin(&p, third);
	place_close(&p);
}

static void a_body_stays_whole_while_its_file_is_cut(void)
{
	struct place p;
	place_open(&p, 1 << 20, 8);
	place_write(&p, "a", "hello");
	struct file_entry *e = place_get(&p, "a", NOW);
	place_write(&p, "a", "");
	place_check(e, "hello");
	struct file_entry *now = place_get(&p, "a", NOW + 1000);
	place_check(now, "");
	place_check(e, "hello");
	place_unpin(&p, e);
	place_unpin(&p, now);
	place_close(&p);
}

/* ---- what is refused ---- */

static void no_path_leads_out(void)
{
	struct place p;
	place_open(&p, 1 << 20, 8);
	place_write(&p, "a", "hello");
	CHECK_INT(mkdirat(p.root_fd, "sub", 0700), 0);
	CHECK_INT(symlinkat("/etc/passwd", p.root_fd, "absolute"), 0);
	CHECK_INT(symlinkat("../../etc/passwd", p.root_fd, "relative"), 0);
	CHECK_INT(symlinkat("../../etc", p.root_fd, "sub/up"), 0);
	CHECK_INT(symlinkat("../a", p.root_fd, "sub/within"), 0);
	CHECK_INT(place_error(&p, "/etc/passwd"), -EXDEV);
	CHECK_INT(place_error(&p, "../../etc/passwd"), -EXDEV);
	CHECK_INT(place_error(&p, "sub/../../../etc/passwd"), -EXDEV);
	CHECK_INT(place_error(&p, "absolute"), -EXDEV);
	CHECK_INT(place_error(&p, "relative"), -EXDEV);
	CHECK_INT(place_error(&p, "sub/up/passwd"), -EXDEV);
	CHECK_INT(place_error(&p, ""), -ENOENT);
	CHECK_INT(place_error(&p, "nothing"), -ENOENT);
	CHECK_INT(place_error(&p, "a/b"), -ENOTDIR);
	struct file_entry *e = place_get(&p, "sub/within", NOW);
	place_check(e, "hello");
	place_unpin(&p, e);
	place_close(&p);
}

/* A link that is turned while what it led to is known: after a second it is noticed. */
static void a_link_that_turns_out_is_refused(void)
{
	struct place p;
	place_open(&p, 1 << 20, 8);
	place_write(&p, "a", "hello");
	CHECK_INT(symlinkat("a", p.root_fd, "link"), 0);
	place_touch(&p, "link", NOW);
	CHECK_INT(unlinkat(p.root_fd, "link", 0), 0);
	CHECK_INT(symlinkat("/etc/passwd", p.root_fd, "link"), 0);
	struct file_entry *e = NULL;
	CHECK_INT(files_get(p.files, &p.c, "link", false, NOW + 1000, &e), -EXDEV);
	CHECK(!place_is_hot(&p, "link", NOW));
	place_close(&p);
}

static void devices_and_fifos_are_refused(void)
{
	struct place p;
	struct file_entry *e = NULL;
	place_open(&p, 1 << 20, 8);
	CHECK_INT(mkfifoat(p.root_fd, "fifo", 0600), 0);
	int before = n_descriptors(), dev_fd = open("/dev", O_PATH | O_DIRECTORY);
	CHECK_INT(place_error(&p, "fifo"), -EACCES);
	struct files *dev = files_open(dev_fd, 1 << 20, 8);
	CHECK_INT(files_get(dev, &p.c, "zero", false, NOW, &e), -EACCES);
	files_close(dev);
	close(dev_fd);
	CHECK_INT(n_descriptors(), before);
	place_close(&p);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(what_was_asked_for_is_at_hand_without_a_call),
		TEST(after_a_second_it_is_looked_at_and_not_read),
		TEST(a_young_file_is_read_again),
		TEST(a_replaced_file_is_another_and_the_old_one_lives_on),
		TEST(a_rewritten_file_cannot_hide),
		TEST(a_file_that_is_gone_is_gone),
		TEST(what_ends_before_its_size_is_not_kept),
		TEST(an_empty_file_has_an_empty_body),
		TEST(the_largest_body),
		TEST(a_large_file_is_looked_at_each_time),
		TEST(a_body_stays_whole_while_its_file_is_cut),
		TEST(no_path_leads_out),
		TEST(a_link_that_turns_out_is_refused),
		TEST(devices_and_fifos_are_refused),
		{ 0 },
	};
	return run_tests(tests);
}
