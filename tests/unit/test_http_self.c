/* test_http_self.c - does a server know its own address, however it is spelled, and nobody else's?
 *
 * SPDX-License-Identifier: MIT */
#include "servers/http_self.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/check.h"

#define ANY4 { .family = 4, .port = 8080 }
#define ANY6 { .family = 6, .port = 8080 }
#define LOOP4 { .family = 4, .port = 8080, .addr = { 127, 0, 0, 1 } }
#define LOOP6 { .family = 6, .port = 8080, .addr = { [15] = 1 } }
#define MAPPED { .family = 6, .port = 8080, .addr = { [10] = 0xff, [11] = 0xff, 127, 0, 0, 1 } }
#define OTHER4 { .family = 4, .port = 8080, .addr = { 192, 0, 2, 7 } }
#define OTHER6 { .family = 6, .port = 8080, .addr = { 0x20, 1, 0xd, 0xb8, [14] = 0xab, [15] = 0xcd } }

enum { NONE, AT_LOOP4 = 1, AT_LOOP6 = 2, AT_ANY4 = 4, AT_ANY6 = 8, AT_OTHER4 = 16, AT_OTHER6 = 32,
       AT_MAPPED = 64 };
enum { V4 = AT_LOOP4 | AT_ANY4 | AT_ANY6 | AT_MAPPED, V6 = AT_LOOP6 | AT_ANY6 };

static const struct peer listening[] = { LOOP4, LOOP6, ANY4, ANY6, OTHER4, OTHER6, MAPPED };

static bool is_self(const char *where, const struct peer *self)
{
	struct http_url url;
	return http_split_authority((struct http_text){ where, strlen(where) }, &url) &&
	       http_is_self(self, url.host, url.port);
}

static void knows_itself(void)
{
	static const struct {
		const char *slave;
		int at; /* a bit for each of `listening` that it is */
	} cases[] = {
		{ "127.0.0.1:8080", V4 },
		{ "127.0.0.1:8081", NONE },
		{ "127.0.0.2:8080", AT_ANY4 | AT_ANY6 },
		{ "localhost:8080", V4 | V6 },
		{ "LocalHost.:8080", V4 | V6 },
		{ "localhost:80", NONE },
		{ "localhost.example:8080", NONE },
		{ "127.1:8080", V4 },
		{ "127.0.1:8080", V4 },
		{ "0x7f000001:8080", V4 },
		{ "2130706433:8080", V4 },
		{ "0177.0.0.01:8080", V4 },
		{ "0x7F.0.0.1:8080", V4 },
		{ "127.0.0.1.:8080", NONE },
		{ "127.0.0.256:8080", NONE },
		{ "127.256.1:8080", NONE },
		{ "127..1:8080", NONE },
		{ "1.2.3.4.5:8080", NONE },
		{ "4294967296:8080", NONE },
		{ "0x:8080", NONE },
		{ "09.0.0.1:8080", NONE },
		{ "0.0.0.0:8080", V4 },
		{ "0:8080", V4 },
		{ "[::]:8080", V6 },
		{ "[::1]:8080", V6 },
		{ "[0:0::1]:8080", V6 },
		{ "[0000:0:0:0:0:0:0:0001]:8080", V6 },
		{ "[::1]:9", NONE },
		{ "[::2]:8080", NONE },
		{ "[::ffff:127.0.0.1]:8080", V4 },
		{ "[::ffff:7f00:1]:8080", V4 },
		{ "[::FFFF:127.0.0.2]:8080", AT_ANY4 | AT_ANY6 },
		{ "192.0.2.7:8080", AT_OTHER4 },
		{ "[::ffff:192.0.2.7]:8080", AT_OTHER4 },
		{ "[2001:db8::abcd]:8080", AT_OTHER6 },
		{ "[2001:DB8:0:0::ABCD]:8080", AT_OTHER6 },
		{ "[2001:db8::abcd:0]:8080", NONE },
		{ "a:8080", NONE },
		{ "slave.example:8080", NONE },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (size_t k = 0; k < sizeof listening / sizeof *listening; k++) {
			check_note("%s, listening at number %zu", cases[i].slave, k);
			CHECK_INT(is_self(cases[i].slave, &listening[k]), cases[i].at >> k & 1);
		}
	check_note("%s", "");
}

/* Nothing that could stand between brackets is read past its end, or taken for an address that it is not. */
static void knows_addresses_from_others(void)
{
	static const char *const wrong[] = {
		"",
		":",
		":::",
		"1",
		"1:2",
		"::1::",
		"1::2::3",
		"1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7",
		"::12345",
		"::g",
		"1:2:3:4:5:6:7::8",
		":1",
		"::1:",
		"::1.2.3",
		"::1.2.3.4.5",
		"1.2.3.4::",
		"::ffff:127.0.0.1:1",
	};
	static const struct peer loop6 = LOOP6, any6 = ANY6;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		char slave[100];
		snprintf(slave, sizeof slave, "[%s]:8080", wrong[i]);
		check_note("%s", slave);
		CHECK(!is_self(guarded(slave, strlen(slave) + 1), &loop6));
		CHECK(!is_self(guarded(slave, strlen(slave) + 1), &any6));
	}
	check_note("%s", "");
}

int main(void)
{
	static const struct test tests[] = {
		TEST(knows_itself),
		TEST(knows_addresses_from_others),
		{ 0 },
	};
	return run_tests(tests);
}
