/* load_http_stream.h - the parts of an HTTP answer as they come in: heads, lines, bodies, cut anywhere. */
#ifndef BENCH_LOAD_HTTP_STREAM_H
#define BENCH_LOAD_HTTP_STREAM_H

#include "bench/load_protocol.h"

/* The state of a reader: what is expected next.
 *
 *     HEAD --> BODY (Content-Length)                     --> done
 *          --> SIZE --> CHUNK --> CHUNK_END --> SIZE ... --> TRAILER --> done
 *          --> UNTIL_END (neither; the connection ends the answer)
 *          --> done (to HEAD; 204, 304; no length to come) */
enum http_state {
	HTTP_HEAD, HTTP_BODY, HTTP_SIZE, HTTP_CHUNK, HTTP_CHUNK_END, HTTP_TRAILER, HTTP_BODY_UNTIL_END
};

enum { HTTP_HEAD_MAX = 32 << 10, HTTP_LINE_MAX = 4096 };

struct http_piece { /* a head or line, complete, with the mark that ends it */
	const char *text;
	size_t      len;
};

/* Collects bytes up to and including the mark; *used of them. 1: `out` is complete, and good until the next
 * call; 0: all bytes are kept; < 0: longer than `max`. */
int http_gather(struct load_reader *, const char *mark, size_t max, const char *data, size_t len,
		struct http_piece *out, size_t *used);

/* The body that begins must be this one; else reader->body is NULL. */
void http_expect(struct load_reader *, const struct load_body *);

/* Before http_read_body() with the same bytes, when reader->body is set: is what is content among them right?
 * What is too long is found at the end, by its length. */
void http_compare(struct load_reader *, const char *data, size_t len);

/* In all states but HEAD: takes some bytes. */
enum load_verdict http_read_body(struct load_reader *, const char *data, size_t len, size_t *used);

/* The verdict on an answer that is complete. */
enum load_verdict http_done(const struct load_reader *);

#endif
