/* beside.h - sessions without a client, beside those that have one: a master's health checks (io.h, service.beside).
 *
 * They run in a loop of their own, on a thread of their own, whatever way the server waits for its clients: so a
 * service that looks after something writes it once, as a session, and every backend has it. */
#ifndef CORE_BESIDE_H
#define CORE_BESIDE_H

struct backend;
struct server;

/* Starts them, if the service has any. `how` waits for them: any backend with a poller. 0 or -errno. */
int  beside_start(struct server *, const struct backend *how);
/* Cuts them off and waits for the thread. */
void beside_stop(struct server *);

#endif
