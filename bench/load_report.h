/* load_report.h - a result for people, for programs, and for tables. Times are in us unless they carry a unit.
 *
 * The columns of the CSV row, in this order for ever (new ones go to the end):
 *   protocol, connections, idle, pipeline, churn (0, 1), threads
 *   offered_rps      empty in a closed loop
 *   duration_s       what was measured, in seconds
 *   requests, rps    right answers; and per second
 *   errors           of all kinds, warm-up included
 *   p50_us ... p999_us, max_us, mean_us     in an open loop counted from when a request was due
 *   server_cpu_us, server_user_us, server_sys_us   CPU time of --server-pid per request
 *   client_cpu_us    of the generator, per request
 *   client_cpu_pct   of the generator, in per cent of its threads
 *   warnings         their codes, separated by ';': client_bound;few_samples
 *   hops             redirects that were followed, for each request; empty without --follow
 *   cache_hits, cache_misses, cache_hit_pct   as X-Cache says, of right answers; empty when none says so
 *   bytes_in         received while it was measured, heads and all
 * A figure that is not defined is empty in CSV, null in JSON, "-" in text. */
#ifndef BENCH_LOAD_REPORT_H
#define BENCH_LOAD_REPORT_H

#include <stdio.h>

struct load_result;

void load_report_text(const struct load_result *, FILE *);
void load_report_json(const struct load_result *, FILE *);
void load_report_csv(const struct load_result *, FILE *);
void load_report_hgrm(const struct load_result *, FILE *);

#endif
