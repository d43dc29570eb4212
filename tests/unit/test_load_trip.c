/* test_load_trip.c - redirects that are followed: which connection asks what, and what is counted.
 *
 * The client is a real one, of one thread, and its servers are this test: listening sockets on the loopback.
 * Nothing runs by itself; the test waits for bytes, looks at them, answers, and tells the client of its events.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_trip.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/clock.h"
#include "tests/unit/check.h"

enum { SERVERS = 5, PATIENCE_MS = 20000 };

struct server {
	int  listener, fd; /* fd: to the client, -1: none */
	char name[32];
	char asked[1000];
};

struct rig {
	struct load_config  config;
	struct load_sources sources;
	struct load_shared  shared;
	struct load_worker  worker;
	struct load_conn   *client;
	struct server       servers[SERVERS];
};

static void mark(struct load_shared *shared, bool end)
{
	(void)shared, (void)end;
}

/* ---- servers ---- */

static void server_open(struct server *server)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof sa;
	server->fd = -1;
	server->listener = socket(AF_INET, SOCK_STREAM, 0);
	CHECK_INT(bind(server->listener, (struct sockaddr *)&sa, sizeof sa), 0);
	CHECK_INT(listen(server->listener, 10), 0);
	CHECK_INT(getsockname(server->listener, (struct sockaddr *)&sa, &len), 0);
	snprintf(server->name, sizeof server->name, "127.0.0.1:%d", ntohs(sa.sin_port));
}

static bool wait_for(int fd, short events)
{
	struct pollfd one = { .fd = fd, .events = events };
	return poll(&one, 1, PATIENCE_MS) == 1;
}

static void server_close(struct server *server)
{
	if (server->fd >= 0)
		close(server->fd);
	server->fd = -1;
}

/* The request that has come, on a new connection if there is one. */
static const char *asked(struct server *server)
{
	struct pollfd both[] = { { .fd = server->listener, .events = POLLIN },
				 { .fd = server->fd, .events = POLLIN } };
	ssize_t n = 0;
	CHECK(poll(both, 2, PATIENCE_MS) > 0);
	if (both[0].revents) {
		server_close(server);
		server->fd = accept(server->listener, NULL, NULL);
		CHECK(wait_for(server->fd, POLLIN));
	}
	n = recv(server->fd, server->asked, sizeof server->asked - 1, 0);
	server->asked[n > 0 ? n : 0] = '\0';
	return server->asked;
}

/* ---- the client ---- */

static void set_up(struct rig *rig, const char *path)
{
	char target[200], why[200];
	memset(rig, 0, sizeof *rig);
	for (int i = 0; i < SERVERS; i++)
		server_open(&rig->servers[i]);
	snprintf(target, sizeof target, "http://%s%s", rig->servers[0].name, path);
	rig->config = (struct load_config){ .connections = 1, .threads = 1, .pipeline = 1, .timeout_ms = 2000,
					    .method = "GET", .follow = true };
	CHECK_INT(load_target_parse(&rig->config, target, why, sizeof why), 0);
	CHECK_INT(load_sources_open(&rig->sources, &rig->config, why, sizeof why), 0);
	rig->shared = (struct load_shared){
		.config = &rig->config, .sources = &rig->sources, .n_sides = 2, .mark = mark };
	CHECK_INT(load_worker_open(&rig->worker, &rig->shared, 0), 0);
	load_schedule_begin(&rig->worker);
	rig->worker.phase = LOAD_MEASURING;
	rig->worker.phase_end_ns = rig->worker.end_ns = INT64_MAX;
	rig->client = &rig->worker.conns[0];
}

static void tear_down(struct rig *rig)
{
	load_worker_close(&rig->worker);
	for (int i = 0; i < SERVERS; i++) {
		server_close(&rig->servers[i]);
		close(rig->servers[i].listener);
	}
}

/* Lets the connection find out that it is open, and ask. */
static void event(struct rig *rig, struct load_conn *c, uint32_t events)
{
	CHECK(c && c->fd >= 0 && wait_for(c->fd, events & EPOLLIN ? POLLIN : POLLOUT));
	load_conn_event(&rig->worker, c, events | EPOLLOUT);
}

static void begin(struct rig *rig)
{
	load_conn_open(&rig->worker, rig->client, clock_ns());
	event(rig, rig->client, EPOLLOUT);
}

static struct load_conn *at(const struct rig *rig)
{
	return rig->client->away ? rig->client->trip->at : rig->client;
}

/* The server answers, the client hears it. */
static void answer(struct rig *rig, int server, const char *text)
{
	struct load_conn *c = at(rig);
	CHECK_INT(send(rig->servers[server].fd, text, strlen(text), MSG_NOSIGNAL), (long long)strlen(text));
	event(rig, c, EPOLLIN);
	if (rig->client->away && at(rig)->state == CONN_CONNECTING)
		event(rig, at(rig), EPOLLOUT);
}

static void redirect(struct rig *rig, int server, const char *location)
{
	char text[500];
	snprintf(text, sizeof text, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 5\r\n\r\nthere",
		 location);
	answer(rig, server, text);
}

static const char *slave(struct rig *rig, int number, const char *path)
{
	static char url[300];
	snprintf(url, sizeof url, "http://%s%.100s", rig->servers[number].name, path);
	return url;
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static bool asks(struct rig *rig, int server, const char *path)
{
	char want[300];
	snprintf(want, sizeof want, "GET %s HTTP/1.1\r\nHost: %s\r\n", path, rig->servers[server].name);
	const char *got = asked(&rig->servers[server]);
	return strncmp(got, want, strlen(want)) == 0;
}

/* ---- tests ---- */

static void to_a_slave_and_back(void)
{
	struct rig rig;
	set_up(&rig, "/a?b");
	begin(&rig);
	for (int i = 0; i < 3; i++) {
		CHECK(asks(&rig, 0, "/a?b"));
		redirect(&rig, 0, slave(&rig, 1, "/a?b"));
		CHECK(rig.client->away);
		CHECK(asks(&rig, 1, "/a?b"));
		answer(&rig, 1, OK);
		CHECK(!rig.client->away);
	}
	const struct load_stats *stats = &rig.worker.stats;
	CHECK_INT(stats->latency->count, 3);
	CHECK_INT(stats->hops, 3);
	CHECK_INT(stats->connects, 2); /* one to each, and kept */
	CHECK_INT(load_stats_errors(stats), 0);
	CHECK_INT(rig.worker.places->list[0].tally.redirects, 3);
	CHECK_INT(rig.worker.places->list[1].tally.answers, 3);
	tear_down(&rig);
}

/* Each Location is seen from where it was given. */
static void from_hop_to_hop(void)
{
	struct rig rig;
	set_up(&rig, "/x/a");
	rig.config.headers[0] = "Authorization: Basic eDp5";
	rig.config.n_headers = 1;
	begin(&rig);
	CHECK(asks(&rig, 0, "/x/a"));
	redirect(&rig, 0, slave(&rig, 1, "/y/b"));
	CHECK(asks(&rig, 1, "/y/b"));
	CHECK(strstr(rig.servers[1].asked, "Authorization") == NULL);
	redirect(&rig, 1, "../z?q#f");
	CHECK(asks(&rig, 1, "/z?q"));
	redirect(&rig, 1, slave(&rig, 0, ""));
	CHECK(asks(&rig, 0, "/"));
	CHECK(strstr(rig.servers[0].asked, "Authorization") != NULL);
	answer(&rig, 0, OK);
	CHECK_INT(rig.worker.stats.hops, 3);
	CHECK_INT(rig.worker.stats.latency->count, 1);
	tear_down(&rig);
}

static void not_without_end(void)
{
	struct rig rig;
	set_up(&rig, "/");
	begin(&rig);
	CHECK(asks(&rig, 0, "/"));
	for (int i = 0; i < LOAD_HOPS_MAX; i++) {
		redirect(&rig, i ? 1 : 0, slave(&rig, 1, "/"));
		CHECK(asks(&rig, 1, "/"));
	}
	redirect(&rig, 1, slave(&rig, 1, "/"));
	CHECK(!rig.client->away);
	CHECK_INT(rig.worker.stats.errors[LOAD_E_REDIRECT], 1);
	CHECK(rig.client->wake_ns > 0); /* it does not come back at once */
	CHECK_INT(rig.worker.stats.latency->count, 0);
	tear_down(&rig);
}

static void not_anywhere(void)
{
	static const char *const locations[] = {
		"https://127.0.0.1/", "ftp://x/", "http://a b/", "http://user@127.0.0.1/",
		"http://127.0.0.1:99999/", "http:///x", "//", "",
	};
	for (size_t i = 0; i < sizeof locations / sizeof *locations; i++) {
		struct rig rig;
		check_note("Location '%s'", locations[i]);
		set_up(&rig, "/");
		begin(&rig);
		CHECK(asks(&rig, 0, "/"));
		redirect(&rig, 0, locations[i]);
		CHECK(!rig.client->away);
		CHECK_INT(load_stats_errors(&rig.worker.stats), 1);
		tear_down(&rig);
	}
	check_note("%s", "");
}

/* The slave is gone: an error, a rest, and then the master is asked again, on the same connection. */
static void a_dead_slave(void)
{
	struct rig rig;
	set_up(&rig, "/");
	close(rig.servers[1].listener);
	begin(&rig);
	CHECK(asks(&rig, 0, "/"));
	redirect(&rig, 0, slave(&rig, 1, "/"));
	if (rig.client->away) /* else connect(2) has said so at once */
		event(&rig, at(&rig), EPOLLERR | EPOLLHUP);
	CHECK(!rig.client->away);
	CHECK_INT(rig.worker.stats.errors[LOAD_E_CONNECT], 1);
	CHECK_INT(rig.worker.places->list[1].tally.errors, 1);
	CHECK_INT(rig.worker.places->list[0].tally.errors, 0);
	CHECK(rig.client->wake_ns > 0 && rig.client->in_flight == 0);
	load_conn_tick(&rig.worker, rig.client, rig.client->wake_ns - 1);
	CHECK_INT(rig.client->in_flight, 0);
	load_conn_tick(&rig.worker, rig.client, rig.client->wake_ns);
	CHECK(asks(&rig, 0, "/"));
	CHECK_INT(rig.worker.stats.connects, 1);
	rig.servers[1].listener = dup(rig.servers[0].listener); /* for tear_down() */
	tear_down(&rig);
}

/* A slave that dies while it owes an answer costs that request; while it owes none, nothing. */
static void a_slave_dies(void)
{
	struct rig rig;
	set_up(&rig, "/");
	begin(&rig);
	CHECK(asks(&rig, 0, "/"));
	redirect(&rig, 0, slave(&rig, 1, "/"));
	CHECK(asks(&rig, 1, "/"));
	struct load_conn *side = at(&rig);
	answer(&rig, 1, OK);
	CHECK(asks(&rig, 0, "/"));
	server_close(&rig.servers[1]);
	event(&rig, side, EPOLLIN | EPOLLRDHUP);
	CHECK_INT(side->state, CONN_DOWN);
	CHECK_INT(load_stats_errors(&rig.worker.stats), 0);
	redirect(&rig, 0, slave(&rig, 1, "/"));
	CHECK(asks(&rig, 1, "/"));
	side = at(&rig);
	server_close(&rig.servers[1]);
	event(&rig, side, EPOLLIN | EPOLLRDHUP);
	CHECK_INT(rig.worker.stats.errors[LOAD_E_CLOSED], 1);
	CHECK(!rig.client->away);
	CHECK_INT(rig.worker.settled, 2);
	tear_down(&rig);
}

/* Two connections beside the first, and four slaves: each that comes takes the place of another one. */
static void so_many_connections_and_no_more(void)
{
	struct rig rig;
	set_up(&rig, "/");
	begin(&rig);
	for (int i = 0; i < 12; i++) {
		int number = 1 + i % 4;
		CHECK(asks(&rig, 0, "/"));
		redirect(&rig, 0, slave(&rig, number, "/s"));
		CHECK(asks(&rig, number, "/s"));
		answer(&rig, number, OK);
		CHECK(rig.worker.n_up <= 3);
	}
	CHECK_INT(rig.worker.stats.latency->count, 12);
	CHECK_INT(load_stats_errors(&rig.worker.stats), 0);
	tear_down(&rig);
}

static void a_deadline_for_the_whole_way(void)
{
	struct rig rig;
	set_up(&rig, "/");
	begin(&rig);
	CHECK(asks(&rig, 0, "/"));
	redirect(&rig, 0, slave(&rig, 1, "/"));
	CHECK(asks(&rig, 1, "/"));
	int64_t sent = rig.client->trip->sent.sent_ns;
	load_conn_tick(&rig.worker, rig.client, sent + 2000 * INT64_C(1000000));
	CHECK(rig.client->away);
	load_conn_tick(&rig.worker, rig.client, sent + 2000 * INT64_C(1000000) + 1);
	CHECK(!rig.client->away);
	CHECK_INT(rig.worker.stats.errors[LOAD_E_TIMEOUT], 1);
	CHECK_INT(rig.worker.n_up, 1); /* what comes late must not be taken for an answer to the next one */
	tear_down(&rig);
}

/* The master closes behind its redirect: the request goes on all the same. */
static void a_master_that_closes(void)
{
	struct rig rig;
	set_up(&rig, "/");
	begin(&rig);
	CHECK(asks(&rig, 0, "/"));
	char text[300];
	snprintf(text, sizeof text,
		 "HTTP/1.1 301 M\r\nConnection: close\r\nLocation: %.150s\r\nContent-Length: 0\r\n\r\n",
		 slave(&rig, 1, "/"));
	answer(&rig, 0, text);
	CHECK(rig.client->away);
	CHECK(asks(&rig, 1, "/"));
	answer(&rig, 1, OK);
	CHECK_INT(rig.worker.stats.latency->count, 1);
	if (rig.client->state == CONN_CONNECTING)
		event(&rig, rig.client, EPOLLOUT);
	CHECK(asks(&rig, 0, "/"));
	CHECK_INT(load_stats_errors(&rig.worker.stats), 0);
	CHECK_INT(rig.worker.stats.connects, 3);
	tear_down(&rig);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(to_a_slave_and_back), TEST(from_hop_to_hop), TEST(not_without_end), TEST(not_anywhere),
		TEST(a_dead_slave), TEST(a_slave_dies), TEST(so_many_connections_and_no_more),
		TEST(a_deadline_for_the_whole_way), TEST(a_master_that_closes), { 0 },
	};
	return run_tests(tests);
}
