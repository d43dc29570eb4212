/* proxy_cases.h - what the tests of whole conversations through the proxy share: its texts, and a cache for
 * each. */
#ifndef TESTS_PROXY_CASES_H
#define TESTS_PROXY_CASES_H

#include "core/lru.h"
#include "servers/proxy.h"
#include "tests/unit/check.h"
#include "tests/unit/drive.h"
#include "tests/unit/texts.h"

#define NAME "muxlab-1"
#define LAB \
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:10.0.3) Gecko/20120305 Firefox/10.0.3\r\n" \
	"Connection: close\r\nProxy-Connection: close\r\n"
#define VIA_11 "Via: 1.1 " NAME "\r\n"
#define VIA_10 "Via: 1.0 " NAME "\r\n"
#define DATE   "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define MISS   "X-Cache: MISS\r\n"
#define HIT    "X-Cache: HIT\r\n"
#define GET_11 "GET http://origin/x HTTP/1.1\r\nHost: origin\r\n"
#define GET_10 "GET http://origin/x HTTP/1.0\r\n"
#define ASK_11 "GET /x HTTP/1.0\r\nHost: origin\r\n" LAB VIA_11 "\r\n"
#define ASK_10 "GET /x HTTP/1.0\r\nHost: origin\r\n" LAB VIA_10 "\r\n"

/* Of the conversation at hand. The cache is new for each: proxy_new() is `prepare` of a dialogue. */
extern struct proxy_config proxy_config;

/* The options of the next conversations; zeroed: the defaults. */
extern struct proxy_config proxy_wanted;

void proxy_new(struct drive *);
void proxy_done(void); /* frees the last one */

struct drive_dialogue proxy_dialogue(const char *in, const struct drive_origin *origins, size_t n_origins);

/* What the client sends, the origin answers, the origin is sent (NULL: whatever), the client gets, cut in
 * every way. */
void proxy_talk(const char *in, const char *origin, const char *ask, const char *want);

/* "HTTP/1.1 502 Bad Gateway", "why" */
const char *proxy_error(const char *line, const char *why);

#endif
