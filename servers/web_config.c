/* web_config.c - the options of the web server.
 *
 * SPDX-License-Identifier: MIT */
#include "web_parts.h"

static const char *const yes_no[] = { "yes", "no", NULL };

const struct option_def web_options[] = {
	{ .name = "root", .arg = "DIR", .help = "serve the files below it (.)", .set = set_string,
	  .offset = offsetof(struct web_config, root) },
	{ .name = "list", .help = "show what is in a folder without index.html", .set = set_flag,
	  .offset = offsetof(struct web_config, list) },
	{ .name = "sendfile", .arg = "yes|no", .help = "large files by sendfile(2), or by pread and send (yes)",
	  .set = set_choice, .offset = offsetof(struct web_config, sendfile), .choices = yes_no },
	{ .name = "no-status", .help = "no counters at /status", .set = set_flag,
	  .offset = offsetof(struct web_config, no_status) },
	HTTP_LIMIT_OPTIONS(struct web_config, limits),
	{ 0 },
};

const struct web_config web_defaults = { .root = "." };
