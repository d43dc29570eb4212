/* fuzz_zen.c - the Zen protocol and its service: a question is the same however its bytes are cut.
 *
 *     input: what a client sends
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "proto/zen.h"
#include "servers/zen.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/service.h"

static size_t question_len(const char *data, size_t len)
{
	char *copy = fuzz_copy(data, len);
	size_t space = zen_skip_space(copy, len);
	EXPECT(space <= len);
	size_t n = zen_question_len(copy, len);
	free(copy);
	return n;
}

static void check_question(const char *data, size_t len, uint32_t seed)
{
	size_t n = question_len(data, len), cut = fuzz_choose(&seed, len + 1), cut_n = question_len(data, cut);
	EXPECT(n == ZEN_TOO_LONG || n <= len);
	EXPECT(cut_n == 0 || cut_n == n);
	if (n && n != ZEN_TOO_LONG) {
		EXPECT(data[n - 1] == '?' && n <= ZEN_QUESTION_MAX);
		EXPECT(cut < n || cut_n == n);
		EXPECT(zen_answer(data, n)->len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_begin(data, size);
	size_t space = zen_skip_space(in.data, in.len);
	check_question(in.data + space, in.len - space, in.seed);
	fuzz_service(&in, &(struct drive_dialogue){ .service = &zen_service }, NULL);
	free(in.data);
	return 0;
}
