/* http_client_request.c - options that shape a request, and the request as text; see http_client_request.h.
 *
 * Whatever comes from the command line becomes part of a line, so nothing may hold a line's end: else a value
 * could add fields, or a whole request, of its own. A field of the user's replaces ours of the same name.
 *
 * RFC 9110 sections 5.1 (fields), 13.1 (conditions), 14.2 (Range); RFC 9112 section 3.2.2 (proxies).
 *
 * SPDX-License-Identifier: MIT */
#include "clients/http_client_request.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "core/version.h"
#include "proto/http_files.h"

/* ---- options ---- */

static bool is_one_line(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < ' ' && *text != '\t') || *text == 127)
			return false;
	return true;
}

static bool is_field_name(const char *text, size_t len)
{
	static const char token[] =
		"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	return len > 0 && strspn(text, token) >= len;
}

/* Such a value must not even be shown: it would be two lines. */
static int complain_lines(const struct option_def *def)
{
	return option_complain(def, "a line's end or another control character in it");
}

static int set_field(void *target, const struct option_def *def, const char *value)
{
	struct request_config *config = target;
	size_t name = strcspn(value, ":");
	if (!is_one_line(value))
		return complain_lines(def);
	if (!value[name] || !is_field_name(value, name))
		return option_complain(def, "'%s' is not of the form 'Name: value'", value);
	if (config->n_fields == REQUEST_FIELDS_MAX)
		return option_complain(def, "more than %d of them", REQUEST_FIELDS_MAX);
	config->fields[config->n_fields++] = value;
	return 0;
}

/* One range: several would come as multipart/byteranges, which is of no use here. */
static int set_range(void *target, const struct option_def *def, const char *value)
{
	struct request_config *config = target;
	static const char digits[] = "0123456789";
	size_t from = strspn(value, digits), to = value[from] == '-' ? strspn(value + from + 1, digits) : 0;
	if (!is_one_line(value))
		return complain_lines(def);
	if (value[from] != '-' || value[from + 1 + to] || from + to == 0)
		return option_complain(def, "'%s' is not like 0-99, 100- or -50", value);
	config->range = value;
	return 0;
}

static int set_tag(void *target, const struct option_def *def, const char *value)
{
	struct request_config *config = target;
	if (!is_one_line(value))
		return complain_lines(def);
	if (!*value)
		return option_complain(def, "an ETag is not empty");
	config->if_none_match = value;
	return 0;
}

static int set_date(void *target, const struct option_def *def, const char *value)
{
	struct request_config *config = target;
	if (!is_one_line(value))
		return complain_lines(def);
	config->has_date =
		http_parse_date((struct http_text){ value, strlen(value) }, clock_wall_s(), &config->date_s);
	if (!config->has_date)
		return option_complain(def, "'%s' is not like 'Sun, 06 Nov 1994 08:49:37 GMT'", value);
	return 0;
}

/* A file that is not there yet is older than everything. */
static int set_newer(void *target, const struct option_def *def, const char *value)
{
	struct request_config *config = target;
	struct stat st;
	if (stat(value, &st) < 0)
		return errno == ENOENT ? 0 : option_complain(def, "%s: %s", value, strerror(errno));
	config->has_date = true;
	config->date_s = st.st_mtim.tv_sec;
	return 0;
}

static int set_proxy(void *target, const struct option_def *def, const char *value)
{
	struct request_config *config = target;
	if (!is_one_line(value))
		return complain_lines(def);
	if (!http_split_authority((struct http_text){ value, strlen(value) }, &config->proxy_at) ||
	    config->proxy_at.port < 1)
		return option_complain(def, "'%s' is not HOST:PORT", value);
	config->proxy = value;
	return 0;
}

const struct option_def request_options[] = {
	{ .name = "head", .letter = 'I', .help = "ask for the head only (HEAD)", .set = set_flag,
	  .offset = offsetof(struct request_config, head) },
	{ .name = "header", .letter = 'H', .arg = "LINE",
	  .help = "send 'Name: value' too, or in place of ours of that name; repeatable", .set = set_field },
	{ .name = "range", .arg = "A-B", .help = "ask for bytes A to B only; also A- and, from the end, -N",
	  .set = set_range },
	{ .name = "if-none-match", .arg = "ETAG", .help = "ask for it unless it is still this version: 304",
	  .set = set_tag },
	{ .name = "if-modified-since", .arg = "DATE", .help = "ask for it if it has changed since then: else 304",
	  .set = set_date },
	{ .name = "newer-than", .letter = 'z', .arg = "FILE", .help = "the same, since FILE was written",
	  .set = set_newer },
	{ .name = "proxy", .letter = 'x', .arg = "HOST:PORT", .help = "ask this proxy for it", .set = set_proxy },
	{ 0 },
};

/* ---- the request ---- */

static bool is_named(const char *field, const char *name)
{
	size_t len = strlen(name);
	return strncasecmp(field, name, len) == 0 && field[len] == ':';
}

/* Fields that are meant for the server that was named, and for no other. */
static bool stays_at_home(const char *field)
{
	return is_named(field, "Host") || is_named(field, "Authorization") || is_named(field, "Cookie");
}

static bool is_given(const struct request_config *config, const char *name, bool elsewhere)
{
	for (int i = 0; i < config->n_fields; i++)
		if (is_named(config->fields[i], name))
			return !elsewhere || !stays_at_home(config->fields[i]);
	return false;
}

static void put_text(struct http_out *out, struct http_text text)
{
	http_put(out, text.text, text.len);
}

/* A proxy is told the whole address, a server its path. */
static void put_line(struct http_out *out, const struct request_config *config, const struct http_url *url)
{
	put_text(out, config->head ? HTTP_TEXT("HEAD ") : HTTP_TEXT("GET "));
	if (config->proxy) {
		HTTP_PUT(out, "http://");
		put_text(out, url->authority);
	}
	put_text(out, url->path);
	if (url->query.text) {
		HTTP_PUT(out, "?");
		put_text(out, url->query);
	}
	HTTP_PUT(out, " HTTP/1.1\r\n");
}

static void put_field(struct http_out *out, const struct request_config *config, const char *name,
		      struct http_text value, bool elsewhere)
{
	if (is_given(config, name, elsewhere))
		return;
	http_put(out, name, strlen(name));
	HTTP_PUT(out, ": ");
	put_text(out, value);
	HTTP_PUT(out, "\r\n");
}

static void put_tag(struct http_out *out, const char *tag)
{
	bool bare = strcmp(tag, "*") != 0 && !strchr(tag, '"');
	HTTP_PUT(out, "If-None-Match: ");
	http_put(out, "\"", bare);
	http_put(out, tag, strlen(tag));
	http_put(out, "\"", bare);
	HTTP_PUT(out, "\r\n");
}

static void put_conditions(struct http_out *out, const struct request_config *config)
{
	char date[HTTP_DATE_LEN + 1];
	if (config->if_none_match)
		put_tag(out, config->if_none_match);
	if (config->has_date) {
		http_format_date(date, config->date_s);
		put_field(out, config, "If-Modified-Since", (struct http_text){ date, HTTP_DATE_LEN }, false);
	}
	if (config->range) {
		HTTP_PUT(out, "Range: bytes=");
		http_put(out, config->range, strlen(config->range));
		HTTP_PUT(out, "\r\n");
	}
}

void request_write(struct http_out *out, const struct request_config *config, const struct http_url *url,
		   bool elsewhere)
{
	put_line(out, config, url);
	put_field(out, config, "Host", url->authority, elsewhere);
	put_field(out, config, "User-Agent", HTTP_TEXT("muxlab/" MUXLAB_VERSION), elsewhere);
	put_field(out, config, "Accept", HTTP_TEXT("*/*"), elsewhere);
	put_field(out, config, "Connection", HTTP_TEXT("close"), elsewhere);
	put_conditions(out, config);
	for (int i = 0; i < config->n_fields; i++)
		if (!elsewhere || !stays_at_home(config->fields[i])) {
			http_put(out, config->fields[i], strlen(config->fields[i]));
			HTTP_PUT(out, "\r\n");
		}
	HTTP_PUT(out, "\r\n");
}
