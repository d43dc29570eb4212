/* http_date.c - dates: seconds since 1970 to text, and the three texts that mean a date back; see http_files.h.
 *
 *     Sun, 06 Nov 1994 08:49:37 GMT      IMF-fixdate: the one to send
 *     Sunday, 06-Nov-94 08:49:37 GMT     RFC 850, obsolete: a year of two digits is at most 50 years ahead
 *     Sun Nov  6 08:49:37 1994           asctime(3), obsolete
 *
 * By arithmetic and not by gmtime_r(3) or strptime(3): these look at locale and time zone, and take a lock for
 * it. The name of the day must be one, but may be wrong: it adds nothing.
 *
 * RFC 9110 section 5.6.7.
 *
 * SPDX-License-Identifier: MIT */
#include "http_files.h"

#include "http_scan.h"

enum { DAY = 86400, DAYS_TO_1970 = 719468, DAYS_OF_400 = 146097, DAYS_OF_100 = 36524, DAYS_OF_4 = 1461 };

static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char *const day_names[] = { "Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday",
					 "Wednesday" }; /* 1 January 1970 was a Thursday */

struct date {
	int year, month, day; /* month 0 is January */
	int hour, minute, second;
};

/* ---- to text ---- */

/* The Gregorian calendar repeats after 400 years or 146097 days. Counted in years that begin in March, so that
 * the leap day is the last of its year: then the days before month m are (153 m + 2) / 5. */
static struct date date_of(int64_t days)
{
	int64_t n = days + DAYS_TO_1970; /* since 1 March 0 */
	int64_t era = (n >= 0 ? n : n - DAYS_OF_400 + 1) / DAYS_OF_400;
	int of_era = (int)(n - era * DAYS_OF_400);
	int y = (of_era - of_era / (DAYS_OF_4 - 1) + of_era / DAYS_OF_100 - of_era / (DAYS_OF_400 - 1)) / 365;
	int of_year = of_era - (365 * y + y / 4 - y / 100);
	int m = (5 * of_year + 2) / 153; /* 0 is March */
	int month = m < 10 ? m + 2 : m - 10;
	return (struct date){ .year = (int)(era * 400) + y + (month < 2), .month = month,
			      .day = of_year - (153 * m + 2) / 5 + 1 };
}

static void put_two(char *out, int number)
{
	out[0] = (char)('0' + number / 10);
	out[1] = (char)('0' + number % 10);
}

/* Into a pattern, digit by digit: every answer with a file has such a line, and printf takes longer than the
 * rest of it. */
void http_format_date(char *out, int64_t wall_s)
{
	enum { LAST_DAY = 2932896 }; /* no IMF-fixdate has five digits for the year */
	if (wall_s < 0 || wall_s / DAY > LAST_DAY)
		wall_s = 0;
	struct date d = date_of(wall_s / DAY);
	int s = (int)(wall_s % DAY);
	memcpy(out, "Ddd, dd Mmm yyyy hh:mm:ss GMT", HTTP_DATE_LEN + 1);
	memcpy(out, day_names[wall_s / DAY % 7], 3);
	put_two(out + 5, d.day);
	memcpy(out + 8, month_names + d.month * 3, 3);
	put_two(out + 12, d.year / 100);
	put_two(out + 14, d.year % 100);
	put_two(out + 17, s / 3600);
	put_two(out + 20, s / 60 % 60);
	put_two(out + 23, s % 60);
}

/* ---- from text ---- */

/* Days since 1970: date_of() backwards. */
static int64_t days_of(const struct date *d)
{
	int m = d->month < 2 ? d->month + 10 : d->month - 2;
	int y = d->year - (d->month < 2);
	int era = y / 400, of_era = y % 400;
	int days = of_era * 365 + of_era / 4 - of_era / 100 + (153 * m + 2) / 5 + d->day - 1;
	return (int64_t)era * DAYS_OF_400 + days - DAYS_TO_1970;
}

/* n digits; -1: something else. */
static int number_at(const char *text, int n)
{
	int number = 0;
	for (int i = 0; i < n; i++) {
		if (!is_kind(text[i], KIND_DIGIT))
			return -1;
		number = number * 10 + (text[i] - '0');
	}
	return number;
}

static int month_at(const char *text)
{
	for (int m = 0; m < 12; m++)
		if (memcmp(text, month_names + m * 3, 3) == 0)
			return m;
	return -1;
}

/* Is text[0..n) the name of a day, or (n is 3) the beginning of one? */
static bool is_day_name(const char *text, size_t n)
{
	for (int i = 0; i < 7; i++)
		if ((n == 3 || n == strlen(day_names[i])) && memcmp(text, day_names[i], n) == 0)
			return true;
	return false;
}

/* "08:49:37" */
static bool read_clock(const char *text, struct date *d)
{
	d->hour = number_at(text, 2);
	d->minute = number_at(text + 3, 2);
	d->second = number_at(text + 6, 2);
	return text[2] == ':' && text[5] == ':';
}

/* Everything else of a pattern: where it has a punctuation mark, a space or "GMT", the text has the same. */
static bool fits(const char *text, const char *pattern)
{
	for (; *pattern; text++, pattern++)
		if (*pattern != '#' && *pattern != *text)
			return false;
	return true;
}

static bool read_fixdate(const char *t, struct date *d)
{
	d->day = number_at(t + 5, 2);
	d->month = month_at(t + 8);
	d->year = number_at(t + 12, 4);
	return fits(t, "###, ## ### #### ##:##:## GMT") && is_day_name(t, 3) && read_clock(t + 17, d);
}

static bool read_asctime(const char *t, struct date *d)
{
	d->month = month_at(t + 4);
	d->day = t[8] == ' ' ? number_at(t + 9, 1) : number_at(t + 8, 2);
	d->year = number_at(t + 20, 4);
	return fits(t, "### ### ## ##:##:## ####") && is_day_name(t, 3) && read_clock(t + 11, d);
}

/* t begins behind the name of the day. */
static bool read_rfc850(const char *t, int64_t now_s, struct date *d)
{
	int this_year = date_of(now_s / DAY).year;
	d->day = number_at(t + 2, 2);
	d->month = month_at(t + 5);
	d->year = number_at(t + 9, 2);
	if (d->year < 0)
		return false;
	d->year += this_year / 100 * 100;
	if (d->year > this_year + 50)
		d->year -= 100;
	else if (d->year <= this_year - 50)
		d->year += 100;
	return fits(t, ", ##-###-## ##:##:## GMT") && read_clock(t + 12, d);
}

static bool is_possible(const struct date *d)
{
	static const char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	if (d->month < 0 || d->year < 0)
		return false;
	bool leap = d->year % 4 == 0 && (d->year % 100 != 0 || d->year % 400 == 0);
	int last = days[d->month] + (d->month == 1 && leap);
	bool time = d->hour >= 0 && d->hour < 24 && d->minute >= 0 && d->minute < 60 && d->second >= 0 &&
		    d->second <= 60; /* a leap second */
	return time && d->day >= 1 && d->day <= last;
}

bool http_parse_date(struct http_text text, int64_t now_s, int64_t *wall_s)
{
	enum { ASCTIME = 24, RFC850 = sizeof ", 06-Nov-94 08:49:37 GMT" - 1 };
	struct date d = { .year = -1 };
	bool read = false;
	if (text.len == HTTP_DATE_LEN && text.text[3] == ',')
		read = read_fixdate(text.text, &d);
	else if (text.len == ASCTIME)
		read = read_asctime(text.text, &d);
	else if (text.len > RFC850 && text.len - RFC850 > 3 && is_day_name(text.text, text.len - RFC850))
		read = read_rfc850(text.text + (text.len - RFC850), now_s, &d);
	if (!read || !is_possible(&d))
		return false;
	*wall_s = days_of(&d) * DAY + d.hour * 3600 + d.minute * 60 + d.second;
	return true;
}
