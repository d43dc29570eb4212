/* page.h - one HTML page with everything in it: charts, words, tables, machine, raw data. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "results.h"

/* Writes DIR/index.html. 0 or -errno. */
int page_write(const struct results *);

#endif
