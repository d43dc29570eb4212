/* redirect_status.c - /master/status: the table of slaves, as JSON for programs and as a plain page for people.
 *
 *     {"service": "redirect", ... , "workers": [...], "policy": "round_robin", "alive": 1, "slaves": [
 *       {"where": "127.0.0.1:9000", "weight": 1, "state": "alive", "seconds": null, "dealt": 120, "load": 3,
 *        "latency_ms": 0, "checks": 7, "failures": 0, "last": 200}, ...]}
 *
 * "seconds" since it came to life or died, null when it never did; "load" as its own status tells; "last" is
 * how the last check ended: an HTTP status, or the name of an error. The page is HTML when Accept prefers it.
 * All of it is built in the scratch buffer: slaves that there is no room for are counted as "more_slaves".
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "redirect_parts.h"

static const char status_path[] = "/master/status";

enum {
	HEAD_ROOM = 512, /* the head is written in front of the content when its length is known */
	/* A row at its longest, with the end behind it: in HTML each character of a host may become five. */
	ROW_ROOM = 512 + 5 * REDIRECT_HOST_MAX,
};

struct row { /* of the table, as it is just now */
	const struct redirect_slave *slave;
	bool     alive;
	int64_t  seconds; /* -1: from the beginning */
	uint64_t dealt, checks, failures;
	int      load, latency_ms, last; /* -1: not known */
};

/* ---- what is known ---- */

static uint64_t get(const atomic_uint_least64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static int get_int(const atomic_int *value)
{
	return atomic_load_explicit(value, memory_order_relaxed);
}

static struct row row_of(const struct io_env *env, int slave)
{
	const struct redirect_config *config = env->config;
	const struct redirect_shared *shared = env->shared;
	const struct redirect_known *known = &shared->known[slave];
	int64_t since_ms = atomic_load_explicit(&known->since_ms, memory_order_relaxed);
	struct row row = {
		.slave = &config->slaves[slave], .dealt = get(&known->dealt), .load = -1, .latency_ms = -1
	};
	row.alive = redirect_alive(config, shared) >> slave & 1;
	row.seconds = since_ms ? (env->now_ms - since_ms) / 1000 : -1;
	row.checks = get(&known->checks);
	row.failures = get(&known->failures);
	row.last = get_int(&known->last);
	if (row.checks > row.failures) {
		row.load = get_int(&known->load);
		row.latency_ms = get_int(&known->latency_ms);
	}
	return row;
}

/* ---- texts ---- */

static void put_known(struct http_out *out, int64_t number, const char *if_not)
{
	if (number < 0)
		http_put_string(out, if_not);
	else
		http_put_number(out, (uint64_t)number);
}

/* How the last check ended, in words of one kind or the other. */
static void put_last(struct http_out *out, int last, const char *quote, const char *if_none)
{
	const char *name = last < 0 ? strerrorname_np(-last) : NULL;
	if (last > 0) {
		http_put_number(out, (uint64_t)last);
		return;
	}
	http_put_string(out, last ? quote : "");
	http_put_string(out, last == 0 ? if_none : name ? name : "error");
	http_put_string(out, last ? quote : "");
}

void redirect_put_html(struct http_out *out, struct http_text text)
{
	static const struct {
		char        c;
		const char *entity;
	} entities[] = {
		{ '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#39;" }
	};
	for (size_t i = 0; i < text.len; i++) {
		size_t e = 0;
		while (e < 5 && entities[e].c != text.text[i])
			e++;
		if (e < 5)
			http_put_string(out, entities[e].entity);
		else
			http_put(out, &text.text[i], 1);
	}
}

/* ---- JSON ---- */

/* Names of hosts have no character that JSON would escape. */
static void put_json_row(struct http_out *out, const struct row *row)
{
	HTTP_PUT(out, "{\"where\": \"");
	http_put_string(out, row->slave->where);
	HTTP_PUT(out, "\", \"weight\": ");
	http_put_number(out, (uint64_t)row->slave->weight);
	HTTP_PUT(out, ", \"state\": ");
	http_put_string(out, row->alive ? "\"alive\"" : "\"dead\"");
	HTTP_PUT(out, ", \"seconds\": ");
	put_known(out, row->seconds, "null");
	HTTP_PUT(out, ", \"dealt\": ");
	http_put_number(out, row->dealt);
	HTTP_PUT(out, ", \"load\": ");
	put_known(out, row->load, "null");
	HTTP_PUT(out, ", \"latency_ms\": ");
	put_known(out, row->latency_ms, "null");
	HTTP_PUT(out, ", \"checks\": ");
	http_put_number(out, row->checks);
	HTTP_PUT(out, ", \"failures\": ");
	http_put_number(out, row->failures);
	HTTP_PUT(out, ", \"last\": ");
	put_last(out, row->last, "\"", "null");
	HTTP_PUT(out, "}");
}

static int alive_now(const struct io_env *env)
{
	return __builtin_popcountll(redirect_alive(env->config, env->shared));
}

/* The rows that there is room for; returns how many there are more. */
static int put_rows(struct http_out *out, const struct io_env *env, const char *between,
		    void (*put_row)(struct http_out *, const struct row *))
{
	const struct redirect_config *config = env->config;
	int i;
	for (i = 0; i < config->n_slaves && out->size - out->len > ROW_ROOM; i++) {
		struct row row = row_of(env, i);
		http_put_string(out, i ? between : "");
		put_row(out, &row);
	}
	return config->n_slaves - i;
}

static void put_json(struct http_out *out, const struct io_env *env)
{
	const struct redirect_config *config = env->config;
	const struct redirect_shared *shared = env->shared;
	struct http_out counts = *out; /* workers take at most half of what there is */
	counts.size = out->len + (out->size - out->len) / 2;
	http_stats_json(&counts, &shared->http, "redirect", NULL);
	out->len = counts.len - sizeof "}\n" + 1;
	HTTP_PUT(out, ", \"policy\": \"");
	http_put_string(out, redirect_policy_names[config->policy]);
	HTTP_PUT(out, "\", \"alive\": ");
	http_put_number(out, (uint64_t)alive_now(env));
	HTTP_PUT(out, ", \"slaves\": [\n");
	int more = put_rows(out, env, ",\n", put_json_row);
	HTTP_PUT(out, "]");
	if (more) {
		HTTP_PUT(out, ", \"more_slaves\": ");
		http_put_number(out, (uint64_t)more);
	}
	HTTP_PUT(out, "}\n");
}

/* ---- HTML ---- */

static void put_number_cell(struct http_out *out, int64_t number)
{
	HTTP_PUT(out, "<td>");
	put_known(out, number, "-");
}

static void put_html_row(struct http_out *out, const struct row *row)
{
	HTTP_PUT(out, "<tr><td>");
	redirect_put_html(out, (struct http_text){ row->slave->where, strlen(row->slave->where) });
	put_number_cell(out, row->slave->weight);
	http_put_string(out, row->alive ? "<td>alive" : "<td><b>dead</b>");
	put_number_cell(out, row->seconds);
	put_number_cell(out, (int64_t)row->dealt);
	put_number_cell(out, row->load);
	put_number_cell(out, row->latency_ms);
	put_number_cell(out, (int64_t)row->checks);
	put_number_cell(out, (int64_t)row->failures);
	HTTP_PUT(out, "<td>");
	put_last(out, row->last, "", "-");
	HTTP_PUT(out, "</tr>\n");
}

static void put_page(struct http_out *out, const struct io_env *env)
{
	const struct redirect_config *config = env->config;
	const struct redirect_shared *shared = env->shared;
	struct http_totals totals = http_stats_totals(&shared->http);
	HTTP_PUT(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Slaves</title>\n");
	HTTP_PUT(out, "<h1>Slaves</h1>\n<p>");
	http_put_number(out, (uint64_t)alive_now(env));
	HTTP_PUT(out, " of ");
	http_put_number(out, (uint64_t)config->n_slaves);
	HTTP_PUT(out, " are alive. Policy: ");
	http_put_string(out, redirect_policy_names[config->policy]);
	HTTP_PUT(out, ". Connections now: ");
	http_put_number(out, totals.now);
	HTTP_PUT(out, ", requests: ");
	http_put_number(out, totals.requests);
	HTTP_PUT(out,
		 ".</p>\n<table border=\"1\">\n<tr><th>slave<th>weight<th>state<th>seconds<th>dealt<th>load"
		 "<th>latency, ms<th>checks<th>failures<th>last check</tr>\n");
	int more = put_rows(out, env, "", put_html_row);
	HTTP_PUT(out, "</table>\n");
	if (more) {
		HTTP_PUT(out, "<p>More slaves: ");
		http_put_number(out, (uint64_t)more);
		HTTP_PUT(out, "</p>\n");
	}
	HTTP_PUT(out, "</html>\n");
}

/* ---- the answer ---- */

bool redirect_is_status(const struct http_request *r)
{
	return r->path.len == sizeof status_path - 1 && memcmp(r->path.text, status_path, r->path.len) == 0;
}

enum http_did redirect_status(struct http_turn *t, const struct http_request *r)
{
	static const char more[] = REDIRECT_NO_STORE "Vary: Accept\r\n";
	bool html = redirect_prefers_html(r, "application/json");
	if (t->out.len)
		return HTTP_FULL;
	if (r->method != HTTP_GET && r->method != HTTP_HEAD)
		return http_answer_text(t, r, 405, "Allow: GET, HEAD\r\n", HTTP_TEXT("text/plain"),
					HTTP_TEXT("405 Method Not Allowed: the status can only be read\n"))
			       ? HTTP_ANSWERED
			       : HTTP_FULL;
	struct http_out content = { .data = t->out.data + HEAD_ROOM, .size = t->out.size - HEAD_ROOM };
	if (html)
		put_page(&content, t->env);
	else
		put_json(&content, t->env);
	struct http_text type = html ? HTTP_TEXT("text/html; charset=utf-8") : HTTP_TEXT("application/json");
	struct http_text text = { content.data, content.len };
	return http_answer_text(t, r, 200, more, type, text) ? HTTP_ANSWERED : HTTP_FULL;
}
