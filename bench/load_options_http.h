/* load_options_http.h - http's part of the command line: its rows, and what is checked and read at the end. */
#ifndef BENCH_LOAD_OPTIONS_HTTP_H
#define BENCH_LOAD_OPTIONS_HTTP_H

#include "core/options.h"

struct load_config;

extern const struct option_def load_http_options[];

/* The rows' fields, before the options are read; what is not zero. */
void load_http_defaults(struct load_config *);

/* Behind the target: opens the files that were named. 0, or -1 with `why` filled in. */
int load_http_complete(struct load_config *, char *why, size_t size);

#endif
