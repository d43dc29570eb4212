/* dialect.h - what a service's clients say, so that most cases are written once for all services. */
#ifndef CONFORM_DIALECT_H
#define CONFORM_DIALECT_H

#include "tests/conform/talk.h"

struct test_case {
	const char *name; /* half_close: what --case takes, and how the failure is called */
	void      (*play)(struct probe *);
	bool        slow; /* left out by --skip-slow */
};

struct dialect {
	const char *name;    /* "zen" */
	int         code;    /* HTTP: the status of an answer to `request` */
	void      (*prepare)(struct probe *); /* before all: makes the texts below; or NULL */
	const char *request; /* a whole one */
	const char *begun;   /* the beginning of one, for clients that stop in mid-sentence */
	const char *flood;   /* short to send, long to answer */
	void      (*hear_answer)(struct client *); /* to `request` */
	/* To n more of them, of a server that was told to stop meanwhile; then the end. */
	void      (*hear_last)(struct client *, int n);
	const struct test_case *cases, *more_cases; /* of this service alone; end with a zero entry; or NULL */
};

extern const struct dialect zen_dialect, echo_dialect, redirect_dialect, web_dialect, proxy_dialect;
extern const struct test_case http_error_cases[], common_cases[], stop_cases[];

/* Says the request and hears its answer. */
void ask(struct client *);
void ask_as_new_client(struct probe *);

#endif
