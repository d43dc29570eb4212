/* http_self.c - is an address our own? Then clients, or a proxy's requests, would go in a circle; see http_self.h.
 *
 * Addresses are compared as numbers, since they can be spelled in many ways: 127.1, 0x7f000001,
 * [::ffff:127.0.0.1], [0:0::1]. Of names only "localhost" is known; others are not looked up, a service knows
 * no resolver. A server that listens on every address (0.0.0.0; :: with IPv4 too) is found at those of this
 * machine, of which we know the loopback ones; and so is what is "at" 0.0.0.0 or ::, to which Linux
 * connects as to loopback.
 *
 * inet(3), inet_pton(3); RFC 4291 sections 2.2 and 2.5.5.2.
 *
 * SPDX-License-Identifier: MIT */
#include "http_self.h"

/* ---- addresses as numbers ---- */

static int digit_of(char c)
{
	int lower = c | 0x20;
	return c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
}

/* Takes a number off the front, in the base that its prefix says: 0x7f, 0177, 127. False: there is none. */
static bool take_c_number(struct http_text *t, uint64_t *number)
{
	int base = t->len > 1 && t->text[0] == '0' ? 8 : 10;
	if (base == 8 && (t->text[1] | 0x20) == 'x') {
		base = 16;
		*t = (struct http_text){ t->text + 2, t->len - 2 };
	}
	size_t n = 0;
	for (*number = 0; n < t->len && digit_of(t->text[n]) < base && *number <= UINT32_MAX; n++)
		*number = *number * (unsigned)base + (unsigned)digit_of(t->text[n]);
	*t = (struct http_text){ t->text + n, t->len - n };
	return n > 0 && *number <= UINT32_MAX;
}

static void set_ipv4(struct peer *p, uint64_t number)
{
	p->family = 4;
	for (int i = 0; i < 4; i++)
		p->addr[i] = (uint8_t)(number >> (24 - 8 * i));
}

/* One to four numbers; the last one fills what is left of the 32 bits (inet_aton(3)). */
static bool parse_ipv4(struct http_text t, struct peer *p)
{
	uint64_t all = 0, part;
	for (int n = 1; n <= 4; n++) {
		if (!take_c_number(&t, &part))
			return false;
		if (t.len == 0) {
			set_ipv4(p, all << (8 * (5 - n)) | part);
			return part >> (8 * (5 - n)) == 0;
		}
		if (part > 255 || t.text[0] != '.')
			return false;
		all = all << 8 | part;
		t = (struct http_text){ t.text + 1, t.len - 1 };
	}
	return false;
}

/* Takes a group of up to four hexadecimal digits. */
static bool take_group(struct http_text *t, unsigned *group)
{
	size_t n = 0;
	for (*group = 0; n < t->len && n < 4 && digit_of(t->text[n]) < 16; n++)
		*group = *group << 4 | (unsigned)digit_of(t->text[n]);
	*t = (struct http_text){ t->text + n, t->len - n };
	return n > 0;
}

static bool starts(struct http_text t, const char *with)
{
	size_t len = strlen(with);
	return t.len >= len && memcmp(t.text, with, len) == 0;
}

static void skip(struct http_text *t, size_t n)
{
	*t = (struct http_text){ t->text + n, t->len - n };
}

/* Groups up to the end or to "::", of at most `room` bytes: so many bytes, or -1. */
static int take_groups(struct http_text *t, uint8_t *out, int room)
{
	int n = 0;
	unsigned group;
	struct peer v4;
	while (t->len && !starts(*t, "::")) {
		if (n && t->text[0] != ':')
			return -1;
		skip(t, n ? 1 : 0);
		if (memchr(t->text, '.', t->len) && !memchr(t->text, ':', t->len)) {
			if (n + 4 > room || !parse_ipv4(*t, &v4))
				return -1;
			memcpy(out + n, v4.addr, 4);
			skip(t, t->len);
			return n + 4;
		}
		if (n + 2 > room || !take_group(t, &group))
			return -1;
		out[n++] = (uint8_t)(group >> 8);
		out[n++] = (uint8_t)group;
	}
	return n;
}

/* An IPv4 address in IPv6 clothes is one. */
static void undress(struct peer *p)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	if (p->family != 6 || memcmp(p->addr, mapped, sizeof mapped) != 0)
		return;
	memmove(p->addr, p->addr + 12, 4);
	memset(p->addr + 4, 0, 12);
	p->family = 4;
}

static bool parse_ipv6(struct http_text t, struct peer *p)
{
	uint8_t behind[16];
	const char *zone = memchr(t.text, '%', t.len);
	if (zone)
		t.len = (size_t)(zone - t.text);
	p->family = 6;
	int n = take_groups(&t, p->addr, 16), m = 0;
	if (n >= 0 && n < 16 && starts(t, "::")) {
		skip(&t, 2);
		m = take_groups(&t, behind, 14 - n);
		if (m > 0)
			memcpy(p->addr + 16 - m, behind, (size_t)m);
		n = 16 - (m > 0 ? m : 0);
	}
	if (n + m != 16 || m < 0 || t.len)
		return false;
	undress(p);
	return true;
}

/* ---- is it us? ---- */

static bool is_zero(const uint8_t *p, size_t len)
{
	while (len && *p == 0) {
		p++;
		len--;
	}
	return len == 0;
}

static bool is_unspecified(const struct peer *p)
{
	return is_zero(p->addr, p->family == 4 ? 4 : 16);
}

static bool is_loopback(const struct peer *p)
{
	return p->family == 4 ? p->addr[0] == 127 : is_zero(p->addr, 15) && p->addr[15] == 1;
}

static bool reaches(struct peer to, const struct peer *self)
{
	static const struct peer loopbacks[] = { { .family = 4, .addr = { 127, 0, 0, 1 } },
						 { .family = 6, .addr = { [15] = 1 } } };
	if (is_unspecified(&to))
		to = loopbacks[to.family == 6];
	if (is_unspecified(self))
		return is_loopback(&to) && (self->family == 6 || to.family == 4);
	return to.family == self->family && memcmp(to.addr, self->addr, to.family == 4 ? 4 : 16) == 0;
}

static bool is_localhost(struct http_text host)
{
	if (host.len && host.text[host.len - 1] == '.')
		host.len--;
	return http_is(host, "localhost");
}

bool http_is_self(const struct peer *listening, struct http_text host, int port)
{
	struct peer to = { 0 }, ipv6 = { .family = 6, .addr = { [15] = 1 } };
	if (!listening || !listening->family || port != listening->port)
		return false;
	struct peer self = *listening;
	undress(&self);
	if (is_localhost(host)) {
		set_ipv4(&to, 0x7f000001);
		return reaches(to, &self) || reaches(ipv6, &self);
	}
	bool is_number = memchr(host.text, ':', host.len) ? parse_ipv6(host, &to) : parse_ipv4(host, &to);
	return is_number && reaches(to, &self);
}
