/* drive.h - plays the driver of core/io.h for one session, without sockets, files and a clock.
 *
 * It holds the service to the contract, and uses itself all that the contract allows: the offered bytes stand
 * before an unreadable page and move at each step, the scratch buffer is wiped, a receive brings single bytes.
 *
 *  - Step by step, as a table of (result in, request out): drive_table(), drive_steps().
 *  - A whole conversation whose bytes are cut in every way: drive_all_ways(). The answers must not change.
 *
 * Origins and files come from tables; time passes when the session waits. What fails prints the steps so far,
 * and then what was wrong with the last one. */
#ifndef TESTS_DRIVE_H
#define TESTS_DRIVE_H

#include "core/io.h"

enum { DRIVE_RECEIVE = 16 << 10, DRIVE_SCRATCH = 16 << 10, DRIVE_SCRATCH_LEAST = 4096, DRIVE_IDLE_MS = 30000 };

/* A file below the root, of a table that ends with a zero entry. A path that is not in the table: -ENOENT. */
struct drive_file {
	const char    *path;
	int            error;  /* -errno: it cannot be opened */
	struct io_file file;   /* With a body: size and body_len may be 0, it is a string then. Without one: the
	                        * bytes are drive_file_bytes(). Of a folder, for those who ask for it */
	bool           cold;   /* drive_hot_file() does not have it at hand */
};

/* What the made-up bytes of a large file are, from an offset on. */
void drive_file_bytes(char *out, off_t from, size_t len);

enum drive_origin_then { ORIGIN_END, ORIGIN_SILENCE, ORIGIN_RESET }; /* 0, -ETIMEDOUT, -ECONNRESET */

/* A connection to an origin: they are used in the order of the table, and are refused when it is at its end. */
struct drive_origin {
	const char            *where;      /* it must be this one; NULL: any */
	int                    connect;    /* 0 or -errno */
	int                    send;       /* the same, for what is sent to it */
	const char            *bytes;      /* what comes from it */
	size_t                 len;        /* 0: strlen(bytes) */
	enum drive_origin_then then;       /* and after that */
};

struct drive_bytes { /* gathered; ended by '\0', which len does not count */
	char  *data;
	size_t len, cap;
};

struct drive_end {
	struct drive_bytes kept; /* untaken */
	bool               open;
};

struct drive {
	/* drive_open() sets these; change them before drive_start(), or between two steps. */
	struct io_env env; /* config, shared, peer, self and access are the drive's; hot_file is NULL */
	struct peer   peer, self;
	const struct drive_file   *files;   /* NULL: there are none */
	const struct drive_origin *origins; /* NULL: drive_perform() leaves them to the test */
	size_t                     n_origins;
	int    wait_max_ms; /* longest wait for the client that is right; 0: --idle-timeout; -1: do not look */
	bool   quiet;       /* a violation is only noted: `wrong` */

	/* What came of it so far. */
	struct io_req req; /* the outstanding request */
	char         *sent;
	size_t        n_sent;
	struct drive_bytes origin_sent, log; /* to origins, one after the other; lines for the access log */
	unsigned      answers, sends, sleeps, connects, opens;
	bool          done, lingered;
	bool          dead;   /* the client's end failed: done, and nobody asked the service */
	bool          broken; /* it was stopped, the contract is violated */
	const char   *wrong;  /* that is why */

	/* The drive's own. */
	const struct service   *service;
	struct drive_end        client, origin;
	struct drive_end       *offering;   /* whose bytes were offered last */
	const char             *lent;
	size_t                  n_lent;
	struct drive_lent_file *file, *dead_files;
	const struct drive_origin *talk;    /* the connection at hand, if it is one of the table */
	size_t                  talk_at;    /* of its bytes */
	size_t                  script_at;  /* of all bytes of the table */
	int                     cut_step;
	size_t                  cut_split;  /* of script_at */
	struct drive_bytes      taken;      /* what was sent to the client */
	char                   *state, *scratch, *steps, *zeroed_config, *areas[2];
	size_t                  steps_len, resumes, resumes_left;
	bool                    started, shares;
};

/* config NULL: the service's defaults. */
void drive_open(struct drive *, const struct service *, const void *config);

/* The session `number` of those beside the clients' (service->beside): with config and shared memory of `main`,
 * which must be closed after it. */
void drive_open_beside(struct drive *, const struct drive *main, unsigned number);
void drive_start(struct drive *);

/* The result of the outstanding request: received bytes, of whichever end it waits for; or 0: the end of it, a
 * sleep, a whole send, a connection, and for IO_OPEN what the table says; or -errno. */
void drive_receive(struct drive *, const char *data, size_t len);
void drive_result(struct drive *, int n);

/* Sends, sleeps, opens, and what the table of origins says, until the session waits for the client or is done;
 * or, if there is no table of origins, for an origin's connection or bytes. */
void drive_perform(struct drive *);

/* Runs end() and frees all. */
void drive_close(struct drive *);

/* For env.hot_file: serves the table of files. */
const struct io_file *drive_hot_file(const struct io_env *, const char *path);

/* Prints the steps so far and fails the test. */
void drive_failed(struct drive *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "recv idle", "recv used 3", "send b'ugly.' used 24 answers 1", "send b'head' + b'body'", "sleep 50 used 1",
 * "connect 127.0.0.1:80", "origin send b'GET'", "origin recv", "close origin", "open a/b list",
 * "sendfile b'head' 0+1000", "close file", "done linger". Time-outs are checked and not printed. */
enum { DRIVE_TEXT = 320 };
char *drive_describe(char *out, size_t size, const struct io_req *);

/* ---- tables ---- */

struct drive_step {
	const char *event; /* bytes that are received, or one of these */
	const char *want;  /* the request that follows, as drive_describe() puts it */
};
extern const char DRIVE_START[], DRIVE_DONE[], DRIVE_END[], DRIVE_TIMEOUT[], DRIVE_STOP[];
/*                start()        as result 0   end of file  -ETIMEDOUT       a stop begins; want is not used */
extern const char DRIVE_REFUSED[], DRIVE_RESET[];
/*                -ECONNREFUSED    -ECONNRESET: to the client's end it is the end of all; want is "dead" then */

/* The steps end with a zero entry. False: one of them failed. */
bool drive_steps(struct drive *, const struct drive_step *);
void drive_table(const struct service *, const void *config, const struct drive_step *);

/* ---- whole conversations ---- */

/* After the input: end of file; a time-out; end of file too, but a graceful stop has begun before all of it. */
enum drive_then { THEN_END, THEN_SILENCE, THEN_STOP };

/* With a table of files, drive_all_ways() tries both: all at hand, and none. */
enum drive_hot { HOT_BOTH, HOT_NEVER, HOT_ALWAYS };

struct drive_dialogue {
	const struct service *service;
	const void           *config;      /* NULL: defaults */
	const char           *in;
	size_t                in_len;      /* 0: strlen(in) */
	enum drive_then       then;
	size_t                scratch_len; /* 0: DRIVE_SCRATCH */
	int                   pace_ms;     /* between two pieces */
	int                   wait_max_ms; /* as in struct drive */
	const struct drive_file   *files;
	enum drive_hot             hot;    /* drive_cut(): HOT_BOTH is as HOT_NEVER */
	const struct drive_origin *origins;
	size_t                     n_origins;
	const char *ask;                   /* must have been sent to the origins in all; NULL: not looked at */
	size_t      ask_len;               /* 0: strlen(ask) */
	void      (*prepare)(struct drive *); /* called before drive_start(), for all the rest; or NULL */
};

/* How the input is cut: step n > 0: n bytes each; 0: whole, as large as a receive can be; -n: at random, with
 * seed n. split > 0: in two, there; beyond the input it is a place in the bytes of the origins, one after the
 * other. The drive is open afterwards, for looking at it; drive_close() it. */
void drive_cut(struct drive *, const struct drive_dialogue *, int step, size_t split);

/* Whole, byte by byte, in two at each position (at 200 of them if there are more), and 20 times at random: each
 * time these bytes must be sent, and the session must be over. */
void drive_all_ways(const struct drive_dialogue *, const char *want, size_t want_len);

/* So long is the next piece of `left` bytes, of which the first is number `at` of the stream. */
size_t drive_piece(int step, size_t split, size_t at, size_t left);

#endif
