/* http_write.c - answers into a bounded buffer: status line, fields, the date; see http.h.
 *
 * Whoever builds several answers in one buffer remembers out.len before each: when `full` is set afterwards,
 * the answer did not fit, and the length is taken back.
 *
 * SPDX-License-Identifier: MIT */
#include "http.h"

#include <stdio.h>

#include "http_files.h"

/* ---- numbers, dates ---- */

void http_put_number(struct http_out *out, uint64_t number)
{
	char digits[20];
	size_t n = sizeof digits;
	do
		digits[--n] = (char)('0' + number % 10);
	while (number /= 10);
	http_put(out, digits + n, sizeof digits - n);
}

const char *http_date(int64_t wall_s)
{
	/* One text for each thread: no lock, and the format is paid for once a second. */
	static _Thread_local struct {
		int64_t wall_s;
		char    text[HTTP_DATE_LEN + 1];
	} last = { .wall_s = INT64_MIN };
	if (last.wall_s != wall_s) {
		http_format_date(last.text, wall_s);
		last.wall_s = wall_s;
	}
	return last.text;
}

/* ---- statuses ---- */

#define REASON(status, text) { status, { text, sizeof(text) - 1 } }

struct http_text http_reason(int status)
{
	static const struct {
		int              status;
		struct http_text text;
	} reasons[] = {
		REASON(100, "Continue"),
		REASON(200, "OK"),
		REASON(204, "No Content"),
		REASON(206, "Partial Content"),
		REASON(300, "Multiple Choices"),
		REASON(301, "Moved Permanently"),
		REASON(302, "Found"),
		REASON(303, "See Other"),
		REASON(304, "Not Modified"),
		REASON(307, "Temporary Redirect"),
		REASON(308, "Permanent Redirect"),
		REASON(400, "Bad Request"),
		REASON(403, "Forbidden"),
		REASON(404, "Not Found"),
		REASON(405, "Method Not Allowed"),
		REASON(408, "Request Timeout"),
		REASON(412, "Precondition Failed"),
		REASON(413, "Content Too Large"),
		REASON(414, "URI Too Long"),
		REASON(416, "Range Not Satisfiable"),
		REASON(417, "Expectation Failed"),
		REASON(431, "Request Header Fields Too Large"),
		REASON(500, "Internal Server Error"),
		REASON(501, "Not Implemented"),
		REASON(502, "Bad Gateway"),
		REASON(503, "Service Unavailable"),
		REASON(504, "Gateway Timeout"),
		REASON(505, "HTTP Version Not Supported"),
		REASON(508, "Loop Detected"),
	};
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return HTTP_TEXT("Status");
}

/* ---- heads ---- */

static void put_line(struct http_out *out, const char *name, const char *value)
{
	http_put(out, name, strlen(name));
	http_put(out, value, strlen(value));
	HTTP_PUT(out, "\r\n");
}

void http_put_head(struct http_out *out, const struct http_answer *answer)
{
	struct http_text reason = http_reason(answer->status);
	HTTP_PUT(out, "HTTP/1.1 ");
	http_put_number(out, (uint64_t)answer->status);
	HTTP_PUT(out, " ");
	http_put(out, reason.text, reason.len);
	HTTP_PUT(out, "\r\n");
	put_line(out, "Date: ", http_date(answer->wall_s));
	if (answer->content_type)
		put_line(out, "Content-Type: ", answer->content_type);
	if (answer->content_length >= 0) {
		HTTP_PUT(out, "Content-Length: ");
		http_put_number(out, (uint64_t)answer->content_length);
		HTTP_PUT(out, "\r\n");
	}
	if (answer->more)
		http_put(out, answer->more, strlen(answer->more));
	if (!answer->keep_alive)
		HTTP_PUT(out, "Connection: close\r\n");
	else if (answer->say_keep_alive)
		HTTP_PUT(out, "Connection: keep-alive\r\n");
	HTTP_PUT(out, "\r\n");
}

void http_put_error(struct http_out *out, int status, const char *why, bool head, int64_t wall_s)
{
	char text[256];
	struct http_text reason = http_reason(status);
	int n = snprintf(text, sizeof text, "%d %.*s: %s\n", status, (int)reason.len, reason.text, why);
	size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
	struct http_answer answer = { .status = status, .wall_s = wall_s, .content_length = (int64_t)len,
				      .content_type = "text/plain" };
	http_put_head(out, &answer);
	if (!head)
		http_put(out, text, len);
}
