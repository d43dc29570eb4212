/* web_parts.h - between web.c and web_*.c. */
#ifndef SERVERS_WEB_PARTS_H
#define SERVERS_WEB_PARTS_H

#include "core/options.h"
#include "proto/http_files.h"
#include "web.h"

enum {
	WEB_PATH_MAX = 4096,  /* of a name below the root with its '\0'; also PATH_MAX of Linux */
	WEB_COPY_MAX = 4096,  /* content up to this is copied behind its head, more is lent to the driver */
	WEB_LINES_MAX = 3072, /* header lines of an answer that are not http_put_head()'s own */
};

/* What the result at hand is of. */
enum web_doing {
	WEB_NOTHING, /* ours is nothing: it is the HTTP session's */
	WEB_OPENING, /* an IO_OPEN: the request that asked for it is still on offer, and is answered now */
	WEB_SENDING, /* the last part of an answer */
	WEB_LISTING, /* a part of a folder's names, more are to follow */
	WEB_CLOSING, /* the file was let go, before a wait for the client */
};

/* A folder is looked for in two steps: its index.html, and if there is none, itself. */
enum web_look { WEB_FILE, WEB_INDEX, WEB_FOLDER };

struct web_session {
	struct http_session   http; /* first: see web_session_of() */
	const struct io_file *listed;
	uint32_t              list_at; /* so much of listed->body is on its way */
	uint8_t               doing;
	uint8_t               look;    /* while WEB_OPENING */
	bool                  holds;   /* a file that is not small: see let_go() in web.c */
};

static inline struct web_session *web_session_of(const struct http_turn *t)
{
	return (struct web_session *)t->s;
}

/* ---- web_find.c ---- */

/* A GET or HEAD of whatever its path means; also with the result of the IO_OPEN that it has led to. */
enum http_did web_answer_path(struct http_turn *, const struct http_request *);

/* ---- web_file.c ---- */

/* A whole answer of a short text, which goes on. */
enum http_did web_say(struct http_turn *, const struct http_request *, int status, const char *lines,
		      struct http_text);

/* The file itself, or what its conditions make of it: 200, 206, 304, 412, 416. */
enum http_did web_answer_file(struct http_turn *, const struct http_request *, const struct io_file *,
			      const char *path);

/* ---- web_list.c ---- */

/* The names in a folder as a page; path is "" or "a/b". */
enum http_did web_answer_list(struct http_turn *, const struct http_request *, const struct io_file *,
			      const char *path);

/* While WEB_LISTING: the next part. */
void web_go_on_listing(struct http_turn *);

/* ---- web_config.c ---- */

extern const struct option_def web_options[];
extern const struct web_config web_defaults;

#endif
