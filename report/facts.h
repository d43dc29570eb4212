/* facts.h - "name: value" lines: what machine.txt and run.txt are made of. */
#ifndef REPORT_FACTS_H
#define REPORT_FACTS_H

#include <stddef.h>

struct fact {
	const char *name, *value;
};

struct facts {
	char        *text;
	struct fact *list;
	size_t       n;
};

/* 0 or -errno. Lines without a colon are left out. */
int  facts_read(struct facts *, const char *path);
int  facts_parse(struct facts *, char *text); /* takes the text, which came from malloc, in every case */
void facts_free(struct facts *);

/* The value, or "". */
const char *facts_get(const struct facts *, const char *name);

#endif
