/* facts.c - "name: value" lines: what machine.txt and run.txt are made of.
 *
 * Blanks before the name, around the colon and at the end of the line are for the eye and are dropped.
 *
 * SPDX-License-Identifier: MIT */
#include "facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"

static char *trim(char *text)
{
	text += strspn(text, " \t");
	size_t n = strlen(text);
	while (n > 0 && strchr(" \t\r", text[n - 1]))
		n--;
	text[n] = '\0';
	return text;
}

int facts_parse(struct facts *facts, char *text)
{
	size_t room = 1;
	*facts = (struct facts){ .text = text };
	for (const char *p = text; *p; p++)
		room += *p == '\n';
	facts->list = malloc(room * sizeof *facts->list);
	if (!facts->list) {
		facts_free(facts);
		return -ENOMEM;
	}
	for (char *line; (line = strsep(&text, "\n"));) {
		char *colon = strchr(line, ':');
		if (!colon)
			continue;
		*colon = '\0';
		facts->list[facts->n++] = (struct fact){ trim(line), trim(colon + 1) };
	}
	return 0;
}

int facts_read(struct facts *facts, const char *path)
{
	*facts = (struct facts){ 0 };
	char *text = read_file(path);
	if (!text)
		return errno ? -errno : -EIO;
	return facts_parse(facts, text);
}

void facts_free(struct facts *facts)
{
	free(facts->list);
	free(facts->text);
	*facts = (struct facts){ 0 };
}

const char *facts_get(const struct facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->n; i++)
		if (strcmp(facts->list[i].name, name) == 0)
			return facts->list[i].value;
	return "";
}
