/* file_cache.c - entries by path, pins, room, and who is thrown out; see file_cache.h.
 *
 *                    list                   pins 0 -> 1
 *     new, pinned ---------> listed, pinned <----------- listed, on its shelf
 *          |                   |        |   ----------->        |
 *          |                   |        |   pins 1 -> 0         | no room, or replaced
 *          |            unlist v        |                       v
 *          '---------> pinned by those who have it ---------> doomed: closed and freed, when the lock is released
 *                                           pins 1 -> 0
 *
 * The upper functions are called with the lock held and collect the doomed; the lower ones take it, and bury them.
 *
 * SPDX-License-Identifier: MIT */
#include "file_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "sys.h"

enum { BYTES_PER_BUCKET = 1 << 10, LEAST_BUCKETS = 64, MOST_BUCKETS = 1 << 20 };

/* ---- the lock is held ---- */

static void leave_shelf(struct file_entry *e)
{
	struct shelf *shelf = e->shelf;
	*(e->older ? &e->older->newer : &shelf->oldest) = e->newer;
	*(e->newer ? &e->newer->older : &shelf->newest) = e->older;
	e->older = e->newer = NULL;
	shelf->idle -= e->cost;
}

static void enter_shelf(struct file_entry *e)
{
	struct shelf *shelf = e->shelf;
	e->older = shelf->newest;
	*(shelf->newest ? &shelf->newest->newer : &shelf->oldest) = e;
	shelf->newest = e;
	shelf->idle += e->cost;
}

static void pin(struct file_entry *e)
{
	if (e->pins++ == 0)
		leave_shelf(e);
}

/* The link to the entry; to NULL: there is none. */
static struct file_entry **place_of(const struct file_cache *cache, uint32_t hash, const char *path)
{
	struct file_entry **place = &cache->buckets[hash & cache->mask];
	while (*place && ((*place)->hash != hash || strcmp((*place)->path, path) != 0))
		place = &(*place)->next;
	return place;
}

/* No one can find it, and no one has it. */
static void doom(struct file_entry *e, struct file_entry **doomed)
{
	if (e->shelf)
		e->shelf->used -= e->cost;
	e->next = *doomed;
	*doomed = e;
}

static void unlist(struct file_cache *cache, struct file_entry *e, struct file_entry **doomed)
{
	if (!e->listed)
		return;
	*place_of(cache, e->hash, e->path) = e->next;
	e->listed = false;
	if (e->pins)
		return;
	leave_shelf(e);
	doom(e, doomed);
}

static void let_go(struct file_entry *e, struct file_entry **doomed)
{
	if (--e->pins)
		return;
	if (e->listed)
		enter_shelf(e);
	else
		doom(e, doomed);
}

/* Takes nothing from anyone when that would not be enough. */
static bool make_room(struct file_cache *cache, struct shelf *shelf, size_t cost, struct file_entry **doomed)
{
	if (shelf->used - shelf->idle + cost > shelf->max)
		return false;
	while (shelf->used + cost > shelf->max)
		unlist(cache, shelf->oldest, doomed);
	return true;
}

/* ---- the lock is taken here ---- */

static void destroy(struct file_entry *e)
{
	free(e->body);
	free(e);
}

static void unlock_and_bury(struct file_cache *cache, struct counters *c, struct file_entry *doomed)
{
	pthread_mutex_unlock(&cache->lock);
	while (doomed) {
		struct file_entry *e = doomed;
		doomed = e->next;
		if (e->fd >= 0)
			sys_close(c, e->fd);
		destroy(e);
	}
}

/* FNV-1a */
static uint32_t hash_of(const char *path)
{
	uint32_t hash = 2166136261U;
	for (; *path; path++)
		hash = (hash ^ (unsigned char)*path) * 16777619U;
	return hash;
}

static bool is_fresh(const struct file_entry *e, int64_t now_ms)
{
	return now_ms - e->checked_ms < FILES_FRESH_MS;
}

struct file_entry *file_cache_find(struct file_cache *cache, const char *path, int64_t now_ms, bool *fresh)
{
	uint32_t hash = hash_of(path);
	pthread_mutex_lock(&cache->lock);
	struct file_entry *e = *place_of(cache, hash, path);
	if (e) {
		pin(e);
		*fresh = is_fresh(e, now_ms);
	}
	pthread_mutex_unlock(&cache->lock);
	return e;
}

struct file_entry *file_cache_hot(struct file_cache *cache, const char *path, int64_t now_ms)
{
	uint32_t hash = hash_of(path);
	pthread_mutex_lock(&cache->lock);
	struct file_entry *e = *place_of(cache, hash, path);
	if (e && e->fd < 0 && is_fresh(e, now_ms))
		pin(e);
	else
		e = NULL;
	pthread_mutex_unlock(&cache->lock);
	return e;
}

bool file_cache_reserve(struct file_cache *cache, struct counters *c, struct file_entry *e, struct shelf *shelf,
			size_t cost)
{
	struct file_entry *doomed = NULL;
	pthread_mutex_lock(&cache->lock);
	if (make_room(cache, shelf, cost, &doomed)) {
		shelf->used += cost;
		e->shelf = shelf;
		e->cost = cost;
	}
	unlock_and_bury(cache, c, doomed);
	return e->shelf;
}

void file_cache_unreserve(struct file_cache *cache, struct file_entry *e)
{
	pthread_mutex_lock(&cache->lock);
	e->shelf->used -= e->cost;
	pthread_mutex_unlock(&cache->lock);
	e->shelf = NULL;
}

void file_cache_list(struct file_cache *cache, struct counters *c, struct file_entry *e)
{
	struct file_entry *doomed = NULL;
	pthread_mutex_lock(&cache->lock);
	struct file_entry *other = *place_of(cache, e->hash, e->path);
	if (other) /* what was there before; or another thread opened the same at the same time */
		unlist(cache, other, &doomed);
	struct file_entry **bucket = &cache->buckets[e->hash & cache->mask];
	e->next = *bucket;
	*bucket = e;
	e->listed = true;
	unlock_and_bury(cache, c, doomed);
}

void file_cache_confirm(struct file_cache *cache, struct file_entry *e, int64_t now_ms)
{
	pthread_mutex_lock(&cache->lock);
	if (e->checked_ms < now_ms)
		e->checked_ms = now_ms;
	pthread_mutex_unlock(&cache->lock);
}

void file_cache_unpin(struct file_cache *cache, struct counters *c, struct file_entry *e)
{
	struct file_entry *doomed = NULL;
	pthread_mutex_lock(&cache->lock);
	let_go(e, &doomed);
	unlock_and_bury(cache, c, doomed);
}

void file_cache_give_up(struct file_cache *cache, struct counters *c, struct file_entry *e)
{
	struct file_entry *doomed = NULL;
	pthread_mutex_lock(&cache->lock);
	unlist(cache, e, &doomed);
	let_go(e, &doomed);
	unlock_and_bury(cache, c, doomed);
}

/* ---- the first and the last ---- */

struct file_entry *file_cache_new(const char *path)
{
	size_t size = strlen(path) + 1;
	struct file_entry *e = calloc(1, sizeof *e + size);
	if (!e)
		return NULL;
	e->fd = -1;
	e->pins = 1;
	e->hash = hash_of(path);
	memcpy(e->path, path, size);
	return e;
}

static uint32_t buckets_for(size_t max_bytes)
{
	uint32_t n = LEAST_BUCKETS;
	while (n < MOST_BUCKETS && n < max_bytes / BYTES_PER_BUCKET)
		n *= 2;
	return n;
}

int file_cache_open(struct file_cache *cache, size_t max_bytes, size_t max_open)
{
	*cache = (struct file_cache){ .bodies.max = max_bytes, .open.max = max_open,
				      .mask = buckets_for(max_bytes) - 1 };
	cache->buckets = calloc((size_t)cache->mask + 1, sizeof(struct file_entry *));
	if (!cache->buckets)
		return -ENOMEM;
	pthread_mutex_init(&cache->lock, NULL);
	return 0;
}

static void empty_shelf(struct shelf *shelf)
{
	for (struct file_entry *e = shelf->oldest, *newer; e; e = newer) {
		newer = e->newer;
		if (e->fd >= 0)
			close(e->fd);
		destroy(e);
	}
}

void file_cache_close(struct file_cache *cache)
{
	empty_shelf(&cache->bodies);
	empty_shelf(&cache->open);
	pthread_mutex_destroy(&cache->lock);
	free(cache->buckets);
}
