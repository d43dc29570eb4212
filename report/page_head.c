/* page_head.c - the page's style, heading, and what must be known before anything else.
 *
 * SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "page_parts.h"

static const char style[] =
	":root{color-scheme:light}\n"
	"body{max-width:68rem;margin:0 auto;padding:1rem;color:#222;background:#fff;"
	"font:16px/1.5 system-ui,'Noto Sans','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif}\n"
	"h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0}\n"
	"h2{font-size:1.25rem;margin:2.2rem 0 .6rem}\n"
	"h3{font-size:1.05rem;margin:1.8rem 0 .4rem;break-after:avoid}\n"
	"p,figcaption{max-width:46rem}\n"
	"a{color:#0556C3}\n"
	"nav a{margin-right:1rem;white-space:nowrap}\n"
	".banner{border-left:.3rem solid #C88412;background:#FBF4E6;padding:.6rem 1rem}\n"
	".bad{border-color:#B84A28;background:#FBECE7}\n"
	"figure{max-width:60rem;margin:1.6rem 0 2.2rem;break-inside:avoid}\n"
	"figcaption,.remarks{color:#444}\n"
	".remarks:empty{display:none}\n"
	"figcaption strong{color:#222}\n"
	".chart,.wide{overflow-x:auto}\n"
	".chart svg{display:block;width:100%;min-width:34rem;height:auto}\n"
	"figure svg *{font-family:inherit}\n"
	"table{border-collapse:collapse;font-size:.82rem;font-variant-numeric:tabular-nums;margin:.6rem 0}\n"
	"caption{text-align:left;font-weight:600;padding:.3rem 0}\n"
	"th,td{padding:.22rem .45rem;text-align:left;vertical-align:top;border-bottom:1px solid #E3E3E3}\n"
	"thead th{vertical-align:bottom;border-bottom:1px solid #666}\n"
	"th.n,td.n{text-align:right}\n"
	"td.n{white-space:nowrap}\n"
	"td small{display:block;color:#666}\n"
	"pre{background:#F5F5F5;padding:.7rem;overflow-x:auto;font-size:.8rem}\n"
	"@page{size:A4;margin:15mm}\n"
	"@media print{\n"
	"body{font-size:10pt;max-width:none;padding:0}\n"
	"nav,details,figcaption a{display:none}\n"
	".chart,.wide{overflow:visible}\n"
	".chart svg{min-width:0}\n"
	"table{font-size:7.5pt}\n"
	"th,td{padding:.1rem .3rem}\n"
	"tr{break-inside:avoid}}\n";

static void write_banners(FILE *out, const struct results *r)
{
	const char *planned = facts_get(&r->run, "planned runs");
	size_t failed = 0;
	for (size_t i = 0; i < r->runs.rows; i++)
		failed += !run_ok(r, i);
	if (*facts_get(&r->run, "label")) {
		fputs("<p class=\"banner\"><strong>Smoke run: ", out);
		html_text(out, facts_get(&r->run, "repetitions"));
		fputs(" repetitions, no intervals.</strong> Bars span the smallest to the largest value of a "
		      "few short runs. <code>bench/compare.sh --normal</code> measures with intervals.</p>\n",
		      out);
	}
	if (*planned && (size_t)atol(planned) > r->runs.rows)
		fprintf(out,
			"<p class=\"banner bad\"><strong>Incomplete: %zu of %s runs.</strong> The comparison was "
			"stopped; the page shows what was measured until then.</p>\n",
			r->runs.rows, planned);
	if (failed)
		fprintf(out,
			"<p class=\"banner bad\"><strong>%zu of %zu runs failed</strong> and count "
			"nowhere; see <a href=\"#notes\">notes</a>.</p>\n",
			failed, r->runs.rows);
}

/* The backends, not the variants of a workload that lines may stand for. */
static void write_backends(FILE *out, const struct results *r)
{
	const char *list = facts_get(&r->run, "backends");
	bool first = true;
	for (; *list; first = false) {
		size_t len = strcspn(list, ",");
		fputs(first ? "" : list[len] ? ", " : " and ", out);
		for (const char *end = list + len; list < end; list++)
			html_char(out, *list);
		list += *list == ',';
	}
}

void page_head(FILE *out, const struct results *r)
{
	fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
	      "<title>muxlab: backends compared</title>\n<style>\n",
	      out);
	fputs(style, out);
	fputs("</style>\n</head>\n<body>\n<h1>Ways to wait for a socket, compared</h1>\n<p>", out);
	write_backends(out, r);
	fputs(" under the same load, on one machine", out);
	page_fact(out, &r->machine, "CPU", ", ");
	page_fact(out, &r->machine, "kernel", ", ");
	page_fact(out, &r->run, "started", ", ");
	fputs(".</p>\n<nav><a href=\"#figures\">Figures</a> <a href=\"#method\">How it was measured</a> "
	      "<a href=\"#tables\">Tables</a> <a href=\"#notes\">Notes</a> <a href=\"#machine\">Machine</a> "
	      "<a href=\"#reproduce\">Reproduce</a></nav>\n",
	      out);
	write_banners(out, r);
}
