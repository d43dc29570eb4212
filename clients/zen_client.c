/* zen_client.c - asks a Zen server three random questions and prints its answers.
 *
 *     $ zen_client 127.0.0.1
 *     b'Beautiful is better than?' b'ugly.'
 *
 * One question at a time: send it, wait for its answer. An answer ends at its first '.', wherever segments
 * begin and end: pieces are put together, and what came behind the '.' is kept for the next question.
 *
 *     ask:   out [============>.......]  poll(2): writable -> send, readable -> receive
 *            in  [ugly.|impl          ]  up to '.': print; the rest moves to the front
 *
 * Sending and receiving are watched together: with a text of ten thousand questions in one write (-q) the
 * server stops reading while its answers are not taken, and a client that only sends would wait for ever.
 *
 * -e is the unfriendly client of the source text: it sends a question without its last byte and leaves.
 *
 * connect(2) (EINPROGRESS), getsockopt(2) SO_ERROR in socket(7), poll(2), getaddrinfo(3)
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/net.h"
#include "core/options.h"
#include "proto/zen.h"

enum { DEFAULT_PORT = 1060, DEFAULT_QUESTIONS = 3, DEFAULT_TIMEOUT_MS = 10000, ANSWER_MAX = 4096 };

struct config {
	int         port, questions, timeout_ms;
	const char *text;
	bool        early, all;
};

struct talk {
	int    fd, timeout_ms;
	char   where[NET_TEXT + 16]; /* "127.0.0.1:1060" */
	char   in[ANSWER_MAX];       /* received, not yet printed */
	size_t n_in;
	int    n_errors; /* answers that begin with "Error:" */
};

static int set_text(void *, const struct option_def *, const char *);

#define FIELD(name) .offset = offsetof(struct config, name)

static const struct option_def options[] = {
	{ .name = "port", .letter = 'p', .arg = "PORT", .help = "the server's port (1060)", .set = set_int, FIELD(port),
	  .min = 1, .max = 65535 },
	{ .name = "questions", .letter = 'n', .arg = "N", .help = "ask N questions (3), each of the seven in turn",
	  .set = set_int, FIELD(questions), .min = 1, .max = 1000000 },
	{ .name = "all", .help = "ask all seven, in the order of the poem", .set = set_flag, FIELD(all) },
	{ .name = "ask", .letter = 'q', .arg = "TEXT", .set = set_text, FIELD(text),
	  .help = "ask TEXT, which ends in '?'; several questions are one write" },
	{ .name = "early", .letter = 'e', .help = "send a question without its last byte and leave", .set = set_flag,
	  FIELD(early) },
	{ .name = "timeout", .arg = "TIME", .help = "wait so long for a connection, and for each answer (10s)",
	  .set = set_seconds_ms, FIELD(timeout_ms), .min = 1, .max = 3600000 },
	{ 0 },
};

static const struct program program = {
	.name = "zen_client",
	.summary = "Asks a Zen server random questions and prints its answers.",
	.usage = "HOST [OPTION...]",
	.notes = "Exits 0 when every question got its answer; 1 when one did not, or it was \"Error: ...\"; 2 for\n"
		 "wrong usage. No '?' is added to TEXT.",
};

/* ---- one line for each thing that goes wrong ---- */

static int complain(const struct talk *t, const char *what, const char *text, size_t len)
{
	char shown[256];
	fprintf(stderr, "zen_client: %s %s %s\n", t->where, what, log_bytes(shown, sizeof shown, text, len));
	return -1;
}

/* No '?' is added: a text without one would wait for an answer until the time is over, as nc(1) would. */
static int set_text(void *target, const struct option_def *def, const char *value)
{
	const char *last = strrchr(value, '?');
	if (!last)
		return option_complain(def, "'%s' has no '?', and a question ends in one", value);
	if (last[1 + zen_skip_space(last + 1, strlen(last + 1))])
		return option_complain(def, "'%s' goes on after its last '?'; that part is no question", value);
	return set_string(target, def, value);
}

/* ---- connecting: every address of the name, each with a deadline ---- */

static int wait_for(int fd, short events, int64_t end_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	for (;;) {
		int64_t left = end_ms - clock_ms();
		int n = poll(&p, 1, left > 0 ? (int)left : 0);
		if (n > 0)
			return p.revents;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0 && left <= 0)
			return -ETIMEDOUT;
	}
}

/* The socket does not block, so that the deadline is ours and not the kernel's two minutes. */
static int connect_one(const struct addrinfo *ai, int timeout_ms)
{
	int error = 0;
	socklen_t len = sizeof error;
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) < 0) {
		error = errno;
		if (error == EINPROGRESS) {
			int ready = wait_for(fd, POLLOUT, clock_ms() + timeout_ms);
			error = -ready;
			if (ready > 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
				error = errno;
		}
	}
	if (error) {
		close(fd);
		return -error;
	}
	return fd;
}

static void name_address(char *out, size_t size, const struct addrinfo *ai)
{
	char host[NET_TEXT] = "?", port[8] = "?";
	getnameinfo(ai->ai_addr, ai->ai_addrlen, host, sizeof host, port, sizeof port,
		    NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(out, size, ai->ai_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

/* An address that fails is worth a word only when none answers. */
static int connect_any(struct talk *t, const char *host, int port)
{
	struct addrinfo *list;
	int n = 0, code = net_resolve(host, (uint16_t)port, &list);
	if (code) {
		fprintf(stderr, "zen_client: %s: %s\n", host, gai_strerror(code));
		return -1;
	}
	t->fd = -1;
	for (struct addrinfo *ai = list; ai && t->fd < 0; ai = ai->ai_next, n++) {
		name_address(t->where, sizeof t->where, ai);
		t->fd = connect_one(ai, t->timeout_ms);
	}
	freeaddrinfo(list);
	if (t->fd < 0)
		fprintf(stderr, "zen_client: cannot connect to %s%s: %s (is zen_server running there?)\n",
			t->where, n > 1 ? ", nor to the other addresses of the name" : "", strerrordesc_np(-t->fd));
	return t->fd;
}

/* ---- asking ---- */

struct asked {
	const char *text; /* the questions that wait for an answer, in order */
	size_t      len;
	size_t      n_unsent; /* the last so many bytes of text */
};

static size_t first_question(const struct asked *a)
{
	const char *mark = memchr(a->text, '?', a->len);
	return mark ? (size_t)(mark - a->text) + 1 : 0;
}

static void print_pair(struct talk *t, const char *question, size_t q_len, const char *answer, size_t a_len)
{
	char q_text[1024], a_text[4 * ANSWER_MAX + 16];
	printf("%s %s\n", log_bytes(q_text, sizeof q_text, question, q_len),
	       log_bytes(a_text, sizeof a_text, answer, a_len));
	if (a_len >= 6 && memcmp(answer, "Error:", 6) == 0) {
		fprintf(stderr, "zen_client: %s has no answer to %s: %.*s\n", t->where, q_text, (int)a_len,
			answer);
		t->n_errors++;
	}
}

/* Prints each question whose answer is complete. Returns how many. */
static int take_answers(struct talk *t, struct asked *a)
{
	int n = 0;
	size_t used = 0, q_len;
	const char *end;
	while ((q_len = first_question(a)) && (end = memchr(t->in + used, '.', t->n_in - used))) {
		size_t a_len = (size_t)(end - (t->in + used)) + 1;
		print_pair(t, a->text, q_len, t->in + used, a_len);
		a->text += q_len;
		a->len -= q_len;
		used += a_len;
		n++;
	}
	t->n_in -= used;
	memmove(t->in, t->in + used, t->n_in);
	return n;
}

/* A server that has had enough closes its end, and may do so before it took everything: that is found when
 * receiving, where what it said before is read first. */
static void send_some(struct talk *t, struct asked *a)
{
	ssize_t n = send(t->fd, a->text + a->len - a->n_unsent, a->n_unsent, MSG_NOSIGNAL);
	if (n >= 0)
		a->n_unsent -= (size_t)n;
	else if (errno != EAGAIN && errno != EINTR)
		a->n_unsent = 0;
}

static int receive_some(struct talk *t, const struct asked *a)
{
	size_t q_len = first_question(a);
	if (t->n_in == sizeof t->in)
		return complain(t, "sends an answer without an end to", a->text, q_len);
	ssize_t n = recv(t->fd, t->in + t->n_in, sizeof t->in - t->n_in, 0);
	if (n > 0) {
		t->n_in += (size_t)n;
		return 0;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0)
		return complain(t, "reset the connection before it answered", a->text, q_len);
	return complain(t, t->n_in ? "closed the connection in the middle of its answer to"
				   : "closed the connection before it answered", a->text, q_len);
}

static int complain_late(const struct talk *t, const struct asked *a)
{
	char what[64];
	snprintf(what, sizeof what, "gave no answer within %g s to", t->timeout_ms / 1e3);
	return complain(t, what, a->text, first_question(a));
}

/* Sends the text and prints an answer for each question in it. The deadline is for the next whole answer: a
 * server that sends single bytes cannot put it off. */
static int ask(struct talk *t, const char *text, size_t len)
{
	struct asked a = { text, len, len };
	int64_t end_ms = clock_ms() + t->timeout_ms;
	take_answers(t, &a);
	while (first_question(&a) || a.n_unsent) {
		short events = (short)((a.n_unsent ? POLLOUT : 0) | (first_question(&a) ? POLLIN : 0));
		int ready = wait_for(t->fd, events, end_ms);
		if (ready < 0)
			return complain_late(t, &a);
		if (ready & POLLOUT)
			send_some(t, &a);
		if (first_question(&a) && ready & ~POLLOUT && receive_some(t, &a) < 0)
			return -1;
		if (take_answers(t, &a))
			end_ms = clock_ms() + t->timeout_ms;
	}
	return 0;
}

/* ---- what to ask ---- */

/* Deals the seven like cards: no question comes twice before all were asked. */
static void shuffle(int *deck)
{
	for (int i = 0; i < ZEN_PAIRS; i++)
		deck[i] = i;
	for (int i = ZEN_PAIRS - 1; i > 0; i--) {
		int j = (int)(random() % (i + 1)), swap = deck[i];
		deck[i] = deck[j];
		deck[j] = swap;
	}
}

static int ask_table(struct talk *t, int n, bool in_order)
{
	int deck[ZEN_PAIRS];
	for (int i = 0; i < n; i++) {
		if (i % ZEN_PAIRS == 0)
			shuffle(deck);
		const struct zen_text *q = &zen_pairs[in_order ? i : deck[i % ZEN_PAIRS]].question;
		if (ask(t, q->text, q->len) < 0)
			return -1;
	}
	return 0;
}

static int leave_early(struct talk *t, const char *text, size_t len)
{
	struct asked a = { text, len - 1, len - 1 };
	int64_t end_ms = clock_ms() + t->timeout_ms;
	while (a.n_unsent) {
		if (wait_for(t->fd, POLLOUT, end_ms) < 0)
			return complain(t, "takes no more bytes of", text, len - 1);
		send_some(t, &a);
	}
	return 0;
}

static int talk(struct talk *t, const struct config *c)
{
	const char *text = c->text ? c->text : zen_pairs[0].question.text;
	size_t len = (size_t)(strrchr(text, '?') - text) + 1;
	if (c->early)
		return leave_early(t, text, len);
	if (c->text)
		return ask(t, text, len);
	return ask_table(t, c->all ? ZEN_PAIRS : c->questions, c->all);
}

/* ---- main ---- */

static int wrong_usage(const char *why)
{
	fprintf(stderr, "zen_client: %s (--help lists all options)\n", why);
	return 2;
}

int main(int argc, char **argv)
{
	struct config config = { DEFAULT_PORT, DEFAULT_QUESTIONS, DEFAULT_TIMEOUT_MS, NULL, false, false };
	const struct option_set sets[] = { { "Options", options, &config }, { 0 } };
	static struct talk t;
	int first = options_parse(&program, sets, argc, argv);
	if (first < 0)
		return options_status(first);
	if (argc - first != 1)
		return wrong_usage(argc > first ? "give one HOST" : "which HOST? For example 127.0.0.1");
	if (config.all && config.text)
		return wrong_usage("give --all or --ask, not both");
	srandom((unsigned)clock_ns());
	setvbuf(stdout, NULL, _IOLBF, 0); /* each answer is seen when it comes, also through a pipe */
	t.timeout_ms = config.timeout_ms;
	if (connect_any(&t, argv[first], config.port) < 0)
		return 1;
	int result = talk(&t, &config);
	close(t.fd);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "zen_client: cannot write the answers to standard output\n");
		return 1;
	}
	return result < 0 || t.n_errors ? 1 : 0;
}
