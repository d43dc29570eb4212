/* talk.h - what a client does in a case: connect, say, hear, hang up. Each is a step of the story.
 *
 *     struct client *c = dial(p);
 *     say_text(c, "Flat is better than?");
 *     hear_text(c, "nested.");
 *     hear_end(c);
 *
 * All helpers leave the case by story_fail() when the server does something else, or nothing for
 * p->patience_ms. Sockets have TCP_NODELAY: each call of say() is a segment of its own (tcp(7)). */
#ifndef CONFORM_TALK_H
#define CONFORM_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/conform/story.h"
#include "tests/conform/watch.h"

enum {
	MAX_CLIENTS = 4096,
	INBOX = 65536,
	CASE_PATIENCE = 6, /* a whole case may take so many times the patience for one step */
};

struct client {
	struct probe *p;
	int           fd, number;
	size_t        sent, received, stuffed; /* bytes; stuffed is stuff()'s part of sent */
	char         *inbox; /* http.h: received and not yet looked at */
	size_t        n_inbox;
};

struct dialect; /* dialect.h: how the service talks */

struct probe {
	struct story          story;
	const struct dialect *dialect;
	/* what the options say */
	const char *host;
	int         port, at_once, patience_ms, code;
	int         crowd;      /* so many clients at once */
	int         processes;  /* of the server, each with caches of its own; 0: one for all */
	int         memory_mib; /* a server may grow by so much */
	int         server_pid; /* 0: not known */
	bool        skip_slow;
	const char *slaves[8];
	const char *root;       /* the folder that a web server serves */
	const char *origin;     /* proxy: a web server with that folder */
	int         n_slaves;
	struct holding at_start; /* of the server, before the first client came */
	/* of the running case */
	int64_t       end_ms; /* it is over by then, whatever happens */
	int           n_clients;
	struct client clients[MAX_CLIENTS];
	char         *heap; /* take() gives from it; empty again for each case */
	size_t        heap_used;
};

/* Memory for the rest of the case: `len` zero bytes and one more. */
char *take(struct probe *, size_t len);
/* `times` copies of the text, in such memory. */
char *take_copies(struct probe *, const char *text, size_t times);

/* Leaves the case as skipped when the server serves fewer than n clients at the same time. */
void need_at_once(struct probe *, int n);

struct client *dial(struct probe *);
/* With the smallest buffers that the kernel grants: it takes little before it blocks. */
struct client *dial_narrow(struct probe *);
/* Only what it receives goes through the smallest buffer. */
struct client *dial_slow_reader(struct probe *);

void say(struct client *, const char *data, size_t len);
void say_text(struct client *, const char *text);
/* `piece` bytes in each segment. */
void say_in_pieces(struct client *, const char *data, size_t len, size_t piece);
void hear(struct client *, const char *want, size_t len);
void hear_text(struct client *, const char *want);
/* The end of the stream and nothing before it. A reset is not an end. */
void hear_end(struct client *);

/* Says and hears at the same time, in pieces of at most `piece` bytes: for more than the sockets hold. */
void trade(struct client *, const char *out, size_t out_len, size_t piece, const char *want, size_t want_len);

/* Sends as much of the endless repetition of data as is taken at once, at most `most` bytes. How much. */
size_t stuff(struct client *, const char *data, size_t len, size_t most);
/* Has nothing been received (and not the end, either)? Does not wait. */
bool hears_nothing(struct client *);
/* Receives up to len bytes, waiting for the first; 0 is the end. */
size_t hear_some(struct client *, char *buf, size_t len);

/* Waits until the server's kernel has everything that was sent: from then on it is the server's to lose. */
void all_delivered(struct client *);

void finish(struct client *);       /* half-close: "I have said all" */
void hang_up(struct client *);      /* close */
void hang_up_hard(struct client *); /* reset: close with SO_LINGER 0 */
void hang_up_all(struct probe *);

/* ---- the other side: the server under test calls, and the probe is called ---- */

struct origin {
	int listen_fd, port; /* on 127.0.0.1 */
};
void origin_opens(struct probe *, struct origin *);
struct client *origin_answers(struct probe *, struct origin *); /* the next one who calls */
void origin_closes(struct origin *);

/* A step, or a failure, in the words of the case. */
#define STEP(p, ...) story_step(&(p)->story, __VA_ARGS__)
_Noreturn void expected(struct probe *, const char *got, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
