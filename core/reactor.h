/* reactor.h - the driver of loops that are told when a call would not block; struct poller (backend.h) is how. */
#ifndef CORE_REACTOR_H
#define CORE_REACTOR_H

#include "loop.h"

extern const struct loop_driver reactor_driver; /* how: a struct poller */

#endif
