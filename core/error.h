/* error.h - what an errno means to a server: five kinds, one place. See the ERRORS of recv(2), send(2), accept(2). */
#ifndef CORE_ERROR_H
#define CORE_ERROR_H

enum error_kind {
	ERROR_AGAIN,  /* now: the call was interrupted, repeat it */
	ERROR_LATER,  /* it would block, wait */
	ERROR_DEAD,   /* this connection is over; all others go on */
	ERROR_TIRED,  /* this machine has no more descriptors or memory: stop accepting for a while */
	ERROR_BUG,    /* ours: abort with a message rather than serve on with wrong data */
};

/* error is negative, as functions return it. What is not known counts as ERROR_DEAD: one client pays, not all. */
enum error_kind error_kind(int error);

#endif
