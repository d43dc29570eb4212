/* zen.c - the seven aphorisms and their framing; see zen.h.
 *
 * The texts that this protocol comes from test whether the bytes received END in '?', so that two questions in
 * one segment become one unknown question; and their error answer has no '.', so that a client waits for ever.
 * Here a question ends at its first '?', wherever segments begin and end.
 *
 * SPDX-License-Identifier: MIT */
#include "zen.h"

#include <string.h>

#define TEXT(s)       { s, sizeof(s) - 1 }
#define PAIR(q, a)    { TEXT(q " is better than?"), TEXT(a) }

const struct zen_pair zen_pairs[ZEN_PAIRS] = {
	PAIR("Beautiful", "ugly."), PAIR("Explicit", "implicit."), PAIR("Simple", "complex."),
	PAIR("Complex", "complicated."), PAIR("Flat", "nested."), PAIR("Sparse", "dense."),
	PAIR("Now", "never."),
};
const struct zen_text zen_unknown = TEXT("Error: unknown aphorism.");
const struct zen_text zen_too_long = TEXT("Error: question too long.");

size_t zen_skip_space(const char *data, size_t len)
{
	size_t n = 0;
	while (n < len && (data[n] == ' ' || (data[n] >= '\t' && data[n] <= '\r')))
		n++;
	return n;
}

size_t zen_question_len(const char *data, size_t len)
{
	size_t limit = len < ZEN_QUESTION_MAX ? len : ZEN_QUESTION_MAX;
	const char *mark = memchr(data, '?', limit);
	if (mark)
		return (size_t)(mark - data) + 1;
	return len < ZEN_QUESTION_MAX ? 0 : ZEN_TOO_LONG;
}

const struct zen_text *zen_answer(const char *question, size_t len)
{
	for (size_t i = 0; i < ZEN_PAIRS; i++)
		if (zen_pairs[i].question.len == len && memcmp(zen_pairs[i].question.text, question, len) == 0)
			return &zen_pairs[i].answer;
	return &zen_unknown;
}
