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
	struct http_text     head_bytes, content; /* as it was sent, in chunks or not; whole or not */
	bool                 of_head, whole;
};

struct answers answers_of(const struct drive *, const struct drive_dialogue *);

/* The next one. False: nothing is left, or what is left is no answer (sent_len is not 0 then). */
bool answers_next(struct answers *, struct answer *);

/* Are the answers of two conversations the same, but for where chunks begin and end? When an origin fails, it
 * depends on how much of its answer has been passed on what comes of it: 502, 504, or a part. So they may part
 * there, but not earlier. */
enum answers_are { ANSWERS_SAME, ANSWERS_PARTED, ANSWERS_DIFFER };
enum answers_are answers_compare(const struct drive *, const struct drive *, const struct drive_dialogue *);

#endif
