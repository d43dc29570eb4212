/* loops.h - the loops of a server: one, or --workers of them, and how they share the listener (--accept).
 *
 *     shared      every loop watches the listener: a client wakes all that sleep, one gets it, the others came in vain
 *     exclusive   the same, but the kernel wakes one of them (EPOLLEXCLUSIVE, epoll_ctl(2)); mostly the same one
 *     reuseport   a listener for each: the kernel deals by a hash of the addresses (SO_REUSEPORT, socket(7))
 *     dispatch    the first loop accepts for all, and deals in turn: half-sync/half-async
 */
#ifndef CORE_LOOPS_H
#define CORE_LOOPS_H

#include "loop.h"

/* Serves until the server is over. 0 or -errno. */
int loops_run(struct server *, const struct loop_driver *, const struct loop_turns *, const void *how);

/* Hands the client to another loop whose turn it is. False: the caller keeps it. */
bool loops_deal(struct loop *, int fd, const struct peer *);
/* Welcomes those that have been handed to this loop. */
void loops_take_dealt(struct loop *);
/* Could someone still be handed to it? */
bool loops_owe(const struct loop *);

/* A stop has begun: all are to look. */
void loops_wake(struct loops *);
/* This loop accepts no more. */
void loops_stop_listening(struct loop *);

#endif
