/* load_slow.h - clients that keep a server waiting, beside those that are measured.
 *
 * A dribbler sends its questions a byte at a time, ten bytes a second: a server must keep what is incomplete,
 * for each of them, without waiting. A slow reader asks as much as it can and reads 16 bytes in a tenth of a
 * second: a server must stop reading from it when it cannot send any more. Neither is measured nor checked,
 * and a server may throw them out: that is counted, and no error. */
#ifndef BENCH_LOAD_SLOW_H
#define BENCH_LOAD_SLOW_H

#include "bench/load_idle.h"
#include "bench/load_protocol.h"

enum { LOAD_SLOW_TICK_MS = 100 };

struct load_slow {
	struct load_script script;
	struct load_idle   dribblers, readers;
	size_t            *at; /* of each, dribblers first: the next byte of the script */
	int                n_thrown_out;
};

/* As many as --dribble and --slow-readers say. 0 or -errno. */
int  load_slow_open(struct load_slow *, const struct load_sources *, const struct load_config *,
		    const atomic_bool *stop, struct load_stats *);
bool load_slow_any(const struct load_slow *);
void load_slow_tick(struct load_slow *); /* every LOAD_SLOW_TICK_MS */
void load_slow_close(struct load_slow *);

#endif
