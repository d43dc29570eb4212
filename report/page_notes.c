/* page_notes.c - how it was measured, what that cannot say, and what went wrong.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/version.h"
#include "format.h"
#include "page_parts.h"

/* ---- method ---- */

static void write_workloads(FILE *out, const struct results *r)
{
	static const char workload[] = "workload ", placement[] = "placement ";
	fputs("<ul>\n", out);
	for (size_t i = 0; i < r->run.n; i++) {
		const struct fact *fact = &r->run.list[i];
		char key[128], question[128];
		if (strncmp(fact->name, workload, sizeof workload - 1) != 0)
			continue;
		const char *name = fact->name + sizeof workload - 1;
		snprintf(key, sizeof key, "%s%s", placement, name);
		snprintf(question, sizeof question, "question %s", name);
		fputs("<li><strong>", out);
		html_text(out, name);
		fputs("</strong>: ", out);
		page_fact(out, &r->run, question, "");
		fputs(" ", out);
		html_text(out, fact->value);
		page_fact(out, &r->run, key, "; ");
		fputs(".</li>\n", out);
	}
	fputs("</ul>\n", out);
}

void page_method(FILE *out, const struct results *r)
{
	fputs("<h2 id=\"method\">How it was measured</h2>\n<p>Every run starts a new server, connects, warms "
	      "up",
	      out);
	page_fact(out, &r->run, "warm-up", " for ");
	fputs(" and measures", out);
	page_fact(out, &r->run, "duration", " for ");
	fputs(". Each point has", out);
	page_fact(out, &r->run, "repetitions", " ");
	fputs(" repetitions; in each the points come in random order, and at a point the backends do", out);
	page_fact(out, &r->run, "seed", " (seed ");
	fputs("). The generator checks every answer. The loop is closed: each connection waits for its "
	      "answer before it asks again.</p>\n",
	      out);
	write_workloads(out, r);
	fputs("<p>Points are medians; those of different backends stand a little apart so that their "
	      "bars can be seen. With six repetitions or more the bars are the order-statistic interval "
	      "that holds the median with 95 % or more, whatever the distribution; with fewer they span "
	      "the smallest to the largest value. A difference is called clear when the bars do not "
	      "touch and, where they are no intervals, the medians also differ by a quarter or more. "
	      "Everything else is no clear difference. CPU time is the server's, user and system, in the "
	      "measured time only. System calls and context switches are counted for the server's whole "
	      "life, so they contain the accepting of all connections. A pool serves as many "
	      "clients as it has workers: where a workload is not about workers, it gets one for each client, "
	      "and so "
	      "as many as a thread per connection would have.</p>\n<p>What this cannot say: all "
	      "traffic is loopback, so there is no network card and no distance; the server has "
	      "one core, or shares the few that there are, so that more workers than cores tell of waiting and "
	      "not of "
	      "computing; another kernel or machine may order the backends differently. Ratios carry over "
	      "better than absolute figures, and counts better than times.</p>\n",
	      out);
}

/* ---- notes ---- */

static void write_failures(FILE *out, const struct results *r)
{
	for (size_t i = 0; i < r->runs.rows; i++) {
		if (run_ok(r, i))
			continue;
		fputs("<li><strong>failed</strong>: ", out);
		html_text(out, csv_cell(&r->runs, i, "workload"));
		fputs(" ", out);
		html_text(out, csv_cell(&r->runs, i, "x"));
		fputs(", ", out);
		html_text(out, csv_cell(&r->runs, i, "backend"));
		fputs(", repetition ", out);
		html_text(out, csv_cell(&r->runs, i, "rep"));
		fputs(": ", out);
		html_text(out, csv_cell(&r->runs, i, "status"));
		fputs(" ", out);
		html_text(out, csv_cell(&r->runs, i, "note"));
		fputs("</li>\n", out);
	}
}

/* What the generator warns of, by the codes of its CSV. */
static const struct warning {
	const char *code, *text;
} warnings[] = {
	{ "client_bound", "the load generator was busy nearly all the time: the server might have done more" },
	{ "rate_missed", "less was asked than planned" },
	{ "generator_late", "requests went out late: the load generator could not keep its schedule" },
	{ "few_samples", "too few answers for the outer percentiles" },
	{ "timeouts", "answers took too long" },
	{ "nothing_measured", "nothing was measured" },
	{ "server_cpu_unknown", "the server's CPU time could not be read" },
	{ "interrupted", "the run was interrupted" },
	{ "gave_up", "the load generator gave up" },
};

static bool has_code(const char *list, const char *code)
{
	size_t len = strlen(code);
	for (; *list; list += strcspn(list, ";"), list += *list == ';')
		if (strcspn(list, ";") == len && memcmp(list, code, len) == 0)
			return true;
	return false;
}

static void write_warnings(FILE *out, const struct results *r)
{
	for (size_t i = 0; i < sizeof warnings / sizeof *warnings; i++) {
		size_t n = 0;
		for (size_t row = 0; row < r->runs.rows; row++)
			n += has_code(csv_cell(&r->runs, row, "warnings"), warnings[i].code);
		if (n > 0)
			fprintf(out, "<li>In %zu of %zu runs: %s (<code>%s</code>).</li>\n", n, r->runs.rows,
				warnings[i].text, warnings[i].code);
	}
}

void page_notes(FILE *out, const struct results *r)
{
	fputs("<h2 id=\"notes\">Notes</h2>\n<ul>\n", out);
	for (size_t i = 0; i < r->notes.rows; i++) {
		fputs("<li>", out);
		html_text(out, csv_cell(&r->notes, i, "text"));
		fputs("</li>\n", out);
	}
	write_failures(out, r);
	write_warnings(out, r);
	fprintf(out, "<li>muxlab %s; %zu runs.</li>\n</ul>\n", MUXLAB_VERSION, r->runs.rows);
}
