/* options.h - one table of options per program; from it come the parser, --help and the error messages.
 *
 * Several tables may serve one program (those of every server, those of a service), each with the struct that
 * it fills in. Long and short options, in any order with operands; "--" ends them (getopt_long(3)). */
#ifndef CORE_OPTIONS_H
#define CORE_OPTIONS_H

#include <stddef.h>
#include <stdio.h>

struct option_def {
	const char *name;     /* "think-ms" */
	int         letter;   /* 'p', or 0 */
	const char *arg;      /* "N"; NULL: a flag, value is then NULL */
	const char *help;     /* one line */
	/* 0, or -1 after option_complain(). */
	int       (*set)(void *target, const struct option_def *, const char *value);
	size_t      offset;   /* of the field in target */
	long long   min, max; /* for numbers, both included */
	const char *const *choices; /* for set_choice: NULL-ended; the field is an int, the index */
};

struct option_set {
	const char              *title; /* heading in --help */
	const struct option_def *defs;  /* ends with a zero entry; NULL: none */
	void                    *target;
};

struct program {
	const char *name;    /* "zen_server" */
	const char *summary; /* one line */
	const char *usage;   /* "[HOST] [OPTION...]" */
	const char *notes;   /* printed after the options, may be NULL */
};

enum { OPTIONS_DONE = -1, OPTIONS_WRONG = -2 };

/* Returns the index in argv of the first operand (operands stand last, in order); OPTIONS_DONE after --help or
 * --version, exit 0; OPTIONS_WRONG after one clear line on standard error, exit 2. `sets` ends with a NULL title. */
int options_parse(const struct program *, const struct option_set *sets, int argc, char **argv);

/* The exit status for a negative answer of options_parse(). */
int options_status(int answer);

/* Setters. Numbers take suffixes: sizes k, m, g (1024), counts k, M, G (1000); times us, ms, s, m, h. */
int set_flag(void *, const struct option_def *, const char *);        /* bool */
int set_int(void *, const struct option_def *, const char *);         /* int */
int set_count(void *, const struct option_def *, const char *);       /* int64_t: "10k" is 10000 */
int set_size(void *, const struct option_def *, const char *);        /* size_t: "64k" is 65536 */
int set_seconds_ms(void *, const struct option_def *, const char *);  /* int, in ms like min, max; bare: seconds */
int set_string(void *, const struct option_def *, const char *);      /* const char * */
int set_choice(void *, const struct option_def *, const char *);      /* int, the index in choices */

/* One line on standard error that says what is wrong with the option's value; returns -1. */
int option_complain(const struct option_def *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The whole of text as a decimal number: 0, or -EINVAL, -ERANGE. */
int parse_number(const char *text, long long *number);

/* Of the NULL-ended names the one with the smallest edit distance, or NULL if none is near. */
const char *nearest_name(const char *wrong, const char *const *names);

#endif
