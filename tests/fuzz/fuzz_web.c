/* fuzz_web.c - the web server, whole, over a table of files: it opens nothing outside, and answers in step.
 *
 *     input: what a client sends
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "servers/web.h"
#include "tests/fuzz/service.h"

#define BILLION 1000000000LL
#define NAMES "\"a'&b\0a b\0index.html\0<i>.txt\0sub/\0"
#define FOUR(x) x x x x
#define MANY FOUR(FOUR(FOUR(FOUR("a name of some length, and & in it\0"))))

static const struct drive_file files[] = {
	{ .path = "index.html",
	  .file = { .body = "<p>Hello</p>", .mtime_ns = 784111000 * BILLION, .inode = 3 } },
	{ .path = "a b", .cold = true, .file = { .body = "a b", .inode = 4 } },
	{ .path = "empty.txt", .file = { .body = "" } },
	{ .path = "large.bin", .file = { .size = 200000, .mtime_ns = 1, .inode = 6 } },
	{ .path = "secret", .error = -EACCES },
	{ .path = "sub", .file = { .directory = true, .body = NAMES, .body_len = sizeof NAMES - 1 } },
	{ .path = "sub/index.html", .error = -ENOENT },
	{ .path = "many",
	  .file = { .directory = true, .body = MANY, .body_len = sizeof MANY - 1, .cut_short = true } },
	{ .path = ".", .file = { .directory = true, .body = NAMES, .body_len = sizeof NAMES - 1 } },
	{ 0 },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_begin(data, size);
	struct web_config config;
	memcpy(&config, web_service.defaults, sizeof config);
	config.list = in.seed % 2;
	fuzz_service(&in, &(struct drive_dialogue){ .service = &web_service, .config = &config, .files = files,
						    .wait_max_ms = -1 },
		     fuzz_look_at_answers);
	free(in.data);
	return 0;
}
