/* words_models.c - titles and sentences on what models differ by: memory, creation, hand-overs, fairness,
 * starving.
 *
 * The same rules as in words.c: a title names a difference only when it is a clear one.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "figure.h"
#include "format.h"
#include "words.h"
#include "words_parts.h"

/* ---- memory ---- */

void words_memory_title(FILE *out, const struct chart *chart)
{
	char least[NUMBER_TEXT], most[NUMBER_TEXT];
	struct pair p = extremes(chart, MOST_COMMON_X);
	if (!p.less || p.less == p.more || !p.clear) {
		fputs("Memory of a server per silent connection", out);
		return;
	}
	format_bytes(least, series_at(p.less, p.x)->y.median);
	format_bytes(most, series_at(p.more, p.x)->y.median);
	if (!say(out, "A silent connection takes %s with %s, %s with %s", least, p.less->backend, most,
		 p.more->backend))
		say(out, "A silent connection takes %s to %s", least, most);
}

void words_memory_sentence(FILE *out, const struct chart *chart)
{
	char at[64];
	struct pair p = extremes(chart, MOST_COMMON_X);
	fprintf(out,
		"What the server's processes have more with %s than without, divided by their number: "
		"anonymous "
		"and shared memory and page tables. The kernel's own memory for sockets, and for the stack "
		"that it "
		"keeps for each thread, is not in it.",
		place(at, sizeof at, chart, p.x));
}

/* ---- a connection per request ---- */

void words_creation_title(FILE *out, const struct chart *chart)
{
	cpu_title(out, chart, "connection");
}

void words_creation_sentence(FILE *out, const struct chart *chart)
{
	compare_sentence(out, chart, false, "µs per connection");
	fputs(" A connection has one request here, so what is counted per request is counted per connection.",
	      out);
}

/* ---- hand-overs ---- */

void words_handover_sentence(FILE *out, const struct chart *chart)
{
	compare_sentence(out, chart, false, "µs per request");
	fputs(" A hand-over is a session that goes on in another thread. It costs a futex call where somebody "
	      "must be "
	      "woken or waits for a lock, and then the kernel switches to that thread. Context switches "
	      "include those "
	      "to the generator, which shares the core.",
	      out);
}

/* ---- fairness ---- */

void words_busiest_title(FILE *out, const struct chart *chart)
{
	struct pair p = extremes(chart, MOST_COMMON_X);
	if (!p.less || p.less == p.more || !p.clear) {
		fputs("How workers share the clients", out);
		return;
	}
	double most = series_at(p.more, p.x)->y.median, least = series_at(p.less, p.x)->y.median;
	if (!say(out, "The busiest worker has %.1f times its share with %s, %.1f with %s", most,
		 p.more->backend, least, p.less->backend))
		say(out, "The busiest worker has %.1f to %.1f times an equal share", least, most);
}

void words_busiest_sentence(FILE *out, const struct chart *chart)
{
	(void)chart;
	fputs("1.0 is an equal share for all. A vain wake-up is a worker that was told of a new client and found "
	      "that another had been quicker. The kernel spares a program most of them: who is woken looks again "
	      "before it returns from epoll_wait, and has then cost a context switch only. Equal shares of clients "
	      "are not yet equal shares of work, and a busiest worker is no harm while it has time to spare.",
	      out);
}

/* ---- starving ---- */

static int count_silent(const struct chart *chart, double x, struct list *silent, struct list *answering)
{
	for (int i = 0; i < chart->n; i++) {
		const struct point *point = series_at(&chart->series[i], x);
		if (point)
			add_item(point->y.median > 0 ? answering : silent, "%s", chart->series[i].backend);
	}
	return silent->n;
}

void words_starve_title(FILE *out, const struct chart *chart)
{
	static struct list silent, answering;
	char at[64];
	double x = chart_common_x(chart, MOST_COMMON_X);
	silent.n = answering.n = 0;
	int n = count_silent(chart, x, &silent, &answering), all = n + answering.n;
	place(at, sizeof at, chart, x);
	if (n == 0)
		say(out, "With %s everybody still answers", at);
	else
		say(out, "With %s %d of %d backends answer nobody any more", at, n, all);
}

void words_starve_sentence(FILE *out, const struct chart *chart)
{
	static struct list silent, answering;
	char at[64];
	double x = chart_common_x(chart, MOST_COMMON_X);
	silent.n = answering.n = 0;
	count_silent(chart, x, &silent, &answering);
	fprintf(out, "The silent ones were there first. With %s", place(at, sizeof at, chart, x));
	write_list(out, &silent, " nobody is answered by ", ":");
	fputs(silent.n ? " each of their workers waits for a client that says nothing, and those who ask wait "
			 "for a worker."
		       : " nobody starves.",
	      out);
	write_list(out, &answering, " Still answering: ", ".");
}
