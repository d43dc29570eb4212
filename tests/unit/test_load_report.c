/* test_load_report.c - results that are made up, and what is made of them: rows, JSON, warnings, rules, status.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load_assert.h"
#include "bench/load_protocol.h"
#include "bench/load_result.h"
#include "tests/unit/check.h"

static struct load_config config;

/* 100 answers of 1 ... 100 us in 2 s. */
static struct load_result made_up(void)
{
	struct load_result r = { .config = &config, .window_s = 2 };
	config = (struct load_config){
		.target = "zen://h:1", .protocol = &load_zen, .connections = 5, .threads = 1, .pipeline = 1 };
	load_stats_open(&r.stats, 1);
	for (int i = 1; i <= 100; i++) {
		hist_record(r.stats.latency, i * 1000);
		hist_record(r.stats.uncorrected, i * 500);
	}
	return r;
}

static char *written(const struct load_result *r, void (*write)(const struct load_result *, FILE *))
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	write(r, out);
	fclose(out);
	return text;
}

#define HEADER                                                                                                 \
	"protocol,connections,idle,pipeline,churn,threads,offered_rps,duration_s,requests,rps,errors,p50_us,"  \
	"p90_us,p99_us,p999_us,max_us,mean_us,server_cpu_us,server_user_us,server_sys_us,client_cpu_us,"       \
	"client_cpu_pct,warnings,hops,cache_hits,cache_misses,cache_hit_pct,bytes_in\n"

static void csv_closed_loop(void)
{
	struct load_result r = made_up();
	config.csv_header = true;
	char *text = written(&r, load_report_csv);
	CHECK_STR(
		text, HEADER
		"zen,5,0,1,0,1,,2.000,100,50.000,0,50.015,90.047,99.007,100.000,100.000,50.500,,,,,,,,,,,0\n");
	free(text);
	load_stats_close(&r.stats);
}

static void csv_with_everything(void)
{
	struct load_result r = made_up();
	config.rate = 100;
	config.churn = true;
	config.server_pid = 1;
	r.server = (struct load_cpu_used){
		.known = true, .split_known = true, .total_ns = 500e3, .user_ns = 100e3, .sys_ns = 400e3 };
	r.client_cpu_ns = 1.9e9;
	r.client_wall_ns = 2e9;
	load_stats_error(&r.stats, LOAD_E_RESET, 3, "x");
	load_result_judge(&r);
	char *text = written(&r, load_report_csv);
	CHECK_STR(text,
		  "zen,5,0,1,1,1,100.000,2.000,100,50.000,3,50.015,90.047,99.007,100.000,100.000,50.500,5.000,"
		  "1.000,4.000,19000.000,95.000,client_bound;rate_missed;few_samples,,,,,0\n");
	free(text);
	load_stats_close(&r.stats);
}

static void csv_of_nothing(void)
{
	struct load_result r = made_up();
	memset(r.stats.latency, 0, sizeof *r.stats.latency);
	r.window_s = -1;
	char *text = written(&r, load_report_csv);
	CHECK_STR(text, "zen,5,0,1,0,1,,,0,,0,,,,,,,,,,,,,,,,,0\n");
	free(text);
	load_stats_close(&r.stats);
}

static void csv_of_redirects_and_a_cache(void)
{
	static const char end[] = ",,1.500,3,1,75.000,4096\n";
	struct load_result r = made_up();
	config.follow = true;
	r.stats.hops = 150;
	r.stats.cache[LOAD_CACHE_HIT] = 3;
	r.stats.cache[LOAD_CACHE_MISS] = 1;
	r.stats.bytes_in = 4096;
	char *text = written(&r, load_report_csv);
	CHECK_STR(text + strlen(text) - strlen(end), end);
	free(text);
	text = written(&r, load_report_json);
	CHECK(strstr(text, "\"hops\": 1.500, \"cache_hit_pct\": 75.000, \"cache_hits\": 3") != NULL);
	free(text);
	load_stats_close(&r.stats);
}

static void csv_header_has_as_many_columns_as_a_row(void)
{
	struct load_result r = made_up();
	int commas = 0, header = 0;
	char *text = written(&r, load_report_csv);
	for (const char *c = text; *c; c++)
		commas += *c == ',';
	for (const char *c = HEADER; *c; c++)
		header += *c == ',';
	CHECK_INT(commas, header);
	free(text);
	load_stats_close(&r.stats);
}

/* Whatever a server sends, JSON stays JSON. */
static void json_quotes(void)
{
	struct load_result r = made_up();
	load_stats_error(&r.stats, LOAD_E_WRONG, 1, "a\"b\\c\n\xff");
	char *text = written(&r, load_report_json);
	CHECK(strstr(text, "\"first_errors\": { \"wrong\": \"a\\\"b\\\\c\\u000a\\u00ff\" }") != NULL);
	CHECK(strstr(text, "\"server_cpu_us\": null") != NULL);
	CHECK(strstr(text, "\"offered_rps\": null") != NULL);
	CHECK(strstr(text, "\"p50\": 50.015") != NULL);
	CHECK(strstr(text, "\"p50\": 25.007") != NULL); /* uncorrected */
	free(text);
	load_stats_close(&r.stats);
}

static void text_of_nothing(void)
{
	struct load_result r = made_up();
	memset(r.stats.latency, 0, sizeof *r.stats.latency);
	memset(r.stats.uncorrected, 0, sizeof *r.stats.uncorrected);
	r.window_s = -1;
	config.latency = true;
	char *text = written(&r, load_report_text);
	CHECK(strstr(text, "answered     - requests/s, 0 in all") != NULL);
	CHECK(strstr(text, "  latency             -         -         -         -         -         -\n") !=
	      NULL);
	CHECK(strstr(text, "nan") == NULL && strstr(text, "inf") == NULL);
	free(text);
	load_stats_close(&r.stats);
}

static void status(void)
{
	struct load_result r = made_up();
	CHECK_INT(load_result_status(&r), 0);
	load_stats_error(&r.stats, LOAD_E_STATUS, 1, "404");
	CHECK_INT(load_result_status(&r), 1);
	r.interrupted = true;
	CHECK_INT(load_result_status(&r), 130);
	load_stats_close(&r.stats);
	r = made_up();
	r.failed_asserts = true;
	CHECK_INT(load_result_status(&r), 1);
	r.failed_asserts = false;
	memset(r.stats.latency, 0, sizeof *r.stats.latency);
	CHECK_INT(load_result_status(&r), 1);
	load_stats_close(&r.stats);
}

static void merging_keeps_the_first_error(void)
{
	struct load_result a = made_up(), b = made_up();
	load_stats_error(&b.stats, LOAD_E_RESET, 2, "first");
	load_stats_error(&b.stats, LOAD_E_RESET, 1, "second");
	load_stats_merge(&a.stats, &b.stats);
	CHECK_INT(a.stats.errors[LOAD_E_RESET], 3);
	CHECK_STR(a.stats.first[LOAD_E_RESET], "first");
	CHECK_INT(a.stats.latency->count, 200);
	CHECK_INT(load_stats_errors(&a.stats), 3);
	load_stats_close(&a.stats);
	load_stats_close(&b.stats);
}

static void rules(void)
{
	static const struct { const char *rule; int holds; } cases[] = { /* -1: no rule at all */
		{ "p50<51us", 1 }, { "p50<50us", 0 }, { "p99<1ms", 1 }, { "p99.9<=100us", 1 },
		{ "max<100us", 0 }, { "max=100us", 1 }, { "mean>50us", 1 }, { "mean>1s", 0 },
		{ "rps>49", 1 }, { "rps>=50", 1 }, { "rps>0.1k", 0 }, { "errors=0", 1 },
		{ "errors==0", 1 }, { "requests>=100", 1 }, { "server_cpu<5us", 0 }, { "p50", -1 },
		{ "p50<", -1 }, { "p50<5", -1 }, { "p50<5ms!", -1 }, { "rps<5ms", -1 },
		{ "p77<5ms", -1 }, { "<5ms", -1 }, { "", -1 }, { "p50!5ms", -1 },
	};
	struct load_result r = made_up();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct load_assert rule;
		check_note("rule '%s'", cases[i].rule);
		int error = load_assert_parse(&rule, cases[i].rule);
		CHECK_INT(error < 0, cases[i].holds < 0);
		if (!error)
			CHECK_INT(load_assert_holds(&rule, &r), cases[i].holds);
	}
	check_note("%s", "");
	load_stats_close(&r.stats);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(csv_closed_loop), TEST(csv_with_everything), TEST(csv_of_nothing),
		TEST(csv_of_redirects_and_a_cache),
		TEST(csv_header_has_as_many_columns_as_a_row), TEST(json_quotes), TEST(text_of_nothing),
		TEST(status), TEST(merging_keeps_the_first_error), TEST(rules), { 0 },
	};
	return run_tests(tests);
}
