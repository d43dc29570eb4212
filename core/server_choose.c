/* server_choose.c - which backend, with how many workers, and how they share the listener; see server_parts.h.
 *
 * SPDX-License-Identifier: MIT */
#include "server_parts.h"

#include <stdio.h>
#include <string.h>

#include "options.h"
#include "plugin.h"

static const char *const family_names[] = { "blocking", "readiness", "hybrid", "completion" };

/* Why this machine cannot. */
static const char *reason(const struct backend *b, int error)
{
	return b->advice ? b->advice(error) : strerrordesc_np(-error);
}

static void print_backend(const struct backend *b)
{
	int error = b->probe ? b->probe() : 0;
	char clients[32] = "many";
	if (b->max_fd)
		snprintf(clients, sizeof clients, "<%d", b->max_fd);
	else if (b->max_sessions)
		snprintf(clients, sizeof clients, "%d", b->max_sessions);
	else if (b->one_each)
		snprintf(clients, sizeof clients, "%d", b->default_workers ? b->default_workers : 1);
	printf("%-16s %-10s %-8s %-8s %s", b->name, family_names[b->family], clients, error ? "no" : "yes",
	       error ? reason(b, error) : b->summary);
	printf(error ? "\n" : "; %s\n", b->see_also ? b->see_also : "");
}

void server_list_backends(const struct backend *const *backends)
{
	printf("%-16s %-10s %-8s %-8s %s\n", "backend", "family", "clients", "usable", "what it is, or why not");
	for (; *backends; backends++)
		print_backend(*backends);
}

const struct backend *server_find_backend(const char *name, const struct backend *const *backends)
{
	for (; *backends; backends++)
		if (strcmp((*backends)->name, name) == 0)
			return *backends;
	return NULL;
}

static void complain_backend(const struct server *s, const struct backend *const *backends)
{
	const char *names[64];
	size_t n = 0;
	fprintf(stderr, "%s: no backend '%s'; there are:", s->program, s->options.backend);
	for (; *backends && n < 63; backends++) {
		names[n++] = (*backends)->name;
		fprintf(stderr, " %s", (*backends)->name);
	}
	names[n] = NULL;
	const char *near = nearest_name(s->options.backend, names);
	fprintf(stderr, near ? "; did you mean %s?\n" : "\n", near);
}

static void complain_accept(const struct server *s)
{
	fprintf(stderr, "%s: backend %s has no --accept %s; it has:", s->program, s->backend->name,
		accept_mode_names[s->options.accept]);
	for (int mode = 0; accept_mode_names[mode]; mode++)
		if (s->backend->accept_modes & 1U << mode)
			fprintf(stderr, " %s", accept_mode_names[mode]);
	fprintf(stderr, "\n");
}

/* Nothing was said: they share it, or, where they cannot, do the first thing that they can. */
static void choose_accept(struct server_options *o, unsigned modes)
{
	if (o->accept < 0)
		o->accept = o->workers > 1 && modes ? ffs((int)modes) - 1 : ACCEPT_SHARED;
}

/* Do --workers, --accept and --processes fit the backend? 0, or the exit status. */
static int check_workers(struct server *s)
{
	const struct backend *b = s->backend;
	struct server_options *o = &s->options;
	choose_accept(o, b->accept_modes);
	if (o->workers > 1 && !b->workers)
		fprintf(stderr, "%s: backend %s has nothing to count by --workers; leave it at 1\n", s->program,
			b->name);
	else if ((o->accept || o->processes) && !b->accept_modes)
		fprintf(stderr, "%s: backend %s has no loops, so --%s means nothing to it\n", s->program, b->name,
			o->processes ? "processes" : "accept");
	else if ((o->accept || (b->accept_modes && o->workers > 1)) &&
		 !(b->accept_modes & 1U << o->accept))
		complain_accept(s);
	else if (o->processes && o->accept == ACCEPT_DISPATCH)
		fprintf(stderr, "%s: --accept dispatch hands clients from thread to thread; leave out --processes\n",
			s->program);
	else if (!o->workers)
		return o->workers = b->default_workers ? b->default_workers : 1, 0;
	else
		return 0;
	return 2;
}

int server_choose_backend(struct server *s, const struct backend *const *backends)
{
	char why[512];
	if (plugin_is_path(s->options.backend)) {
		s->backend = plugin_backend(s->options.backend, why, sizeof why);
		if (!s->backend)
			fprintf(stderr, "%s: --backend: %s\n", s->program, why);
	} else {
		s->backend = server_find_backend(s->options.backend, backends);
		if (!s->backend)
			complain_backend(s, backends);
	}
	if (!s->backend)
		return 2;
	int error = s->backend->probe ? s->backend->probe() : 0;
	if (error)
		fprintf(stderr, "%s: backend %s does not work on this machine: %s\n", s->program, s->backend->name,
			reason(s->backend, error));
	return error ? 1 : check_workers(s);
}
