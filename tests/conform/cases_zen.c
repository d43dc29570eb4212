/* cases_zen.c - the Zen protocol: questions arrive in any pieces, answers come whole and in order.
 *
 * What is right is written down here once more, and not taken from proto/zen.c: a test that asks the code under
 * test what to expect finds nothing.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "tests/conform/dialect.h"

static const struct {
	const char *question, *answer;
} poem[] = {
	{ "Beautiful is better than?", "ugly." }, { "Explicit is better than?", "implicit." },
	{ "Simple is better than?", "complex." }, { "Complex is better than?", "complicated." },
	{ "Flat is better than?", "nested." },    { "Sparse is better than?", "dense." },
	{ "Now is better than?", "never." },
};
enum { POEM = sizeof poem / sizeof poem[0], LONGEST = 4096 };

static const char all_seven[] = "Beautiful is better than?Explicit is better than?Simple is better than?"
				"Complex is better than?Flat is better than?Sparse is better than?"
				"Now is better than?";
static const char seven_answers[] = "ugly.implicit.complex.complicated.nested.dense.never.";
static const char unknown[] = "Error: unknown aphorism.";
static const char too_long[] = "Error: question too long.";

static void hear_answer(struct client *c)
{
	hear_text(c, "nested.");
}

static void hear_last(struct client *c, int n)
{
	hear_text(c, take_copies(c->p, "nested.", (size_t)n));
	hear_end(c);
}

/* ---- framing ---- */

static void one_by_one(struct probe *p)
{
	struct client *c = dial(p);
	for (int i = 0; i < POEM; i++) {
		say_text(c, poem[i].question);
		hear_text(c, poem[i].answer);
	}
	finish(c);
	hear_end(c);
}

static void several_in_one_segment(struct probe *p)
{
	struct client *c = dial(p);
	say_text(c, "Flat is better than?Now is better than?");
	hear_text(c, "nested.never.");
	say_text(c, all_seven);
	hear_text(c, seven_answers);
}

static void byte_by_byte(struct probe *p)
{
	struct client *c = dial(p);
	say_in_pieces(c, all_seven, strlen(all_seven), 1);
	hear_text(c, seven_answers);
	finish(c);
	hear_end(c);
}

static size_t questions_in(const char *text, size_t len)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++)
		n += text[i] == '?';
	return n;
}

/* What is complete in the first part is answered before the second one is sent. Where something else can be
 * asked meanwhile, a witness gives the server its turn, so that the parts do not meet in the socket. */
static void split_at_every_position(struct probe *p)
{
	static const char text[] = " Flat is better than?\r\nNow is better than?";
	static const size_t heard_after[] = { 0, 7, 13 };
	struct client *c = dial(p), *witness = p->at_once == 1 ? NULL : dial(p);
	for (size_t at = 1; at < strlen(text); at++) {
		size_t early = heard_after[questions_in(text, at)];
		say(c, text, at);
		hear(c, "nested.never.", early);
		if (witness)
			ask(witness);
		say_text(c, text + at);
		hear_text(c, "nested.never." + early);
	}
}

static void thousand_in_one_write(struct probe *p)
{
	struct client *c = dial(p);
	const char *questions = take_copies(p, all_seven, 143), *answers = take_copies(p, seven_answers, 143);
	trade(c, questions, strlen(questions), strlen(questions), answers, strlen(answers));
	finish(c);
	hear_end(c);
}

/* Known and unknown questions in random order and pieces: the n-th answer belongs to the n-th question. */
static void answers_in_order(struct probe *p)
{
	enum { N = 500 };
	char *questions = take(p, N * 32), *answers = take(p, N * 32);
	struct client *c = dial(p);
	srandom(1); /* the same every time */
	for (int i = 0; i < N; i++) {
		long k = random() % (POEM + 1);
		strcat(questions, k < POEM ? poem[k].question : "What?");
		strcat(answers, k < POEM ? poem[k].answer : unknown);
	}
	trade(c, questions, strlen(questions), 37, answers, strlen(answers));
	finish(c);
	hear_end(c);
}

/* One byte in, 24 bytes out: the server must stop taking questions while their answers are not taken. */
static void flood(struct client *c, size_t n)
{
	char *questions = take_copies(c->p, "?", n), *answers = take_copies(c->p, unknown, n);
	trade(c, questions, n, n, answers, n * strlen(unknown));
	finish(c);
	hear_end(c);
}

static void flood_of_question_marks(struct probe *p)
{
	flood(dial(p), 65536);
}

/* 6 MiB of answers to a client whose kernel takes two thousand bytes at a time: more than any send buffer
 * holds, so the server's sends are cut short. */
static void flood_through_narrow_buffers(struct probe *p)
{
	flood(dial_narrow(p), 262144);
}

/* ---- the end of the stream ---- */

static void half_close(struct probe *p)
{
	struct client *c = dial(p);
	say_text(c, "Flat is better than?Now is better than?");
	finish(c);
	hear_text(c, "nested.never.");
	hear_end(c);
}

static void half_close_after_a_thousand(struct probe *p)
{
	struct client *c = dial(p);
	say_text(c, take_copies(p, all_seven, 143));
	finish(c);
	hear_text(c, take_copies(p, seven_answers, 143));
	hear_end(c);
}

static void end_without_a_question(struct probe *p)
{
	struct client *c = dial(p);
	finish(c);
	hear_end(c);
}

static void end_inside_a_question(struct probe *p)
{
	struct client *c = dial(p);
	say_text(c, "Beautiful is better tha");
	finish(c);
	hear_end(c);
	hang_up(c);
	c = dial(p);
	say_text(c, "Flat is better than?Now is bet");
	finish(c);
	hear_text(c, "nested.");
	hear_end(c);
}

/* ---- what counts as a question ---- */

static void unknown_questions(struct probe *p)
{
	static const char *const questions[] = {
		"What is the answer?",   "?", "flat is better than?", "Flat  is better than?", "Flat is better than ?",
		"Flat is better than.?",
	};
	struct client *c = dial(p);
	for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
		say_text(c, questions[i]);
		hear_text(c, unknown);
	}
	say(c, "\0\xff\x80" "Flat?", 8);
	hear_text(c, unknown);
	ask(c);
}

static void white_space(struct probe *p)
{
	struct client *c = dial(p);
	say_text(c, " \t\r\n\v\fFlat is better than?\r\n");
	hear_text(c, "nested.");
	say_text(c, "\n\n");
	say_text(c, "Now is better than?\n");
	hear_text(c, "never.");
	finish(c);
	hear_end(c);
}

/* However much white space stands before a question, it is no part of it. */
static void much_white_space(struct probe *p)
{
	struct client *c = dial(p);
	say_text(c, take_copies(p, " \n", 3 * LONGEST));
	ask(c);
	say_in_pieces(c, take_copies(p, "\t", LONGEST + 1), LONGEST + 1, 1000);
	ask(c);
}

/* ---- the longest question ---- */

static char *question_of(struct probe *p, size_t len)
{
	char *text = take_copies(p, "x", len);
	text[len - 1] = '?';
	return text;
}

static void longest_question(struct probe *p)
{
	struct client *c = dial(p);
	say_text(c, question_of(p, LONGEST));
	hear_text(c, unknown);
	say_in_pieces(c, question_of(p, LONGEST), LONGEST, LONGEST - 1);
	hear_text(c, unknown);
	say_text(c, " \r\n");
	say_in_pieces(c, question_of(p, LONGEST), LONGEST, 100);
	hear_text(c, unknown);
	ask(c);
}

static void too_long_question(struct probe *p)
{
	struct client *c = dial(p);
	say_text(c, question_of(p, LONGEST + 1));
	hear_text(c, too_long);
	hear_end(c);
	hang_up(c);
	c = dial(p);
	say_text(c, take_copies(p, "x", LONGEST));
	if (p->at_once != 1)
		ask_as_new_client(p);
	say_text(c, "x");
	hear_text(c, too_long);
	hear_end(c);
}

static void too_long_after_a_good_one(struct probe *p)
{
	struct client *c = dial(p);
	char *text = take(p, 20 + 2 * LONGEST);
	strcat(strcpy(text, "Flat is better than?"), take_copies(p, "x", 2 * LONGEST));
	say_text(c, text);
	hear_text(c, "nested.");
	hear_text(c, too_long);
	hear_end(c);
}

/* Who closes a socket with unread bytes makes the kernel send a reset, and that eats the last answer. So a
 * server closes its half only, discards what still comes, and the client that talks on reads all of it. */
static void too_long_and_talking_on(struct probe *p)
{
	enum { MORE = 1 << 20 };
	struct client *c = dial(p);
	char *text = take_copies(p, "x", MORE);
	trade(c, text, MORE, 16384, too_long, strlen(too_long));
	hear_end(c);
}

static const struct test_case cases[] = {
	{ "one_by_one", one_by_one, false },
	{ "several_in_one_segment", several_in_one_segment, false },
	{ "byte_by_byte", byte_by_byte, false },
	{ "split_at_every_position", split_at_every_position, false },
	{ "thousand_in_one_write", thousand_in_one_write, false },
	{ "answers_in_order", answers_in_order, false },
	{ "flood_of_question_marks", flood_of_question_marks, true },
	{ "flood_through_narrow_buffers", flood_through_narrow_buffers, true },
	{ "half_close", half_close, false },
	{ "half_close_after_a_thousand", half_close_after_a_thousand, false },
	{ "end_without_a_question", end_without_a_question, false },
	{ "end_inside_a_question", end_inside_a_question, false },
	{ "unknown_questions", unknown_questions, false },
	{ "white_space", white_space, false },
	{ "much_white_space", much_white_space, false },
	{ "longest_question", longest_question, false },
	{ "too_long_question", too_long_question, false },
	{ "too_long_after_a_good_one", too_long_after_a_good_one, false },
	{ "too_long_and_talking_on", too_long_and_talking_on, false },
	{ 0 },
};

const struct dialect zen_dialect = {
	.name = "zen",
	.request = "Flat is better than?",
	.begun = "Flat is bet",
	.flood = "????????????????????????????????????????????????????????????????",
	.hear_answer = hear_answer,
	.hear_last = hear_last,
	.cases = cases,
};
