/* lookup.h - names are looked up on helper threads, so that neither a loop nor a deadline stands still; getaddrinfo(3).
 *
 *     lookup_start ---> waiting ---> a helper: getaddrinfo ---> done ---> a pipe: a loop is woken, lookups_finished()
 *                                                                +------> condition: a blocking thread, lookup_await()
 *
 * A few helpers serve one worker, and are started when a name waits and none of them is free. */
#ifndef CORE_LOOKUP_H
#define CORE_LOOKUP_H

#include <netdb.h>
#include <stdint.h>

struct lookup;
struct lookups;
struct session;

/* For a loop: *event_fd becomes readable when something is done (wake.h). For a blocking thread: NULL.
 * Returns NULL when out of memory or descriptors. */
struct lookups *lookups_open(int *event_fd);
/* A lookup under way ends by itself, some time later. */
void lookups_close(struct lookups *);

/* NULL: no memory, no thread. */
struct lookup *lookup_start(struct lookups *, struct session *owner, const char *host, uint16_t port);
/* -EAGAIN: not done; 0: *list is the caller's; -ENXIO: there is no such name. */
int  lookup_result(struct lookups *, struct lookup *, struct addrinfo **list);
/* Waits until it is done, but not for long: so that the caller can look at its deadline in between. */
void lookup_await(struct lookups *, struct lookup *);
/* Frees it, done or not. Its owner will not be woken any more. */
void lookup_drop(struct lookups *, struct lookup *);

/* A loop, after the event: takes the wake-up out, then asks for each owner whose lookup is done; NULL: no more. */
void lookups_heard(struct lookups *);
struct session *lookups_finished(struct lookups *);

#endif
