/* loop_parts.h - what the parts of a loop call of each other; for loop.c, loop_turn.c and loop_accept.c only. */
#ifndef CORE_LOOP_PARTS_H
#define CORE_LOOP_PARTS_H

#include "loop.h"
#include "server.h"

/* Does it serve the sessions beside the clients'? Then there is no listener, and no signal is for it. */
static inline bool loop_is_beside(const struct loop *l)
{
	return l->worker.service != l->worker.server->service;
}

/* loop.c */
void loop_arm(struct loop *, struct timer *, int64_t when_ms);

/* loop_turn.c. The slot is taken: whoever has the turns serves it from n on. */
void loop_give_turn(struct loop *, struct slot *, ssize_t n);
/* Into the run queue; and the n that were put there before this turn: who is put off in it waits for the next one. */
void loop_put_off(struct loop *, struct worker *w, struct slot *);
void loop_run_queue(struct loop *, uint32_t n);

/* loop_accept.c. 0 or -errno. */
int  loop_set_accepting(struct loop *, bool on);
/* For a second at most; and as soon as there is room. */
void loop_pause_accepting(struct loop *);
void loop_resume_accepting(struct loop *);
/* One connection. False: none is waiting, or we may take no more for now. */
bool loop_accept_one(struct loop *);
/* A batch. */
void loop_accept_some(struct loop *);

#endif
