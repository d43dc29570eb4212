/* http_files.h - what HTTP says of files without touching one: names, kinds, dates, versions, ranges.
 *
 *     /a/%62.html  ------------------------------> http_path()      "a/b.html"
 *     "a/b.html"   ------------------------------> http_mime()      "text/html; charset=utf-8"
 *     inode, size, mtime ------------------------> http_validate()  ETag, Last-Modified
 *     these, and If-None-Match, Range, ... ------> http_judge()     200, 206 with a range, 304, 412, 416
 *
 * RFC 9110 sections 5.6.7, 8.3, 8.8, 13, 14; RFC 3986 sections 2 and 6.2.2. */
#ifndef PROTO_HTTP_FILES_H
#define PROTO_HTTP_FILES_H

#include "http.h"

/* ---- paths: http_path.c ---- */

/* Decodes the path of a request and makes it relative to a root: "a/b.html", without "." and ".."; "" is the
 * root itself. It ends with '\0', within size bytes. *folder: there was a '/' at the end, or "." or "..", so
 * only a folder is meant. Returns its length; -400: malformed, or it climbs above the root, or it has what no
 * name can have (NUL, a '/' inside it); -414: too long. */
int http_path(char *out, size_t size, struct http_text path, bool *folder);

/* Does a part of it begin with a dot? ".well-known" at the root is no secret (RFC 8615). */
bool http_path_is_hidden(const char *path);

/* The other way: all but letters, digits, -._~ and '/' becomes %XX, so the text is safe in a header line and in
 * HTML, and does not begin with a scheme ("javascript:"). */
void http_put_encoded(struct http_out *, struct http_text);

/* ---- kinds: http_mime.c ---- */

struct http_mime {
	const char *extension; /* lower case, without the dot */
	const char *type;
};
extern const struct http_mime http_mimes[]; /* sorted; ends with a zero entry */

/* By the extension, in whatever case; without one: application/octet-stream. */
const char *http_mime(struct http_text path);

/* ---- dates: http_date.c ---- */

/* Writes HTTP_DATE_LEN bytes and '\0'. Before 1970 and after 9999: the first second of 1970. */
void http_format_date(char *out, int64_t wall_s);

/* All three forms that a recipient must know. now_s tells the century of two-digit years. False: it is none of
 * them. */
bool http_parse_date(struct http_text, int64_t now_s, int64_t *wall_s);

/* ---- versions of a file: http_conditional.c ---- */

enum { HTTP_ETAG_MAX = 3 * 16 + 4 };

struct http_validators {
	int64_t modified_s;             /* for Last-Modified: not later than now */
	size_t  etag_len;
	char    etag[HTTP_ETAG_MAX];    /* with its quotes */
};

/* A strong tag: other bytes come with another mtime. Only a file that is written twice within one tick of the
 * kernel's clock (a few milliseconds), in place and to the same size, keeps its tag. */
void http_validate(struct http_validators *, uint64_t inode, int64_t size, int64_t mtime_ns, int64_t now_s);

/* "Last-Modified: ...\r\nETag: ...\r\n" */
void http_put_validators(struct http_out *, const struct http_validators *);

struct http_range {
	int64_t first, len;
};

/* The status for a GET or HEAD of an existing file of that size: 200, 206 (of *range), 304, 412 or 416. *range
 * is the whole file unless it is 206. */
int http_judge(const struct http_request *, const struct http_validators *, int64_t size, int64_t now_s,
	       struct http_range *range);

/* ---- ranges: http_range.c ---- */

/* What a Range asks of a file: 206 and the range; 416: nothing of it is there; 200: several ranges, other
 * units, or not well-formed, and the whole file is a right answer to these. */
int http_parse_range(struct http_text value, int64_t size, struct http_range *);

/* "Content-Range: bytes 0-9/100\r\n"; range NULL, for 416: with a star in place of it. */
void http_put_content_range(struct http_out *, const struct http_range *range, int64_t size);

#endif
