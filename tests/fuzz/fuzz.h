/* fuzz.h - what the fuzz targets share: an input, checks that stop the run, bytes that are cut at random.
 *
 * A target is a function from bytes to nothing that stops (abort(3)) when a promise is broken. libFuzzer makes
 * up the bytes and keeps those that reach new code; AddressSanitizer stops it at the first byte that is read or
 * written where there is none. So all is shown to the code in memory of exactly its size (fuzz_copy).
 * `make fuzz` runs them.
 *
 * An input is text that a person can write. Three bytes are special: FUZZ_REPEAT, a character and a number n
 * stand for that character n * 64 times, so that a small input can reach a limit of 16 KiB. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FUZZ_REPEAT = 0x1c, FUZZ_REPEATED = 64, FUZZ_MAX = 128 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_input {
	char    *data; /* free() it */
	size_t   len;  /* FUZZ_MAX at most */
	uint32_t seed; /* made of the bytes: where the target has a choice, this decides */
};

struct fuzz_input fuzz_begin(const uint8_t *data, size_t size);

/* A number below n that depends on *seed, which changes. */
size_t fuzz_choose(uint32_t *seed, size_t n);

/* A copy in memory of exactly that size; free() it. */
char *fuzz_copy(const char *data, size_t len);

/* Says what was promised, and stops. */
#define EXPECT(promise) ((void)((promise) || fuzz_broken(__FILE__, __LINE__, #promise)))
bool fuzz_broken(const char *file, int line, const char *promise);

struct http_text;
/* The bytes stand within data[0..len). */
bool fuzz_inside(struct http_text, const char *data, size_t len);

/* ---- bodies ---- */

struct http_body;
/* Takes a body as a whole, byte by byte and in pieces, and expects the same of each. How many bytes of data
 * belong to it; -EPROTO: it is malformed; *done: it came whole. */
int64_t fuzz_body(const struct http_body *, const char *data, size_t len, uint32_t seed, bool *done);

#endif
