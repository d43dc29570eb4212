/* test_redirect_choices.c - the redirect master: 300 with a list, 303 for some methods, 503 when all are dead.
 *
 * SPDX-License-Identifier: MIT */
#include "servers/redirect_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"
#include "tests/unit/redirect_cases.h"
#include "tests/unit/texts.h"

#define OF(type, length) DATE "Content-Type: " type "\r\nContent-Length: " length "\r\n"
#define CHOICES(type, length) \
	"HTTP/1.1 300 Multiple Choices\r\n" OF(type, length) "Vary: Accept\r\nCache-Control: no-store\r\n"
#define LINK(url) "Link: <http://" url ">; rel=\"alternate\"\r\n"
#define A "a.example:1"
#define B "[::1]:2"
#define HTML "Accept: text/html,*/*;q=0.8\r\n"

static struct redirect_config *of_300(void)
{
	return good_config(OPTIONS("--code=300", "--slave=" A, "--slave=" B));
}

/* ---- 300 ---- */

static void lists_all(void)
{
	struct redirect_config *config = of_300();
	check_answers_of(config, GET("/x?y") GET("/x?y"),
			 CHOICES("text/plain", "42") LINK(A "/x?y") LINK(B "/x?y")
			 "Location: http://" A "/x?y\r\n\r\n"
			 "http://" A "/x?y\nhttp://" B "/x?y\n"
			 CHOICES("text/plain", "42") LINK(B "/x?y") LINK(A "/x?y")
			 "Location: http://" B "/x?y\r\n\r\n"
			 "http://" B "/x?y\nhttp://" A "/x?y\n");
	check_answers_of(config, "HEAD /x?y HTTP/1.0\r\n\r\n",
			 CHOICES("text/plain", "42") LINK(A "/x?y") LINK(B "/x?y")
			 "Location: http://" A "/x?y\r\n" CLOSE "\r\n");
	check_answers_of(config, "GET http://elsewhere/p HTTP/1.1\r\n" H HTML "\r\n",
			 CHOICES("text/html", "175") LINK(A "/p") LINK(B "/p")
			 "Location: http://" A "/p\r\n\r\n"
			 "<!DOCTYPE html>\n<title>300 Multiple Choices</title>\n<ul>\n"
			 "<li><a href=\"http://" A "/p\">http://" A "/p</a>\n"
			 "<li><a href=\"http://" B "/p\">http://" B "/p</a>\n</ul>\n");
	free(config);
}

static void lists_are_cacheable_on_purpose(void)
{
	struct redirect_config *config = good_config(OPTIONS("--code=300", "--cacheable", "--slave=" A));
	check_answers_of(config, GET("/"),
			 "HTTP/1.1 300 Multiple Choices\r\n" OF("text/plain", "20") "Vary: Accept\r\n"
			 LINK(A "/") "Location: http://" A "/\r\n\r\nhttp://" A "/\n");
	free(config);
}

static void nothing_breaks_out(void)
{
	struct redirect_config *config = good_config(OPTIONS("--code=300", "--slave=" A));
	check_answers_of(config, GET("/\">,<x>\\^`{|}&'?<\"&amp;"),
			 CHOICES("text/plain", "66")
			 LINK(A "/%22%3E,%3Cx%3E%5C%5E%60%7B%7C%7D&'?%3C%22&amp;")
			 "Location: http://" A "/\">,<x>\\^`{|}&'?<\"&amp;\r\n\r\n"
			 "http://" A "/%22%3E,%3Cx%3E%5C%5E%60%7B%7C%7D&'?%3C%22&amp;\n");
	check_answers_of(config, "GET /\"><script>&' HTTP/1.1\r\n" H HTML "\r\n",
			 CHOICES("text/html", "177") LINK(A "/%22%3E%3Cscript%3E&'")
			 "Location: http://" A "/\"><script>&'\r\n\r\n"
			 "<!DOCTYPE html>\n<title>300 Multiple Choices</title>\n<ul>\n"
			 "<li><a href=\"http://" A "/%22%3E%3Cscript%3E&amp;&#39;\">"
			 "http://" A "/%22%3E%3Cscript%3E&amp;&#39;</a>\n</ul>\n");
	free(config);
}

/* How many Link lines there are in the first answer to this path, of 64 slaves. */
static int links_for(const struct redirect_config *config, size_t path_len, size_t scratch_len, int *status)
{
	char *in = malloc(path_len + 100);
	struct http_response r;
	int n = 0;
	strcpy(in, "GET /");
	memset(in + 5, 'p', path_len);
	strcpy(in + 5 + path_len, " HTTP/1.1\r\n" H "\r\n");
	struct drive d;
	struct drive_dialogue c = { .service = &redirect_service, .config = config, .in = in,
				    .scratch_len = scratch_len };
	drive_cut(&d, &c, 0, 0);
	int head = http_parse_response(&r, d.sent, d.n_sent);
	CHECK(head > 0);
	CHECK_INT(r.content_length, d.n_sent - (size_t)head);
	*status = r.status;
	for (const char *at = d.sent; (at = strstr(at, "Link: ")); at++)
		n++;
	drive_close(&d);
	free(in);
	return n;
}

static void lists_as_many_as_fit(void)
{
	const char *options[80] = { "--code=300" };
	char names[REDIRECT_SLAVES_MAX][40];
	int status;
	for (int i = 0; i < REDIRECT_SLAVES_MAX; i++) {
		snprintf(names[i], sizeof names[i], "--slave=10.0.0.%d:80", i);
		options[i + 1] = names[i];
	}
	struct redirect_config *config = good_config(options);
	CHECK_INT(links_for(config, 1, DRIVE_SCRATCH, &status), 64);
	CHECK_INT(status, 300);
	int n = links_for(config, 1000, DRIVE_SCRATCH, &status);
	CHECK(n >= 6 && n <= 8);
	CHECK_INT(status, 300);
	CHECK_INT(links_for(config, 1000, DRIVE_SCRATCH_LEAST, &status), 1);
	CHECK_INT(links_for(config, 2000, DRIVE_SCRATCH_LEAST, &status), 0);
	CHECK_INT(status, 414);
	free(config);
}

/* ---- 303 ---- */

static void see_other_is_for_other_methods(void)
{
	static const char *const others[] = { "POST", "PUT", "DELETE", "PATCH", "OPTIONS" };
	struct redirect_config *config = good_config(OPTIONS("--slave=" A, "--see-other", "--code=307"));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		char in[100];
		snprintf(in, sizeof in, "%s /x HTTP/1.1\r\n" H "\r\n" GET("/y"), others[i]);
		check_answers_of(config, in,
				 "HTTP/1.1 303 See Other\r\n" LINES "Cache-Control: no-store\r\n"
				 "Location: http://" A "/x\r\n\r\n" TEXT
				 "HTTP/1.1 307 Temporary Redirect\r\n" LINES "Cache-Control: no-store\r\n"
				 "Location: http://" A "/y\r\n\r\n" TEXT);
	}
	check_answers_of(config, "HEAD /x HTTP/1.1\r\n" H "\r\n",
			 "HTTP/1.1 307 Temporary Redirect\r\n" LINES "Cache-Control: no-store\r\n"
			 "Location: http://" A "/x\r\n\r\n");
	free(config);
	config = good_config(OPTIONS("--slave=" A, "--see-other", "--code=300"));
	check_answers_of(config, "POST /x HTTP/1.1\r\n" H "\r\n",
			 "HTTP/1.1 303 See Other\r\n" LINES "Cache-Control: no-store\r\n"
			 "Location: http://" A "/x\r\n\r\n" TEXT);
	free(config);
}

/* ---- 503 ---- */

static void kill_all(struct drive *d)
{
	((struct redirect_shared *)d->env.shared)->dead = 3;
}

static void kill_one(struct drive *d)
{
	((struct redirect_shared *)d->env.shared)->dead = 1;
}

static void check_with(void (*prepare)(struct drive *), const struct redirect_config *config, const char *in,
		       const char *want)
{
	struct drive_dialogue c = { .service = &redirect_service, .config = config, .in = in,
				    .prepare = prepare };
	note_text(in);
	drive_all_ways(&c, want, strlen(want));
	c.scratch_len = DRIVE_SCRATCH_LEAST;
	drive_all_ways(&c, want, strlen(want));
	note_text("");
}

#define DEAD(after) "HTTP/1.1 503 Service Unavailable\r\n" OF("text/plain", "43") "Retry-After: " after "\r\n" \
		    "Cache-Control: no-store\r\n"
#define NO_ONE "503 Service Unavailable: no slave is alive\n"

static void without_slaves_says_when_to_come_again(void)
{
	struct redirect_config *config = two_slaves();
	check_with(kill_all, config, GET("/") GET("/"), DEAD("1") "\r\n" NO_ONE DEAD("1") "\r\n" NO_ONE);
	check_with(kill_all, config, "HEAD / HTTP/1.1\r\n" H CLOSE "\r\n", DEAD("1") CLOSE "\r\n");
	check_with(kill_all, config, "POST / HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc" GET("/"),
		   DEAD("1") "\r\n" NO_ONE DEAD("1") "\r\n" NO_ONE);
	check_with(kill_one, config, GET("/1") GET("/2") GET("/3"), TO_B("/1") TO_B("/2") TO_B("/3"));
	free(config);
	config = good_config(OPTIONS("--slave=" A, "--slave=" B, "--health-interval=2500ms", "--code=300"));
	check_with(kill_all, config, GET("/"), DEAD("3") "\r\n" NO_ONE);
	check_with(kill_one, config, GET("/"),
		   CHOICES("text/plain", "16") LINK(B "/") "Location: http://" B "/\r\n\r\nhttp://" B "/\n");
	free(config);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(lists_all), TEST(lists_are_cacheable_on_purpose), TEST(nothing_breaks_out),
		TEST(lists_as_many_as_fit), TEST(see_other_is_for_other_methods),
		TEST(without_slaves_says_when_to_come_again), { 0 },
	};
	return run_tests(tests);
}
