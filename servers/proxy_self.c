/* proxy_self.c - is an address our own? See proxy_self.h.
 *
 * Only addresses and "localhost" can be judged without asking anyone. That is enough for what people mistype;
 * any other way back to ourselves is found by Via, one hop later. Addresses are read here, since services
 * include nothing of the system: dotted quads, and IPv6 as RFC 4291 section 2.2 writes it. An IPv4 address is
 * kept as ::ffff:a.b.c.d.
 *
 * SPDX-License-Identifier: MIT */
#include "proxy_self.h"

enum { ADDRESS = 16, V4_AT = 12 };

/* ---- reading addresses ---- */

static void map_v4(uint8_t addr[ADDRESS], const uint8_t *v4)
{
	memset(addr, 0, ADDRESS);
	addr[10] = addr[11] = 0xff;
	memcpy(addr + V4_AT, v4, 4);
}

/* Takes "255" and the '.' behind it off the front of the text. */
static bool take_byte(struct http_text *text, bool last, uint8_t *byte)
{
	const char *dot = text->len ? memchr(text->text, '.', text->len) : NULL;
	if (!dot != last)
		return false;
	size_t len = dot ? (size_t)(dot - text->text) : text->len;
	int64_t number = len <= 3 ? http_number((struct http_text){ text->text, len }) : -1;
	*byte = (uint8_t)number;
	*text = (struct http_text){ text->text + len + !last, text->len - len - !last };
	return number >= 0 && number <= 255;
}

static bool read_v4(struct http_text text, uint8_t v4[4])
{
	for (int i = 0; i < 4; i++)
		if (!take_byte(&text, i == 3, &v4[i]))
			return false;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Up to four hexadecimal digits at `at`; how many, or 0. */
static size_t read_group(struct http_text text, size_t at, unsigned *group)
{
	size_t n = 0;
	for (*group = 0; n < 4 && at + n < text.len && hex_digit(text.text[at + n]) >= 0; n++)
		*group = *group * 16 + (unsigned)hex_digit(text.text[at + n]);
	return n;
}

static bool is_gap(struct http_text text, size_t at)
{
	return text.len - at >= 2 && text.text[at] == ':' && text.text[at + 1] == ':';
}

/* Groups up to the end or to "::"; returns how many bytes they make, or -1. */
static int read_groups(struct http_text text, size_t *at, uint8_t out[ADDRESS])
{
	int n = 0;
	unsigned group;
	while (*at < text.len && !is_gap(text, *at)) {
		if (n && text.text[(*at)++] != ':')
			return -1;
		struct http_text rest = { text.text + *at, text.len - *at };
		if (n <= V4_AT && read_v4(rest, out + n)) {
			*at = text.len;
			return n + 4;
		}
		size_t digits = n < ADDRESS ? read_group(text, *at, &group) : 0;
		if (!digits)
			return -1;
		*at += digits;
		out[n++] = (uint8_t)(group >> 8);
		out[n++] = (uint8_t)group;
	}
	return n;
}

static bool read_v6(struct http_text text, uint8_t addr[ADDRESS])
{
	uint8_t before[ADDRESS + 4], behind[ADDRESS + 4];
	size_t at = 0;
	memset(addr, 0, ADDRESS);
	int n = read_groups(text, &at, before), m = 0;
	bool gap = n >= 0 && at < text.len;
	if (gap) {
		at += 2;
		m = read_groups(text, &at, behind);
	}
	if (n < 0 || m < 0 || at < text.len || (gap ? n + m >= ADDRESS : n != ADDRESS))
		return false;
	memcpy(addr, before, (size_t)n);
	memcpy(addr + ADDRESS - m, behind, (size_t)m);
	return true;
}

static bool read_address(struct http_text text, uint8_t addr[ADDRESS])
{
	uint8_t v4[4];
	if (!read_v4(text, v4))
		return read_v6(text, addr);
	map_v4(addr, v4);
	return true;
}

/* ---- judging them ---- */

static bool is_v4(const uint8_t *addr)
{
	static const uint8_t mapped[V4_AT] = { [10] = 0xff, [11] = 0xff };
	return memcmp(addr, mapped, V4_AT) == 0;
}

static bool is_unspecified(const uint8_t *addr)
{
	static const uint8_t none[ADDRESS];
	return is_v4(addr) ? memcmp(addr + V4_AT, none, 4) == 0 : memcmp(addr, none, ADDRESS) == 0;
}

static bool is_loopback(const uint8_t *addr)
{
	static const uint8_t one[ADDRESS] = { [ADDRESS - 1] = 1 };
	return is_v4(addr) ? addr[V4_AT] == 127 : memcmp(addr, one, ADDRESS) == 0;
}

bool proxy_is_self(const struct peer *self, struct http_text host, int port)
{
	uint8_t own[ADDRESS], asked[ADDRESS];
	if (!self || !self->family || self->port != port)
		return false;
	if (self->family == 4)
		map_v4(own, self->addr);
	else
		memcpy(own, self->addr, ADDRESS);
	bool here = is_loopback(own) || is_unspecified(own); /* where a loopback address leads to */
	if (http_is(host, "localhost") || http_is(host, "localhost."))
		return here;
	if (!read_address(host, asked))
		return false;
	if (is_unspecified(asked)) /* the kernel takes it for loopback: connect(2) to 0.0.0.0 */
		return here;
	return memcmp(own, asked, ADDRESS) == 0 || (is_unspecified(own) && is_loopback(asked));
}
