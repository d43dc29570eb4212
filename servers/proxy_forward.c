/* proxy_forward.c - heads on their way through a proxy; see proxy_forward.h.
 *
 *     client                                proxy                               origin
 *     GET http://host:81/a HTTP/1.1  ---->  GET /a HTTP/1.0               ---->
 *                                           Host: host:81                   that of the target
 *                                           User-Agent: Mozilla/5.0 ...         the lab's, always the same
 *                                           Connection: close                   one request for each connection
 *                                           Proxy-Connection: close
 *     Accept, Cookie, If-..., Range  ---->  as they came                  ---->
 *     Connection, Keep-Alive, TE ... ---->  (dropped)
 *                                           Via: 1.1 muxlab-...
 *     HTTP/1.1 200 OK                <----  HTTP/1.0 200 OK               <----
 *     its fields, Via                <----  but those for this connection <----
 *
 * Fields that belong to one connection are those of RFC 9110 section 7.6.1, and those that a Connection field
 * names. Of a request's body nothing is passed on: in a GET it has no meaning (section 9.3.1).
 *
 * SPDX-License-Identifier: MIT */
#include "proxy_forward.h"

#define LAB_AGENT "Mozilla/5.0 (X11; Linux x86_64; rv:10.0.3) Gecko/20120305 Firefox/10.0.3"

/* ---- which fields stay behind ---- */

static const char *const hop_by_hop[] = {
	"connection", "proxy-connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
	"proxy-authenticate", "proxy-authorization", "proxy-authentication-info", "content-length", NULL,
};
static const char *const set_in_requests[] = { "host", "user-agent", "expect", NULL };
static const char *const set_in_responses[] = { "age", "x-cache", NULL };

struct options { /* named by Connection fields */
	struct http_text names[PROXY_OPTIONS_MAX];
	int              n;
};

static bool is_one_of(struct http_text name, const char *const *names)
{
	for (; *names; names++)
		if (http_is(name, *names))
			return true;
	return false;
}

static bool same_name(struct http_text a, struct http_text b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		unsigned char x = (unsigned char)a.text[i], y = (unsigned char)b.text[i];
		bool letter = (x | 0x20) >= 'a' && (x | 0x20) <= 'z';
		if (x != y && !(letter && (x | 0x20) == (y | 0x20)))
			return false;
	}
	return true;
}

/* Options that are dropped anyway need no place. False: too many. */
static bool gather_options(struct options *o, struct http_text fields)
{
	struct http_text name, value, option;
	o->n = 0;
	while (http_next_field(&fields, &name, &value)) {
		if (!http_is(name, "connection"))
			continue;
		while (http_next_element(&value, &option)) {
			if (option.len == 0 || http_is(option, "close") || is_one_of(option, hop_by_hop))
				continue;
			if (o->n == PROXY_OPTIONS_MAX)
				return false;
			o->names[o->n++] = option;
		}
	}
	return true;
}

static bool stays_behind(const struct options *o, struct http_text name, const char *const *set_here)
{
	if (is_one_of(name, hop_by_hop) || is_one_of(name, set_here))
		return true;
	for (int i = 0; i < o->n; i++)
		if (same_name(name, o->names[i]))
			return true;
	return false;
}

/* NULL, or what is wrong. */
static const char *put_fields(struct http_out *out, struct http_text fields, const char *const *set_here)
{
	struct options options;
	struct http_text name, value;
	if (!gather_options(&options, fields))
		return "Connection names too many fields";
	while (http_next_field(&fields, &name, &value)) {
		if (stays_behind(&options, name, set_here))
			continue;
		http_put(out, name.text, name.len);
		HTTP_PUT(out, ": ");
		http_put(out, value.text, value.len);
		HTTP_PUT(out, "\r\n");
	}
	return NULL;
}

static void put_via(struct http_out *out, unsigned minor, const char *name)
{
	http_put_string(out, minor ? "Via: 1.1 " : "Via: 1.0 ");
	http_put_string(out, name);
	HTTP_PUT(out, "\r\n");
}

/* ---- what a request wants of us ---- */

static void read_cache_control(struct proxy_wish *w, struct http_text value)
{
	struct http_text directive;
	while (http_next_element(&value, &directive)) {
		w->no_store |= http_is(directive, "no-store");
		w->fresh |= http_is(directive, "no-cache") || http_is(directive, "max-age=0");
		w->only_cached |= http_is(directive, "only-if-cached");
	}
}

/* Names are random: a comment that happens to contain ours is none to care for. */
static int read_via(struct proxy_wish *w, struct http_text value, const char *name)
{
	struct http_text proxy;
	int n = 0;
	w->seen_before |= memmem(value.text, value.len, name, strlen(name)) != NULL;
	while (http_next_element(&value, &proxy))
		n++;
	return n;
}

/* By length first: most fields are none of ours. */
static int read_field(struct proxy_wish *w, struct http_text field, struct http_text value, const char *name)
{
	switch (field.len) {
	case sizeof "via" - 1:
		return http_is(field, "via") ? read_via(w, value, name) : 0;
	case sizeof "pragma" - 1:
		w->fresh |= http_is(field, "pragma") && http_is(value, "no-cache");
		return 0;
	case sizeof "cache-control" - 1: /* and of "authorization" */
		w->authorized |= http_is(field, "authorization");
		if (http_is(field, "cache-control"))
			read_cache_control(w, value);
		return 0;
	default:
		return 0;
	}
}

void proxy_read_fields(struct proxy_wish *w, const struct http_request *r, const char *name)
{
	struct http_text fields = r->fields, field, value;
	int n_proxies = 0;
	*w = (struct proxy_wish){ 0 };
	while (http_next_field(&fields, &field, &value))
		n_proxies += read_field(w, field, value, name);
	w->too_far = n_proxies > PROXY_VIA_MAX;
}

const char *proxy_read_wish(struct proxy_wish *w, const struct http_request *r, const char *name)
{
	enum { HTTP_PORT = 80 };
	proxy_read_fields(w, r, name);
	if (!http_split_authority(r->host, &w->url))
		return "the host in the address is malformed";
	if (w->url.host.len > PROXY_HOST_MAX)
		return "the host in the address is too long";
	if (w->url.port == 0)
		return "no one can listen on port 0";
	if (w->url.port < 0)
		w->url.port = HTTP_PORT;
	return NULL;
}

/* ---- names of origins and objects ---- */

/* "host", or "[v6]" */
static struct http_text bracketed(const struct http_url *url)
{
	bool v6 = url->authority.text[0] == '[';
	return (struct http_text){ url->authority.text, url->host.len + (v6 ? 2 : 0) };
}

static void put_lower(struct http_out *out, struct http_text text)
{
	size_t from = out->len;
	http_put(out, text.text, text.len);
	for (char *at = out->data + from; at < out->data + out->len; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at + ('a' - 'A'));
}

static void put_path(struct http_out *out, const struct http_request *r)
{
	http_put(out, r->path.text, r->path.len);
	if (r->query.text) {
		HTTP_PUT(out, "?");
		http_put(out, r->query.text, r->query.len);
	}
}

void proxy_put_key(struct http_out *out, const struct proxy_wish *w, const struct http_request *r)
{
	put_lower(out, bracketed(&w->url));
	HTTP_PUT(out, ":");
	http_put_number(out, (uint64_t)w->url.port);
	put_path(out, r);
}

void proxy_put_where(struct http_out *out, const struct proxy_wish *w)
{
	struct http_text host = bracketed(&w->url);
	http_put(out, host.text, host.len);
	HTTP_PUT(out, ":");
	http_put_number(out, (uint64_t)w->url.port);
	http_put(out, "", 1);
}

/* ---- the two heads ---- */

static void put_host(struct http_out *out, const struct proxy_wish *w)
{
	enum { HTTP_PORT = 80 };
	struct http_text host = bracketed(&w->url);
	HTTP_PUT(out, "Host: ");
	http_put(out, host.text, host.len);
	if (w->url.port != HTTP_PORT) {
		HTTP_PUT(out, ":");
		http_put_number(out, (uint64_t)w->url.port);
	}
	HTTP_PUT(out, "\r\n");
}

const char *proxy_put_request(struct http_out *out, const struct proxy_wish *w, const struct http_request *r,
			      const char *name)
{
	http_put_string(out, r->method == HTTP_HEAD ? "HEAD " : "GET ");
	put_path(out, r);
	HTTP_PUT(out, " HTTP/1.0\r\n");
	put_host(out, w);
	HTTP_PUT(out, "User-Agent: " LAB_AGENT "\r\n"
		      "Connection: close\r\n"
		      "Proxy-Connection: close\r\n");
	const char *wrong = put_fields(out, r->fields, set_in_requests);
	put_via(out, r->minor, name);
	HTTP_PUT(out, "\r\n");
	return wrong;
}

const char *proxy_put_response(struct http_out *out, const struct http_response *r, const char *name,
			       int64_t wall_s)
{
	struct http_text date;
	HTTP_PUT(out, "HTTP/1.1 ");
	http_put_number(out, (uint64_t)r->status);
	HTTP_PUT(out, " ");
	if (r->reason.len)
		http_put(out, r->reason.text, r->reason.len);
	HTTP_PUT(out, "\r\n");
	const char *wrong = put_fields(out, r->fields, set_in_responses);
	if (!http_field(r->fields, "date", &date)) {
		HTTP_PUT(out, "Date: ");
		http_put(out, http_date(wall_s), HTTP_DATE_LEN);
		HTTP_PUT(out, "\r\n");
	}
	put_via(out, r->minor, name);
	return wrong;
}
