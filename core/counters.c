/* counters.c - names, sums and the printed table; see counters.h.
 *
 * SPDX-License-Identifier: MIT */
#include "counters.h"

#include <inttypes.h>

const char *const count_names[COUNT_KINDS] = {
	[COUNT_ACCEPT] = "accept",     [COUNT_RECV] = "recv",         [COUNT_SEND] = "send",
	[COUNT_WAIT] = "wait",         [COUNT_CTL] = "ctl",           [COUNT_SLEEP] = "sleep",
	[COUNT_CLOSE] = "close",       [COUNT_SHUTDOWN] = "shutdown", [COUNT_CONNECT] = "connect",
	[COUNT_OPEN] = "open",         [COUNT_PREAD] = "pread",       [COUNT_SENDFILE] = "sendfile",
	[COUNT_SPAWN] = "spawn",       [COUNT_FUTEX] = "futex",       [COUNT_SIGMASK] = "sigmask",
	[COUNT_ENTER] = "enter",       [COUNT_AIO] = "aio",           [COUNT_OTHER] = "other",
	[COUNT_EAGAIN] = "eagain",     [COUNT_EMPTY] = "empty",       [COUNT_EVENTS] = "events",
	[COUNT_SCANNED] = "scanned",   [COUNT_VAIN] = "vain",         [COUNT_HANDED] = "handed",
	[COUNT_SWITCHES] = "switches",
	[COUNT_SESSIONS] = "sessions", [COUNT_RESUMES] = "resumes",   [COUNT_ANSWERS] = "answers",
	[COUNT_BYTES_IN] = "bytes_in", [COUNT_BYTES_OUT] = "bytes_out",
};

void counters_merge(struct counters *to, const struct counters *from)
{
	for (int i = 0; i < COUNT_KINDS; i++)
		count_add(to, (enum count)i, count_get(from, (enum count)i));
}

void counters_print(FILE *out, const struct counters *c)
{
	uint64_t answers = count_get(c, COUNT_ANSWERS);
	fprintf(out, "%-10s %14s %12s\n", "count", "total", "per answer");
	for (int i = 0; i < COUNT_KINDS; i++) {
		uint64_t n = count_get(c, (enum count)i);
		if (!n)
			continue;
		fprintf(out, "%-10s %14" PRIu64, count_names[i], n);
		if (answers)
			fprintf(out, " %12.3f", (double)n / (double)answers);
		fputc('\n', out);
	}
}
