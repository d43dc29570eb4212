/* redirect_config.c - the options of the redirect master, and what is made of them before the first client.
 *
 * Whose turn it is, is a table: check() plays one whole round of smooth weighted round robin and writes it
 * down. Then the next slave is one atomic increment for all threads and processes, whatever the weights.
 *
 *     weights A=5 B=1 C=1:    A A B A C A A     and not A A A A A B C
 *
 * Each step every slave gains its weight; the one with the most is next, and pays the sum of all weights.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "http_self.h"
#include "redirect_parts.h"

enum { HEALTH_PATH_MAX = 1024 };

/* ---- options ---- */

static int set_slave(void *target, const struct option_def *def, const char *value)
{
	struct redirect_config *config = target;
	struct http_url url;
	long long weight = 1;
	size_t len = strcspn(value, "=");
	if (config->n_slaves == REDIRECT_SLAVES_MAX)
		return option_complain(def, "more than %d slaves", REDIRECT_SLAVES_MAX);
	if (!http_split_authority((struct http_text){ value, len }, &url) || url.port < 1 ||
	    url.authority.len > REDIRECT_HOST_MAX)
		return option_complain(def, "'%s' is not HOST:PORT (127.0.0.1:9000, [::1]:9000=2)", value);
	if (value[len] &&
	    (parse_number(value + len + 1, &weight) || weight < 1 || weight > REDIRECT_WEIGHT_MAX))
		return option_complain(def, "'%s': the weight is a number from 1 to %d", value,
				       REDIRECT_WEIGHT_MAX);
	struct redirect_slave *slave = &config->slaves[config->n_slaves++];
	memcpy(slave->where, url.authority.text, url.authority.len);
	slave->where[url.authority.len] = '\0';
	slave->weight = (int)weight;
	slave->hash = redirect_hash(url.authority);
	return 0;
}

/* It becomes part of a request: what is not printable, or a space, would end the line. */
static int set_path(void *target, const struct option_def *def, const char *value)
{
	struct redirect_config *config = target;
	size_t n = 0;
	while (value[n] > ' ' && value[n] <= '~' && value[n] != '#')
		n++;
	if (value[0] != '/' || value[n] || n > HEALTH_PATH_MAX)
		return option_complain(def, "'%s' is not a path (/status)", value);
	config->health_path = value;
	return 0;
}

static const char *const code_names[] = { "300", "301", "302", "303", "307", "308", NULL };
enum { CODE_300, CODE_301 };
const char *const redirect_policy_names[] = { "round_robin", "random", "least_loaded", "hash", NULL };

#define FIELD(name) .offset = offsetof(struct redirect_config, name)
#define DAY_MS 86400000

const struct option_def redirect_options[] = {
	{ .name = "slave", .arg = "HOST:PORT[=N]",
	  .help = "send clients there, in N of all turns; repeat it for more slaves", .set = set_slave },
	{ .name = "policy", .arg = "NAME",
	  .help = "round_robin, random, least_loaded, or hash, of the path (round_robin)",
	  .set = set_choice, FIELD(policy), .choices = redirect_policy_names },
	{ .name = "code", .arg = "N",
	  .help = "301, 302, 303; 307, 308 which keep the method; 300: a list of all slaves (301)",
	  .set = set_choice, FIELD(code), .choices = code_names },
	{ .name = "see-other", .help = "303 for requests that are neither GET nor HEAD", .set = set_flag,
	  FIELD(see_other) },
	{ .name = "cacheable", .help = "let browsers remember the slave: without Cache-Control: no-store",
	  .set = set_flag, FIELD(cacheable) },
	{ .name = "health-path", .arg = "PATH",
	  .help = "ask slaves for this; any answer below 500 is life (/status)", .set = set_path },
	{ .name = "health-interval", .arg = "TIME", .help = "between two checks of a slave; 0: never ask (1s)",
	  .set = set_seconds_ms, FIELD(interval_ms), .max = DAY_MS },
	{ .name = "health-timeout", .arg = "TIME", .help = "for a slave to answer a check (2s)",
	  .set = set_seconds_ms, FIELD(timeout_ms), .min = 1, .max = DAY_MS },
	{ .name = "rise", .arg = "N", .help = "good checks in a row bring a slave back (2)", .set = set_int,
	  FIELD(rise), .min = 1, .max = 1000 },
	{ .name = "fall", .arg = "N", .help = "bad checks in a row take a slave out of the turn (1)",
	  .set = set_int, FIELD(fall), .min = 1, .max = 1000 },
	{ .name = "health-watch", .help = "keep a connection to each slave, to see at once when it dies",
	  .set = set_flag, FIELD(watch) },
	HTTP_LIMIT_OPTIONS(struct redirect_config, limits),
	{ 0 },
};

const struct redirect_config redirect_defaults = {
	.code = CODE_301,
	.health_path = "/status",
	.interval_ms = 1000,
	.timeout_ms = 2000,
	.rise = 2,
	.fall = 1,
};

/* ---- what is made of them ---- */

static void write_status(struct redirect_status *status, int code)
{
	status->code = code;
	status->len = (size_t)snprintf(status->text, sizeof status->text, "HTTP/1.1 %d %s\r\nDate: ", code,
				       http_reason(code).text);
}

/* What stands between the date and the path. */
static void write_lines(struct redirect_slave *slave, bool cacheable)
{
	struct http_out out = { .data = slave->lines, .size = sizeof slave->lines };
	HTTP_PUT(&out, "\r\nContent-Type: text/plain\r\nContent-Length: ");
	http_put_number(&out, sizeof REDIRECT_TEXT - 1);
	HTTP_PUT(&out, "\r\n");
	if (!cacheable)
		HTTP_PUT(&out, REDIRECT_NO_STORE);
	HTTP_PUT(&out, "Location: http://");
	http_put(&out, slave->where, strlen(slave->where));
	slave->lines_len = out.len;
}

static void write_all_lines(struct redirect_config *config)
{
	size_t status_len = config->usual.len > config->other.len ? config->usual.len : config->other.len;
	for (int i = 0; i < config->n_slaves; i++) {
		write_lines(&config->slaves[i], config->cacheable);
		size_t all = status_len + HTTP_DATE_LEN + config->slaves[i].lines_len + sizeof REDIRECT_KEEP +
			     sizeof REDIRECT_TEXT;
		if (all > config->longest)
			config->longest = all;
	}
}

static int common_divisor(int a, int b)
{
	return b ? common_divisor(b, a % b) : a;
}

static void deal_turns(struct redirect_config *config)
{
	int all = 0, divisor = 0, credit[REDIRECT_SLAVES_MAX] = { 0 };
	for (int i = 0; i < config->n_slaves; i++) {
		all += config->slaves[i].weight;
		divisor = common_divisor(config->slaves[i].weight, divisor);
	}
	for (int i = 0; divisor && i < config->n_slaves; i++)
		config->slaves[i].turns = config->slaves[i].weight / divisor;
	config->n_turns = divisor ? all / divisor : 0;
	for (int turn = 0; turn < config->n_turns; turn++) {
		int richest = 0;
		for (int i = 0; i < config->n_slaves; i++) {
			credit[i] += config->slaves[i].weight;
			if (credit[i] > credit[richest])
				richest = i;
		}
		credit[richest] -= all;
		config->turns[turn] = (uint8_t)richest;
	}
}

int redirect_check(void *target, char *why, size_t size)
{
	struct redirect_config *config = target;
	int code = atoi(code_names[config->code]);
	if (config->n_slaves == 0) {
		snprintf(why, size, "there is no slave to send clients to; give --slave HOST:PORT");
		return -1;
	}
	write_status(&config->usual, code);
	write_status(&config->other, config->see_other ? 303 : code);
	write_all_lines(config);
	deal_turns(config);
	return 0;
}

int redirect_bound(void *target, const struct peer *self, char *why, size_t size)
{
	const struct redirect_config *config = target;
	struct http_url url;
	for (int i = 0; i < config->n_slaves; i++) {
		const char *where = config->slaves[i].where;
		if (!http_split_authority((struct http_text){ where, strlen(where) }, &url) ||
		    !http_is_self(self, url.host, url.port))
			continue;
		snprintf(why, size,
			 "slave %s is this server itself: clients would go round in a circle; change its port "
			 "or ours (-p)",
			 where);
		return -1;
	}
	return 0;
}
