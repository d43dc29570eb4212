/* http_stats.h - what an HTTP server counts for /status: connections, requests, bytes, answers by status.
 *
 * Stands in the service's shared memory: one row for each worker, so that nobody waits for a cache line of
 * somebody else's. Rows are added up when somebody asks. More workers than rows (a thread per connection)
 * share them, so the counters are atomic; relaxed, since nothing is ordered by them. */
#ifndef SERVERS_HTTP_STATS_H
#define SERVERS_HTTP_STATS_H

#include <stdatomic.h>

#include "core/io.h"
#include "proto/http.h"

enum { HTTP_STATS_ROWS = 64, HTTP_STATS_CODES = 32 };

struct http_stats_row { /* whole cache lines; shared memory begins with one */
	atomic_uint_least64_t connections, closed; /* now = connections - closed */
	atomic_uint_least64_t bytes; /* of content */
	atomic_uint_least64_t by_code[HTTP_STATS_CODES]; /* 0: unknown codes. All together are the requests */
	uint64_t              apart[5];
};

struct http_stats { /* zeroed */
	struct http_stats_row rows[HTTP_STATS_ROWS];
};

void http_stats_connection(struct http_stats *, const struct io_env *, bool begins);
void http_stats_answer(struct http_stats *, const struct io_env *, int status, uint64_t bytes);

struct http_totals { uint64_t connections, now, requests, bytes; };
struct http_totals http_stats_totals(const struct http_stats *);

/* {"service": "web", "connections": 3, "requests": 120, "bytes": 44120, "status": {"200": 118, "404": 2},
 *  "workers": [{"connections": 3, "requests": 120, "bytes": 44120}]}: "connections" are those now. `more` is
 * inserted before "workers", with its comma ("\"hits\": 3,"); or NULL. It ends with "}\n". HTTP_STATS_JSON_MAX
 * bytes and those of service and more are enough; in less there are fewer workers, as long as the others fit
 * in 1 KiB. */
enum { HTTP_STATS_JSON_MAX = 8192 };
void http_stats_json(struct http_out *, const struct http_stats *, const char *service, const char *more);

#endif
