/* zen.h - the Zen protocol, without sockets: questions, answers, framing. Shared by server, client and load.
 *
 * A question is the bytes up to and including '?'; leading ASCII white space does not count; at most
 * ZEN_QUESTION_MAX bytes. An answer ends in '.'. Answers come in the order of the questions. */
#ifndef PROTO_ZEN_H
#define PROTO_ZEN_H

#include <stddef.h>

enum { ZEN_QUESTION_MAX = 4096, ZEN_PAIRS = 7 };

struct zen_text {
	const char *text;
	size_t      len;
};

struct zen_pair {
	struct zen_text question, answer;
};

/* "Beautiful is better than?" "ugly." and six more, from the Zen of Python (PEP 20). */
extern const struct zen_pair zen_pairs[ZEN_PAIRS];
extern const struct zen_text zen_unknown;  /* "Error: unknown aphorism." */
extern const struct zen_text zen_too_long; /* "Error: question too long." */

/* The length of the leading ASCII white space. */
size_t zen_skip_space(const char *data, size_t len);

/* data begins with a question: its length with the '?'; 0: not complete yet; (size_t)-1: too long. */
#define ZEN_TOO_LONG ((size_t)-1)
size_t zen_question_len(const char *data, size_t len);

/* The answer to a whole question; never NULL. */
const struct zen_text *zen_answer(const char *question, size_t len);

#endif
