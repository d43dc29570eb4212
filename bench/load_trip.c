/* load_trip.c - follows redirects: where to, on which connection, and what comes of it; see load_trip.h.
 *
 * What a Location means is told by proto/http_resolve.c: the checker of heads stays apart from the servers'
 * code, but there is nothing to be checked here.
 *
 * RFC 9110 sections 10.2.2, 15.4; RFC 3986 section 5.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_trip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load_place.h"
#include "bench/load_urls.h"
#include "core/log.h"
#include "proto/http.h"

/* NULL: the client is at home. */
static void wait_for(struct load_trip *trip, struct load_conn *side)
{
	trip->at = side;
	trip->client->away = side != NULL;
}

/* ---- the end of a trip ---- */

static void arrive(struct load_worker *w, struct load_conn *c, enum load_verdict verdict, int64_t now)
{
	struct load_trip *trip = c->trip;
	trip->client->backoff_ms = 0;
	if (load_answer_count(w, c, verdict, &trip->sent, now))
		w->stats.hops += trip->hops;
	load_conn_over(w, &trip->sent, now);
}

/* `place`: whose fault it is. */
static void come_to_grief(struct load_worker *w, struct load_trip *trip, unsigned place, enum load_error kind,
			  const char *text, int64_t now)
{
	wait_for(trip, NULL);
	load_conn_error(w, place, kind, 1, text, now);
	load_conn_rest(w, trip->client, now);
	load_conn_over(w, &trip->sent, now);
}

/* ---- one hop ---- */

struct hop {
	struct http_url url; /* points into trip->address */
	int             place;
};

/* Where the Location of this reader leads to: into trip->address. NULL, or what is wrong with it. */
static const char *resolve(struct load_worker *w, struct load_trip *trip, const struct load_reader *reader,
			   struct hop *hop)
{
	char address[HTTP_LINE_MAX];
	struct http_out out = { .data = address, .size = sizeof address - 1 };
	struct http_url from;
	const char *here = trip->hops ? trip->address.data : load_url_address(w->config, trip->step);
	const char *why = http_split_url((struct http_text){ here, strlen(here) }, &from);
	if (!why)
		why = http_resolve(&out, &from, (struct http_text){ reader->location, reader->location_len });
	if (why)
		return why;
	address[out.len] = '\0';
	trip->address.len = 0;
	if (load_text_put(&trip->address, address, out.len + 1) < 0)
		return "not enough memory";
	return http_split_url((struct http_text){ trip->address.data, out.len }, &hop->url);
}

/* A proxy goes everywhere for us. */
static const char *find_place(struct load_worker *w, struct hop *hop)
{
	if (w->config->proxy) {
		hop->place = LOAD_TARGET_PLACE;
		return NULL;
	}
	hop->place = load_places_find(w->places, hop->url.authority.text, hop->url.authority.len);
	return hop->place < 0 ? "more than 64 servers, or a name that is too long"
			      : w->places->list[hop->place].error;
}

/* The connection to this place; one that is closed, when there is none. */
static struct load_conn *side_to(struct load_worker *w, struct load_trip *trip, unsigned place)
{
	struct load_conn *side = &trip->sides[trip->next]; /* this one gives way, if no other one will do */
	for (unsigned i = 0; i < trip->n_sides; i++) {
		struct load_conn *other = &trip->sides[i];
		if (other->state != CONN_DOWN && other->place == place && !other->reader.closing &&
		    !w->config->churn)
			return other;
		if (other->state == CONN_DOWN)
			side = other;
	}
	if (side->state != CONN_DOWN) {
		trip->next = trip->next + 1 < trip->n_sides ? trip->next + 1 : 0;
		load_conn_close(w, side);
	}
	side->place = place;
	return side;
}

static const char *set_out(struct load_worker *w, struct load_trip *trip, const struct hop *hop, int64_t now)
{
	const struct http_text *authority = &hop->url.authority;
	const char *path = authority->text + authority->len; /* http_resolve() has given it one */
	const char *home = load_url_address(w->config, trip->step) + strlen("http://");
	bool elsewhere = strncmp(home, authority->text, authority->len) != 0 || home[authority->len] != '/';
	const struct load_request request = { authority->text, authority->len, path, strlen(path), elsewhere };
	trip->request.len = 0;
	if (load_request_put(&trip->request, w->config, &request) < 0)
		return "not enough memory";
	wait_for(trip, side_to(w, trip, (unsigned)hop->place));
	load_conn_send(w, trip->at, &trip->request, trip->step, now);
	return NULL;
}

static void go_on(struct load_worker *w, struct load_conn *c, int64_t now)
{
	struct load_trip *trip = c->trip;
	struct hop hop;
	char text[200], shown[120];
	const char *why = trip->hops == LOAD_HOPS_MAX ? "redirected again, after five redirects"
						      : resolve(w, trip, &c->reader, &hop);
	load_conn_tally(w, c->place, now)->redirects++;
	trip->hops++;
	if (!why)
		why = find_place(w, &hop);
	if (!why)
		why = set_out(w, trip, &hop, now);
	if (!why)
		return;
	snprintf(text, sizeof text, "%s: %s",
		 log_bytes(shown, sizeof shown, c->reader.location, c->reader.location_len), why);
	come_to_grief(w, trip, c->place, LOAD_E_REDIRECT, text, now);
}

/* ---- what happens to connections ---- */

/* The client's ring of requests has room for one, and this is it: it leaves the ring, and the connection is
 * free. */
static void leave_home(struct load_trip *trip, struct load_conn *c)
{
	trip->sent = c->sent[c->oldest];
	trip->step = c->reader.step;
	trip->hops = 0;
	c->in_flight = 0;
}

void load_trip_answered(struct load_worker *w, struct load_conn *c, enum load_verdict verdict, int64_t now)
{
	struct load_trip *trip = c->trip;
	if (c == trip->client)
		leave_home(trip, c);
	c->in_flight = 0;
	wait_for(trip, NULL);
	if (c->reader.location_len)
		go_on(w, c, now);
	else
		arrive(w, c, verdict, now);
}

void load_trip_fail(struct load_worker *w, struct load_conn *side, enum load_error kind, const char *text,
		    int64_t now)
{
	struct load_trip *trip = side->trip;
	load_conn_close(w, side);
	if (trip->at == side)
		come_to_grief(w, trip, side->place, kind, text, now);
	else if (kind == LOAD_E_UNASKED)
		load_conn_error(w, side->place, kind, 1, text, now);
}

void load_trip_tick(struct load_worker *w, struct load_conn *client, int64_t now)
{
	struct load_trip *trip = client->trip;
	int64_t timeout = w->config->timeout_ms * INT64_C(1000000);
	if (!trip->at || now - trip->sent.sent_ns <= timeout)
		return;
	enum load_error kind = trip->at->state == CONN_CONNECTING ? LOAD_E_CONNECT : LOAD_E_TIMEOUT;
	load_trip_fail(w, trip->at, kind, kind == LOAD_E_CONNECT ? "no answer to the connection request" : "",
		       now);
}

/* ---- all of them ---- */

int load_trips_open(struct load_worker *w)
{
	unsigned n_sides = (unsigned)w->shared->n_sides;
	w->trips = calloc(w->n_conns, sizeof *w->trips);
	w->sides = calloc((size_t)w->n_conns * n_sides, sizeof *w->sides);
	if (!w->trips || !w->sides)
		return -ENOMEM;
	for (unsigned i = 0; i < w->n_conns; i++) {
		struct load_trip *trip = &w->trips[i];
		*trip = (struct load_trip){ .client = &w->conns[i], .n_sides = n_sides,
					    .sides = w->sides + (size_t)i * n_sides };
		w->conns[i].trip = trip;
		for (unsigned k = 0; k < n_sides; k++)
			trip->sides[k] = (struct load_conn){ .fd = -1, .trip = trip };
	}
	return 0;
}

void load_trips_close(struct load_worker *w)
{
	for (unsigned i = 0; w->sides && i < w->n_conns * (unsigned)w->shared->n_sides; i++) {
		load_conn_close(w, &w->sides[i]);
		load_reader_free(&w->sides[i].reader);
	}
	for (unsigned i = 0; w->trips && i < w->n_conns; i++) {
		load_text_free(&w->trips[i].address);
		load_text_free(&w->trips[i].request);
	}
	free(w->trips);
	free(w->sides);
}
