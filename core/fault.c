/* fault.c - the n-th call fails; see fault.h. As SQLite's anomaly tests do it: n = 1, 2, 3... until a run is clean.
 *
 * SPDX-License-Identifier: MIT */
#include "fault.h"

#ifdef MUXLAB_FAULTS

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fault {
	enum count    kind;
	unsigned long n;     /* the n-th call, or every n-th */
	bool          every;
	int           error; /* 0: shorten */
	atomic_ulong  seen;
};

enum { MAX_FAULTS = 8 };
static struct fault faults[MAX_FAULTS];
static int n_faults;

static const struct {
	const char *name;
	int         error;
} errors[] = {
	{ "EINTR", EINTR },   { "EAGAIN", EAGAIN },         { "ECONNRESET", ECONNRESET }, { "EPIPE", EPIPE },
	{ "EMFILE", EMFILE }, { "ENFILE", ENFILE },         { "ENOMEM", ENOMEM },         { "ENOBUFS", ENOBUFS },
	{ "ENOSPC", ENOSPC }, { "ECONNABORTED", ECONNABORTED }, { "short", 0 },
};

static int parse_fault(const char *text, struct fault *fault)
{
	char kind[16], error[16];
	unsigned long n;
	fault->every = sscanf(text, "%15[^:]:every %lu:%15s", kind, &n, error) == 3;
	if ((!fault->every && sscanf(text, "%15[^:]:%lu:%15s", kind, &n, error) != 3) || !n)
		return -1;
	fault->n = n;
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
		if (strcmp(error, errors[i].name) == 0) {
			fault->error = errors[i].error;
			for (int k = 0; k < COUNT_CALLS; k++)
				if (strcmp(kind, count_names[k]) == 0) {
					fault->kind = (enum count)k;
					return 0;
				}
		}
	return -1;
}

int fault_open(void)
{
	const char *text = getenv("MUXLAB_FAULT");
	char copy[256], *save = NULL;
	if (!text)
		return 0;
	snprintf(copy, sizeof copy, "%s", text);
	for (char *one = strtok_r(copy, ",", &save); one; one = strtok_r(NULL, ",", &save))
		if (n_faults == MAX_FAULTS || parse_fault(one, &faults[n_faults++])) {
			fprintf(stderr, "MUXLAB_FAULT: cannot read '%s' (see core/fault.h)\n", one);
			return -1;
		}
	return 0;
}

int fault_before(enum count kind, size_t *len)
{
	for (int i = 0; i < n_faults; i++) {
		struct fault *fault = &faults[i];
		if (fault->kind != kind)
			continue;
		unsigned long seen = atomic_fetch_add(&fault->seen, 1) + 1;
		if (fault->every ? seen % fault->n : seen != fault->n)
			continue;
		if (fault->error)
			return -fault->error;
		if (len && *len > 1)
			*len = 1;
	}
	return 0;
}

#endif
