/* probe.c - the conformance suite: one client program that tries everything on one server.
 *
 *     probe --service zen --port 1060 --server-pid 4711
 *
 * Every backend must pass every case with every service: the same program is run against all of them, so none
 * has a test of its own to be kind to it. What a backend cannot by its nature (iterative: two clients at the
 * same time) is told with --clients-at-once, and cases that need more are skipped aloud. Prints TAP; exits 1
 * when a case failed. Files: story.h runs cases, talk.h is what clients do, cases_*.c are the cases.
 *
 * SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/net.h"
#include "core/options.h"
#include "tests/conform/dialect.h"

static const struct dialect *const dialects[] = {
	&zen_dialect, &echo_dialect, &redirect_dialect, &web_dialect, &proxy_dialect,
};
static const char *const dialect_names[] = { "zen", "echo", "redirect", "web", "proxy", NULL };

struct settings {
	struct probe p;
	int          service;
	const char  *only;
	bool         stop, list;
};

static int add_slave(void *target, const struct option_def *def, const char *value)
{
	struct probe *p = &((struct settings *)target)->p;
	if (p->n_slaves == (int)(sizeof p->slaves / sizeof p->slaves[0]))
		return option_complain(def, "8 slaves are enough");
	p->slaves[p->n_slaves++] = value;
	return 0;
}

#define FIELD(name) .offset = offsetof(struct settings, name)

static const struct option_def options[] = {
	{ .name = "service", .letter = 's', .arg = "NAME", .help = "zen, echo, redirect, web or proxy",
	  .set = set_choice, FIELD(service), .choices = dialect_names },
	{ .name = "host", .arg = "HOST", .help = "where the server is (127.0.0.1)", .set = set_string, FIELD(p.host) },
	{ .name = "port", .letter = 'p', .arg = "PORT", .help = "its port", .set = set_int, FIELD(p.port), .min = 1,
	  .max = 65535 },
	{ .name = "server-pid", .arg = "PID", .help = "its process, to see what it holds, and to stop it",
	  .set = set_int, FIELD(p.server_pid), .min = 1, .max = 1 << 30 },
	{ .name = "case", .letter = 'c', .arg = "NAME", .help = "only the cases with NAME in their name",
	  .set = set_string, FIELD(only) },
	{ .name = "clients-at-once", .arg = "N", .help = "it serves only N clients at the same time (0: all)",
	  .set = set_int, FIELD(p.at_once), .max = 1 << 20 },
	{ .name = "patience", .arg = "TIME", .help = "wait so long for each step (10s)", .set = set_seconds_ms,
	  FIELD(p.patience_ms), .min = 1, .max = 600000 },
	{ .name = "processes", .arg = "N", .help = "the server has so many processes with caches of their own (0)",
	  .set = set_int, FIELD(p.processes), .max = 1024 },
	{ .name = "crowd", .arg = "N", .help = "so many clients come at once, in the case of that name (100)",
	  .set = set_int, FIELD(p.crowd), .min = 1, .max = MAX_CLIENTS },
	{ .name = "memory", .arg = "MIB", .help = "it may grow by MIB while clients do not read (8)", .set = set_int,
	  FIELD(p.memory_mib), .min = 1, .max = 1 << 20 },
	{ .name = "slave", .arg = "H:P", .help = "redirect: a slave, as the server knows it; repeat it",
	  .set = add_slave },
	{ .name = "code", .arg = "N", .help = "HTTP: the status expected (301)", .set = set_int, FIELD(p.code),
	  .min = 200, .max = 308 },
	{ .name = "root", .arg = "DIR", .help = "web: the folder that it serves", .set = set_string,
	  FIELD(p.root) },
	{ .name = "origin", .arg = "H:P", .help = "proxy: a web server with that folder", .set = set_string,
	  FIELD(p.origin) },
	{ .name = "skip-slow", .help = "leave the slow cases out", .set = set_flag, FIELD(p.skip_slow) },
	{ .name = "stop", .help = "at the end send SIGTERM, and see that all get their answers", .set = set_flag,
	  FIELD(stop) },
	{ .name = "list", .letter = 'l', .help = "print the names of the cases", .set = set_flag, FIELD(list) },
	{ 0 },
};

static const struct program program = {
	"probe", "Tries every case of the conformance suite on a running server; prints TAP.",
	"--service NAME --port PORT [OPTION...]", NULL,
};

struct play {
	struct probe           *p;
	const struct test_case *test;
};

static void play_case(void *context)
{
	struct play *play = context;
	play->p->end_ms = clock_ms() + (int64_t)CASE_PATIENCE * play->p->patience_ms;
	if (play->test->slow && play->p->skip_slow)
		story_skip(&play->p->story, "slow");
	play->test->play(play->p);
}

static void play_cases(struct settings *s, const struct test_case *tests)
{
	for (; tests && tests->name; tests++) {
		struct play play = { &s->p, tests };
		if (s->only && !strstr(tests->name, s->only))
			continue;
		if (s->list) {
			printf("%s\n", tests->name);
			continue;
		}
		story_play(&s->p.story, tests->name, play_case, &play);
		hang_up_all(&s->p);
	}
}

static int wrong_usage(const char *why)
{
	fprintf(stderr, "probe: %s (--help lists all options)\n", why);
	return 2;
}

int main(int argc, char **argv)
{
	static struct settings s = {
		.p = { .host = "127.0.0.1", .patience_ms = 10000, .memory_mib = 8, .crowd = 100 },
		.service = -1,
	};
	const struct option_set sets[] = { { "Options", options, &s }, { 0 } };
	int first = options_parse(&program, sets, argc, argv);
	if (first < 0)
		return options_status(first);
	if (first < argc || s.service < 0)
		return wrong_usage("which --service?");
	if (!s.list && !s.p.port)
		return wrong_usage("which --port?");
	signal(SIGPIPE, SIG_IGN);
	net_raise_fd_limit();
	setvbuf(stdout, NULL, _IOLBF, 0); /* what was said before a crash or a kill is seen */
	s.p.dialect = dialects[s.service];
	if (s.p.dialect->prepare)
		s.p.dialect->prepare(&s.p);
	s.p.code = s.p.code ? s.p.code : s.p.dialect->code;
	if (s.p.server_pid && watch_server(s.p.server_pid, &s.p.at_start) < 0)
		return wrong_usage("there is no process with this --server-pid");
	play_cases(&s, s.p.dialect->cases);
	play_cases(&s, s.p.dialect->more_cases);
	play_cases(&s, common_cases);
	if (s.stop)
		play_cases(&s, stop_cases);
	free(s.p.heap);
	return s.list ? 0 : story_end(&s.p.story);
}
