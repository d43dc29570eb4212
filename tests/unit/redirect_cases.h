/* redirect_cases.h - what the tests of the redirect master share: its answers as text, and its config. */
#ifndef TESTS_REDIRECT_CASES_H
#define TESTS_REDIRECT_CASES_H

#include "servers/redirect.h"
#include "tests/unit/drive.h"

#define DATE   "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define TYPE   "Content-Type: text/plain\r\n"
#define TEXT   "It is elsewhere: see Location.\n"
#define LINES  DATE TYPE "Content-Length: 31\r\n"
#define HEAD   "HTTP/1.1 301 Moved Permanently\r\n" LINES "Cache-Control: no-store\r\nLocation: http://"
#define CLOSE  "Connection: close\r\n"
#define KEEP   "Connection: keep-alive\r\n"
#define TO_A(path) HEAD "127.0.0.1:9000" path "\r\n\r\n" TEXT
#define TO_B(path) HEAD "[::1]:9001" path "\r\n\r\n" TEXT
#define TO_A_CLOSE(path) HEAD "127.0.0.1:9000" path "\r\n" CLOSE "\r\n" TEXT
#define TO_B_CLOSE(path) HEAD "[::1]:9001" path "\r\n" CLOSE "\r\n" TEXT
#define H "Host: a\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" H "\r\n"

/* The config that these options make; NULL: they were refused, and the text of it is in `said`. free() it. */
struct redirect_config *redirect_configure(const char *const *options, char *said, size_t size);
#define OPTIONS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* The same for options that are right. */
struct redirect_config *good_config(const char *const *options);

/* A, 127.0.0.1:9000, and B, [::1]:9001. */
struct redirect_config *two_slaves(void);

/* The answers to `in`, cut in every way, with a large and a small scratch buffer. */
void check_answers_of(const struct redirect_config *, const char *in, const char *want);
void check_answers(const char *in, const char *want); /* of two_slaves() */

/* One conversation in one piece, left open for a look. */
void converse(struct drive *, const struct redirect_config *, const char *in, enum drive_then);

#endif
