/* http.h - HTTP/1.x without sockets: heads are parsed in place, bodies are cut out, answers are written.
 *
 *     bytes ----> http_parse_request()  ----> struct http_request, pointing into the bytes
 *     bytes ----> http_parse_response() ----> struct http_response, likewise; then http_body_take()
 *     answer ---> http_put_...()        ----> bytes in a buffer of the caller
 *
 * One rule for all parsers: > 0 so many bytes were used, 0 not yet, < 0 wrong. Nothing is allocated or kept:
 * the caller shows all bytes from the beginning of the message each time, until they are enough. How the bytes
 * were cut on their way makes no difference to any answer.
 *
 * RFC 9110 (semantics), RFC 9112 (messages). Strict where laxness is a hole: see http_request.c. */
#ifndef PROTO_HTTP_H
#define PROTO_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct http_text { /* bytes somewhere, not ended by '\0' */
	const char *text;
	size_t      len;
};
#define HTTP_TEXT(s) ((struct http_text){ s, sizeof(s) - 1 })

enum {
	HTTP_BLANK_MAX = 4,         /* empty lines before a request that are forgiven */
	HTTP_LINE_MAX = 8192,       /* request or status line with its CR LF: beyond it 414 */
	HTTP_FIELDS_MAX = 16384,    /* header section with the empty line: beyond it 431 */
	HTTP_HEAD_MAX = 2 * HTTP_BLANK_MAX + HTTP_LINE_MAX + HTTP_FIELDS_MAX,
};

/* ---- requests: http_request.c ---- */

enum http_method {
	HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_DELETE, HTTP_OPTIONS, HTTP_PATCH, HTTP_TRACE,
	HTTP_CONNECT,
};

enum http_form { /* of the target, RFC 9112 section 3.2 */
	HTTP_ORIGIN,    /* /path?query */
	HTTP_ABSOLUTE,  /* http://host:port/path?query */
	HTTP_AUTHORITY, /* host:port, with CONNECT only */
	HTTP_ASTERISK,  /* *, with OPTIONS only */
};

struct http_request {
	enum http_method method;
	enum http_form   form;
	unsigned         minor;           /* HTTP/1.0 or HTTP/1.1 */
	struct http_text line;            /* the request line without its CR LF */
	struct http_text target;          /* as it came: printable ASCII only */
	struct http_text path, query;     /* path begins with '/'; query.text is NULL when there is no '?' */
	struct http_text host;            /* "host:port" of an absolute target, else of Host; len 0: none */
	struct http_text fields;          /* the header lines, for http_field() */
	int64_t          content_length;  /* -1: none */
	bool             chunked;
	bool             keep_alive;      /* as version and Connection say */
	bool             expect_continue;
	const char      *why;             /* after an error: what is wrong, for the client to read */
};

/* The length of the head; 0: not yet; or the negative status to answer: -400, -414, -431, -501, -505. */
int http_parse_request(struct http_request *, const char *data, size_t len);

/* False when looking at a head again is of no use: of len bytes, `seen` were not enough, and no line ended
 * since. So a head that comes byte by byte is not parsed once for every byte. */
bool http_head_grew(const char *data, size_t len, size_t seen);

/* ---- responses: http_response.c ---- */

struct http_response {
	int              status;
	unsigned         minor;
	struct http_text line, reason, fields;
	int64_t          content_length;  /* -1: none */
	bool             chunked, keep_alive;
	const char      *why;
};

/* The length of the head; 0: not yet; -EPROTO: malformed, -EMSGSIZE: too long; `why` says more. */
int http_parse_response(struct http_response *, const char *data, size_t len);

/* ---- header fields: http_fields.c ---- */

/* The value of the first field of that name (lower case), without the white space around it. False: none. */
bool http_field(struct http_text fields, const char *name, struct http_text *value);

/* Takes the first field off the front of `fields`. False: there is none left. */
bool http_next_field(struct http_text *fields, struct http_text *name, struct http_text *value);

/* Takes the first element off a comma-separated list; elements may be empty. False: the list is at its end. */
bool http_next_element(struct http_text *list, struct http_text *element);

/* Equal but for the case of letters; `lower` is in lower case. */
bool http_is(struct http_text, const char *lower);

/* Digits only, the whole of it: the number, or -1. */
int64_t http_number(struct http_text);

/* ---- addresses: http_url.c, http_resolve.c ---- */

struct http_url {
	struct http_text authority;   /* "host:port", "[v6]:port" as it came */
	struct http_text host;        /* without the brackets of an IPv6 address */
	int              port;        /* -1: none given */
	struct http_text path, query; /* as in struct http_request */
	struct http_text rest;        /* all that follows the authority, without a fragment */
};

/* "host:port", "[v6]:port", "host". Sets authority, host and port, if and only if it is well-formed. */
bool http_split_authority(struct http_text, struct http_url *);

/* "http://authority/path?query#fragment". NULL, or what is wrong with it. */
const char *http_split_url(struct http_text, struct http_url *);

/* Cuts "/path?query" in two. An empty path becomes "/". */
void http_split_path(struct http_text, struct http_text *path, struct http_text *query);

struct http_out;
/* Writes the address that a Location names, seen from base: "http://authority/path?query", without dot segments
 * and without fragment. NULL, or what is wrong with it. */
const char *http_resolve(struct http_out *, const struct http_url *base, struct http_text reference);

/* ---- bodies: http_body.c ---- */

enum http_framing { HTTP_NO_BODY, HTTP_LENGTH, HTTP_CHUNKED, HTTP_UNTIL_CLOSE };

struct http_body {
	enum http_framing framing;
	unsigned          state;   /* of the chunk machine */
	unsigned          line;    /* bytes seen of a chunk's line or of the trailers */
	int64_t           left;    /* of the body or of the chunk */
	bool              done;
};

void http_body_of_response(struct http_body *, const struct http_response *, bool head);
void http_body_of_request(struct http_body *, const struct http_request *);

/* Takes bytes of the body: so many of len. `piece` is the content among them (perhaps empty, or all of them).
 * Call it again until done is set or all is taken. -EPROTO: the chunks are malformed. */
int64_t http_body_take(struct http_body *, const char *data, size_t len, struct http_text *piece);

/* ---- writing: http_write.c ---- */

struct http_out { /* a buffer being filled */
	char  *data;
	size_t len, size;
	bool   full;     /* something did not fit; take len back to where it was before */
};

static inline void http_put(struct http_out *out, const char *text, size_t len)
{
	if (len > out->size - out->len) {
		out->full = true;
		return;
	}
	memcpy(out->data + out->len, text, len);
	out->len += len;
}
#define HTTP_PUT(out, literal) http_put(out, literal, sizeof(literal) - 1)
static inline void http_put_string(struct http_out *out, const char *string)
{
	http_put(out, string, strlen(string));
}

void http_put_number(struct http_out *, uint64_t);

enum { HTTP_DATE_LEN = 29 };
/* "Sun, 06 Nov 1994 08:49:37 GMT": good until the next call on this thread, which is free within a second */
const char *http_date(int64_t wall_s);

/* "Moved Permanently"; "Status" for one that is not known. */
struct http_text http_reason(int status);

struct http_answer {
	int         status;
	int64_t     wall_s;
	int64_t     content_length; /* -1: no such field (204, 304) */
	const char *content_type;   /* NULL: no such field */
	const char *more;           /* further lines, each with its CR LF; or NULL */
	bool        keep_alive;     /* false: "Connection: close" */
	bool        say_keep_alive; /* the request was HTTP/1.0: it must be told */
};

/* Status line, Date, the fields, the empty line. */
void http_put_head(struct http_out *, const struct http_answer *);

/* A whole answer that ends a connection: "400 Bad Request: why" as text, Connection: close. */
void http_put_error(struct http_out *, int status, const char *why, bool head, int64_t wall_s);

#endif
