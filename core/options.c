/* options.c - a table of options is a parser, a help page and the error messages.
 *
 * getopt_long(3) does the walking; this file turns the tables into its arguments, and its answers into calls of
 * the setters. A wrong name gets the nearest right one, a wrong value says what would be right.
 *
 * SPDX-License-Identifier: MIT */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "version.h"

enum { MAX_OPTIONS = 64, CODE_HELP = 1000, CODE_VERSION, CODE_FIRST };

/* The program's name, for option_complain(): a setter has no other way to know on whose behalf it speaks. */
static const char *speaking_for = "muxlab";

/* ---- messages ---- */

int option_complain(const struct option_def *def, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fprintf(stderr, "%s: --%s: ", speaking_for, def->name);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	return -1;
}

static size_t edit_distance(const char *a, const char *b)
{
	enum { LONGEST = 64 };
	size_t la = strnlen(a, LONGEST), lb = strnlen(b, LONGEST);
	size_t row[LONGEST + 1];
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[lb];
}

const char *nearest_name(const char *wrong, const char *const *names)
{
	const char *nearest = NULL;
	size_t len = strlen(wrong), least = len / 2 + 1;
	for (; *names; names++) {
		if (len > 2 && strncmp(wrong, *names, len) == 0)
			return *names; /* the beginning of a name is that name */
		size_t distance = edit_distance(wrong, *names);
		if (distance < least) {
			least = distance;
			nearest = *names;
		}
	}
	return nearest;
}

/* ---- numbers ---- */

int parse_number(const char *text, long long *number)
{
	char *end;
	if (!isdigit((unsigned char)text[0]) && text[0] != '-')
		return -EINVAL;
	errno = 0;
	*number = strtoll(text, &end, 10);
	if (end == text || *end)
		return -EINVAL;
	return errno ? -ERANGE : 0;
}

struct unit {
	const char *suffix;
	double      factor;
};

/* A decimal number with one of the units behind it. */
static int parse_units(const char *text, const struct unit *units, double *number)
{
	char *end;
	if (!isdigit((unsigned char)text[0]) && text[0] != '.')
		return -EINVAL;
	if (text[strspn(text, "0123456789.")] == 'x')
		return -EINVAL; /* strtod(3) would read it as hexadecimal */
	*number = strtod(text, &end);
	for (; units->suffix; units++)
		if (strcmp(end, units->suffix) == 0) {
			*number *= units->factor;
			return 0;
		}
	return -EINVAL;
}

static int out_of_range(const struct option_def *def, const char *value, const char *unit)
{
	return option_complain(def, "%s is out of range; give %lld to %lld%s", value, def->min, def->max, unit);
}

int set_flag(void *target, const struct option_def *def, const char *value)
{
	(void)value;
	*(bool *)((char *)target + def->offset) = true;
	return 0;
}

int set_int(void *target, const struct option_def *def, const char *value)
{
	long long number;
	int error = parse_number(value, &number);
	if (error == -EINVAL)
		return option_complain(def, "'%s' is not a number", value);
	if (error || number < def->min || number > def->max)
		return out_of_range(def, value, "");
	*(int *)((char *)target + def->offset) = (int)number;
	return 0;
}

int set_count(void *target, const struct option_def *def, const char *value)
{
	static const struct unit units[] = { { "", 1 }, { "k", 1e3 }, { "M", 1e6 }, { "G", 1e9 }, { NULL, 0 } };
	double number;
	if (parse_units(value, units, &number))
		return option_complain(def, "'%s' is not a number (10, 10k, 1M)", value);
	if (number < (double)def->min || number > (double)def->max)
		return out_of_range(def, value, "");
	*(int64_t *)((char *)target + def->offset) = (int64_t)number;
	return 0;
}

int set_size(void *target, const struct option_def *def, const char *value)
{
	static const struct unit units[] = { { "", 1 },	  { "k", 0x1p10 }, { "K", 0x1p10 }, { "m", 0x1p20 },
					     { "M", 0x1p20 }, { "g", 0x1p30 }, { "G", 0x1p30 }, { NULL, 0 } };
	double number;
	if (parse_units(value, units, &number))
		return option_complain(def, "'%s' is not a size (512, 64k, 1M)", value);
	if (number < (double)def->min || number > (double)def->max)
		return out_of_range(def, value, " bytes");
	*(size_t *)((char *)target + def->offset) = (size_t)number;
	return 0;
}

int set_seconds_ms(void *target, const struct option_def *def, const char *value)
{
	static const struct unit units[] = { { "", 1e3 }, { "us", 1e-3 }, { "ms", 1 }, { "s", 1e3 },
					     { "m", 60e3 }, { "h", 3600e3 }, { NULL, 0 } };
	double number;
	if (parse_units(value, units, &number))
		return option_complain(def, "'%s' is not a time (10, 2s, 500ms, 1m)", value);
	if (number < (double)def->min || number > (double)def->max)
		return out_of_range(def, value, " ms");
	*(int *)((char *)target + def->offset) = (int)number + (number > (int)number); /* 500us is not 0 */
	return 0;
}

int set_string(void *target, const struct option_def *def, const char *value)
{
	*(const char **)((char *)target + def->offset) = value;
	return 0;
}

int set_choice(void *target, const struct option_def *def, const char *value)
{
	for (int i = 0; def->choices[i]; i++)
		if (strcmp(value, def->choices[i]) == 0) {
			*(int *)((char *)target + def->offset) = i;
			return 0;
		}
	char list[256] = "";
	for (int i = 0; def->choices[i]; i++) {
		size_t used = strlen(list);
		snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", def->choices[i]);
	}
	return option_complain(def, "'%s' is not one of: %s", value, list);
}

/* ---- the page ---- */

static void print_option(const struct option_def *def)
{
	char left[64];
	if (def->letter)
		snprintf(left, sizeof left, "-%c, --%s%s%s", def->letter, def->name, def->arg ? " " : "",
			 def->arg ? def->arg : "");
	else
		snprintf(left, sizeof left, "    --%s%s%s", def->name, def->arg ? " " : "", def->arg ? def->arg : "");
	printf("  %-28s %s\n", left, def->help);
}

static void print_help(const struct program *program, const struct option_set *sets)
{
	static const struct option_def common[] = {
		{ .name = "help", .help = "print this page and exit" },
		{ .name = "version", .help = "print the version and exit" },
	};
	printf("Usage: %s %s\n%s\n", program->name, program->usage, program->summary);
	for (const struct option_set *set = sets; set->title; set++) {
		if (!set->defs || !set->defs->name)
			continue;
		printf("\n%s:\n", set->title);
		for (const struct option_def *def = set->defs; def->name; def++)
			print_option(def);
	}
	printf("\n");
	print_option(&common[0]);
	print_option(&common[1]);
	if (program->notes)
		printf("\n%s\n", program->notes);
}

/* ---- the parser ---- */

struct parser {
	struct option            longs[MAX_OPTIONS + 3];
	const struct option_def *defs[MAX_OPTIONS];
	void                    *targets[MAX_OPTIONS];
	const char              *names[MAX_OPTIONS + 3];
	char                     shorts[2 * MAX_OPTIONS + 4];
	int                      n;
};

static void add_option(struct parser *p, const struct option_def *def, void *target)
{
	if (p->n == MAX_OPTIONS)
		abort(); /* our bug: make the table larger */
	p->defs[p->n] = def;
	p->targets[p->n] = target;
	p->names[p->n] = def->name;
	p->longs[p->n] = (struct option){ def->name, def->arg ? required_argument : no_argument, NULL,
					  CODE_FIRST + p->n };
	if (def->letter) {
		size_t used = strlen(p->shorts);
		p->shorts[used] = (char)def->letter;
		if (def->arg)
			p->shorts[used + 1] = ':';
	}
	p->n++;
}

static void build_parser(struct parser *p, const struct option_set *sets)
{
	memset(p, 0, sizeof *p);
	p->shorts[0] = ':'; /* a missing argument is ':' and not '?' */
	for (; sets->title; sets++)
		for (const struct option_def *def = sets->defs; def && def->name; def++)
			add_option(p, def, sets->target);
	p->longs[p->n] = (struct option){ "help", no_argument, NULL, CODE_HELP };
	p->longs[p->n + 1] = (struct option){ "version", no_argument, NULL, CODE_VERSION };
	p->names[p->n] = "help";
	p->names[p->n + 1] = "version";
}

static int find_option(const struct parser *p, int code)
{
	if (code >= CODE_FIRST)
		return code - CODE_FIRST;
	for (int i = 0; i < p->n; i++)
		if (p->defs[i]->letter == code)
			return i;
	return -1;
}

static int unknown_option(const struct parser *p, char **argv)
{
	const char *word = argv[optind - 1];
	if (optopt && optopt < CODE_HELP) { /* a letter, perhaps one of several in a word */
		fprintf(stderr, "%s: unknown option -%c (--help lists all)\n", speaking_for, optopt);
		return OPTIONS_WRONG;
	}
	if (optopt) {
		fprintf(stderr, "%s: %s takes no argument\n", speaking_for, word);
		return OPTIONS_WRONG;
	}
	char name[64];
	snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
	const char *near = nearest_name(name, p->names);
	fprintf(stderr, "%s: unknown option --%s%s%s (--help lists all)\n", speaking_for, name,
		near ? ", did you mean --" : "", near ? near : "");
	return OPTIONS_WRONG;
}

static int apply(const struct parser *p, int code)
{
	int i = find_option(p, code);
	return p->defs[i]->set(p->targets[i], p->defs[i], optarg) ? OPTIONS_WRONG : 0;
}

int options_parse(const struct program *program, const struct option_set *sets, int argc, char **argv)
{
	struct parser p;
	build_parser(&p, sets);
	speaking_for = program->name;
	opterr = 0;
	optind = 0; /* glibc: start anew, also when called twice */
	for (int code; (code = getopt_long(argc, argv, p.shorts, p.longs, NULL)) != -1;) {
		int answer = 0;
		switch (code) {
		case CODE_HELP:
			print_help(program, sets);
			return OPTIONS_DONE;
		case CODE_VERSION:
			printf("%s (muxlab) %s\n", program->name, MUXLAB_VERSION);
			return OPTIONS_DONE;
		case ':':
			fprintf(stderr, "%s: %s needs a value (--help lists all)\n", program->name, argv[optind - 1]);
			return OPTIONS_WRONG;
		case '?':
			return unknown_option(&p, argv);
		default:
			answer = apply(&p, code);
		}
		if (answer)
			return answer;
	}
	return optind;
}

int options_status(int answer)
{
	return answer == OPTIONS_DONE ? 0 : 2;
}
