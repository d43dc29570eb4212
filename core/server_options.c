/* server_options.c - the options of every server; see server_parts.h. A service adds its own (io.h, option_def).
 *
 * SPDX-License-Identifier: MIT */
#include "server_parts.h"

#include <stddef.h>
#include <stdio.h>

#include "log.h"
#include "options.h"

#define FIELD(name) .offset = offsetof(struct server_options, name)

const char *const accept_mode_names[] = { "shared", "exclusive", "reuseport", "dispatch", NULL };

static const struct option_def server_option_defs[] = {
	{ .name = "port", .letter = 'p', .arg = "PORT", .help = "listen on this port; 0: any free one", .set = set_int,
	  FIELD(port), .max = 65535 },
	{ .name = "backend", .letter = 'b', .arg = "NAME", .help = "how to wait, or a ./file.so with one (epoll_lt)",
	  .set = set_string, FIELD(backend) },
	{ .name = "list-backends", .help = "print what there is and whether this machine can, and exit",
	  .set = set_flag, FIELD(list_backends) },
	{ .name = "workers", .letter = 'w', .arg = "N", .help = "threads, processes or loops, where there are several",
	  .set = set_int, FIELD(workers), .min = 1, .max = 1024 },
	{ .name = "accept", .arg = "MODE",
	  .help = "of several loops: shared, exclusive, reuseport listeners, or one loop that deals (shared)",
	  .set = set_choice, FIELD(accept), .choices = accept_mode_names },
	{ .name = "processes", .help = "loops are processes, not threads", .set = set_flag, FIELD(processes) },
	{ .name = "max-conns", .arg = "N", .help = "clients at the same time; more wait (0: as many as descriptors)",
	  .set = set_int, FIELD(max_conns), .max = 1 << 20 },
	{ .name = "backlog", .arg = "N", .help = "connections that may wait to be accepted (4096)", .set = set_int,
	  FIELD(backlog), .min = 1, .max = 65535 },
	{ .name = "idle-timeout", .arg = "TIME", .help = "close clients that are silent for so long; 0: never (60s)",
	  .set = set_seconds_ms, FIELD(idle_timeout_ms), .max = 86400000 },
	{ .name = "grace", .arg = "TIME", .help = "how long requests in flight may take at the end (5s)",
	  .set = set_seconds_ms, FIELD(grace_ms), .max = 3600000 },
	{ .name = "log-level", .arg = "LEVEL", .help = "debug, info, warning or error (info)", .set = set_choice,
	  FIELD(log_level), .choices = log_level_names },
	{ .name = "log-file", .arg = "FILE", .help = "instead of standard error; SIGHUP opens it anew",
	  .set = set_string, FIELD(log_file) },
	{ .name = "inetd", .help = "serve the one client on standard input, as inetd(8) starts it", .set = set_flag,
	  FIELD(inetd) },
	{ .name = "trace", .arg = "FILE", .help = "write there at the end who did what when (Chrome Trace Event JSON)",
	  .set = set_string, FIELD(trace_file) },
	{ .name = "stats", .arg = "FILE", .help = "write the counters there as JSON at the end", .set = set_string,
	  FIELD(stats_file) },
	{ 0 },
};

/* Only where the service opens files. */
static const struct option_def file_option_defs[] = {
	{ .name = "file-cache", .arg = "SIZE", .help = "memory for small files that are asked for; 0: keep none (32m)",
	  .set = set_size, FIELD(file_cache), .max = 1LL << 40 },
	{ 0 },
};

/* Only where the service logs accesses. */
static const struct option_def access_option_defs[] = {
	{ .name = "access-log", .arg = "FILE",
	  .help = "a line for each answer, in the combined format; SIGHUP opens it anew",
	  .set = set_string, FIELD(access_file) },
	{ 0 },
};

static const char notes[] =
	"HOST defaults to 127.0.0.1; '' means all interfaces. When ready, and only then, one line on standard\n"
	"output tells the address. SIGINT and SIGTERM stop it, requests in flight are finished; SIGUSR1 prints the\n"
	"counters; SIGHUP opens the log file anew.";

int server_read_options(struct server *s, int argc, char **argv)
{
	struct program program = { s->program, s->service->summary, "[HOST] [OPTION...]", notes };
	struct option_set sets[] = {
		{ "Options of every server", server_option_defs, &s->options },
		{ "Options of this service", s->service->options, s->config },
		{ "Options of servers of files", s->service->root ? file_option_defs : NULL, &s->options },
		{ "Options of HTTP servers", s->service->logs_access ? access_option_defs : NULL, &s->options },
		{ 0 },
	};
	int operand = options_parse(&program, sets, argc, argv);
	if (operand >= 0 && argc - operand > 1) {
		fprintf(stderr, "%s: one HOST at most, not '%s' too\n", s->program, argv[operand + 1]);
		return OPTIONS_WRONG;
	}
	if (operand >= 0 && operand < argc)
		s->options.host = argv[operand];
	return operand;
}
