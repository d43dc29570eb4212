/* table.h - the results as tables: a short one for the terminal, a full one for the page. */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include "results.h"

/* For each workload its first figure: a row per backend, a column per point. */
void table_print(FILE *, const struct results *);

/* For each workload a row per backend and point, a column per metric. 0 or -errno. */
int table_html(FILE *, const struct results *);

/* For each backend the hand-overs, futex calls and context switches per request, if any backend hands anything
 * over: of the workload handover, or else of connections. 0 or -errno. */
int table_causes(FILE *, const struct results *);

#endif
