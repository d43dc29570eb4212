/* http_access.c - one answer, one line of the access log; see http_access.h.
 *
 * The line is made on the stack and given away whole, so that lines of several threads do not mix. The date
 * is the one that stands in the answer, in another order. Addresses are written here, since services include
 * nothing of the system: IPv6 as RFC 5952 wants it, with the longest run of zeros left out.
 *
 * SPDX-License-Identifier: MIT */
#include "http_access.h"

/* With both at their longest and all the rest, a line stays below HTTP_ACCESS_MAX. */
enum { REQUEST_MAX = 2048, FIELD_MAX = 896 };

/* ---- addresses ---- */

static void put_ipv4(struct http_out *out, const uint8_t *addr)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			HTTP_PUT(out, ".");
		http_put_number(out, addr[i]);
	}
}

static unsigned group_of(const uint8_t *addr, int i)
{
	return (unsigned)addr[2 * i] << 8 | addr[2 * i + 1];
}

/* The longest run of groups that are zero, of two at least; the first of several. */
static int longest_run(const uint8_t *addr, int *len)
{
	int start = -1;
	*len = 1;
	for (int i = 0, run = 0; i < 8; i++) {
		run = group_of(addr, i) ? 0 : run + 1;
		if (run > *len) {
			*len = run;
			start = i - run + 1;
		}
	}
	return start;
}

static void put_hex(struct http_out *out, unsigned group)
{
	char digits[4];
	size_t n = sizeof digits;
	do
		digits[--n] = "0123456789abcdef"[group & 15];
	while (group >>= 4);
	http_put(out, digits + n, sizeof digits - n);
}

static void put_ipv6(struct http_out *out, const uint8_t *addr)
{
	int len, run = longest_run(addr, &len);
	for (int i = 0; i < 8; i++) {
		if (i == run) {
			HTTP_PUT(out, "::");
			i += len - 1;
			continue;
		}
		if (i && i != run + len)
			HTTP_PUT(out, ":");
		put_hex(out, group_of(addr, i));
	}
}

static void put_peer(struct http_out *out, const struct peer *peer)
{
	if (peer->family == 4)
		put_ipv4(out, peer->addr);
	else if (peer->family == 6)
		put_ipv6(out, peer->addr);
	else
		HTTP_PUT(out, "-");
}

/* ---- the line ---- */

/* " [10/Oct/2000:13:55:36 +0000]" from "Tue, 10 Oct 2000 13:55:36 GMT" */
static void put_time(struct http_out *out, int64_t wall_s)
{
	const char *date = http_date(wall_s);
	HTTP_PUT(out, " - - [");
	http_put(out, date + 5, 2);
	HTTP_PUT(out, "/");
	http_put(out, date + 8, 3);
	HTTP_PUT(out, "/");
	http_put(out, date + 12, 4);
	HTTP_PUT(out, ":");
	http_put(out, date + 17, 8);
	HTTP_PUT(out, " +0000]");
}

/* " \"text\"", in at most `max` bytes between the quotes. */
static void put_quoted(struct http_out *out, struct http_text text, size_t max)
{
	static const char digits[] = "0123456789ABCDEF";
	HTTP_PUT(out, " \"");
	size_t end = out->len + max;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.text[i];
		char escaped[4] = { '\\', 'x', digits[c >> 4], digits[c & 15] };
		bool plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
		if (out->len + sizeof escaped > end)
			break;
		http_put(out, plain ? (const char *)&text.text[i] : escaped, plain ? 1 : sizeof escaped);
	}
	if (text.len == 0)
		HTTP_PUT(out, "-");
	HTTP_PUT(out, "\"");
}

static void put_field(struct http_out *out, struct http_text fields, const char *name)
{
	struct http_text value;
	if (!http_field(fields, name, &value)) /* it may have left another's there */
		value = (struct http_text){ 0 };
	put_quoted(out, value, FIELD_MAX);
}

void http_access(const struct io_env *env, struct http_text line, struct http_text fields, int status,
		 uint64_t content)
{
	char text[HTTP_ACCESS_MAX];
	struct http_out out = { .data = text, .size = sizeof text };
	put_peer(&out, env->peer);
	put_time(&out, env->wall_s);
	put_quoted(&out, line, REQUEST_MAX);
	HTTP_PUT(&out, " ");
	http_put_number(&out, (uint64_t)status);
	HTTP_PUT(&out, " ");
	http_put_number(&out, content);
	put_field(&out, fields, "referer");
	put_field(&out, fields, "user-agent");
	HTTP_PUT(&out, "\n");
	env->access(env, text, out.len);
}
