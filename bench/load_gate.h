/* load_gate.h - where threads wait until all of them are there and main lets them on, or sends them home.
 *
 * A barrier would do, but for the case that not all threads can be started: then nobody would ever pass. */
#ifndef BENCH_LOAD_GATE_H
#define BENCH_LOAD_GATE_H

#include <pthread.h>
#include <stdbool.h>

enum load_gate_state { GATE_SHUT, GATE_OPEN, GATE_GO_HOME };

struct load_gate {
	pthread_mutex_t      lock;
	pthread_cond_t       change;
	int                  n_there;
	enum load_gate_state state;
};
#define LOAD_GATE_SHUT { .lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER }

bool load_gate_pass(struct load_gate *); /* waits; false: go home */
void load_gate_await(struct load_gate *, int n); /* until n threads are waiting */
void load_gate_set(struct load_gate *, enum load_gate_state);

#endif
