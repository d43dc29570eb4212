/* answers.h - the answers in what a server sent; only with the requests can one tell where they end. */
#ifndef TESTS_FUZZ_ANSWERS_H
#define TESTS_FUZZ_ANSWERS_H

#include "proto/http.h"
#include "tests/unit/drive.h"

struct answers { /* a walk along them */
	const char *in, *sent;
	size_t      in_len, sent_len; /* what is left of both */
};

struct answer {
	struct http_response head;
	struct http_text     content; /* as it was sent, in chunks or not; whole or not */
};

struct answers answers_of(const struct drive *, const struct drive_dialogue *);

/* The next one. False: nothing is left, or what is left is no answer (sent_len is not 0 then). */
bool answers_next(struct answers *, struct answer *);

/* All that was sent, but for the lines of chunks: what is to be the same however bytes were cut. */
void answers_tidy(struct drive_bytes *out, const struct drive *, const struct drive_dialogue *);

#endif
