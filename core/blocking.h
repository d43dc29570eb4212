/* blocking.h - a session as straight-line code, on the stack of a thread, of a process or of a coroutine. */
#ifndef CORE_BLOCKING_H
#define CORE_BLOCKING_H

#include "session.h"

/* From its first byte to its last; closes fd. The session is zeroed. */
void blocking_converse(struct worker *, struct session *, int fd, const struct peer *);

#endif
