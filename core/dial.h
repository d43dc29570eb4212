/* dial.h - connecting to "host:port", one step at a time: look the name up, try each address in turn.
 *
 *     name ---> (lookup, beside the loop) ---> address ---> connect ---> wait ---> connected
 *                                                 ^ next one              | refused, unreachable
 *                                                 +-----------------------+
 *
 * getaddrinfo(3) blocks without end, so it runs on a helper thread (lookup.h); addresses need none.
 * connect(2), EINPROGRESS. */
#ifndef CORE_DIAL_H
#define CORE_DIAL_H

#include <netdb.h>
#include <stdbool.h>

#include "end.h"

struct lookup;
struct session;

struct dial {
	bool             begun;
	struct lookup   *lookup;    /* a name that is being looked up */
	struct addrinfo *list, *at; /* its addresses, and the one that is tried */
};

/* A step towards `where` (read in the first step only). 0: end is connected; -EAGAIN: wait until end->fd is writable,
 * or, if that is -1, until the owner is woken by lookups_finished(); -EINTR: again; -errno: no address answers (the
 * last one's reason; -ENXIO: no such name; -EINVAL: not "host:port"). */
int  dial_step(struct worker *, struct dial *, struct end *, struct session *owner, const char *where);

/* Gives up or cleans up; the end stays as it is. */
void dial_close(struct worker *, struct dial *);

#endif
