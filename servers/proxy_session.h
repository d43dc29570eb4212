/* proxy_session.h - between the files of the proxy: what a session remembers, and the steps of a fetch.
 *
 *     proxy.c ---> proxy_origin.c ---> proxy_head.c ---> proxy_body.c
 *                        +------------------+-----------------+-----> proxy_steps.c */
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
		struct lru_entry        *fill; /* later steps: what comes is kept here; NULL: it is not kept */
	};
	const char *why;            /* STEP_FAIL: for the client to read; lives as long as the program */
	int64_t     asked_ms;       /* when the origin was: its head has a deadline */
	uint64_t    content;        /* bytes of the body that have come so far */
	uint32_t    seen;           /* so many bytes of the origin's head were not enough */
	uint16_t    status;
	uint8_t     step;           /* enum proxy_step */
	uint8_t     n_early;        /* so many heads of 1xx have come */
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

/* How the head of an answer ends: Connection, and the empty line. */
void proxy_put_end(struct http_out *, bool keep, bool http_1_1);

/* ---- proxy_origin.c ---- */

/* The request is not in the cache, and out is empty: leads the session through a fetch, and gives it back with
 * http_session_go_on(). The request is left on offer until then. */
void proxy_fetch(struct http_turn *, struct proxy_session *, const struct http_request *,
		 const struct proxy_wish *);

/* The next step of a fetch. */
void proxy_fetch_resume(struct http_turn *, struct proxy_session *);

/* ---- proxy_head.c ---- */

/* Waits for more of the origin's head, as long as is left of its time: past it the client gets 504. */
void proxy_await_head(const struct http_turn *, struct proxy_session *, size_t used);

void proxy_receive_head(struct http_turn *, struct proxy_session *); /* after STEP_HEAD */

/* ---- proxy_body.c ---- */

/* The head stands in out as it is kept, but for its last lines: the object is filled from here on, or given
 * up. */
void proxy_begin_keeping(struct http_turn *, struct proxy_session *, const struct http_response *);

/* The last byte of the body has come: the object is published, a last chunk added. */
void proxy_end_body(struct http_turn *, struct proxy_session *);

/* From `used` on the origin's bytes are of the body. The head may stand in out. */
void proxy_pass_on(struct http_turn *, struct proxy_session *, size_t used);

void proxy_receive_body(struct http_turn *, struct proxy_session *); /* after STEP_BODY, STEP_LOOK */
void proxy_passed(const struct http_turn *, struct proxy_session *); /* after STEP_PASS */

/* ---- proxy_steps.c ---- */

void proxy_receive(const struct http_turn *, struct proxy_session *, enum proxy_step, size_t used);
void proxy_pass(const struct http_turn *, struct proxy_session *, struct http_text bytes, size_t used);
void proxy_look_again(const struct http_turn *, struct proxy_session *);
void proxy_close_origin(const struct http_turn *, struct proxy_session *, enum proxy_step);
void proxy_keep_nothing(const struct http_turn *, struct proxy_session *);

/* Nothing has gone to the client yet: it gets this error. */
void proxy_fail(const struct http_turn *, struct proxy_session *, int status, const char *why);

/* Something has: its connection ends in the middle. */
void proxy_cut(const struct http_turn *, struct proxy_session *);

#endif
