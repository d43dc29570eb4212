/* redirect_load.c - how loaded a slave is, from what it says of itself: "connections": N in its status.
 *
 * The status may come in pieces, cut anywhere, and from servers of other makes that send a page instead. So
 * this is no JSON parser: the first place where the name is followed by a colon and a number is believed.
 *
 * SPDX-License-Identifier: MIT */
#include "redirect_parts.h"

static const char name[] = "\"connections\":";
enum { NAME_LEN = sizeof name - 1, NUMBER_MAX = 1000000000 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The name begins with a quote, and there is none at which it could begin anew but the one in its middle. */
static void match(struct redirect_scan *s, char c)
{
	if (c == name[s->matched])
		s->matched++;
	else if (s->matched != NAME_LEN - 1 || c != ' ') /* a space before the colon */
		s->matched = c == name[0];
}

static void take_digit(struct redirect_scan *s, char c)
{
	if (is_digit(c)) {
		s->digits = true;
		s->number = s->number < NUMBER_MAX / 10 ? s->number * 10 + (c - '0') : NUMBER_MAX;
	} else if (s->digits) {
		s->done = true;
	} else if (c != ' ') {
		s->matched = c == name[0];
	}
}

void redirect_scan(struct redirect_scan *s, struct http_text piece)
{
	for (size_t i = 0; i < piece.len && !s->done; i++)
		if (s->matched == NAME_LEN)
			take_digit(s, piece.text[i]);
		else
			match(s, piece.text[i]);
}

int redirect_scanned(const struct redirect_scan *s)
{
	return s->digits ? s->number : -1;
}
