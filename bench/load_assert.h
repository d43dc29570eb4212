/* load_assert.h - rules that a result must keep: "p99<5ms", "rps>1000", "errors=0". */
#ifndef BENCH_LOAD_ASSERT_H
#define BENCH_LOAD_ASSERT_H

#include <stdbool.h>

struct load_result;

struct load_assert {
	double (*figure)(const struct load_result *);
	char     relation; /* '<', '>', '=' */
	bool     or_equal;
	double   bound;    /* of times: in us */
};

int load_assert_parse(struct load_assert *, const char *rule); /* 0 or -EINVAL */
/* A figure that is not defined breaks every rule. */
bool load_assert_holds(const struct load_assert *, const struct load_result *);

#endif
