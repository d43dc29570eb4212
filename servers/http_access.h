/* http_access.h - the line that an access log gets for an answer, in the combined format.
 *
 *     127.0.0.1 - - [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.1" 200 2326 "http://a/" "curl/7.88.1"
 *
 * Times are UTC. In what comes from the client everything that is not printable ASCII, and '"' and '\',
 * stands as \xHH, so nothing of it can end a line or a field. What is too long is cut. */
#ifndef SERVERS_HTTP_ACCESS_H
#define SERVERS_HTTP_ACCESS_H

#include "core/io.h"
#include "proto/http.h"

enum { HTTP_ACCESS_MAX = 4096 }; /* no line is longer: so much is appended to a pipe or a file in one piece */

/* line: the request line as far as it came; fields: the header lines, len 0: none are known; content: bytes
 * of it that were sent. Only when env->access is set. */
void http_access(const struct io_env *, struct http_text line, struct http_text fields, int status,
		 uint64_t content);

#endif
