/* load_protocol.h - what to send, and whether the answer is right: a protocol without sockets.
 *
 * A protocol prepares a SCRIPT once: the requests as bytes, one behind the other, so that any batch of them
 * is one piece of memory and one send(2). Where the answers are known beforehand (zen, echo) they stand in
 * the script in the same way, and checking is comparing:
 *
 *     step        0            1               2                3 ...
 *     requests    Flat is ...? Now is ...?     Explicit is ...? Flat is ...?
 *     answers     nested.      never.          implicit.        nested.
 *
 * Each connection walks through the script from its own step on, and around. The script is longer by one
 * batch than n_steps, so that a batch never has to be put together.
 *
 * A READER is the answering half of one connection: bytes go in as they come, cut anywhere, and out comes a
 * verdict for each answer. A script belongs to one thread (http remembers in it the heads it has seen). */
#ifndef BENCH_LOAD_PROTOCOL_H
#define BENCH_LOAD_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct load_config; /* load_config.h */
struct load_urls;   /* load_urls.h */
struct load_body;   /* load_expect.h */

enum load_verdict {
	LOAD_MORE,       /* all bytes are used, and the answer is not complete */
	LOAD_RIGHT,      /* complete and right */
	LOAD_BAD_STATUS, /* complete and well-formed, but not what was wanted; the connection is still good */
	LOAD_BAD_BODY,   /* so is this one: not the body that was expected */
	LOAD_WRONG,      /* these are not the bytes of an answer: nothing behind them can be understood */
};

struct load_script {
	const struct load_config *config;
	char    *requests, *answers;      /* one behind the other; answers NULL: not known beforehand */
	size_t  *request_at, *answer_at;  /* n_steps + batch + 1 offsets: step i is [at[i], at[i + 1]) */
	unsigned n_steps, batch;
	struct http_memory *http;         /* load_http.c: heads that have been parsed and found right */
	const struct load_urls *urls;     /* the steps are its URLs, asked in no order, and the requests are its;
					   * NULL: requests and request_at belong to the script */
	uint64_t random;                  /* with urls: where the choice has come to */
};

/* What a proxy says of an answer in X-Cache. */
enum load_cache { LOAD_CACHE_UNSAID, LOAD_CACHE_HIT, LOAD_CACHE_MISS };

struct load_reader {
	unsigned step;      /* whose answer comes next */
	size_t   seen;      /* of it, so many bytes have been right */
	bool     closing;   /* the server will close after this answer: ask nothing more */
	/* The rest is http's. */
	int      state, status;
	bool     bad_status, bad_body;
	enum load_cache cache;
	size_t   left;      /* of the body, or of the chunk */
	const struct load_body *body; /* what it must be; `seen` counts it. NULL: anything */
	char    *line;      /* a head or line that came in pieces; allocated when that first happens */
	size_t   line_len;
	char    *location;  /* where to go on, when redirects are followed; allocated like `line` */
	size_t   location_len; /* 0: this answer does not redirect */
};

struct load_protocol {
	const char *name;
	uint16_t    port; /* the default one */
	/* Fills in a zeroed script for batches of `batch`. 0 or -ENOMEM. */
	int (*prepare)(struct load_script *, const struct load_config *, unsigned batch, uint64_t seed);
	/* Looks at bytes up to the end of one answer; *used: how many those were. */
	enum load_verdict (*check)(struct load_script *, struct load_reader *, const char *data, size_t len,
				   size_t *used);
	/* The server has closed. LOAD_RIGHT or LOAD_BAD_STATUS if that ends an answer, else LOAD_WRONG. */
	enum load_verdict (*at_end)(struct load_reader *);
};

extern const struct load_protocol load_zen, load_echo, load_http;
extern const struct load_protocol *const load_protocols[]; /* ends with NULL */

/* The step that connection number n asks for first. */
unsigned load_script_first(struct load_script *, unsigned n);

/* The protocol's prepare(), and the end of it. */
int  load_script_open(struct load_script *, const struct load_config *, unsigned batch, uint64_t seed);
void load_script_close(struct load_script *);

/* A reader that expects the answer to this step; keeps the memory of its former life. */
void load_reader_start(struct load_reader *, unsigned step);
void load_reader_free(struct load_reader *);

/* For protocols whose answers stand in the script. */
int  load_script_alloc(struct load_script *, unsigned n_steps, unsigned batch);
enum load_verdict load_match(struct load_script *, struct load_reader *, const char *data, size_t len,
			     size_t *used);
enum load_verdict load_never_ends(struct load_reader *);

/* splitmix64: the next number of a sequence that depends on the seed only. */
uint64_t load_random(uint64_t *state);

#endif
