/* proxy.c - the caching proxy: which requests it takes, and those that it answers itself.
 *
 *                          +--- CONNECT: 501, other methods: 405, no http:// address: 400
 *                          +--- it would come back to us: 508
 *     a request ---> judge +--- GET /proxy/status: the counters
 *                          +--- in the cache ---> head, Age, pinned body ---> send           X-Cache: HIT
 *                          +--- else proxy_fetch(): connect, ask, pass on   (proxy_origin.c)  X-Cache: MISS
 *
 * The head of an object is kept as it will be sent, so a hit is: parse, look up, copy the head, send. Small
 * bodies are copied behind it, so that pipelined hits leave in one send; larger ones are lent from the cache to
 * the kernel, and stay pinned until they are gone. A hit is answered whole, with 200, also when a part (Range)
 * or only news (If-None-Match) was asked for: both may be ignored (RFC 9110 sections 13.1, 14.2).
 *
 * Not from the cache: what comes with Authorization, and what is asked for anew (Cache-Control: no-cache,
 * max-age=0). Not kept either: requests with Authorization or no-store. --lab looks at none of these. Who says
 * only-if-cached gets 504 for what is not (RFC 9111 section 5.2.1.7).
 *
 * RFC 9110 sections 7.6, 15.6.3, 15.6.5; RFC 9111; RFC 5842 section 7.2 (508).
 *
 * SPDX-License-Identifier: MIT */
#include "http_self.h"
#include "proxy.h"

#include "proxy_config.h"
#include "proxy_session.h"

enum { COPY_MAX = 4096, HIT_ROOM = 128 };

static const struct http_text text_plain = { "text/plain", sizeof "text/plain" - 1 };

/* ---- answers of our own ---- */

/* An error that the connection survives: what was asked is wrong, not how. */
static enum http_did refuse(struct http_turn *t, const struct http_request *r, int status, const char *why)
{
	char text[256];
	struct http_out out = { .data = text, .size = sizeof text };
	http_put(&out, why, strlen(why));
	HTTP_PUT(&out, "\n");
	const char *more = status == 405 ? "Allow: GET, HEAD\r\n" : NULL;
	bool done = http_answer_text(t, r, status, more, text_plain, (struct http_text){ text, out.len });
	return done ? HTTP_ANSWERED : HTTP_FULL;
}

static void put_count(struct http_out *out, const char *name, uint64_t n)
{
	HTTP_PUT(out, "\"");
	http_put(out, name, strlen(name));
	HTTP_PUT(out, "\": ");
	http_put_number(out, n);
	HTTP_PUT(out, ", ");
}

static void put_sums(struct http_out *out, const struct proxy_shared *shared)
{
	uint64_t hits = 0, misses = 0, not_cached = 0, hit_bytes = 0, miss_bytes = 0;
	for (int i = 0; i < PROXY_ROWS; i++) {
		const struct proxy_row *row = &shared->rows[i];
		hits += atomic_load_explicit(&row->hits, memory_order_relaxed);
		misses += atomic_load_explicit(&row->misses, memory_order_relaxed);
		not_cached += atomic_load_explicit(&row->not_cached, memory_order_relaxed);
		hit_bytes += atomic_load_explicit(&row->hit_bytes, memory_order_relaxed);
		miss_bytes += atomic_load_explicit(&row->miss_bytes, memory_order_relaxed);
	}
	put_count(out, "hits", hits);
	put_count(out, "misses", misses);
	put_count(out, "not_cached", not_cached);
	put_count(out, "hit_bytes", hit_bytes);
	put_count(out, "miss_bytes", miss_bytes);
}

/* The cache is that of the process that is asked, the sums are of all. */
static void put_cache(struct http_out *out, const struct proxy_config *config)
{
	struct lru_counts now = lru_count(config->cache);
	put_count(out, "cached_objects", now.objects);
	put_count(out, "cached_bytes", now.bytes);
	put_count(out, "cache_size", config->cache_bytes);
	put_count(out, "evictions", now.evictions);
}

static enum http_did answer_status(struct http_turn *t, const struct http_request *r)
{
	enum { HEAD_ROOM = 256, LARGEST = 12 << 10 };
	struct proxy_shared *shared = t->env->shared;
	char more_text[768], json_text[LARGEST];
	struct http_out more = { .data = more_text, .size = sizeof more_text - 1 };
	struct http_out json = { .data = json_text, .size = sizeof json_text };
	size_t room = t->out.size - t->out.len;
	if (room < HEAD_ROOM)
		return HTTP_FULL;
	if (json.size > room - HEAD_ROOM)
		json.size = room - HEAD_ROOM;
	put_sums(&more, shared);
	put_cache(&more, proxy_config_of(t));
	more_text[more.len - 1] = '\0'; /* the last space */
	http_stats_json(&json, &shared->stats, "proxy", more_text);
	if (json.full)
		return HTTP_FULL;
	bool done = http_answer_text(t, r, 200, "Cache-Control: no-store\r\n", HTTP_TEXT("application/json"),
				     (struct http_text){ json_text, json.len });
	return done ? HTTP_ANSWERED : HTTP_FULL;
}

/* ---- hits ---- */

void proxy_put_end(struct http_out *out, bool keep, bool http_1_1)
{
	if (!keep)
		HTTP_PUT(out, "Connection: close\r\n\r\n");
	else if (!http_1_1)
		HTTP_PUT(out, "Connection: keep-alive\r\n\r\n");
	else
		HTTP_PUT(out, "\r\n");
}

/* The object's head ends in "Age: ". */
static void put_hit_head(struct http_turn *t, const struct http_request *r, const struct lru_object *object,
			 bool keep)
{
	int64_t age_ms = t->env->now_ms - object->since_ms;
	http_put(&t->out, object->head, object->head_len);
	http_put_number(&t->out, age_ms > 0 ? (uint64_t)age_ms / 1000 : 0);
	HTTP_PUT(&t->out, "\r\n");
	proxy_put_end(&t->out, keep, r->minor == 1);
}

/* There is room for the head. */
static enum http_did send_hit(struct http_turn *t, const struct http_request *r,
			      const struct lru_object *object)
{
	struct proxy_session *s = (struct proxy_session *)(void *)t->s; /* its first member */
	bool keep = http_may_keep(t, r);
	size_t len = r->method == HTTP_HEAD ? 0 : object->body_len;
	put_hit_head(t, r, object, keep);
	proxy_count(&proxy_row_of(t)->hits, 1);
	proxy_count(&proxy_row_of(t)->hit_bytes, len);
	http_answered(t, r, keep, 200, len);
	if (len <= COPY_MAX && len <= t->out.size - t->out.len) {
		if (len)
			http_put(&t->out, object->body, len);
		lru_release(proxy_config_of(t)->cache, object);
		return HTTP_ANSWERED;
	}
	http_send(t, object->body, len);
	s->step = STEP_HIT;
	s->hit = object;
	return HTTP_LEADS;
}

/* Pinned; NULL: it is not there, or must not be used. The key is made behind the answers in out. */
static const struct lru_object *find(const struct http_turn *t, const struct http_request *r,
				     const struct proxy_wish *w)
{
	const struct proxy_config *config = proxy_config_of(t);
	struct http_out key = { .data = t->out.data + t->out.len, .size = t->out.size - t->out.len };
	if (!config->lab && (w->fresh || w->authorized))
		return NULL;
	proxy_put_key(&key, w, r);
	return key.full ? NULL : lru_find(config->cache, key.data, key.len, t->env->now_ms);
}

/* ---- requests ---- */

static enum http_did answer_url(struct http_turn *t, const struct http_request *r, const struct proxy_wish *w)
{
	struct proxy_session *s = (struct proxy_session *)(void *)t->s;
	const struct lru_object *object = find(t, r, w);
	if (object && object->head_len + HIT_ROOM <= t->out.size - t->out.len)
		return send_hit(t, r, object);
	if (object)
		lru_release(proxy_config_of(t)->cache, object);
	if (t->out.len)
		return HTTP_FULL;
	if (w->only_cached)
		return refuse(t, r, 504, "it is not in the cache, and nobody else was to be asked");
	if (r->fields.len + r->target.len + PROXY_EXTRA > t->out.size)
		return refuse(t, r, 431, "the head is too long to be passed on");
	proxy_fetch(t, s, r, w);
	return HTTP_LEADS;
}

static bool is_status(const struct http_request *r)
{
	return http_is(r->path, "/proxy/status");
}

/* Does it go in circles? NULL: no. */
static const char *find_loop(const struct http_turn *t, const struct proxy_wish *w)
{
	if (w->too_far)
		return "the request came through too many proxies (Via)";
	if (w->seen_before && !proxy_config_of(t)->allow_self)
		return "the request has been here before (Via)";
	return NULL;
}

static bool is_own(const struct http_turn *t, const struct proxy_wish *w)
{
	return http_is_self(t->env->self, w->url.host, w->url.port) && !proxy_config_of(t)->allow_self;
}

static enum http_did answer_absolute(struct http_turn *t, const struct http_request *r)
{
	struct proxy_wish w;
	const char *wrong = proxy_read_wish(&w, r, proxy_config_of(t)->name);
	if (wrong)
		return refuse(t, r, 400, wrong);
	const char *loop = find_loop(t, &w);
	if (loop)
		return refuse(t, r, 508, loop);
	if (!is_own(t, &w))
		return answer_url(t, r, &w);
	return is_status(r) ? answer_status(t, r) : refuse(t, r, 508, "that address is this proxy's own");
}

/* For us, and not for an origin. What has been here before came by a name of ours that we did not know. */
static enum http_did answer_origin_form(struct http_turn *t, const struct http_request *r)
{
	struct proxy_wish w;
	if (is_status(r))
		return answer_status(t, r);
	proxy_read_fields(&w, r, proxy_config_of(t)->name);
	const char *loop = find_loop(t, &w);
	if (loop)
		return refuse(t, r, 508, loop);
	return refuse(t, r, 400, "this is a proxy: ask for a whole address, http://host/path");
}

static enum http_did proxy_answer(struct http_turn *t, const struct http_request *r)
{
	if (r->method == HTTP_CONNECT)
		return refuse(t, r, 501, "no tunnels are made here, so no https");
	if (r->method != HTTP_GET && r->method != HTTP_HEAD)
		return refuse(t, r, 405, "only GET and HEAD are passed on");
	return r->form == HTTP_ABSOLUTE ? answer_absolute(t, r) : answer_origin_form(t, r);
}

/* ---- the service ---- */

static struct http_limits proxy_limits(const struct io_env *env)
{
	const struct proxy_config *config = env->config;
	return config->limits;
}

static struct http_stats *proxy_stats(const struct io_env *env)
{
	struct proxy_shared *shared = env->shared;
	return &shared->stats;
}

const struct http_kind proxy_http = { .answer = proxy_answer, .limits = proxy_limits, .stats = proxy_stats };

static void proxy_start(void *session, const struct io_env *env, struct io_req *first)
{
	struct proxy_session *s = session;
	http_session_start(&s->http, &proxy_http, env, first);
}

static void end_hit(const struct io_env *env, struct proxy_session *s)
{
	const struct proxy_config *config = env->config;
	lru_release(config->cache, s->hit);
	s->hit = NULL;
	s->step = STEP_NONE;
}

static void proxy_resume(void *session, const struct io_env *env, const struct io_result *got,
			 struct io_req *next)
{
	struct proxy_session *s = session;
	struct http_turn t = http_turn(&s->http, &proxy_http, env, got, next);
	if (s->step == STEP_NONE) {
		http_session_resume(&t);
	} else if (s->step == STEP_HIT) {
		end_hit(env, s);
		http_session_go_on(&t);
	} else {
		proxy_fetch_resume(&t, s);
	}
}

static void proxy_end(void *session, const struct io_env *env)
{
	struct proxy_session *s = session;
	const struct proxy_config *config = env->config;
	if (s->step == STEP_HIT)
		end_hit(env, s);
	else if (s->fill)
		lru_abandon(config->cache, s->fill);
	http_session_end(&s->http, &proxy_http, env);
}

const struct service proxy_service = {
	.contract = MUXLAB_CONTRACT,
	.name = "proxy",
	.summary = "A caching proxy for http: GET and HEAD, from their origins or from memory.",
	.port = 8888,
	.session_size = sizeof(struct proxy_session),
	.shared_size = sizeof(struct proxy_shared),
	.max_message = HTTP_HEAD_MAX,
	.ignores_peer = true,
	.config_size = sizeof(struct proxy_config),
	.defaults = &proxy_defaults,
	.options = proxy_options,
	.check = proxy_check,
	.close = proxy_close,
	.dials = true,
	.logs_access = true,
	.start = proxy_start,
	.resume = proxy_resume,
	.end = proxy_end,
};
