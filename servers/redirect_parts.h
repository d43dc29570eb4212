/* redirect_parts.h - between the parts of the redirect master; see redirect.c. */
#ifndef SERVERS_REDIRECT_PARTS_H
#define SERVERS_REDIRECT_PARTS_H

#include "core/options.h"
#include "redirect.h"

#define REDIRECT_TEXT  "It is elsewhere: see Location.\n"
#define REDIRECT_END   "\r\n\r\n"
#define REDIRECT_KEEP  "\r\nConnection: keep-alive\r\n\r\n"
#define REDIRECT_CLOSE "\r\nConnection: close\r\n\r\n"
#define REDIRECT_NO_STORE "Cache-Control: no-store\r\n"

/* ---- redirect_config.c ---- */

extern const struct option_def redirect_options[];
extern const struct redirect_config redirect_defaults;
extern const char *const redirect_policy_names[];

int redirect_check(void *config, char *why, size_t size);

/* service.bound: no slave may be the master itself. */
int redirect_bound(void *config, const struct peer *self, char *why, size_t size);

/* ---- redirect_policy.c ---- */

/* The living ones, a bit for each. */
uint64_t redirect_alive(const struct redirect_config *, const struct redirect_shared *);

/* Where the hash policy puts a name: the same in every process and at every start. */
uint64_t redirect_hash(struct http_text);

/* The slave that gets this request, and it is counted; -1: all are dead. */
int redirect_pick(const struct redirect_config *, struct redirect_shared *, int64_t now_ms,
		  struct http_text path);

/* ---- redirect_health.c ---- */

extern const struct service redirect_health;
int redirect_n_checked(const void *config);

/* ---- redirect_verdict.c ---- */

/* A check of a slave has ended: last is the HTTP status, or -errno. */
void redirect_judge(const struct redirect_config *, struct redirect_shared *, int slave, int last,
		    int latency_ms, int64_t now_ms);

/* It says that it has so many connections, of which one is ours; -1: it does not say. */
void redirect_note_load(struct redirect_known *, int load);

/* ---- redirect_load.c ---- */

/* Finds `"connections": N`, the first one, in a text that comes in pieces. Zeroed at first. */
struct redirect_scan {
	unsigned matched; /* characters of the name */
	int      number;  /* so far */
	bool     digits, done;
};
void redirect_scan(struct redirect_scan *, struct http_text piece);
int  redirect_scanned(const struct redirect_scan *); /* N; -1: there is none */

/* ---- redirect_choices.c ---- */

/* The target as a path: "/path?query", whatever form it came in. */
void redirect_put_path(struct http_out *, const struct http_request *);

/* 300 with a list of all living slaves, `first` in front. */
enum http_did redirect_choices(struct http_turn *, const struct http_request *, int first);

/* ---- redirect_status.c ---- */

bool redirect_is_status(const struct http_request *);
enum http_did redirect_status(struct http_turn *, const struct http_request *);

/* Text that may stand in HTML, between tags or in quotes. */
void redirect_put_html(struct http_out *, struct http_text);

/* ---- redirect_accept.c ---- */

/* Does the client rather have HTML than what stands in `other` ("application/json")? */
bool redirect_prefers_html(const struct http_request *, const char *other);

#endif
