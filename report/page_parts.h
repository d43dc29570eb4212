/* page_parts.h - the parts of page.c. */
#ifndef REPORT_PAGE_PARTS_H
#define REPORT_PAGE_PARTS_H

#include "results.h"

/* The document's head, the heading, and what must be known before anything else: smoke run, incomplete,
 * failures. */
void page_head(FILE *, const struct results *);

/* How it was measured, and what that cannot say. */
void page_method(FILE *, const struct results *);

/* What was left out, what failed, what the generator warned of. */
void page_notes(FILE *, const struct results *);

/* `before` and the fact's value, if there is such a fact. */
void page_fact(FILE *, const struct facts *, const char *name, const char *before);

#endif
