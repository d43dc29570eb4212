/* proxy_session.h - between proxy.c, which looks at requests, and proxy_origin.c, which fetches what is not
 * cached. */
#ifndef SERVERS_PROXY_SESSION_H
#define SERVERS_PROXY_SESSION_H

#include "core/lru.h"
#include "servers/proxy.h"
#include "servers/proxy_forward.h"

/* What the request at hand is for; the steps of a fetch stand in proxy_origin.c. */
enum proxy_step {
	STEP_NONE,    /* the client's next request is awaited or answered: http_session.h leads */
	STEP_HIT,     /* an object is being sent */
	STEP_CONNECT, STEP_ASK, STEP_HEAD, STEP_BODY, STEP_PASS, STEP_LOOK, STEP_LEAVE, STEP_FAIL, STEP_CUT,
};

struct proxy_session {
	struct http_session http;
	struct http_body    body;   /* of the origin's answer */
	union {
		const struct lru_object *hit;  /* STEP_HIT: pinned */
		struct lru_entry
			*fill; /* from STEP_CONNECT on: what comes is kept here; NULL: it is not kept */
	};
	const char *why;            /* STEP_FAIL: for the client to read; lives as long as the program */
	uint64_t    content;        /* bytes of the body that have come so far */
	uint32_t    seen;           /* so many bytes of the origin's head were not enough */
	uint16_t    status;
	uint8_t     step;           /* enum proxy_step */
	bool        head;           /* the method is HEAD */
	bool        http_1_1;       /* so the client understands chunks */
	bool        keep;           /* the client's connection stays open */
	bool        chunks;         /* the body is sent in chunks, since nobody knows its length */
	bool        begun;          /* the head has gone to the client */
	bool        rest;           /* bytes of the origin are left that did not fit in the scratch buffer */
};

extern const struct http_kind proxy_http;

static inline const struct proxy_config *proxy_config_of(const struct http_turn *t)
{
	return t->env->config;
}

static inline struct proxy_row *proxy_row_of(const struct http_turn *t)
{
	struct proxy_shared *shared = t->env->shared;
	return &shared->rows[t->env->worker % PROXY_ROWS];
}

static inline void proxy_count(atomic_uint_least64_t *count, uint64_t n)
{
	atomic_fetch_add_explicit(count, n, memory_order_relaxed);
}

/* The request is not in the cache, and out is empty: leads the session through a fetch, and gives it back with
 * http_session_go_on(). t->used + t->head_len is where the request ends; it is left on offer until then. */
void proxy_fetch(struct http_turn *, struct proxy_session *, const struct http_request *,
		 const struct proxy_wish *);

/* The next step of a fetch. */
void proxy_fetch_resume(struct http_turn *, struct proxy_session *);

/* How the head of an answer ends: Connection, and the empty line. */
void proxy_put_end(struct http_out *, bool keep, bool http_1_1);

#endif
