/* test_options.c - the option parser: what it takes, what it says about what it does not take.
 *
 * SPDX-License-Identifier: MIT */
#include "core/options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"

/* ---- a program with one option of each kind, in two tables ---- */

struct first {
	bool        quiet;
	int         port;
	const char *name;
	int         mode;
};

struct second {
	int64_t count;
	size_t  size;
	int     wait_ms;
};

static const char *const modes[] = { "slow", "fast", NULL };

static const struct option_def first_defs[] = {
	{ .name = "quiet", .letter = 'q', .help = "say nothing", .set = set_flag,
	  .offset = offsetof(struct first, quiet) },
	{ .name = "port", .letter = 'p', .arg = "N", .help = "the port", .set = set_int,
	  .offset = offsetof(struct first, port), .min = -5, .max = 65535 },
	{ .name = "name", .arg = "TEXT", .help = "a name", .set = set_string,
	  .offset = offsetof(struct first, name) },
	{ .name = "mode", .arg = "MODE", .help = "how", .set = set_choice,
	  .offset = offsetof(struct first, mode), .choices = modes },
	{ 0 },
};

static const struct option_def second_defs[] = {
	{ .name = "count", .letter = 'c', .arg = "N", .help = "how many", .set = set_count,
	  .offset = offsetof(struct second, count), .min = 1, .max = 5000000 },
	{ .name = "size", .arg = "SIZE", .help = "how large", .set = set_size,
	  .offset = offsetof(struct second, size), .min = 0, .max = 1 << 30 },
	{ .name = "wait", .arg = "TIME", .help = "how long", .set = set_seconds_ms,
	  .offset = offsetof(struct second, wait_ms), .min = 0, .max = 3600000 },
	{ 0 },
};

static const struct program program = { "prog", "Does nothing.", "[HOST] [OPTION...]", "Notes." };

struct run {
	struct first  first;
	struct second second;
	int           answer;
	char          out[4096], err[1024]; /* what it printed */
	char         *argv[12];
	int           argc;
};

static void read_back(FILE *file, char *text, size_t size)
{
	rewind(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

static void parse(struct run *run, const char *const *words)
{
	FILE *out = stdout, *err = stderr;
	*run = (struct run){ .argv = { (char *)"prog" }, .argc = 1, .first.mode = -1 };
	const struct option_set sets[] = {
		{ "First", first_defs, &run->first },
		{ "None", NULL, NULL },
		{ "Second", second_defs, &run->second },
		{ 0 },
	};
	while (*words)
		run->argv[run->argc++] = (char *)*words++;
	fflush(stdout);
	stdout = tmpfile();
	stderr = tmpfile();
	run->answer = options_parse(&program, sets, run->argc, run->argv);
	FILE *got_out = stdout, *got_err = stderr;
	stdout = out;
	stderr = err;
	read_back(got_out, run->out, sizeof run->out);
	read_back(got_err, run->err, sizeof run->err);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* ---- what it takes ---- */

static void sets_every_kind(void)
{
	struct run r;
	parse(&r, WORDS("--quiet", "--port=80", "--name", "x y", "--mode", "fast", "-c", "10k", "--size=64k",
			"--wait", "1.5s"));
	CHECK_INT(r.answer, r.argc);
	CHECK(r.first.quiet);
	CHECK_INT(r.first.port, 80);
	CHECK_STR(r.first.name ? r.first.name : "", "x y");
	CHECK_INT(r.first.mode, 1);
	CHECK_INT(r.second.count, 10000);
	CHECK_INT(r.second.size, 65536);
	CHECK_INT(r.second.wait_ms, 1500);
	CHECK_STR(r.err, "");
}

static void leaves_defaults_alone(void)
{
	struct run r;
	parse(&r, WORDS(NULL));
	CHECK_INT(r.answer, 1);
	CHECK(!r.first.quiet && !r.first.port && !r.first.name && r.first.mode == -1);
}

static void mixes_options_and_operands(void)
{
	struct run r;
	parse(&r, WORDS("host", "-qp", "7", "more", "-p8", "--", "-c"));
	CHECK_INT(r.argc - r.answer, 3);
	CHECK(r.first.quiet);
	CHECK_INT(r.first.port, 8); /* the last one counts */
	CHECK_STR(r.argv[r.answer], "host");
	CHECK_STR(r.argv[r.answer + 1], "more");
	CHECK_STR(r.argv[r.answer + 2], "-c");
}

static void takes_empty_operands(void)
{
	struct run r;
	parse(&r, WORDS("", "--name="));
	CHECK_INT(r.argc - r.answer, 1);
	CHECK_STR(r.argv[r.answer], "");
	CHECK_STR(r.first.name ? r.first.name : "?", "");
}

static void takes_abbreviations(void)
{
	struct run r;
	parse(&r, WORDS("--qui", "--po", "3"));
	CHECK_INT(r.answer, r.argc);
	CHECK(r.first.quiet && r.first.port == 3);
}

static void takes_units(void)
{
	static const struct {
		const char *option;
		long long   count, size, wait_ms;
	} cases[] = {
		{ "--count=1", 1, 0, 0 }, { "--count=2k", 2000, 0, 0 }, { "--count=5M", 5000000, 0, 0 },
		{ "--count=1.5k", 1500, 0, 0 },
		{ "--size=0", 0, 0, 0 }, { "--size=512", 0, 512, 0 }, { "--size=1m", 0, 1 << 20, 0 },
		{ "--size=1M", 0, 1 << 20, 0 }, { "--size=1g", 0, 1 << 30, 0 }, { "--size=0.5K", 0, 512, 0 },
		{ "--wait=2", 0, 0, 2000 }, { "--wait=2s", 0, 0, 2000 }, { "--wait=250ms", 0, 0, 250 },
		{ "--wait=5000us", 0, 0, 5 }, { "--wait=1m", 0, 0, 60000 }, { "--wait=1h", 0, 0, 3600000 },
		{ "--wait=.5", 0, 0, 500 }, { "--wait=0", 0, 0, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct run r;
		parse(&r, WORDS(cases[i].option));
		check_note("%s: %s", cases[i].option, r.err);
		CHECK_INT(r.answer, r.argc);
		CHECK_INT(r.second.count, cases[i].count);
		CHECK_INT(r.second.size, cases[i].size);
		CHECK_INT(r.second.wait_ms, cases[i].wait_ms);
	}
}

/* ---- what it does not take ---- */

static void says_what_is_wrong(void)
{
	static const struct {
		const char *words[3];
		const char *said; /* the whole line, or how it begins if it ends in "..." */
	} cases[] = {
		{ { "--prot", "1" }, "prog: unknown option --prot..." },
		{ { "--verson" }, "prog: unknown option --verson..." },
		{ { "--xyzzyxyzzy=3" }, "prog: unknown option --xyzzyxyzzy (--help lists all)\n" },
		{ { "-x" }, "prog: unknown option -x (--help lists all)\n" },
		{ { "-qx" }, "prog: unknown option -x (--help lists all)\n" },
		{ { "--quiet=yes" }, "prog: --quiet=yes takes no argument\n" },
		{ { "--port" }, "prog: --port needs a value (--help lists all)\n" },
		{ { "-p" }, "prog: -p needs a value (--help lists all)\n" },
		{ { "--port=" }, "prog: --port: '' is not a number\n" },
		{ { "--port=x" }, "prog: --port: 'x' is not a number\n" },
		{ { "--port=8x" }, "prog: --port: '8x' is not a number\n" },
		{ { "--port= 8" }, "prog: --port: ' 8' is not a number\n" },
		{ { "--port=+8" }, "prog: --port: '+8' is not a number\n" },
		{ { "--port=0x8" }, "prog: --port: '0x8' is not a number\n" },
		{ { "--port=65536" }, "prog: --port: 65536 is out of range; give -5 to 65535\n" },
		{ { "--port=-6" }, "prog: --port: -6 is out of range; give -5 to 65535\n" },
		{ { "--port=99999999999999999999" }, "prog: --port: 99999999999999999999 is out of range..." },
		{ { "--mode=medium" }, "prog: --mode: 'medium' is not one of: slow, fast\n" },
		{ { "--mode=Fast" }, "prog: --mode: 'Fast' is not one of: slow, fast\n" },
		{ { "--count=0" }, "prog: --count: 0 is out of range; give 1 to 5000000\n" },
		{ { "--count=5001k" }, "prog: --count: 5001k is out of range..." },
		{ { "--count=1e99" }, "prog: --count: 1e99 is out of range..." },
		{ { "--count=k" }, "prog: --count: 'k' is not a number..." },
		{ { "--count=-1" }, "prog: --count: '-1' is not a number..." },
		{ { "--count=1kk" }, "prog: --count: '1kk' is not a number..." },
		{ { "--size=2g" }, "prog: --size: 2g is out of range..." },
		{ { "--size=1kb" }, "prog: --size: '1kb' is not a size..." },
		{ { "--wait=2h" }, "prog: --wait: 2h is out of range..." },
		{ { "--wait=2d" }, "prog: --wait: '2d' is not a time..." },
		{ { "--wait=nan" }, "prog: --wait: 'nan' is not a time..." },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct run r;
		size_t len = strlen(cases[i].said);
		parse(&r, cases[i].words);
		if (strcmp(cases[i].said + len - 3, "...") == 0) {
			len -= 3;
			CHECK(strchr(r.err, '\n') == r.err + strlen(r.err) - 1); /* one line */
			r.err[len < sizeof r.err ? len : 0] = '\0';
		}
		check_note("%s", cases[i].words[0]);
		CHECK_INT(r.answer, OPTIONS_WRONG);
		CHECK_MEM(r.err, strlen(r.err), cases[i].said, len);
		CHECK_STR(r.out, "");
	}
	CHECK_INT(options_status(OPTIONS_WRONG), 2);
}

static void names_the_nearest_option(void)
{
	struct run r;
	parse(&r, WORDS("--prot", "1"));
	CHECK(strstr(r.err, "--port"));
	parse(&r, WORDS("--verson"));
	CHECK(strstr(r.err, "--version"));
	parse(&r, WORDS("--wiat=3"));
	CHECK(strstr(r.err, "--wait"));
}

/* ---- the page ---- */

static void prints_help_and_version(void)
{
	struct run r;
	parse(&r, WORDS("--help", "--nonsense"));
	CHECK_INT(r.answer, OPTIONS_DONE);
	CHECK_STR(r.err, "");
	CHECK(strstr(r.out, "Usage: prog [HOST] [OPTION...]\nDoes nothing.\n") == r.out);
	for (size_t i = 0; first_defs[i].name; i++)
		CHECK(strstr(r.out, first_defs[i].name) && strstr(r.out, first_defs[i].help));
	CHECK(strstr(r.out, "\nFirst:\n") && strstr(r.out, "\nSecond:\n") && !strstr(r.out, "None"));
	CHECK(strstr(r.out, "  -q, --quiet ") && strstr(r.out, "  -p, --port N ") &&
	      strstr(r.out, "      --name TEXT "));
	CHECK(strstr(r.out, "\nNotes.\n"));
	parse(&r, WORDS("--version"));
	CHECK_INT(r.answer, OPTIONS_DONE);
	CHECK(strstr(r.out, "prog (muxlab) ") == r.out);
	CHECK_INT(options_status(OPTIONS_DONE), 0);
}

/* ---- helpers ---- */

static void parses_numbers(void)
{
	static const struct {
		const char *text;
		int         answer;
		long long   number;
	} cases[] = {
		{ "0", 0, 0 },
		{ "007", 0, 7 },
		{ "-12", 0, -12 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "", -EINVAL, 0 },
		{ "-", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ "1a", -EINVAL, 0 },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "-99999999999999999999", -ERANGE, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		long long number = -1;
		int answer = parse_number(cases[i].text, &number);
		check_note("'%s'", cases[i].text);
		CHECK_INT(answer, cases[i].answer);
		if (!cases[i].answer)
			CHECK_INT(number, cases[i].number);
	}
}

static void finds_the_nearest_name(void)
{
	static const char *const names[] = { "epoll_lt", "epoll_et", "poll", "select", "thread", NULL };
	static const char *const cases[][2] = {
		{ "epol_et", "epoll_et" }, { "epoll", "epoll_lt" }, { "pol", "poll" }, { "selekt", "select" },
		{ "threads", "thread" }, { "poll", "poll" }, { "zzzzzzzz", NULL }, { "", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *near = nearest_name(cases[i][0], names);
		check_note("%s", cases[i][0]);
		CHECK_STR(near ? near : "none", cases[i][1] ? cases[i][1] : "none");
	}
	char longer[300];
	memset(longer, 'x', sizeof longer);
	longer[299] = '\0';
	CHECK(nearest_name(longer, names) || true); /* it comes back */
}

int main(void)
{
	static const struct test tests[] = {
		TEST(sets_every_kind), TEST(leaves_defaults_alone), TEST(mixes_options_and_operands),
		TEST(takes_empty_operands), TEST(takes_abbreviations), TEST(takes_units),
		TEST(says_what_is_wrong), TEST(names_the_nearest_option), TEST(prints_help_and_version),
		TEST(parses_numbers), TEST(finds_the_nearest_name), { 0 },
	};
	return run_tests(tests);
}
