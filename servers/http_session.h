/* http_session.h - a client's HTTP connection, once for all services that answer HTTP: redirect, web, proxy.
 *
 *                +--- whole head ---> answer(): writes the answer, or leads the session itself for a while --+
 *                +--- wrong ---> 4xx or 5xx ---> send ---> half-close, discard, close                        |
 *     receive ---+--- a part of a head ---> wait for the rest until the deadline: 408                        |
 *        ^       +--- end, or nothing for the keep-alive time ---> close                                     |
 *        |                                                                                                   |
 *        +--- (a request's body ---> discard, within bounds) <-----------------------------------------------+
 *
 * Answers to pipelined requests are gathered in the scratch buffer and leave in one send, in order. A service
 * that has to wait for something before it can answer (a file, an origin) leads: it sets the requests of the
 * contract itself, and gives the session back with http_session_go_on().
 *
 *     static void web_resume(void *session, env, got, next)
 *     {
 *             struct http_turn t = http_turn(&s->http, &web_http, env, got, next);
 *             if (s->doing == NOTHING)
 *                     http_session_resume(&t);      // calls web_answer() for each request that has come
 *             else
 *                     ... a file has been opened or sent; in the end http_session_go_on(&t)
 *     }
 *
 * RFC 9112 sections 2.2, 6.3, 9.3, 9.6; RFC 9110 section 10.1.1. */
#ifndef SERVERS_HTTP_SESSION_H
#define SERVERS_HTTP_SESSION_H

#include "core/io.h"
#include "proto/http.h"

struct http_kind;
struct http_stats;

/* A body up to this, with the lines of its chunks, is discarded; a longer one ends the connection. */
enum { HTTP_REQUEST_BODY_MAX = 64 << 10 };

struct http_limits { /* milliseconds; 0: as --idle-timeout says */
	int header_ms;     /* from a head's first byte to its last: 408 */
	int body_ms;       /* the same for a request's body: the connection ends */
	int keep_alive_ms; /* for a head's first byte */
	int send_ms;       /* without any progress of a send */
};

/* Rows for a service's table of options; limits is the name of the field in its config.
 * --header-timeout, --body-timeout, --keep-alive-timeout, --send-timeout */
#define HTTP_LIMIT_OPTIONS(config, limits) \
	{ .name = "header-timeout", .arg = "TIME", .help = "for a head, first byte to last (--idle-timeout)", \
	  .set = set_seconds_ms, .offset = offsetof(config, limits.header_ms), .min = 1, .max = 86400000 }, \
	{ .name = "body-timeout", .arg = "TIME", .help = "for a request's body (--idle-timeout)", \
	  .set = set_seconds_ms, .offset = offsetof(config, limits.body_ms), .min = 1, .max = 86400000 }, \
	{ .name = "keep-alive-timeout", .arg = "TIME", .help = "for the next request (--idle-timeout)", \
	  .set = set_seconds_ms, .offset = offsetof(config, limits.keep_alive_ms), .min = 1, \
	  .max = 86400000 }, \
	{ .name = "send-timeout", .arg = "TIME", .help = "for a client to take some (--idle-timeout)", \
	  .set = set_seconds_ms, .offset = offsetof(config, limits.send_ms), .min = 1, .max = 86400000 }

enum { HTTP_CLOSE = 1, HTTP_LINGER = 2 };

/* A connection's state: a member of the service's session, zeroed at first. */
struct http_session {
	uint32_t began_ms; /* when the head or body at hand began; wraps around, differences do not care */
	uint32_t seen;     /* so many bytes of a head were not enough */
	uint32_t discarded; /* bytes of the body at hand so far */
	uint32_t after;     /* the send at hand, if it is the last one: HTTP_CLOSE, HTTP_LINGER */
	struct http_body body; /* of the request that was answered, while it is being discarded */
};

/* One turn of resume(): the bytes on offer, and the answers to them so far. */
struct http_turn {
	struct http_session     *s;
	const struct http_kind  *kind;
	const struct io_env     *env;
	const struct io_result  *got;
	struct io_req           *next;
	const char              *data;   /* on offer: len bytes, of which used are dealt with */
	size_t                   len, used;
	size_t                   head_len; /* in answer(): of the head at data + used */
	struct http_out          out;      /* answers, in the scratch buffer */
	unsigned                 answers;
};

enum http_did {
	HTTP_ANSWERED, /* it stands in out; http_answered() was called, by the service or http_answer_...() */
	HTTP_FULL,     /* the answers before it must leave first: nothing was done, ask me again. With out
	                * empty it will never fit: 500 */
	HTTP_LEADS,    /* the service has set *next and resumes by itself from here. What it takes of the bytes
	                * on offer, it says in next->used (t->used + t->head_len takes the head). When answers
	                * stand in out, they must leave with it, that is by http_send(); else HTTP_FULL */
};

/* What makes one HTTP service different from another. */
struct http_kind {
	enum http_did (*answer)(struct http_turn *, const struct http_request *);
	struct http_limits (*limits)(const struct io_env *); /* NULL: --idle-timeout for all */
	struct http_stats *(*stats)(const struct io_env *);  /* NULL: nothing is counted */
};

/* For the service's start() and resume(). */
void http_session_start(struct http_session *, const struct http_kind *, const struct io_env *,
			struct io_req *first);
static inline struct http_turn http_turn(struct http_session *s, const struct http_kind *kind,
					 const struct io_env *env, const struct io_result *got,
					 struct io_req *next)
{
	return (struct http_turn){
		.s = s, .kind = kind, .env = env, .got = got, .next = next, .data = got->data, .len = got->len,
		.out = { .data = env->scratch, .size = env->scratch_len },
	};
}
void http_session_resume(struct http_turn *);

/* Call it in end(): keeps the gauge of connections right. */
void http_session_end(struct http_session *, const struct http_kind *, const struct io_env *);

/* ---- in answer(), or while the service leads ---- */

/* May the connection go on after this request? The answer's head must say what this says. No: the client or a
 * stop wants an end, a body is too long, or one is announced that waits for "100 Continue" and may never
 * come. */
bool http_may_keep_less_often(const struct http_turn *, const struct http_request *);
static inline bool http_may_keep(const struct http_turn *t, const struct http_request *r)
{
	bool usual = r->keep_alive && r->content_length <= 0 && !r->chunked && !t->env->stopping;
	return usual || http_may_keep_less_often(t, r);
}

/* The answer with `status` to this request stands in out, or is on its way: takes the head, arranges what
 * follows (the body is discarded; keep false: the connection ends), counts it, logs it. content is the number
 * of bytes of content that go out with it. While the service leads:
 *  - The client's bytes must be on offer. Either the head is among them (parse it again and set t->head_len),
 *    or it is taken already, then head_len must be 0 and r what the service remembers of it.
 *  - t->answers is what http_send() tells the driver. A service that has told it in a send of its own sets it
 *    to 0. */
void http_answered(struct http_turn *, const struct http_request *, bool keep, int status, uint64_t content);

/* Writes and accounts for a whole answer with a short text (HEAD: the head alone). more: further lines, each
 * with its CR LF, or NULL. content.text NULL: an answer that has none (204, 304). It may stand in the scratch
 * buffer itself, behind out and the room that the head takes. False: no room, return HTTP_FULL. */
bool http_answer_text(struct http_turn *, const struct http_request *, int status, const char *more,
		      struct http_text type, struct http_text content);

/* An error that ends the connection. r NULL, or as far as it could be parsed: there is no whole head. False: no
 * room, return HTTP_FULL. */
bool http_answer_error(struct http_turn *, const struct http_request *r, int status, const char *why);

/* The requests of the contract, with the right time-out, and t->used taken: what stands in out is sent, body
 * (stable; NULL: none) follows it in the same send; or more of the client is waited for. */
void http_send(struct http_turn *, const void *body, size_t body_len);
void http_receive(struct http_turn *);

/* After a service has led: goes on with what has come, behind the answers that stand in out, or ends as
 * http_answered() was told. The client's bytes must be on offer. Call it as the last thing of a turn; when
 * what http_send() was told is done, or when there is nothing to send but out. */
void http_session_go_on(struct http_turn *);

/* ---- the clock ---- */

int http_send_ms(const struct http_turn *); /* for requests that the service makes while it leads; -1: none */

#endif
