/* proxy_life.c - may an answer be kept, and for how long? See proxy_forward.h.
 *
 *     not at all     Cache-Control: no-store, private, no-cache; Vary; Set-Cookie; its time is over already
 *     for a while    s-maxage, else max-age, else Expires - Date; less the Age that it came with
 *     until evicted  nothing is said: the simplest rule that RFC 9111 section 4.2.2 leaves room for
 *
 * A cache that asks the origin again (If-None-Match) could keep more: no-cache, and what is over. This one does
 * not, so it keeps nothing that it would have to ask for. With Vary it would need more than one object for a
 * key. What sets a cookie is meant for one user, though RFC 9111 section 7.3 does not say so.
 *
 * RFC 9111 sections 3, 4.2, 5.1, 5.2.2, 5.3.
 *
 * SPDX-License-Identifier: MIT */
#include "proto/http_files.h"
#include "proxy_forward.h"

static const int64_t says_nothing = -1, seconds_max = 1LL << 31; /* RFC 9111 section 1.2.2 */

struct said {
	bool    never;
	int64_t max_age, shared_max_age, age; /* seconds */
	bool    any_expires, any_date;
	int64_t expires_s, date_s;
};

static int64_t at_most(int64_t seconds)
{
	return seconds < 0 ? 0 : seconds > seconds_max ? seconds_max : seconds;
}

/* "max-age=60", also "max-age=\"60\"". A number that is none means 0: not fresh. */
static bool read_seconds(struct http_text directive, const char *name, int64_t *seconds)
{
	size_t len = strlen(name);
	if (directive.len < len || !http_is((struct http_text){ directive.text, len }, name))
		return false;
	struct http_text number = { directive.text + len, directive.len - len };
	if (number.len >= 2 && number.text[0] == '"' && number.text[number.len - 1] == '"')
		number = (struct http_text){ number.text + 1, number.len - 2 };
	*seconds = at_most(http_number(number));
	return true;
}

/* Whatever its argument: private="field" is as good as private for who keeps no parts. */
static bool is_directive(struct http_text directive, const char *name)
{
	const char *equals = directive.len ? memchr(directive.text, '=', directive.len) : NULL;
	if (equals)
		directive.len = (size_t)(equals - directive.text);
	return http_is(directive, name);
}

static void read_cache_control(struct said *said, struct http_text value)
{
	struct http_text d;
	while (http_next_element(&value, &d)) {
		said->never |= is_directive(d, "no-store") || is_directive(d, "private") ||
			       is_directive(d, "no-cache");
		if (!read_seconds(d, "s-maxage=", &said->shared_max_age))
			read_seconds(d, "max-age=", &said->max_age);
	}
}

static void read_field(struct said *said, struct http_text name, struct http_text value, int64_t wall_s)
{
	if (http_is(name, "cache-control")) {
		read_cache_control(said, value);
	} else if (http_is(name, "vary") || http_is(name, "set-cookie")) {
		said->never = true;
	} else if (http_is(name, "age")) {
		said->age = at_most(http_number(value));
	} else if (http_is(name, "date")) {
		said->any_date = http_parse_date(value, wall_s, &said->date_s);
	} else if (http_is(name, "expires")) {
		said->any_expires = true;
		if (!http_parse_date(value, wall_s, &said->expires_s))
			said->expires_s = 0; /* "0", "-1": it is over (RFC 9111 section 5.3) */
	}
}

static int64_t lifetime(const struct said *said, int64_t wall_s)
{
	if (said->never)
		return 0;
	if (said->shared_max_age != says_nothing)
		return said->shared_max_age;
	if (said->max_age != says_nothing)
		return said->max_age;
	if (said->any_expires)
		return at_most(said->expires_s - (said->any_date ? said->date_s : wall_s));
	return says_nothing;
}

struct proxy_life proxy_life_of(const struct http_response *r, int64_t wall_s)
{
	struct said said = { .max_age = says_nothing, .shared_max_age = says_nothing };
	struct http_text fields = r->fields, name, value;
	while (http_next_field(&fields, &name, &value))
		read_field(&said, name, value, wall_s);
	int64_t all_s = lifetime(&said, wall_s);
	return (struct proxy_life){ .age_s = said.age, .no_end = all_s == says_nothing,
				    .left_s = all_s > said.age ? all_s - said.age : 0 };
}
