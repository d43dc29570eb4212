/* test_net.c - addresses as text, and bytes as the log prints them.
 *
 * SPDX-License-Identifier: MIT */
#include "core/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/log.h"
#include "tests/unit/check.h"

/* ---- "host:port" ---- */

static void splits_host_and_port(void)
{
	static const struct {
		const char *text, *host; /* host NULL: refused */
		int         port;        /* 1 was there before */
	} cases[] = {
		{ "127.0.0.1:1060", "127.0.0.1", 1060 },
		{ "localhost", "localhost", 1 },
		{ "a:0", "a", 0 },
		{ "a:65535", "a", 65535 },
		{ "[::1]:80", "::1", 80 },
		{ "[::1]", "::1", 1 },
		{ "[fe80::1%lo]:80", "fe80::1%lo", 80 },
		{ "a:65536", NULL, 0 },
		{ "a:", NULL, 0 },
		{ "a:x", NULL, 0 },
		{ "a:1x", NULL, 0 },
		{ "a: 1", NULL, 0 },
		{ "a:-1", NULL, 0 },
		{ "a:+1", NULL, 0 },
		{ "a:99999999999999999999", NULL, 0 },
		{ ":80", NULL, 0 },
		{ "", NULL, 0 },
		{ "[]:80", NULL, 0 },
		{ "[::1", NULL, 0 },
		{ "[::1]80", NULL, 0 },
		{ "[::1]:", NULL, 0 },
		{ "::1", NULL, 0 },
		{ "a:b:1", NULL, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char host[32] = "";
		uint16_t port = 1;
		const char *text = guarded(cases[i].text, strlen(cases[i].text) + 1);
		int answer = net_split(text, host, sizeof host, &port);
		check_note("%s", cases[i].text);
		CHECK_INT(answer, cases[i].host ? 0 : -EINVAL);
		if (!cases[i].host)
			continue;
		CHECK_STR(host, cases[i].host);
		CHECK_INT(port, cases[i].port);
	}
}

static void splits_into_small_rooms(void)
{
	uint16_t port;
	for (size_t size = 1; size < 12; size++) {
		char *host = malloc(size);
		int answer = net_split("abcdefgh:80", host, size, &port);
		CHECK_INT(answer, size > 8 ? 0 : -EINVAL);
		if (!answer)
			CHECK_STR(host, "abcdefgh");
		free(host);
	}
}

/* ---- peers ---- */

static void formats_peers(void)
{
	struct peer peer = { .addr = { 127, 0, 0, 1 }, .port = 40338, .family = 4 };
	char text[PEER_TEXT];
	CHECK_STR(peer_format(text, sizeof text, &peer), "127.0.0.1, 40338");
	peer = (struct peer){ .addr = { [15] = 1 }, .port = 65535, .family = 6 };
	CHECK_STR(peer_format(text, sizeof text, &peer), "::1, 65535");
	peer = (struct peer){ 0 };
	CHECK_STR(peer_format(text, sizeof text, &peer), "local, 0");
	peer = (struct peer){ .port = 65535, .family = 6 };
	inet_pton(AF_INET6, "1111:2222:3333:4444:5555:6666:255.255.255.255", peer.addr);
	peer_format(text, sizeof text, &peer);
	CHECK(strlen(text) + 1 < PEER_TEXT && strstr(text, ", 65535")); /* the longest one fits */
}

static void takes_peers_from_sockaddrs(void)
{
	struct peer peer;
	char text[PEER_TEXT];
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = htonl(0x0a000001)};
	peer_from_sockaddr(&peer, (struct sockaddr *)&in);
	CHECK_STR(peer_format(text, sizeof text, &peer), "10.0.0.1, 80");
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(81), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	peer_from_sockaddr(&peer, (struct sockaddr *)&in6);
	CHECK_STR(peer_format(text, sizeof text, &peer), "::1, 81");
	inet_pton(AF_INET6, "::ffff:10.0.0.2", &in6.sin6_addr); /* an IPv4 client of a socket that takes both */
	peer_from_sockaddr(&peer, (struct sockaddr *)&in6);
	CHECK_STR(peer_format(text, sizeof text, &peer), "10.0.0.2, 81");
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	memset(&peer, 0xff, sizeof peer);
	peer_from_sockaddr(&peer, (struct sockaddr *)&un);
	CHECK_STR(peer_format(text, sizeof text, &peer), "local, 0");
	CHECK_INT(sizeof peer, 20);
}

/* ---- sockets on the loopback ---- */

static void listens_and_connects(void)
{
	char name[NET_TEXT], host[NET_TEXT];
	uint16_t port = 0;
	int fd = net_listen("127.0.0.1", 0, 5, false);
	CHECK(fd >= 0);
	CHECK_INT(net_local_name(fd, name, sizeof name), 0);
	CHECK_INT(net_split(name, host, sizeof host, &port), 0);
	CHECK_STR(host, "127.0.0.1");
	CHECK(port > 0);
	CHECK_INT(net_listen("127.0.0.1", port, 5, false), -EADDRINUSE);
	int client = net_connect(host, port);
	CHECK(client >= 0);
	close(client);
	close(fd);
	CHECK_INT(net_connect(host, port), -ECONNREFUSED);
	CHECK_INT(net_connect("300.0.0.1", 1), -ENXIO);
	CHECK_INT(net_local_name(-1, name, sizeof name), -EBADF);
}

static void all_interfaces_take_both_families(void)
{
	char name[NET_TEXT], host[NET_TEXT];
	uint16_t port = 0;
	int fd = net_listen("", 0, 5, false);
	CHECK(fd >= 0);
	CHECK_INT(net_local_name(fd, name, sizeof name), 0);
	CHECK_INT(net_split(name, host, sizeof host, &port), 0);
	int client = net_connect("127.0.0.1", port);
	CHECK(client >= 0);
	close(client);
	close(fd);
}

/* ---- bytes in the log ---- */

static void prints_bytes_as_python_does(void)
{
	static const struct {
		const char *data;
		size_t      len;
		const char *want;
	} cases[] = {
		{ "", 0, "b''" },
		{ "ugly.", 5, "b'ugly.'" },
		{ "a\tb\r\n", 5, "b'a\\tb\\r\\n'" },
		{ "\0\x01\x1f\x7f\x80\xff", 6, "b'\\x00\\x01\\x1f\\x7f\\x80\\xff'" },
		{ "back\\slash", 10, "b'back\\\\slash'" },
		{ "it's", 4, "b\"it's\"" },
		{ "\"", 1, "b'\"'" },
		{ "'\"", 2, "b'\\'\"'" },
		{ "\v\f\a", 3, "b'\\x0b\\x0c\\x07'" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[64];
		CHECK_STR(log_bytes(text, sizeof text, guarded(cases[i].data, cases[i].len), cases[i].len),
			  cases[i].want);
	}
}

/* Any size above 8, any bytes: ended, and either whole or marked as cut. */
static void cuts_long_bytes(void)
{
	char data[40], whole[256];
	for (int fill = 0; fill < 3; fill++)
		for (size_t len = 0; len <= sizeof data; len++)
			for (size_t size = 9; size < 200; size++) {
				char *text = malloc(size);
				memset(data, "x\0'"[fill], sizeof data);
				log_bytes(whole, sizeof whole, data, len);
				log_bytes(text, size, data, len);
				size_t n = strnlen(text, size);
				CHECK(n < size);
				CHECK(strcmp(text, whole) == 0 || (n > 3 && strcmp(text + n - 3, "...") == 0));
				free(text);
			}
	char text[60];
	memset(data, 'x', sizeof data);
	CHECK_STR(log_bytes(text, 30, data, 40), "b'xxxxxxxxxxxxxxxxxx'...");
}

int main(void)
{
	static const struct test tests[] = {
		TEST(splits_host_and_port), TEST(splits_into_small_rooms), TEST(formats_peers),
		TEST(takes_peers_from_sockaddrs), TEST(listens_and_connects),
		TEST(all_interfaces_take_both_families), TEST(prints_bytes_as_python_does),
		TEST(cuts_long_bytes), { 0 },
	};
	return run_tests(tests);
}
