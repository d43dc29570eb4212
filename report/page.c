/* page.c - one HTML page with everything in it: charts, words, tables, machine, raw data.
 *
 * The page loads nothing: charts are inline SVG, the style is in the head, there is no script. It is laid out
 * for a screen, for a telephone (wide things scroll inside their own box) and for A4 paper (figures are not
 * broken).
 *
 * SPDX-License-Identifier: MIT */
#include "page.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "draft.h"
#include "figure.h"
#include "format.h"
#include "page_parts.h"
#include "svg.h"
#include "table.h"

void page_fact(FILE *out, const struct facts *facts, const char *name, const char *before)
{
	const char *value = facts_get(facts, name);
	if (!*value)
		return;
	fputs(before, out);
	html_text(out, value);
}

/* ---- figures ---- */

static int write_svg(FILE *out, const struct figure *figure, const struct results *r)
{
	char file[NAME_MAX], path[PATH_MAX], caption[NAME_MAX];
	snprintf(file, sizeof file, "charts/%s.svg", figure->name);
	snprintf(caption, sizeof caption, "%s-caption", figure->name);
	char *text = read_file(results_path(r, file, path));
	if (!text)
		return -ENOENT;
	fputs("<div class=\"chart\">", out);
	int error = svg_inline(out, text, figure->name, caption);
	fputs("</div>\n", out);
	free(text);
	return error;
}

static void write_figure(FILE *out, const struct figure *figure, const struct chart *chart,
			 const struct results *r, int number)
{
	fprintf(out, "<figure id=\"%s\">\n", figure->name);
	if (write_svg(out, figure, r))
		fputs("<p>(This chart could not be drawn.)</p>\n", out);
	fprintf(out, "<figcaption id=\"%s-caption\"><strong>Figure %d.</strong> ", figure->name, number);
	figure_sentence(out, figure, chart, r);
	fprintf(out,
		" <a href=\"charts/%s.svg\">SVG</a> <a "
		"href=\"charts/%s.png\">PNG</a></figcaption>\n</figure>\n",
		figure->name, figure->name);
}

/* What a note says of its backend, without "Workload NAME: " and the backend's name before it; NULL: it is
 * another workload's, or of no backend. */
static const char *said_of_backend(const struct results *r, size_t note, const char *workload)
{
	char before[256];
	const char *text = csv_cell(&r->notes, note, "text");
	int n = snprintf(before, sizeof before, "Workload %s: %s ", workload,
			 csv_cell(&r->notes, note, "backend"));
	if (strcmp(csv_cell(&r->notes, note, "workload"), workload) != 0 ||
	    strncmp(text, before, (size_t)n) != 0)
		return NULL;
	return text + n;
}

/* "Left out, since it serves 1 client at a time: iterative." - once for all of whom the same is said. */
static void write_said(FILE *out, const struct results *r, size_t note, const char *workload)
{
	const char *said = said_of_backend(r, note, workload), *other;
	bool first = true;
	for (size_t i = 0; i < note; i++)
		if ((other = said_of_backend(r, i, workload)) && strcmp(other, said) == 0)
			return;
	const char *text = strncmp(said, "is ", 3) == 0 ? said + 3 : said;
	size_t len = strlen(text);
	html_char(out, (char)toupper((unsigned char)*text));
	for (size_t i = 1; i < len && (i < len - 1 || text[i] != '.'); i++)
		html_char(out, text[i]);
	for (size_t i = note; i < r->notes.rows; i++)
		if ((other = said_of_backend(r, i, workload)) && strcmp(other, said) == 0) {
			fputs(first ? ": " : ", ", out);
			html_text(out, csv_cell(&r->notes, i, "backend"));
			first = false;
		}
	fputs(". ", out);
}

/* What is not in the workload's figures, and what one must know to read them. */
static void write_remarks(FILE *out, const char *workload, const struct results *r)
{
	char before[128];
	const char *pools = workload_fact(r, "pools", workload);
	size_t n = (size_t)snprintf(before, sizeof before, "Workload %s: ", workload);
	fputs("<p class=\"remarks\">", out);
	if (*pools) {
		fputs("Pools have ", out);
		html_text(out, pools);
		fputs(". ", out);
	}
	for (size_t i = 0; i < r->notes.rows; i++) {
		const char *text = csv_cell(&r->notes, i, "text");
		if (said_of_backend(r, i, workload)) {
			write_said(out, r, i, workload);
		} else if (strcmp(csv_cell(&r->notes, i, "workload"), workload) == 0) {
			text += strncmp(text, before, n) == 0 ? n : 0;
			html_char(out, (char)toupper((unsigned char)*text));
			html_text(out, text + (*text != '\0'));
			fputs(" ", out);
		}
	}
	fputs("</p>\n", out);
}

static void write_question(FILE *out, const char *workload, const struct results *r)
{
	const char *question = workload_fact(r, "question", workload);
	if (!*question)
		return;
	fputs("<h3>", out);
	html_text(out, question);
	fputs("</h3>\n", out);
}

static int write_figures(FILE *out, const struct results *r)
{
	static struct chart chart;
	static struct figure_list list;
	const char *workload = "";
	int number = 0;
	figure_list(&list, r);
	fputs("<h2 id=\"figures\">Figures</h2>\n", out);
	for (int i = 0; i < list.n; i++) {
		int answer = figure_collect(&list.figures[i], r, &chart);
		if (answer < 0)
			return answer;
		if (answer == 0)
			continue;
		if (strcmp(workload, list.figures[i].workload) != 0) {
			write_question(out, list.figures[i].workload, r);
			write_remarks(out, list.figures[i].workload, r);
		}
		workload = list.figures[i].workload;
		write_figure(out, &list.figures[i], &chart, r, ++number);
	}
	if (number == 0)
		fputs("<p>Nothing was measured.</p>\n", out);
	return 0;
}

/* ---- the rest ---- */

static void write_facts(FILE *out, const struct facts *facts)
{
	fputs("<div class=\"wide\"><table>\n", out);
	for (size_t i = 0; i < facts->n; i++) {
		fputs("<tr><th>", out);
		html_text(out, facts->list[i].name);
		fputs("<td>", out);
		html_text(out, facts->list[i].value);
		fputs("</tr>\n", out);
	}
	fputs("</table></div>\n", out);
}

static void write_raw(FILE *out, const struct results *r)
{
	char path[PATH_MAX], *text = read_file(results_path(r, "results.csv", path));
	if (!text)
		return;
	fputs("<details><summary>All runs as CSV (results.csv)</summary>\n<pre>", out);
	html_text(out, text);
	fputs("</pre></details>\n", out);
	free(text);
}

static void write_reproduce(FILE *out, const struct results *r)
{
	fputs("<h2 id=\"reproduce\">Reproduce</h2>\n<p>The whole comparison, with the same order of runs", out);
	page_fact(out, &r->run, "commit", ", at commit ");
	fputs(":</p>\n<pre>", out);
	html_text(out, facts_get(&r->run, "command"));
	fputs("</pre>\n<p>Every command line of every run is in <a "
	      "href=\"commands.txt\">commands.txt</a>, the chart data in <code>data/</code>, the "
	      "histograms in <code>hist/</code>. <code>report/render.sh</code> draws the charts and this "
	      "page again.</p>\n",
	      out);
	write_raw(out, r);
}

int page_write(const struct results *r)
{
	char path[PATH_MAX];
	struct draft draft;
	int error = draft_open(&draft, results_path(r, "index.html", path));
	if (error)
		return error;
	page_head(draft.out, r);
	error = write_figures(draft.out, r);
	page_method(draft.out, r);
	fputs("<h2 id=\"tables\">Tables</h2>\n", draft.out);
	if (!error)
		error = table_causes(draft.out, r);
	if (!error)
		error = table_html(draft.out, r);
	page_notes(draft.out, r);
	fputs("<h2 id=\"machine\">Machine</h2>\n", draft.out);
	write_facts(draft.out, &r->machine);
	write_reproduce(draft.out, r);
	fputs("</body>\n</html>\n", draft.out);
	int closed = draft_close(&draft);
	return error < 0 ? error : closed;
}
