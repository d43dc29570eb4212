/* drive.h - plays the driver of core/io.h for one session, without sockets and without a clock.
 *
 * It holds the service to the contract, and uses itself all that the contract allows: the offered bytes stand
 * before an unreadable page and move at each step, the scratch buffer is wiped, a receive brings single bytes.
 *
 *  - Step by step, as a table of (result in, request out): drive_table().
 *  - A whole conversation whose bytes are cut in every way: drive_all_ways(). The answers must not change.
 *
 * What fails prints the steps so far, and then what was wrong with the last one. */
#ifndef TESTS_DRIVE_H
#define TESTS_DRIVE_H

#include "core/io.h"

enum { DRIVE_RECEIVE = 16 << 10, DRIVE_SCRATCH = 16 << 10, DRIVE_SCRATCH_LEAST = 4096, DRIVE_IDLE_MS = 30000 };

struct drive {
	/* drive_open() sets these; change them before drive_start(), or between two steps. */
	struct io_env env; /* scratch, config, shared and peer are the drive's */

	/* What came of it so far. */
	struct io_req req; /* the outstanding request */
	char         *sent;
	size_t        n_sent;
	unsigned      answers, sends, sleeps;
	bool          done, lingered, broken; /* broken: it was stopped, the contract is violated */

	/* The drive's own. */
	const struct service *service;
	char         *state, *offered, *lent, *scratch, *steps, *zeroed_config;
	size_t        n_offered, n_lent, offered_cap, sent_cap, steps_len, resumes, resumes_left;
	struct peer   peer;
};

/* config NULL: the service's defaults. */
void drive_open(struct drive *, const struct service *, const void *config);
void drive_start(struct drive *);

/* The result of the outstanding request: received bytes; or 0: the end, a sleep or a whole send; or -errno. */
void drive_receive(struct drive *, const char *data, size_t len);
void drive_result(struct drive *, int n);

/* Sends and sleeps, until the session waits for the client or is done. */
void drive_perform(struct drive *);

/* Runs end() and frees all. */
void drive_close(struct drive *);

/* Prints the steps so far and fails the test. */
void drive_failed(struct drive *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "recv idle", "recv used 3", "send b'ugly.' used 24 answers 1", "sleep 50 used 1", "done linger". Time-outs
 * are checked and not printed. */
enum { DRIVE_TEXT = 256 };
char *drive_describe(char *out, size_t size, const struct io_req *);

/* ---- tables ---- */

struct drive_step {
	const char *event; /* bytes that are received, or one of these */
	const char *want;  /* the request that follows, as drive_describe() puts it */
};
extern const char DRIVE_START[], DRIVE_DONE[], DRIVE_END[], DRIVE_TIMEOUT[], DRIVE_STOP[];
/*                start()        sent, slept   end of file  -ETIMEDOUT       a stop begins; want is not used */

/* The steps end with a zero entry. */
void drive_table(const struct service *, const void *config, const struct drive_step *);

/* ---- whole conversations ---- */

/* After the input: end of file; a time-out; end of file too, but a graceful stop has begun before all of it. */
enum drive_then { THEN_END, THEN_SILENCE, THEN_STOP };

struct drive_dialogue {
	const struct service *service;
	const void           *config;      /* NULL: defaults */
	const char           *in;
	size_t                in_len;      /* 0: strlen(in) */
	enum drive_then       then;
	size_t                scratch_len; /* 0: DRIVE_SCRATCH */
	int                   pace_ms;     /* between two pieces */
};

/* How the input is cut: step n > 0: n bytes each; 0: whole, as large as a receive can be; -n: at random, with
 * seed n. split > 0: in two, there. The drive is open afterwards, for looking at it; drive_close() it. */
void drive_cut(struct drive *, const struct drive_dialogue *, int step, size_t split);

/* Whole, byte by byte, in two at each position (at 200 of them if there are more), and 20 times at random: each
 * time these bytes must be sent, and the session must be over. */
void drive_all_ways(const struct drive_dialogue *, const char *want, size_t want_len);

#endif
