/* end.h - one end of a session: its descriptor, and what a reactor remembers of it. */
#ifndef CORE_END_H
#define CORE_END_H

#include <stdbool.h>
#include <stdint.h>

struct worker;

struct end {
	int           fd;      /* -1: not connected */
	uint8_t       watched; /* the reactor's: what the poller was asked for */
	uint8_t       ready;   /* the reactor's: WATCH_ bits, what is worth trying */
	bool          half_closed;
	struct bytes *tail;    /* untaken bytes between two turns; NULL: none */
};

/* Closes the descriptor, forgets the bytes; no harm when there are none. */
void end_close(struct worker *, struct end *);

#endif
