/* redirect.h - the redirect master: every request is sent on to a slave; the protocol is proto/http.h. */
#ifndef SERVERS_REDIRECT_H
#define SERVERS_REDIRECT_H

#include "core/io.h"
#include "http_session.h"
#include "http_stats.h"
#include "proto/http.h"

enum {
	REDIRECT_SLAVES_MAX = 64, /* a bit for each in a word */
	REDIRECT_WEIGHT_MAX = 100,
	REDIRECT_HOST_MAX = 255,
};

struct redirect_slave {
	char   where[REDIRECT_HOST_MAX + 1]; /* "127.0.0.1:9000", as it will stand in Location */
	int    weight;
	/* Made by check(): */
	int    turns;       /* of a round: the weight, but for a divisor that all weights have */
	size_t lines_len;   /* the lines that are the same for each of its answers */
	char   lines[160 + REDIRECT_HOST_MAX];
	uint64_t hash;      /* of where */
};

struct redirect_status { /* the beginning of an answer, up to the date */
	int    code;
	size_t len;
	char   text[64];
};

enum redirect_policy { REDIRECT_ROUND_ROBIN, REDIRECT_RANDOM, REDIRECT_LEAST_LOADED, REDIRECT_HASH };

struct redirect_config {
	int  code;      /* index: 300, 301, 302, 303, 307, 308 */
	int  policy;    /* enum redirect_policy */
	bool cacheable; /* without Cache-Control: no-store */
	bool see_other; /* 303 for what is neither GET nor HEAD */
	struct http_limits limits;
	const char *health_path;
	int  interval_ms; /* between two checks of a slave; 0: there are none */
	int  timeout_ms;  /* for a check */
	int  rise, fall;  /* so many good checks in a row bring a slave back, so many bad ones take it out */
	bool watch;       /* keep the check's connection open */
	int  n_slaves;
	struct redirect_slave slaves[REDIRECT_SLAVES_MAX];
	/* Made by check(): */
	struct redirect_status usual, other; /* other: for what is neither GET nor HEAD */
	size_t  longest; /* of an answer but for the target */
	int     n_turns;
	uint8_t turns[REDIRECT_SLAVES_MAX * REDIRECT_WEIGHT_MAX]; /* slaves in the order of their turns */
};

/* What is known of a slave. Only the session that checks it writes, but for `dealt`. */
struct redirect_known {
	atomic_uint_least64_t dealt;         /* answers that named it */
	atomic_uint_least64_t dealt_by_then; /* so many of them at the last good check */
	atomic_uint_least64_t checks, failures;
	atomic_int_least64_t  since_ms; /* when it came to life or died; 0: from the beginning */
	atomic_int            load;     /* connections that it told of then, but for ours; -1: it did not say */
	atomic_int            latency_ms; /* of the last good check */
	atomic_int            last;     /* HTTP status of the last check, or -errno; 0: none yet */
	atomic_int            in_a_row; /* good checks (> 0) or bad ones (< 0) */
};

struct redirect_shared { /* zeroed: all slaves are taken for alive until they are checked */
	struct http_stats     http;
	atomic_uint_least64_t turn;    /* whose turn is next */
	atomic_uint_least64_t instead; /* turns of dead slaves that others took */
	atomic_uint_least64_t dead;    /* a bit for each slave */
	struct redirect_known known[REDIRECT_SLAVES_MAX];
};

extern const struct service redirect_service;

#endif
