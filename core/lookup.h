/* lookup.h - names are looked up on a helper thread, so that a loop does not stand still; getaddrinfo(3).
 *
 *     loop: lookup_start ---> queue ---> helper thread: getaddrinfo ---> done, eventfd ---> loop: lookups_finished
 *
 * One helper serves one loop, in order. It is started with the first name. */
#ifndef CORE_LOOKUP_H
#define CORE_LOOKUP_H

#include <netdb.h>
#include <stdint.h>

struct lookup;
struct lookups;
struct session;

/* *event_fd becomes readable (eventfd(2)) when something is done. NULL: out of memory or descriptors. */
struct lookups *lookups_open(int *event_fd);
/* A lookup under way ends by itself, some time later. */
void lookups_close(struct lookups *);

/* NULL: no memory, no thread. */
struct lookup *lookup_start(struct lookups *, struct session *owner, const char *host, uint16_t port);
/* -EAGAIN: not done; 0: *list is the caller's; -ENXIO: there is no such name. */
int  lookup_result(struct lookups *, struct lookup *, struct addrinfo **list);
/* Frees it, done or not. Its owner will not be woken any more. */
void lookup_drop(struct lookups *, struct lookup *);

/* The next owner whose lookup is done and has not been returned before; NULL: none. */
struct session *lookups_finished(struct lookups *);

#endif
