/* http_write.c - answers into a bounded buffer: status line, fields, the date; see http.h.
 *
 * Whoever builds several answers in one buffer remembers out.len before each: when `full` is set afterwards,
 * the answer did not fit, and the length is taken back. The date is made from the seconds by arithmetic and not
 * by gmtime_r(3), which takes a lock and, the first time, opens the file of the time zone.
 *
 * SPDX-License-Identifier: MIT */
#include "http.h"

#include <stdio.h>

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

/* The Gregorian calendar repeats after 400 years or 146097 days. Counted in years that begin in March, so that
 * the leap day is the last of its year: then the days before month m are (153 m + 2) / 5. */
static void civil_date(int64_t days, int *year, int *month, int *day)
{
	enum { DAYS_TO_1970 = 719468, DAYS_OF_400 = 146097, DAYS_OF_100 = 36524, DAYS_OF_4 = 1461 };
	int64_t n = days + DAYS_TO_1970; /* since 1 March 0 */
	int64_t era = (n >= 0 ? n : n - DAYS_OF_400 + 1) / DAYS_OF_400;
	int of_era = (int)(n - era * DAYS_OF_400);
	int y = (of_era - of_era / (DAYS_OF_4 - 1) + of_era / DAYS_OF_100 - of_era / (DAYS_OF_400 - 1)) / 365;
	int of_year = of_era - (365 * y + y / 4 - y / 100);
	int m = (5 * of_year + 2) / 153; /* 0 is March */
	*day = of_year - (153 * m + 2) / 5 + 1;
	*month = m < 10 ? m + 2 : m - 10; /* 0 is January */
	*year = (int)(era * 400) + y + (*month < 2);
}

static void format_date(char *out, size_t size, int64_t wall_s)
{
	static const char names[] = "ThuFriSatSunMonTueWed"; /* 1 January 1970 was a Thursday */
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	enum { DAY = 86400, LAST_DAY = 2932896 };
	if (wall_s < 0 || wall_s / DAY > LAST_DAY) /* no IMF-fixdate has five digits for the year */
		wall_s = 0;
	int year, month, day, s = (int)(wall_s % DAY);
	civil_date(wall_s / DAY, &year, &month, &day);
	snprintf(out, size, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", names + wall_s / DAY % 7 * 3, day,
		 months + month * 3, year, s / 3600, s / 60 % 60, s % 60);
}

const char *http_date(int64_t wall_s)
{
	/* One text for each thread: no lock, and the format is paid for once a second. */
	static _Thread_local struct {
		int64_t wall_s;
		char    text[64];
	} last = { .wall_s = INT64_MIN };
	if (last.wall_s != wall_s) {
		format_date(last.text, sizeof last.text, wall_s);
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
