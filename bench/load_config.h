/* load_config.h - what the user asked bench/load to do: the options, read and checked. */
#ifndef BENCH_LOAD_CONFIG_H
#define BENCH_LOAD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct load_protocol; /* load_protocol.h */
struct load_urls;     /* load_urls.h */
struct load_expect;   /* load_expect.h */

enum load_format { LOAD_TEXT, LOAD_JSON, LOAD_CSV, LOAD_HGRM };
enum { LOAD_HEADERS_MAX = 32, LOAD_ASSERTS_MAX = 16 };

struct load_config {
	const char                 *target; /* as it was given */
	const struct load_protocol *protocol;
	char                        host[256];
	uint16_t                    port;
	char                        path[8192];     /* http: path and query */
	char                        authority[300]; /* http: what stands in Host */
	char                        address[8512];  /* http: "http://" authority path */

	int         connections, threads, pipeline, idle, dribble, slow_readers, sources, cpu, server_pid;
	int         duration_ms, warmup_ms, timeout_ms; /* -1: not given */
	int64_t     requests, rate, seed;               /* 0: no limit; closed loop */
	bool        churn, reset, latency, quiet, no_progress, csv_header, follow;
	bool        closes;                             /* http: each request ends its connection */
	size_t      payload;
	int64_t     expect_length;                      /* http: -1: not given */
	double      zipf;                               /* http: the exponent; -1: not given */
	int         timeline_step_ms;
	int         one_question, expect_status, format; /* enum load_format */
	const char *method, *proxy;                     /* http */
	const char *url_list, *expect_body;             /* http: files */
	const char *output, *hist, *hist_sent, *hgrm, *hgrm_sent, *timeline; /* files */
	const char *headers[LOAD_HEADERS_MAX];
	int         n_headers;
	const char *asserts[LOAD_ASSERTS_MAX];
	int         n_asserts;

	struct load_urls   *urls;   /* what url_list holds; NULL: there is one path only */
	struct load_expect *expect; /* what bodies must be; NULL: anything */
};

/* Reads the command line, and the files that it names. 0; or OPTIONS_DONE, OPTIONS_WRONG after one line on
 * standard error. load_config_close() in any case. */
int  load_options(struct load_config *, int argc, char **argv);
void load_config_close(struct load_config *);

#define LOAD_TARGETS "zen://HOST:PORT, echo://HOST:PORT or http://HOST:PORT/PATH"

/* Takes it apart: protocol, host, port, path, authority, address. 0, or -1 with `why` filled in. */
int load_target_parse(struct load_config *, const char *target, char *why, size_t size);

#endif
