/* svg.h - one of several SVG pictures inside an HTML page. */
#ifndef REPORT_SVG_H
#define REPORT_SVG_H

#include <stdio.h>

/* Writes the picture without its XML head, title and description; every id in it, and every reference to one,
 * gets `prefix` and a hyphen in front, for ids must be unique on a page. `labelled_by` is the id of the text
 * that says what the picture shows. Returns 0, or -EINVAL: there is no <svg ...> in the text; nothing is
 * written then. */
int svg_inline(FILE *, const char *text, const char *prefix, const char *labelled_by);

#endif
