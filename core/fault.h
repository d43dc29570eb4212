/* fault.h - makes the n-th system call fail on purpose, in test builds (-DMUXLAB_FAULTS; the asan build has it).
 *
 * MUXLAB_FAULT="recv:3:ECONNRESET" lets the third receive fail; "send:every 2:short" shortens every second send to
 * one byte; "accept:1:EMFILE,wait:every 3:EINTR" combines. Kinds: accept recv send wait ctl. Errors: the names of
 * errno(3) that the man pages of these calls list, or "short". Without -DMUXLAB_FAULTS this costs nothing. */
#ifndef CORE_FAULT_H
#define CORE_FAULT_H

#include <stddef.h>

#include "counters.h"

#ifdef MUXLAB_FAULTS
/* 0: go on (perhaps with *len cut to 1); -errno: the call "failed" so. Counts the call either way. */
int fault_before(enum count kind, size_t *len);
/* Reads MUXLAB_FAULT; 0, or -1 after a line on standard error. Before threads start. */
int fault_open(void);
#else
static inline int fault_before(enum count kind, size_t *len)
{
	(void)kind, (void)len;
	return 0;
}
static inline int fault_open(void)
{
	return 0;
}
#endif

#endif
