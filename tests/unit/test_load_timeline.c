/* test_load_timeline.c - who did what in which slice of time: bins, threads added up, the file.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_timeline.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"

enum { STEP = 100, BEGIN = 1000 };

struct rig {
	struct load_places  *places;
	struct load_timeline timeline;
};

static void set_up(struct rig *rig, const char *second)
{
	static const struct load_sources nowhere;
	*rig = (struct rig){ .places = load_places_new(&nowhere, "master:80") };
	CHECK_INT(load_places_find(rig->places, "master:80", 9), 0);
	if (second)
		CHECK_INT(load_places_find(rig->places, second, strlen(second)), 1);
	load_timeline_begin(&rig->timeline, BEGIN, STEP);
}

static void tear_down(struct rig *rig)
{
	load_timeline_close(&rig->timeline);
	free(rig->places);
}

/* As the worker does it: the bins that are over first. */
static void answers(struct rig *rig, unsigned place, int64_t now, uint64_t n)
{
	if (now >= rig->timeline.end_ns)
		load_timeline_turn(&rig->timeline, rig->places, now);
	rig->places->list[place].tally.answers += n;
}

static char *written(const struct load_record *record)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	load_record_write(record, out);
	fclose(out);
	return text;
}

static void bins_and_gaps(void)
{
	struct rig rig;
	struct load_record record = { .step_s = 0.1 };
	set_up(&rig, "127.0.0.1:9000");
	answers(&rig, 0, BEGIN, 1);
	answers(&rig, 1, BEGIN + STEP - 1, 2);
	answers(&rig, 1, BEGIN + STEP, 3);
	rig.places->list[1].tally.errors += 4;
	answers(&rig, 0, BEGIN + 3 * STEP, 5);
	load_timeline_end(&rig.timeline, rig.places, BEGIN + 3 * STEP + 1);
	rig.places->list[0].tally.answers += 100; /* too late for a bin */
	load_timeline_end(&rig.timeline, rig.places, BEGIN + 9 * STEP);
	CHECK_INT(load_record_add(&record, rig.places, &rig.timeline), 0);
	char *text = written(&record);
	CHECK_STR(text, "time_s,server,answers,errors,redirects\n"
			"0.000,master:80,1,0,0\n0.000,127.0.0.1:9000,2,0,0\n"
			"0.100,master:80,0,0,0\n0.100,127.0.0.1:9000,3,4,0\n"
			"0.200,master:80,0,0,0\n0.200,127.0.0.1:9000,0,0,0\n"
			"0.300,master:80,5,0,0\n0.300,127.0.0.1:9000,0,0,0\n");
	CHECK_INT(record.sums[0].answers, 106);
	free(text);
	load_record_close(&record);
	tear_down(&rig);
}

/* Threads meet servers in another order, and not all of them the same ones. */
static void threads_are_added_up(void)
{
	struct rig a, b, c;
	struct load_record record = { .step_s = 1 };
	set_up(&a, "s:1");
	set_up(&b, "s:2");
	set_up(&c, "s:1");
	answers(&a, 1, BEGIN, 1);
	answers(&b, 1, BEGIN + STEP, 10);
	answers(&c, 1, BEGIN, 100);
	answers(&c, 1, BEGIN + 2 * STEP, 1000);
	struct rig *all[] = { &a, &b, &c };
	for (int i = 0; i < 3; i++) {
		load_timeline_end(&all[i]->timeline, all[i]->places, BEGIN + 2 * STEP);
		CHECK_INT(load_record_add(&record, all[i]->places, &all[i]->timeline), 0);
		tear_down(all[i]);
	}
	char *text = written(&record);
	CHECK_STR(text, "time_s,server,answers,errors,redirects\n"
			"0.000,master:80,0,0,0\n0.000,s:1,101,0,0\n0.000,s:2,0,0,0\n"
			"1.000,master:80,0,0,0\n1.000,s:1,0,0,0\n1.000,s:2,10,0,0\n"
			"2.000,master:80,0,0,0\n2.000,s:1,1000,0,0\n2.000,s:2,0,0,0\n");
	CHECK_INT(record.sums[1].answers, 1101);
	free(text);
	load_record_close(&record);
}

/* Counted by server, but not by time: --follow without --timeline. */
static void without_a_timeline(void)
{
	struct rig rig;
	struct load_record record = { .step_s = 1 };
	set_up(&rig, NULL);
	rig.timeline = (struct load_timeline){ .end_ns = INT64_MAX };
	answers(&rig, 0, BEGIN + 1000 * STEP, 7);
	load_timeline_end(&rig.timeline, rig.places, BEGIN + 2000 * STEP);
	CHECK_INT(load_record_add(&record, rig.places, &rig.timeline), 0);
	CHECK_INT(record.n_bins, 0);
	CHECK_INT(record.sums[0].answers, 7);
	load_record_close(&record);
	tear_down(&rig);
}

static void the_last_bin_takes_the_rest(void)
{
	struct rig rig;
	struct load_record record = { .step_s = 1 };
	set_up(&rig, NULL);
	answers(&rig, 0, BEGIN + (int64_t)LOAD_BINS_MAX * STEP * 3, 1);
	answers(&rig, 0, BEGIN + (int64_t)LOAD_BINS_MAX * STEP * 4, 1);
	load_timeline_end(&rig.timeline, rig.places, BEGIN + (int64_t)LOAD_BINS_MAX * STEP * 5);
	CHECK_INT(load_record_add(&record, rig.places, &rig.timeline), 0);
	CHECK_INT(record.n_bins, LOAD_BINS_MAX);
	CHECK_INT(record.tallies[LOAD_BINS_MAX - 1].answers, 2);
	load_record_close(&record);
	tear_down(&rig);
}

static void names_with_commas_are_quoted(void)
{
	struct rig rig;
	struct load_record record = { .step_s = 1 };
	set_up(&rig, NULL);
	strcpy(rig.places->list[0].name, "a,b:80");
	answers(&rig, 0, BEGIN, 1);
	load_timeline_end(&rig.timeline, rig.places, BEGIN + 1);
	CHECK_INT(load_record_add(&record, rig.places, &rig.timeline), 0);
	char *text = written(&record);
	CHECK(strstr(text, "0.000,\"a,b:80\",1,0,0\n") != NULL);
	free(text);
	load_record_close(&record);
	tear_down(&rig);
}

static void places(void)
{
	static const struct load_sources nowhere;
	struct load_places *p = load_places_new(&nowhere, "127.0.0.1:8080");
	char name[40];
	CHECK_INT(load_places_find(p, "127.0.0.1:8080", 14), 0);
	CHECK_INT(load_places_find(p, "127.0.0.1:80800", 14), 0); /* 14 bytes of it */
	CHECK_INT(load_places_find(p, "127.0.0.1:808", 13), 1);
	CHECK_INT(load_places_find(p, "[::1]:9", 7), 2);
	CHECK(p->list[2].error == NULL);
	CHECK_INT(load_places_find(p, "127.0.0.1:0x", 12), 3);
	CHECK(p->list[3].error != NULL);
	for (int i = 4; i < LOAD_PLACES_MAX; i++)
		CHECK_INT(load_places_find(p, name, (size_t)snprintf(name, sizeof name, "127.0.0.1:%d", i)), i);
	CHECK_INT(load_places_find(p, "127.0.0.1:99", 12), -1); /* a server may send clients anywhere */
	CHECK_INT(load_places_find(p, "127.0.0.1:4", 11), 4);
	free(p);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(bins_and_gaps), TEST(threads_are_added_up), TEST(without_a_timeline),
		TEST(the_last_bin_takes_the_rest), TEST(names_with_commas_are_quoted), TEST(places), { 0 },
	};
	return run_tests(tests);
}
