/* story.h - a case of the conformance suite is a story: steps that went well, then the one that did not.
 *
 *     ok 1 - whole_questions
 *     not ok 2 - half_close
 *     #   1 ms  client 1 connects
 *     #   1 ms  client 1 sends 20 bytes b'Flat is better than?'
 *     #   1 ms  client 1 sends its end
 *     # 10 s    expected: client 1 receives 7 bytes b'nested.'
 *     #         got: nothing for 10 s
 *     ok 3 - silent_clients # SKIP serves 1 client at a time
 *
 * A case is straight-line code: a helper that does not get what it waits for calls fail(), which prints the
 * story and jumps back to the runner (setjmp(3)); the runner closes whatever the case left open. So no case
 * checks results and none cleans up. TAP: testanything.org. */
#ifndef CONFORM_STORY_H
#define CONFORM_STORY_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STORY_STEPS = 16, STORY_TEXT = 240 };

struct story {
	jmp_buf  out;
	int64_t  begin_ms;
	unsigned n_steps; /* all; the last STORY_STEPS of them are kept */
	struct {
		int64_t at_ms;
		char    text[STORY_TEXT];
	} steps[STORY_STEPS];
	int  n, n_failed; /* cases */
	bool failed;      /* this one */
	char skipped[STORY_TEXT];
};

/* Runs one case and prints its line. play(context) returns, or leaves by fail() or skip(). */
void story_play(struct story *, const char *name, void (*play)(void *), void *context);

void story_step(struct story *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* `got` may be NULL. */
_Noreturn void story_fail(struct story *, const char *expected, const char *got);
_Noreturn void story_skip(struct story *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "20 bytes b'Flat is better than?'", long ones cut; out has STORY_TEXT bytes. Returns out. */
char *story_bytes(char *out, const char *data, size_t len);

/* The TAP plan; 0 when all went well, else 1. */
int story_end(const struct story *);

#endif
