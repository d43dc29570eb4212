/* http_client_ask.h - one request and its answer: connect, send, receive, and what is said when that fails. */
#ifndef CLIENTS_HTTP_CLIENT_ASK_H
#define CLIENTS_HTTP_CLIENT_ASK_H

#include "clients/http_client_output.h"
#include "clients/http_client_request.h"

struct exchange {
	const char     *address; /* "http://127.0.0.1:8080/x" */
	struct http_url url;     /* points into address */
	bool            head;    /* the request was HEAD */
	int             fd;      /* -1: none */
	int             timeout_ms;
	int64_t         end_ms;  /* of the time that it has */
	char            in[HTTP_HEAD_MAX];
	size_t          n_in;
	size_t          head_len;
	struct http_response response; /* points into in */
};

/* Connects, asks, receives the head. 0, or -1 after a line on standard error; ask_close() in any case. */
int  ask(struct exchange *, const char *address, const struct request_config *, bool elsewhere, int timeout_ms);
void ask_close(struct exchange *);

/* Receives the body into `out`. The head is given up: its buffer is needed. Returns as ask(). */
int ask_body(struct exchange *, struct output *out);

/* One line on standard error, which begins with the address. Returns -1. */
int complain(const struct exchange *, const char *what);
int complain_output(const struct exchange *, const struct output *, int error); /* error: -errno */

/* As much of an address as a message should hold. */
enum { SHOWN_MAX = 200 };

#endif
