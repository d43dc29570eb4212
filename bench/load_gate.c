/* load_gate.c - one lock, one condition; see load_gate.h. pthread_cond_wait(3).
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_gate.h"

bool load_gate_pass(struct load_gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->n_there++;
	pthread_cond_broadcast(&gate->change);
	while (gate->state == GATE_SHUT)
		pthread_cond_wait(&gate->change, &gate->lock);
	bool open = gate->state == GATE_OPEN;
	pthread_mutex_unlock(&gate->lock);
	return open;
}

void load_gate_await(struct load_gate *gate, int n)
{
	pthread_mutex_lock(&gate->lock);
	while (gate->n_there < n)
		pthread_cond_wait(&gate->change, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

void load_gate_set(struct load_gate *gate, enum load_gate_state state)
{
	pthread_mutex_lock(&gate->lock);
	gate->state = state;
	pthread_cond_broadcast(&gate->change);
	pthread_mutex_unlock(&gate->lock);
}
