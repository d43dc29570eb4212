/* lookup.c - names waiting, helpers, names done; see lookup.h. getaddrinfo(3), pthreads(7).
 *
 * A lookup is in exactly one place: waiting, with a helper, done, or told. One that is dropped while a helper works on
 * it has no owner any more; the helper frees it. Likewise a helper that is in the middle of a name when all this is
 * closed: it may stay there for long, so it is left to itself and, if it is the last, frees the rest.
 *
 * SPDX-License-Identifier: MIT */
#include "lookup.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "net.h"
#include "wake.h"

enum { MAX_HELPERS = 16, AWAIT_NS = 100000000 };
enum lookup_state { WAITING, RUNNING, DONE, TOLD };

struct lookup {
	struct lookup    *next;
	struct session   *owner;
	bool              dropped;
	enum lookup_state state;
	struct addrinfo  *list;
	uint16_t          port;
	char              host[256];
};

struct queue {
	struct lookup *head, **tail;
};

struct helper {
	struct lookups *all;
	pthread_t       thread;
	bool            busy;
};

struct lookups {
	pthread_mutex_t lock; /* guards all below, and every lookup */
	pthread_cond_t  work, result;
	struct queue    waiting, done;
	struct helper   helpers[MAX_HELPERS];
	int             n_names;            /* that wait or are with a helper */
	int             n_helpers, n_users; /* users: the worker, and each helper; the last one frees it */
	bool            closing;
	struct wake     wake;               /* for a loop */
};

/* ---- queues ---- */

static void append(struct queue *q, struct lookup *l)
{
	l->next = NULL;
	*q->tail = l;
	q->tail = &l->next;
}

static struct lookup *take_first(struct queue *q)
{
	struct lookup *l = q->head;
	if (l) {
		q->head = l->next;
		if (!q->head)
			q->tail = &q->head;
	}
	return l;
}

static void take_out(struct queue *q, const struct lookup *l)
{
	struct lookup **link = &q->head;
	while (*link != l)
		link = &(*link)->next;
	*link = l->next;
	if (q->tail == &l->next)
		q->tail = link;
}

static void free_lookup(struct lookup *l)
{
	if (l->list)
		freeaddrinfo(l->list);
	free(l);
}

/* ---- helpers ---- */

/* With the lock held, which goes with it. Lookups that are left have been dropped by their owners before. */
static void leave(struct lookups *all)
{
	bool last = --all->n_users == 0;
	pthread_mutex_unlock(&all->lock);
	if (!last)
		return;
	wake_close(&all->wake);
	pthread_mutex_destroy(&all->lock);
	pthread_cond_destroy(&all->work);
	pthread_cond_destroy(&all->result);
	free(all);
}

static void report(struct lookups *all, struct lookup *l)
{
	if (l->dropped) {
		free_lookup(l);
		return;
	}
	l->state = DONE;
	append(&all->done, l);
	pthread_cond_broadcast(&all->result);
	if (wake_fd(&all->wake) >= 0)
		wake_up(&all->wake, NULL);
}

/* With the lock held, but not while the resolver works. */
static void look_up(struct helper *helper, struct lookup *l)
{
	struct lookups *all = helper->all;
	struct addrinfo *list = NULL;
	l->state = RUNNING;
	helper->busy = true;
	pthread_mutex_unlock(&all->lock);
	if (net_resolve(l->host, l->port, &list))
		list = NULL;
	pthread_mutex_lock(&all->lock);
	helper->busy = false;
	all->n_names--;
	l->list = list;
	report(all, l);
}

static void *help(void *argument)
{
	struct helper *helper = argument;
	struct lookups *all = helper->all;
	pthread_mutex_lock(&all->lock);
	while (!all->closing) {
		struct lookup *l = take_first(&all->waiting);
		if (l)
			look_up(helper, l);
		else
			pthread_cond_wait(&all->work, &all->lock);
	}
	leave(all);
	return NULL;
}

/* With the lock held, for one name more. A slow one keeps its helper for as long as the resolver likes: so while there
 * may be more helpers, no name waits behind another. True if there is a helper, free or not. */
static bool ensure_helper(struct lookups *all)
{
	if (all->n_names < all->n_helpers || all->n_helpers == MAX_HELPERS)
		return true;
	struct helper *helper = &all->helpers[all->n_helpers];
	helper->all = all;
	if (pthread_create(&helper->thread, NULL, help, helper))
		return all->n_helpers > 0;
	all->n_helpers++;
	all->n_users++;
	return true;
}

/* ---- for the worker ---- */

struct lookups *lookups_open(int *event_fd)
{
	struct lookups *all = calloc(1, sizeof *all);
	if (!all)
		return NULL;
	all->wake = (struct wake){ { -1, -1 } };
	if (event_fd && wake_open(&all->wake)) {
		free(all);
		return NULL;
	}
	if (event_fd)
		*event_fd = wake_fd(&all->wake);
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->work, NULL);
	pthread_cond_init(&all->result, NULL);
	all->waiting.tail = &all->waiting.head;
	all->done.tail = &all->done.head;
	all->n_users = 1;
	return all;
}

void lookups_close(struct lookups *all)
{
	pthread_t idle[MAX_HELPERS];
	int n_idle = 0;
	if (!all)
		return;
	pthread_mutex_lock(&all->lock);
	all->closing = true;
	for (int i = 0; i < all->n_helpers; i++)
		if (all->helpers[i].busy)
			pthread_detach(all->helpers[i].thread);
		else
			idle[n_idle++] = all->helpers[i].thread;
	pthread_cond_broadcast(&all->work);
	leave(all);
	for (int i = 0; i < n_idle; i++)
		pthread_join(idle[i], NULL);
}

struct lookup *lookup_start(struct lookups *all, struct session *owner, const char *host, uint16_t port)
{
	struct lookup *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->owner = owner;
	l->port = port;
	snprintf(l->host, sizeof l->host, "%s", host);
	pthread_mutex_lock(&all->lock);
	if (ensure_helper(all)) {
		append(&all->waiting, l);
		all->n_names++;
		pthread_cond_signal(&all->work);
	} else {
		free(l);
		l = NULL;
	}
	pthread_mutex_unlock(&all->lock);
	return l;
}

int lookup_result(struct lookups *all, struct lookup *l, struct addrinfo **list)
{
	int result = -EAGAIN;
	pthread_mutex_lock(&all->lock);
	if (l->state >= DONE) {
		*list = l->list;
		l->list = NULL;
		result = *list ? 0 : -ENXIO;
	}
	pthread_mutex_unlock(&all->lock);
	return result;
}

void lookup_await(struct lookups *all, struct lookup *l)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += AWAIT_NS;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&all->lock);
	if (l->state < DONE)
		pthread_cond_clockwait(&all->result, &all->lock, CLOCK_MONOTONIC, &until);
	pthread_mutex_unlock(&all->lock);
}

void lookup_drop(struct lookups *all, struct lookup *l)
{
	pthread_mutex_lock(&all->lock);
	if (l->state == RUNNING) {
		l->dropped = true;
		pthread_mutex_unlock(&all->lock);
		return;
	}
	if (l->state == WAITING) {
		take_out(&all->waiting, l);
		all->n_names--;
	} else if (l->state == DONE) {
		take_out(&all->done, l);
	}
	pthread_mutex_unlock(&all->lock);
	free_lookup(l);
}

void lookups_heard(struct lookups *all)
{
	wake_heard(&all->wake, NULL);
}

struct session *lookups_finished(struct lookups *all)
{
	pthread_mutex_lock(&all->lock);
	struct lookup *l = take_first(&all->done);
	if (l)
		l->state = TOLD;
	struct session *owner = l ? l->owner : NULL;
	pthread_mutex_unlock(&all->lock);
	return owner;
}
