/* children_rules.c - what a supervisor decides without a process: how long to pause, and whether a server is
 * ready.
 *
 * Pauses grow, so that a server that dies at once, every time, does not eat the machine: 100 ms, 200, 400,
 * ... 5 s. A server is ready when it says so: it prints its line after listen(2), never before. The line may
 * come in any pieces, read(2) of a pipe promises none.
 *
 * SPDX-License-Identifier: MIT */
#include "core/children.h"

#include <string.h>

int child_pause_ms(int before_ms, int64_t lived_ms)
{
	if (before_ms == 0 || lived_ms >= CHILD_STEADY_MS)
		return CHILD_PAUSE_FIRST_MS;
	return before_ms < CHILD_PAUSE_LAST_MS / 2 ? 2 * before_ms : CHILD_PAUSE_LAST_MS;
}

/* "zen_server: listening on 127.0.0.1:1060 (backend epoll_et, workers 1)" */
static bool says_where(struct child *child)
{
	static const char sign[] = ": listening on ";
	const char *at = strstr(child->line, sign);
	if (!at)
		return false;
	at += sizeof sign - 1;
	size_t len = strcspn(at, " ");
	if (len == 0 || len >= sizeof child->where)
		return false;
	memcpy(child->where, at, len);
	child->where[len] = '\0';
	return true;
}

/* Lines that are too long are cut: they are not the one that we wait for. */
bool child_printed(struct child *child, const char *bytes, size_t n)
{
	bool found = false;
	for (; n; bytes++, n--) {
		if (*bytes != '\n') {
			if (child->n_line < sizeof child->line - 1)
				child->line[child->n_line++] = *bytes;
			continue;
		}
		child->line[child->n_line] = '\0';
		child->n_line = 0;
		if (child->state == CHILD_STARTING && says_where(child)) {
			child->state = CHILD_UP;
			found = true;
		}
	}
	return found;
}
