/* test_children.c - the supervisor: its rules as tables, then with programs of a line of shell.
 *
 * Nothing here depends on how fast the machine is: a shell script that has seen enough sends SIGTERM to its
 * parent, us.
 *
 * SPDX-License-Identifier: MIT */
#include "core/children.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/children_start.h"
#include "core/log.h"
#include "core/net.h"
#include "tests/unit/check.h"

/* ---- rules ---- */

static void pauses_double_up_to_the_last(void)
{
	static const int want[] = { 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000 };
	int pause = 0;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		pause = child_pause_ms(pause, 3);
		CHECK_INT(pause, want[i]);
	}
}

static void pauses_begin_anew_after_a_steady_life(void)
{
	CHECK_INT(child_pause_ms(0, 0), 100);
	CHECK_INT(child_pause_ms(0, 123456789012), 100);
	CHECK_INT(child_pause_ms(1600, 9999), 3200);
	CHECK_INT(child_pause_ms(1600, 10000), 100);
	CHECK_INT(child_pause_ms(5000, 9999), 5000);
	CHECK_INT(child_pause_ms(5000, 123456789012), 100);
}

/* In two pieces, split everywhere; the first piece against a guard page. */
static void check_line(const char *text, bool want, const char *where)
{
	size_t len = strlen(text);
	for (size_t split = 0; split <= len; split++) {
		struct child child = { .state = CHILD_STARTING, .where = "nowhere" };
		check_note("%zu bytes of '%.60s'", split, text);
		bool found = child_printed(&child, guarded(text, split), split);
		found |= child_printed(&child, guarded(text + split, len - split), len - split);
		CHECK_INT(found, want);
		CHECK_INT(child.state, want ? CHILD_UP : CHILD_STARTING);
		CHECK_STR(child.where, where);
	}
	check_note("%s", "");
}

static void hears_where_a_server_listens(void)
{
	check_line("web_server: listening on 127.0.0.1:9000 (backend poll)\n", true, "127.0.0.1:9000");
	check_line("x: listening on [::1]:9\n", true, "[::1]:9");
	check_line("hello\n\nx: listening on a:1 (b)\nmore\nx: listening on c:2\n", true, "a:1");
	check_line("x: listening on 127.0.0.1:9000", false, "nowhere"); /* the line is not whole */
	check_line("x: listening on \n", false, "nowhere");
	check_line("listening on 127.0.0.1:9000\n", false, "nowhere");
	check_line("", false, "nowhere");
}

static void is_not_hurt_by_long_lines(void)
{
	char text[4000];
	memset(text, 'x', sizeof text);
	struct child child = { .state = CHILD_STARTING, .where = "nowhere" };
	CHECK(!child_printed(&child, text, sizeof text));
	CHECK(!child_printed(&child, ": listening on a:1\n", 19)); /* too late in its line */
	CHECK(child_printed(&child, "x: listening on a:1\n", 20));
	child.state = CHILD_STARTING; /* an address that does not fit */
	int n = snprintf(text, sizeof text, "x: listening on %0999d:1\n", 1);
	CHECK(!child_printed(&child, text, (size_t)n));
	CHECK_STR(child.where, "a:1");
}

/* ---- one program ---- */

/* The bytes of its standard output, until it ends. */
static int output_of(const char *script, char *out, size_t size)
{
	const char *argv[] = { "/bin/sh", "-c", script, NULL };
	struct started s;
	size_t len = 0;
	int status, error = program_start(argv, &s);
	if (error)
		return error;
	struct pollfd wait = { .fd = s.out_fd, .events = POLLIN };
	for (ssize_t n = 1; n && poll(&wait, 1, 60000) == 1;) {
		n = read(s.out_fd, out + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	out[len] = '\0';
	struct pollfd death = { .fd = s.pid_fd, .events = POLLIN };
	CHECK_INT(poll(&death, 1, 60000), 1);
	CHECK_INT(waitpid(s.pid, &status, 0), s.pid);
	close(s.out_fd);
	close(s.pid_fd);
	return status;
}

static void starts_a_program(void)
{
	char out[256];
	CHECK_INT(output_of("echo one; cat; echo two", out, sizeof out), 0); /* standard input is empty */
	CHECK_STR(out, "one\ntwo\n");
	CHECK_INT(WEXITSTATUS(output_of("exit 7", out, sizeof out)), 7);
}

/* Fields of /proc/PID/stat: pid (name) state ppid pgrp. */
static void gives_it_a_group_and_usual_signals(void)
{
	char out[512];
	int pid, group;
	unsigned long long blocked, ignored;
	signal(SIGPIPE, SIG_IGN);
	CHECK_INT(output_of("read -r pid name state parent group rest </proc/self/stat; echo $pid $group", out,
			    sizeof out), 0);
	CHECK_INT(sscanf(out, "%d %d", &pid, &group), 2);
	CHECK_INT(pid, group);
	CHECK(group != getpgrp());
	CHECK_INT(output_of("grep -E '^Sig(Blk|Ign)' /proc/self/status", out, sizeof out), 0);
	CHECK_INT(sscanf(out, "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
	CHECK_INT(blocked, 0);
	CHECK(!(ignored & 1ULL << (SIGPIPE - 1)));
	CHECK(ignored & 1ULL << (SIGTTOU - 1));
}

static int lowest_descriptor(void)
{
	int fd = dup(STDERR_FILENO);
	close(fd);
	return fd;
}

static void says_why_a_program_cannot_start(void)
{
	const char *missing[] = { "/nowhere/web_server", NULL }, *folder[] = { "/tmp", NULL };
	struct started s;
	int lowest = lowest_descriptor();
	CHECK_INT(program_start(missing, &s), -ENOENT);
	CHECK_INT(program_start(folder, &s), -EACCES);
	CHECK_INT(lowest_descriptor(), lowest); /* no descriptor is left */
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
	CHECK_INT(errno, ECHILD);
}

static void finds_programs_beside_itself(void)
{
	char path[4096], small[8];
	CHECK_INT(program_beside("test_children", path, sizeof path), 0);
	CHECK_INT(path[0], '/');
	CHECK_INT(program_beside("missing", path, sizeof path), -ENOENT);
	CHECK(strstr(path, "/missing"));
	CHECK_INT(program_beside("test_children", small, sizeof small), -ENAMETOOLONG);
}

/* ---- a port that outlives its server ---- */

static uint16_t port_of(int fd)
{
	char name[NET_TEXT], host[NET_TEXT];
	uint16_t port = 0;
	CHECK_INT(net_local_name(fd, name, sizeof name), 0);
	CHECK_INT(net_split(name, host, sizeof host, &port), 0);
	return port;
}

static void a_reserved_port_refuses_clients_and_takes_servers(void)
{
	static const char *const hosts[] = { "127.0.0.1", "" };
	for (int i = 0; i < 2; i++) {
		int kept = net_reserve(hosts[i], 0);
		uint16_t port = port_of(kept);
		for (int life = 0; life < 2; life++) {
			CHECK_INT(net_connect("127.0.0.1", port), -ECONNREFUSED);
			int server = net_listen(hosts[i], port, 5, false), client = net_connect("127.0.0.1", port);
			CHECK(server >= 0 && client >= 0);
			CHECK_INT(net_listen(hosts[i], port, 5, false), -EADDRINUSE);
			CHECK_INT(net_reserve(hosts[i], port), -EADDRINUSE);
			close(server); /* the client is not accepted yet: it is reset */
			close(client);
		}
		close(kept);
	}
}

/* ---- several, kept running ---- */

#define LISTEN "echo \"x: listening on 127.0.0.1:7 (y)\"; "

struct kept {
	struct child    child[2];
	struct children all;
	const char     *argv[2][6];
	int             lowest;
};

/* $1 of the scripts is a file that grows by a line with each life. */
static char lives_file[] = "/tmp/test_children.XXXXXX";

static void keep_open(struct kept *k, const char *first, const char *second)
{
	const char *scripts[2] = { first, second };
	memset(k, 0, sizeof *k);
	k->lowest = lowest_descriptor();
	k->all.child = k->child;
	for (int i = 0; i < 2 && scripts[i]; i++) {
		const char *argv[6] = { "/bin/sh", "-c", scripts[i], "sh", lives_file, NULL };
		memcpy(k->argv[i], argv, sizeof argv);
		k->child[i].argv = k->argv[i];
		k->child[i].name = i ? "second" : "first";
		k->all.n++;
	}
	CHECK_INT(truncate(lives_file, 0), 0);
	CHECK_INT(children_open(&k->all), 0);
}

static void keep_close(struct kept *k)
{
	close(k->all.signal_fd);
	CHECK_INT(lowest_descriptor(), k->lowest);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
}

static int lives(void)
{
	char bytes[100];
	FILE *f = fopen(lives_file, "r");
	size_t n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	return (int)n / 2; /* "x\n" each */
}

static void keeps_until_asked_and_stops(void)
{
	struct kept k;
	keep_open(&k, "trap 'exit 0' TERM; " LISTEN "kill -TERM $PPID; while :; do sleep 0.01; done", NULL);
	int error = children_start(&k.all, &k.child[0]);
	CHECK(error == 0 || error == -ECANCELED); /* the script may be that fast */
	children_keep(&k.all);
	CHECK(k.all.asked && k.child[0].state != CHILD_OVER);
	children_stop(&k.all, &k.child[0], 1, 60000);
	CHECK_INT(k.child[0].state, CHILD_OVER);
	CHECK_INT(k.child[0].status, 0);
	CHECK_STR(k.child[0].how, "ended with status 0");
	CHECK(!k.all.badly);
	keep_close(&k);
}

static void starts_again_with_growing_pauses(void)
{
	struct kept k;
	keep_open(&k, "echo x >>$1; " LISTEN "[ $(wc -l <$1) = 4 ] && kill -TERM $PPID || kill -9 $$", NULL);
	CHECK_INT(children_start(&k.all, &k.child[0]), 0);
	children_keep(&k.all);
	children_stop(&k.all, &k.child[0], 1, 60000);
	CHECK_INT(lives(), 4);
	CHECK(k.child[0].pause_ms >= 400); /* 100, 200, 400; the fourth life may have ended by itself */
	keep_close(&k);
}

static void a_start_that_fails_is_not_repeated(void)
{
	struct kept k;
	keep_open(&k, "echo x >>$1; exit 3", "echo x >>$1; kill -9 $$");
	CHECK_INT(children_start(&k.all, &k.child[0]), -ECHILD);
	CHECK_STR(k.child[0].how, "ended with status 3");
	CHECK_INT(k.child[0].status, 3);
	CHECK_INT(children_start(&k.all, &k.child[1]), -ECHILD);
	CHECK_STR(k.child[1].how, "killed by signal 9 (Killed)");
	CHECK_INT(k.child[1].status, -1);
	k.argv[0][0] = "/nowhere/web_server";
	CHECK_INT(children_start(&k.all, &k.child[0]), -ENOENT);
	children_stop(&k.all, k.child, 2, 60000);
	CHECK_INT(lives(), 2);
	keep_close(&k);
}

static void others_are_kept_while_one_starts(void)
{
	struct kept k;
	/* The first dies once; the second listens when the first is in its second life. */
	keep_open(&k, "echo x >>$1; " LISTEN "[ $(wc -l <$1) = 1 ] && exit 1; exec sleep 1000",
		  "while [ $(wc -l <$1) != 2 ]; do sleep 0.01; done; " LISTEN "exec sleep 1000");
	CHECK_INT(children_start(&k.all, &k.child[0]), 0);
	CHECK_INT(children_start(&k.all, &k.child[1]), 0);
	CHECK_INT(lives(), 2);
	children_stop(&k.all, k.child, 2, 60000);
	CHECK(k.all.badly); /* sleep does not end with 0 at SIGTERM */
	CHECK_STR(k.child[1].how, "killed by signal 15 (Terminated)");
	keep_close(&k);
}

static void what_it_prints_later_does_not_stop_it(void)
{
	struct kept k;
	keep_open(&k, LISTEN "head -c 300000 /dev/zero; kill -TERM $PPID; exec sleep 1000", NULL);
	CHECK_INT(children_start(&k.all, &k.child[0]), 0);
	children_keep(&k.all);
	children_stop(&k.all, &k.child[0], 1, 60000);
	keep_close(&k);
}

/* Who ignores SIGTERM, or is stopped (SIGSTOP) and cannot see it, is killed; and what it has started, too. */
static void kills_after_the_grace_with_all_its_group(void)
{
	struct kept k;
	int ends[2];
	char byte;
	siginfo_t stopped;
	CHECK_INT(pipe(ends), 0); /* both programs and what they start hold the second one */
	keep_open(&k, "trap '' TERM; sleep 1000 & " LISTEN "wait", LISTEN "sleep 1000 & kill -STOP $$");
	CHECK_INT(children_start(&k.all, &k.child[0]), 0);
	CHECK_INT(children_start(&k.all, &k.child[1]), 0);
	CHECK_INT(waitid(P_PID, (id_t)k.child[1].pid, &stopped, WSTOPPED | WNOWAIT), 0);
	close(ends[1]);
	children_stop(&k.all, k.child, 2, 20);
	CHECK_STR(k.child[0].how, "killed by signal 9 (Killed)");
	CHECK_STR(k.child[1].how, "killed by signal 9 (Killed)");
	CHECK(k.all.badly);
	struct pollfd end = { .fd = ends[0], .events = POLLIN };
	CHECK_INT(poll(&end, 1, 60000), 1);
	CHECK_INT(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	k.lowest = ends[0];
	keep_close(&k);
}

static void a_second_signal_does_not_wait(void)
{
	struct kept k;
	keep_open(&k, "trap 'kill -INT $PPID' TERM; " LISTEN "while :; do sleep 0.01; done", NULL);
	CHECK_INT(children_start(&k.all, &k.child[0]), 0);
	kill(getpid(), SIGINT);
	children_keep(&k.all);
	children_stop(&k.all, &k.child[0], 1, 3600 * 1000);
	CHECK_STR(k.child[0].how, "killed by signal 9 (Killed)");
	CHECK(k.all.hurry && !k.all.badly);
	keep_close(&k);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(pauses_double_up_to_the_last), TEST(pauses_begin_anew_after_a_steady_life),
		TEST(hears_where_a_server_listens), TEST(is_not_hurt_by_long_lines), TEST(starts_a_program),
		TEST(gives_it_a_group_and_usual_signals), TEST(says_why_a_program_cannot_start),
		TEST(finds_programs_beside_itself), TEST(a_reserved_port_refuses_clients_and_takes_servers),
		TEST(keeps_until_asked_and_stops),
		TEST(starts_again_with_growing_pauses), TEST(a_start_that_fails_is_not_repeated),
		TEST(others_are_kept_while_one_starts), TEST(what_it_prints_later_does_not_stop_it),
		TEST(kills_after_the_grace_with_all_its_group), TEST(a_second_signal_does_not_wait), { 0 },
	};
	int fd = mkstemp(lives_file);
	if (fd < 0)
		return 1;
	close(fd);
	log_open("test_children", LOG_ERROR, NULL); /* alerts are not what is tested here */
	int status = run_tests(tests);
	unlink(lives_file);
	return status;
}
