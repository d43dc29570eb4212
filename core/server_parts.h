/* server_parts.h - the steps from a command line to a server that can serve; for server.c only.
 *
 *     allocate --> read the options --> choose a backend --> set up: limits, files, logs, listener --> serve */
#ifndef CORE_SERVER_PARTS_H
#define CORE_SERVER_PARTS_H

#include "server.h"

/* server_options.c. The index of the first operand, or a negative answer as of options_parse(). */
int server_read_options(struct server *, int argc, char **argv);

extern const char *const accept_mode_names[]; /* by enum accept_mode; ends with NULL */

/* server_choose.c. What there is, for --list-backends. */
void server_list_backends(const struct backend *const *backends);
const struct backend *server_find_backend(const char *name, const struct backend *const *backends);
/* By --backend, --workers, --accept and --processes: 0, or the exit status, and why is said. */
int server_choose_backend(struct server *, const struct backend *const *backends);

/* server_set_up.c. Memory for the service's options and for what is shared: 0, or the exit status. */
int server_allocate(struct server *);
/* All that is opened before the first client: 0, or the exit status, and why is said. */
int server_set_up(struct server *, const struct backend *const *backends);

#endif
