/* board.h - what the threads and processes of a server know of each other: in memory that they share.
 *
 *     board    phase, end of the grace time, sessions now        for all
 *     berths   [ worker 0 | worker 1 | worker 2 | free | ... ]   one for each thread or process that serves:
 *                 |                                              its counters, its deadline, who it is
 *                 written by its worker alone, read by whoever adds up or wakes
 *
 * One mapping, made before anything is started (mmap(2), MAP_SHARED): so a process that is forked sees the same
 * board under the same address, and "stop" or "how much?" is the same for threads and processes. There is no
 * lock in it, since one who is killed would never let go of it. Berths are given and taken back by the first
 * process only, under the lock of its server; a process that it forks gets its berth with it. */
#ifndef CORE_BOARD_H
#define CORE_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "counters.h"

enum berth_use {
	BERTH_FREE,
	BERTH_CREW,    /* one of a fixed number of workers: shown by itself, and kept when its worker has ended */
	BERTH_PASSING, /* of a worker that comes and goes with a connection, or only brings work to others */
};

struct berth { /* whole cache lines: no worker waits for another one's */
	_Alignas(64) struct counters counters;
	/* When a call that blocks must end; 0: no deadline. Read by the thread that wakes who is late. */
	_Atomic int64_t deadline_ms;
	atomic_int      tid;        /* whom to wake, as in tgkill(2); 0: no one is here (yet, or any more) */
	atomic_int      n_sessions; /* now, where the driver counts them here */
	/* Of the first process, under its server's lock: */
	pid_t           pid;        /* the process of the worker */
	unsigned        number;     /* of the worker: io_env.worker */
	enum berth_use  use;
	uint32_t        next;       /* the next free one, or the next one whose pid has the same place; 0: none */
	_Atomic int64_t user_us, sys_us; /* CPU time, of a crew's worker that has ended */
	struct trace   *trace;      /* of a process: shared with it; NULL: --trace is off */
};

enum { BOARD_PIDS = 1024 };

struct board {
	/* Read for every request, written a few times in all. */
	atomic_int      phase;         /* enum server_phase; only ever goes up */
	_Atomic int64_t grace_end_ms;
	atomic_uint     n_reopens;     /* of log files, asked for by SIGHUP */
	/* Written for every connection. */
	_Alignas(64) atomic_int n_sessions; /* now; blocking drivers count here */
	_Atomic int64_t said_tired_ms; /* when we last said that accepting pauses; 0: never */
	/* Of the first process, under its server's lock: */
	_Alignas(64) uint32_t capacity, touched, free_head; /* berths: all, ever used, the first free one */
	unsigned        n_workers;     /* that ever were: they are numbered */
	unsigned        n_passing;     /* berths of that use */
	struct counters gone;          /* what those whose berth is free again had counted */
	uint32_t        by_pid[BOARD_PIDS]; /* berths of processes: chains by process number */
	struct berth    berths[];
};

/* Costs memory only for berths that were ever used. NULL: out of memory. */
struct board *board_open(uint32_t capacity);
void          board_close(struct board *);

/* All of these in the first process, with its server's lock held. */

/* NULL: all are taken. It is zeroed but for number, use and pid, which is the caller's. */
struct berth *board_take(struct board *, enum berth_use use);
/* The worker has ended; its counts go to the total. */
void          board_give_back(struct board *, struct berth *);
/* It is to come and go from now on. */
void          board_make_passing(struct board *, struct berth *);
/* All counts: those here and those gone. */
void          board_sum(const struct board *, struct counters *sum);

/* A process has that berth: so that it is found when the process has ended. */
void          board_note_process(struct board *, struct berth *, pid_t pid);
/* That process's berth, which is no more known by its number; NULL: we know no such process. */
struct berth *board_forget_process(struct board *, pid_t pid);

#endif
