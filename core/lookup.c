/* lookup.c - a queue, a helper thread and an eventfd; see lookup.h. getaddrinfo(3), eventfd(2), pthreads(7).
 *
 * SPDX-License-Identifier: MIT */
#include "lookup.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "net.h"

enum lookup_state { WAITING, RUNNING, DONE, TOLD };

struct lookup {
	struct lookup    *next;
	struct session   *owner; /* NULL: dropped while it ran; the helper frees it */
	enum lookup_state state;
	struct addrinfo  *list;
	uint16_t          port;
	char              host[256];
};

struct lookups {
	pthread_mutex_t lock; /* guards all below, and every lookup */
	pthread_cond_t  work;
	struct lookup  *all;  /* oldest last */
	bool            has_thread, closing, orphaned; /* orphaned: the helper frees all this when it ends */
	pthread_t       thread;
	int             event_fd;
};

static void free_lookup(struct lookup *l)
{
	if (l->list)
		freeaddrinfo(l->list);
	free(l);
}

static void unlink_lookup(struct lookups *all, struct lookup *l)
{
	struct lookup **link = &all->all;
	while (*link != l)
		link = &(*link)->next;
	*link = l->next;
}

static struct lookup *oldest(struct lookups *all, enum lookup_state state)
{
	struct lookup *found = NULL;
	for (struct lookup *l = all->all; l; l = l->next)
		if (l->state == state)
			found = l;
	return found;
}

static void free_all(struct lookups *all)
{
	while (all->all) {
		struct lookup *l = all->all;
		all->all = l->next;
		free_lookup(l);
	}
	close(all->event_fd);
	free(all);
}

/* With the lock held, but not while the resolver works. */
static void look_up(struct lookups *all, struct lookup *l)
{
	struct addrinfo *list = NULL;
	l->state = RUNNING;
	pthread_mutex_unlock(&all->lock);
	if (net_resolve(l->host, l->port, &list))
		list = NULL;
	pthread_mutex_lock(&all->lock);
	l->list = list;
	l->state = DONE;
	if (!l->owner) {
		unlink_lookup(all, l);
		free_lookup(l);
	} else {
		eventfd_write(all->event_fd, 1);
	}
}

static void *help(void *argument)
{
	struct lookups *all = argument;
	pthread_mutex_lock(&all->lock);
	while (!all->closing) {
		struct lookup *l = oldest(all, WAITING);
		if (l)
			look_up(all, l);
		else
			pthread_cond_wait(&all->work, &all->lock);
	}
	bool orphaned = all->orphaned;
	pthread_mutex_unlock(&all->lock);
	if (orphaned)
		free_all(all);
	return NULL;
}

struct lookups *lookups_open(int *event_fd)
{
	struct lookups *all = calloc(1, sizeof *all);
	if (!all)
		return NULL;
	all->event_fd = *event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (all->event_fd < 0) {
		free(all);
		return NULL;
	}
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->work, NULL);
	return all;
}

/* A helper that is in the middle of a name may stay there for long: it is left to itself. */
void lookups_close(struct lookups *all)
{
	if (!all)
		return;
	pthread_mutex_lock(&all->lock);
	bool has_thread = all->has_thread;
	bool busy = oldest(all, RUNNING);
	pthread_t thread = all->thread;
	all->closing = true;
	all->orphaned = busy;
	pthread_cond_signal(&all->work);
	pthread_mutex_unlock(&all->lock);
	if (busy) {
		pthread_detach(thread);
		return;
	}
	if (has_thread)
		pthread_join(thread, NULL);
	free_all(all);
}

/* With the lock held. */
static bool ensure_thread(struct lookups *all)
{
	if (!all->has_thread)
		all->has_thread = !pthread_create(&all->thread, NULL, help, all);
	return all->has_thread;
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
	if (ensure_thread(all)) {
		l->next = all->all;
		all->all = l;
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

void lookup_drop(struct lookups *all, struct lookup *l)
{
	pthread_mutex_lock(&all->lock);
	if (l->state == RUNNING) {
		l->owner = NULL;
	} else {
		unlink_lookup(all, l);
		free_lookup(l);
	}
	pthread_mutex_unlock(&all->lock);
}

struct session *lookups_finished(struct lookups *all)
{
	eventfd_t n;
	struct session *owner = NULL;
	eventfd_read(all->event_fd, &n);
	pthread_mutex_lock(&all->lock);
	struct lookup *l = oldest(all, DONE);
	if (l) {
		l->state = TOLD;
		owner = l->owner;
	}
	pthread_mutex_unlock(&all->lock);
	return owner;
}
