/* http_self.h - is an address our own? */
#ifndef SERVERS_HTTP_SELF_H
#define SERVERS_HTTP_SELF_H

#include "core/io.h"
#include "proto/http.h"

/* Would a connection to host (a name, or an address without brackets) and port come back to who listens at
 * self? Names are not looked up, but "localhost" is known. self NULL or of no family: false. */
bool http_is_self(const struct peer *self, struct http_text host, int port);

#endif
