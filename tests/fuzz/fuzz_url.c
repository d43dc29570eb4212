/* fuzz_url.c - addresses: what a Location means is an address again, without dot segments, and means itself.
 *
 *     input: a line with the address that was asked, then what its answer names
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "proto/http.h"
#include "tests/fuzz/fuzz.h"

static void check_url(const struct http_url *url, struct http_text text)
{
	EXPECT(fuzz_inside(url->authority, text.text, text.len) && url->authority.len);
	EXPECT(fuzz_inside(url->host, url->authority.text, url->authority.len) && url->host.len);
	EXPECT(url->port >= -1 && url->port <= 65535);
	EXPECT(fuzz_inside(url->query, text.text, text.len) && fuzz_inside(url->rest, text.text, text.len));
	EXPECT(url->path.len);
	EXPECT(!memchr(url->path.text, '?', url->path.len) && !memchr(url->path.text, '#', url->path.len));
	EXPECT(!memchr(url->authority.text, '@', url->authority.len));
}

static bool has_dot_segment(struct http_text path)
{
	for (size_t i = 0; i < path.len; i++) {
		const char *at = path.text + i;
		size_t left = path.len - i;
		if (*at == '/' && ((left >= 2 && at[1] == '.' && (left == 2 || at[2] == '/')) ||
				   (left >= 3 && at[1] == '.' && at[2] == '.' && (left == 3 || at[3] == '/'))))
			return true;
	}
	return false;
}

/* With little room it may fail (on the way it may need more than in the end), but says so. */
static void check_room(const struct http_url *base, struct http_text reference, size_t len, uint32_t seed)
{
	size_t size = fuzz_choose(&seed, len + 40);
	struct http_out small = { .data = malloc(size), .size = size };
	const char *why = http_resolve(&small, base, reference);
	EXPECT(small.len <= size);
	EXPECT(why || small.len == len);
	free(small.data);
}

static void check_resolved(const struct http_url *base, struct http_text reference, uint32_t seed)
{
	static char first[HTTP_LINE_MAX], second[HTTP_LINE_MAX];
	struct http_out out = { .data = first, .size = sizeof first };
	struct http_out again = { .data = second, .size = sizeof second };
	struct http_url url;
	if (http_resolve(&out, base, reference))
		return;
	struct http_text result = { out.data, out.len };
	for (size_t i = 0; i < out.len; i++)
		EXPECT(out.data[i] > ' ' && out.data[i] <= '~' && out.data[i] != '#');
	EXPECT(http_split_url(result, &url) == NULL);
	EXPECT(!has_dot_segment(url.path));
	EXPECT(http_resolve(&again, &url, result) == NULL);
	EXPECT(again.len == out.len && memcmp(second, first, out.len) == 0);
	check_room(base, reference, out.len, seed);
}

/* The base as it comes from a command line or a request: without characters that no target has. */
static bool is_clean(struct http_text text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.text[i] <= ' ' || text.text[i] > '~')
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_begin(data, size);
	struct http_url url;
	const char *end = in.len ? memchr(in.data, '\n', in.len) : NULL;
	size_t len = end ? (size_t)(end - in.data) : in.len;
	struct http_text base = { fuzz_copy(in.data, len), len };
	size_t at = len + !!end;
	struct http_text reference = { fuzz_copy(in.data + at, in.len - at), in.len - at };
	if (http_split_authority(base, &url))
		EXPECT(url.host.len && url.port >= -1 && url.port <= 65535);
	if (!http_split_url(base, &url)) {
		check_url(&url, base);
		if (is_clean(base) && len < HTTP_LINE_MAX)
			check_resolved(&url, reference, in.seed);
	}
	free((char *)base.text);
	free((char *)reference.text);
	free(in.data);
	return 0;
}
