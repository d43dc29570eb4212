/* http_stats.c - counters of an HTTP server, added up when somebody asks; see http_stats.h.
 *
 * An answer costs two atomic additions to a cache line that, with fewer workers than rows, nobody else
 * writes. The sums are no snapshot: an answer may be in one of them and not yet in another.
 *
 * SPDX-License-Identifier: MIT */
#include "http_stats.h"

#define KNOWN_CODES(X) \
	X(200) X(204) X(206) X(300) X(301) X(302) X(303) X(304) X(307) X(308) X(400) X(403) X(404) X(405) \
	X(408) X(412) X(413) X(414) X(416) X(417) X(431) X(500) X(501) X(502) X(503) X(504) X(505) X(508)

enum {
	OTHERS,
#define PLACE(code) PLACE_##code,
	KNOWN_CODES(PLACE)
#undef PLACE
	N_PLACES
};
_Static_assert(N_PLACES <= (int)HTTP_STATS_CODES, "a row has no place for all codes");
_Static_assert(sizeof(struct http_stats_row) % 64 == 0, "a row is whole cache lines");

enum { CODES_END = 600 };
static const uint8_t places[CODES_END] = {
#define PLACE(code) [code] = PLACE_##code,
	KNOWN_CODES(PLACE)
#undef PLACE
};

static const char *const names[N_PLACES] = {
	"other",
#define NAME(code) #code,
	KNOWN_CODES(NAME)
#undef NAME
};

/* ---- counting ---- */

static void add(atomic_uint_least64_t *count, uint64_t n)
{
	atomic_fetch_add_explicit(count, n, memory_order_relaxed);
}

static uint64_t get(const atomic_uint_least64_t *count)
{
	return atomic_load_explicit(count, memory_order_relaxed);
}

void http_stats_connection(struct http_stats *stats, const struct io_env *env, bool begins)
{
	struct http_stats_row *row = &stats->rows[env->worker % HTTP_STATS_ROWS];
	add(begins ? &row->connections : &row->closed, 1);
}

void http_stats_answer(struct http_stats *stats, const struct io_env *env, int status, uint64_t bytes)
{
	struct http_stats_row *row = &stats->rows[env->worker % HTTP_STATS_ROWS];
	add(&row->by_code[status > 0 && status < CODES_END ? places[status] : OTHERS], 1);
	if (bytes)
		add(&row->bytes, bytes);
}

/* ---- adding up ---- */

static struct http_totals row_totals(const struct http_stats_row *row)
{
	struct http_totals t = { .bytes = get(&row->bytes) };
	uint64_t closed = get(&row->closed);
	t.connections = get(&row->connections);
	t.now = t.connections > closed ? t.connections - closed : 0;
	for (int i = 0; i < N_PLACES; i++)
		t.requests += get(&row->by_code[i]);
	return t;
}

struct http_totals http_stats_totals(const struct http_stats *stats)
{
	struct http_totals sum = { 0 };
	for (int i = 0; i < HTTP_STATS_ROWS; i++) {
		struct http_totals t = row_totals(&stats->rows[i]);
		sum.connections += t.connections;
		sum.now += t.now;
		sum.requests += t.requests;
		sum.bytes += t.bytes;
	}
	return sum;
}

/* ---- as JSON ---- */

static void put_totals(struct http_out *out, const struct http_totals *t)
{
	HTTP_PUT(out, "\"connections\": ");
	http_put_number(out, t->now);
	HTTP_PUT(out, ", \"requests\": ");
	http_put_number(out, t->requests);
	HTTP_PUT(out, ", \"bytes\": ");
	http_put_number(out, t->bytes);
}

static void put_codes(struct http_out *out, const struct http_stats *stats)
{
	const char *comma = "";
	HTTP_PUT(out, "\"status\": {");
	for (int place = 0; place < N_PLACES; place++) {
		uint64_t n = 0;
		for (int i = 0; i < HTTP_STATS_ROWS; i++)
			n += get(&stats->rows[i].by_code[place]);
		if (n == 0)
			continue;
		http_put_string(out, comma);
		HTTP_PUT(out, "\"");
		http_put_string(out, names[place]);
		HTTP_PUT(out, "\": ");
		http_put_number(out, n);
		comma = ", ";
	}
	HTTP_PUT(out, "}, ");
}

static void put_workers(struct http_out *out, const struct http_stats *stats)
{
	enum { ROW_MAX = 112 }; /* three numbers of twenty digits, their names, a comma, and the end */
	int last = HTTP_STATS_ROWS - 1;
	while (last >= 0 && get(&stats->rows[last].connections) == 0)
		last--;
	HTTP_PUT(out, "\"workers\": [");
	for (int i = 0; i <= last && out->size - out->len > ROW_MAX; i++) {
		struct http_totals t = row_totals(&stats->rows[i]);
		http_put_string(out, i ? ", {" : "{");
		put_totals(out, &t);
		HTTP_PUT(out, "}");
	}
	HTTP_PUT(out, "]}\n");
}

void http_stats_json(struct http_out *out, const struct http_stats *stats, const char *service,
		     const char *more)
{
	struct http_totals sum = http_stats_totals(stats);
	HTTP_PUT(out, "{\"service\": \"");
	http_put_string(out, service);
	HTTP_PUT(out, "\", ");
	put_totals(out, &sum);
	HTTP_PUT(out, ", ");
	put_codes(out, stats);
	if (more) {
		http_put_string(out, more);
		HTTP_PUT(out, " ");
	}
	put_workers(out, stats);
}
