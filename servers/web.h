/* web.h - the web server: files below a folder, by GET and HEAD. */
#ifndef SERVERS_WEB_H
#define SERVERS_WEB_H

#include "core/io.h"
#include "http_session.h"

struct web_config {
	const char        *root;      /* --root */
	int                sendfile;  /* index: yes, no */
	bool               list;      /* show what is in a folder without index.html */
	bool               no_status; /* /status is a file like any other */
	struct http_limits limits;
};

extern const struct service web_service;

#endif
