/* test_zen.c - the Zen service, without sockets: framing, order, limits, thinking.
 *
 * SPDX-License-Identifier: MIT */
#include "servers/zen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/zen.h"
#include "tests/unit/check.h"
#include "tests/unit/drive.h"
#include "tests/unit/texts.h"

#define UNKNOWN "Error: unknown aphorism."
#define TOO_LONG "Error: question too long."

static void check_answers(const char *in, const char *want)
{
	struct drive_dialogue c = { .service = &zen_service, .in = in };
	note_text(in);
	drive_all_ways(&c, want, strlen(want));
	c.scratch_len = DRIVE_SCRATCH_LEAST;
	c.then = THEN_SILENCE;
	drive_all_ways(&c, want, strlen(want));
	c.then = THEN_STOP;
	drive_all_ways(&c, want, strlen(want));
	note_text("");
}

/* ---- the protocol ---- */

static void knows_the_seven_pairs(void)
{
	static const char *const pairs[ZEN_PAIRS][2] = {
		{ "Beautiful", "ugly."},	     {"Explicit", "implicit."}, {"Simple", "complex." },
		{ "Complex", "complicated."}, {"Flat", "nested."},	{"Sparse", "dense." },
		{ "Now", "never." },
	};
	for (size_t i = 0; i < ZEN_PAIRS; i++) {
		char question[80];
		snprintf(question, sizeof question, "%s is better than?", pairs[i][0]);
		check_answers(question, pairs[i][1]);
	}
}

static void answers_the_unknown(void)
{
	check_answers("?", UNKNOWN);
	check_answers("??", UNKNOWN UNKNOWN);
	check_answers("Now is better than ?", UNKNOWN);
	check_answers("now is better than?", UNKNOWN);
	check_answers("xNow is better than?", UNKNOWN);
	check_answers("Now is better than!?", UNKNOWN);
}

static void ignores_leading_space(void)
{
	check_answers(" \t\r\n\v\fFlat is better than?\r\n\r\n", "nested.");
	check_answers("Flat is better than?\nNow is better than?\n", "nested.never.");
	check_answers(" ? \n?", UNKNOWN UNKNOWN);
	check_answers("Flat  is better than?", UNKNOWN);
}

static void keeps_the_order(void)
{
	check_answers("Flat is better than?Now is better than?What?Simple is better than?",
		      "nested.never." UNKNOWN "complex.");
}

static void forgets_half_a_question(void)
{
	check_answers("", "");
	check_answers("Flat is bett", "");
	check_answers("Flat is better than?Now", "nested.");
	check_answers("Flat is better than? \n ", "nested.");
}

static void takes_any_byte(void)
{
	static const char in[] = "\0\xff?Now is better than?\x80";
	drive_all_ways(&(struct drive_dialogue){ .service = &zen_service, .in = in, .in_len = sizeof in - 1 },
		       UNKNOWN "never.", sizeof UNKNOWN "never." - 1);
}

/* ---- limits ---- */

/* space, then a question of n bytes with its '?', then a second one */
static void check_long(size_t space, size_t n, const char *want)
{
	char *in = malloc(space + n + 64);
	memset(in, ' ', space);
	memset(in + space, 'x', n - 1);
	strcpy(in + space + n - 1, "?Now is better than?");
	for (int then = THEN_END; then <= THEN_STOP; then++) {
		struct drive_dialogue c = { .service = &zen_service, .in = in, .then = (enum drive_then)then };
		drive_all_ways(&c, want, strlen(want));
	}
	free(in);
}

static void limits_questions(void)
{
	check_long(0, ZEN_QUESTION_MAX, UNKNOWN "never.");
	check_long(1, ZEN_QUESTION_MAX, UNKNOWN "never.");
	check_long(9000, ZEN_QUESTION_MAX, UNKNOWN "never.");
	check_long(0, ZEN_QUESTION_MAX + 1, TOO_LONG);
	check_long(3, ZEN_QUESTION_MAX + 1, TOO_LONG);
	check_long(0, 40000, TOO_LONG);
}

static void lingers_after_too_long(void)
{
	struct drive d;
	char *in = malloc(2 * ZEN_QUESTION_MAX);
	memset(in, 'x', 2 * ZEN_QUESTION_MAX);
	struct drive_dialogue c = { .service = &zen_service, .in = in, .in_len = 2 * ZEN_QUESTION_MAX };
	drive_cut(&d, &c, 0, 0);
	CHECK_MEM(d.sent, d.n_sent, TOO_LONG, sizeof TOO_LONG - 1);
	CHECK(d.lingered); /* or a reset would eat the answer */
	drive_close(&d);
	free(in);
}

static void space_without_end_is_no_question(void)
{
	size_t len = 50000;
	char *in = malloc(len);
	memset(in, '\n', len);
	drive_all_ways(&(struct drive_dialogue){ .service = &zen_service, .in = in, .in_len = len }, "", 0);
	free(in);
}

/* ---- many ---- */

/* n questions and their answers, the pairs in turn. */
static size_t build_many(char *in, char *want, int n)
{
	size_t in_len = 0, want_len = 0;
	for (int i = 0; i < n; i++) {
		const struct zen_pair *pair = &zen_pairs[i % ZEN_PAIRS];
		memcpy(in + in_len, pair->question.text, pair->question.len);
		in_len += pair->question.len;
		memcpy(want + want_len, pair->answer.text, pair->answer.len);
		want_len += pair->answer.len;
	}
	in[in_len] = '\0';
	return want_len;
}

static void answers_a_thousand(void)
{
	char *in = malloc(100000), *want = malloc(100000);
	size_t want_len = build_many(in, want, 1000);
	drive_all_ways(&(struct drive_dialogue){ .service = &zen_service, .in = in }, want, want_len);
	struct drive d;
	drive_cut(&d, &(struct drive_dialogue){ .service = &zen_service, .in = in }, 0, 0);
	CHECK_INT(d.answers, 1000);
	CHECK_INT(d.sends, 2); /* a batch for each receive, and not a send for each answer */
	drive_close(&d);
	free(in);
	free(want);
}

/* Each '?' is worth 24 bytes: the answers do not fit the scratch buffer, so they leave in pieces. */
static void answers_a_flood_in_pieces(void)
{
	enum { N = 65536 };
	char *in = malloc(N), *want = malloc(N * (sizeof UNKNOWN - 1));
	memset(in, '?', N);
	for (size_t i = 0; i < N; i++)
		memcpy(want + i * (sizeof UNKNOWN - 1), UNKNOWN, sizeof UNKNOWN - 1);
	for (int step = 0; step < 3; step++) {
		struct drive d;
		drive_cut(&d, &(struct drive_dialogue){ .service = &zen_service, .in = in, .in_len = N,
							.scratch_len = DRIVE_SCRATCH_LEAST }, step, 0);
		CHECK_MEM(d.sent, d.n_sent, want, N * (sizeof UNKNOWN - 1));
		CHECK_INT(d.answers, N);
		drive_close(&d);
	}
	free(in);
	free(want);
}

/* ---- thinking ---- */

static const struct zen_config thinking = { .think_ms = 50, .think = ZEN_THINK_TIMER };

static void thinks_before_each_answer(void)
{
	static const struct drive_step steps[] = {
		{ DRIVE_START, "recv idle" },
		{ " Flat is better than?Now is better than?N", "sleep 50 used 1" },
		{ DRIVE_DONE, "send b'nested.' used 20 answers 1" },
		{ DRIVE_DONE, "sleep 50" },
		{ DRIVE_DONE, "send b'never.' used 19 answers 1" },
		{ DRIVE_DONE, "recv" },
		{ DRIVE_END, "done" },
		{ 0 },
	};
	drive_table(&zen_service, &thinking, steps);
}

static void thinks_in_place(void)
{
	static const struct zen_config block = { .think_ms = 7, .think = ZEN_THINK_BLOCK };
	static const struct drive_step steps[] = {
		{ DRIVE_START, "recv idle" },
		{ "Flat is better than?", "sleep 7 in place" },
		{ DRIVE_DONE, "send b'nested.' used 20 answers 1" },
		{ DRIVE_DONE, "recv idle" },
		{ 0 },
	};
	drive_table(&zen_service, &block, steps);
}

static void thinking_changes_no_answer(void)
{
	char *in = malloc(10000), *want = malloc(10000);
	size_t want_len = build_many(in, want, 50);
	struct drive_dialogue c = { .service = &zen_service, .config = &thinking, .in = in };
	struct drive d;
	drive_all_ways(&c, want, want_len);
	drive_cut(&d, &c, 0, 0);
	CHECK_INT(d.sleeps, 50);
	drive_close(&d);
	free(in);
	free(want);
}

/* ---- step by step ---- */

static void asks_for_the_rest(void)
{
	static const struct drive_step steps[] = {
		{ DRIVE_START, "recv idle" },
		{ "\r\n", "recv idle used 2" },
		{ "Flat is better", "recv" },
		{ " than?Now", "send b'nested.' used 20 answers 1" },
		{ DRIVE_DONE, "recv" },
		{ " is better than?", "send b'never.' used 19 answers 1" },
		{ DRIVE_DONE, "recv idle" },
		{ "??", "send b'" UNKNOWN UNKNOWN "' used 2 answers 2" },
		{ DRIVE_DONE, "recv idle" },
		{ DRIVE_END, "done" },
		{ 0 },
	};
	drive_table(&zen_service, NULL, steps);
}

static void silence_ends_it(void)
{
	static const struct drive_step quiet[] = {
		{ DRIVE_START, "recv idle" }, { DRIVE_TIMEOUT, "done linger" }, { 0 },
	};
	static const struct drive_step half[] = {
		{ DRIVE_START, "recv idle" }, { "Flat", "recv" }, { DRIVE_TIMEOUT, "done linger" }, { 0 },
	};
	drive_table(&zen_service, NULL, quiet);
	drive_table(&zen_service, NULL, half);
}

static void half_a_question_is_not_idle(void)
{
	static const struct drive_step steps[] = {
		{ DRIVE_START, "recv idle" },
		{ "Flat is", "recv" },
		{ DRIVE_STOP, NULL },
		{ " better than?", "send b'nested.' used 20 answers 1" },
		{ DRIVE_DONE, "recv idle" },
		{ 0 },
	};
	drive_table(&zen_service, NULL, steps);
}

/* A question has its time from its first byte to its last, however often a byte of it comes. */
static void a_dribbled_question_has_one_deadline(void)
{
	static const char question[] = "Flat is better than?Now is"; /* a second a byte: the first 20 s are in time */
	struct drive d;
	drive_open(&d, &zen_service, NULL);
	drive_start(&d);
	for (size_t i = 0; i < 26; i++, d.env.now_ms += 1000) {
		drive_receive(&d, question + i, 1);
		drive_perform(&d);
	}
	CHECK_MEM(d.sent, d.n_sent, "nested.", 7);
	CHECK_INT(d.req.timeout_ms, DRIVE_IDLE_MS - 5000); /* since the N of Now */
	d.env.now_ms += DRIVE_IDLE_MS;
	drive_receive(&d, " ", 1);
	CHECK(d.done && d.lingered);
	drive_close(&d);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(knows_the_seven_pairs), TEST(answers_the_unknown), TEST(ignores_leading_space),
		TEST(keeps_the_order), TEST(forgets_half_a_question), TEST(takes_any_byte),
		TEST(limits_questions), TEST(lingers_after_too_long), TEST(space_without_end_is_no_question),
		TEST(answers_a_thousand), TEST(answers_a_flood_in_pieces), TEST(thinks_before_each_answer),
		TEST(thinks_in_place), TEST(thinking_changes_no_answer), TEST(asks_for_the_rest),
		TEST(silence_ends_it), TEST(half_a_question_is_not_idle),
		TEST(a_dribbled_question_has_one_deadline), { 0 },
	};
	return run_tests(tests);
}
