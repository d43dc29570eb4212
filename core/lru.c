/* lru.c - the cache of objects: a table by key, a heap by time of use, two accounts of bytes; see lru.h.
 *
 *     readers (lock shared)                         writers (lock alone)
 *     ---------------------                         --------------------
 *     find in the table                             publish: into table and heap, the old one out
 *     pin: holders + 1                              make room: the oldest in the heap is looked at:
 *     raise used_at to the next tick                  used since it was placed? place it anew, look again
 *         |                                           pinned? it is passed over
 *         +--- the heap does not know of it yet --->  else it is the least recently used: out with it
 *
 * A list in order of use would have to be changed by every find, so every find would have to be a writer. Here a find
 * writes one number into its object, and the heap, ordered by placed_at, is put right when somebody has to evict. That
 * is exact: placed_at is never above used_at; so if the two are equal at the top, no other object was used earlier.
 * Two finds of one object may store their ticks in the wrong order, so used_at is only ever raised.
 *
 * Objects have holders: the cache itself, and each pin. A pin is taken under the lock, so a writer sees all of
 * them; it is given back without, and who gives the last one back frees the object and its bytes on the accounts.
 *
 * pthread_rwlock_rdlock(3), pthread_rwlockattr_setkind_np(3), getrandom(2).
 *
 * SPDX-License-Identifier: MIT */
#include "lru.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { FIRST_BODY = 4096 };

struct account {
	size_t        max;
	atomic_size_t used; /* grows under the lock only */
};

struct room { /* bytes of an object, and how many are paid for */
	char  *data;
	size_t len, size;
};

struct lru_entry {
	struct lru_object     object;    /* first: what finders see of it */
	struct lru_entry     *next;      /* in its bucket */
	struct lru_entry     *passed;    /* by who looks for room: the next pinned one */
	uint64_t              hash;
	int64_t               until_ms;
	atomic_uint_least64_t used_at;
	uint64_t              placed_at;
	size_t                place;     /* in the heap */
	atomic_uint           holders;
	struct room           head, body;
	size_t                key_len;
	char                  key[];
};

struct lru {
	pthread_rwlock_t      lock;
	uint64_t              seed, identity;
	size_t                object_max;
	struct account        bodies, rest;
	atomic_uint_least64_t clock;    /* of use: a tick for each find and publish */
	uint64_t              evictions;
	struct lru_entry    **buckets;
	size_t                n_buckets; /* a power of two */
	struct lru_entry    **heap;      /* heap[0] is the oldest */
	size_t                n_objects;
};

/* ---- the heap ---- */

static void put_at(struct lru *lru, size_t place, struct lru_entry *e)
{
	lru->heap[place] = e;
	e->place = place;
}

static void sift_up(struct lru *lru, struct lru_entry *e)
{
	size_t at = e->place;
	for (; at && lru->heap[(at - 1) / 2]->placed_at > e->placed_at; at = (at - 1) / 2)
		put_at(lru, at, lru->heap[(at - 1) / 2]);
	put_at(lru, at, e);
}

static void sift_down(struct lru *lru, struct lru_entry *e)
{
	size_t at = e->place, child;
	while ((child = 2 * at + 1) < lru->n_objects) {
		if (child + 1 < lru->n_objects && lru->heap[child + 1]->placed_at < lru->heap[child]->placed_at)
			child++;
		if (lru->heap[child]->placed_at >= e->placed_at)
			break;
		put_at(lru, at, lru->heap[child]);
		at = child;
	}
	put_at(lru, at, e);
}

static void heap_add(struct lru *lru, struct lru_entry *e)
{
	e->placed_at = atomic_load_explicit(&e->used_at, memory_order_relaxed);
	e->place = lru->n_objects++;
	sift_up(lru, e);
}

static void heap_remove(struct lru *lru, const struct lru_entry *e)
{
	struct lru_entry *last = lru->heap[--lru->n_objects];
	if (last == e)
		return;
	last->place = e->place;
	sift_up(lru, last);
	sift_down(lru, last);
}

/* The least recently used; what was used since it was placed finds its new place first. NULL: there is none. */
static struct lru_entry *heap_oldest(struct lru *lru)
{
	while (lru->n_objects) {
		struct lru_entry *e = lru->heap[0];
		uint64_t used_at = atomic_load_explicit(&e->used_at, memory_order_relaxed);
		if (used_at == e->placed_at)
			return e;
		e->placed_at = used_at;
		sift_down(lru, e);
	}
	return NULL;
}

/* ---- the table ---- */

/* Seeded, so that nobody outside can choose keys that all fall into one bucket. */
static uint64_t hash_of(const struct lru *lru, const char *key, size_t len)
{
	const uint64_t odd = 0x9e3779b97f4a7c15;
	uint64_t hash = lru->seed ^ len, word;
	for (; len >= sizeof word; key += sizeof word, len -= sizeof word) {
		memcpy(&word, key, sizeof word);
		hash = (hash ^ word) * odd;
		hash ^= hash >> 29;
	}
	word = 0;
	if (len)
		memcpy(&word, key, len);
	hash = (hash ^ word) * odd;
	return hash ^ hash >> 32;
}

static struct lru_entry **link_of(const struct lru *lru, uint64_t hash, const char *key, size_t len)
{
	struct lru_entry **link = &lru->buckets[hash & (lru->n_buckets - 1)];
	while (*link && ((*link)->hash != hash || (*link)->key_len != len || memcmp((*link)->key, key, len) != 0))
		link = &(*link)->next;
	return link;
}

/* ---- accounts ---- */

static void refund(struct account *account, size_t n)
{
	atomic_fetch_sub_explicit(&account->used, n, memory_order_relaxed);
}

static void let_go(struct lru *lru, struct lru_entry *e)
{
	if (atomic_fetch_sub_explicit(&e->holders, 1, memory_order_acq_rel) > 1)
		return;
	refund(&lru->bodies, e->body.size);
	refund(&lru->rest, sizeof *e + e->key_len + e->head.size);
	free(e->head.data);
	free(e->body.data);
	free(e);
}

static void take_out(struct lru *lru, struct lru_entry *e)
{
	*link_of(lru, e->hash, e->key, e->key_len) = e->next;
	heap_remove(lru, e);
	let_go(lru, e);
}

static bool is_pinned(struct lru_entry *e)
{
	return atomic_load_explicit(&e->holders, memory_order_acquire) > 1;
}

/* False: there is none but pinned ones. These leave the heap for a moment, and come back to where they were. */
static bool evict_one(struct lru *lru)
{
	struct lru_entry *e, *passed = NULL;
	while ((e = heap_oldest(lru)) && is_pinned(e)) {
		heap_remove(lru, e);
		e->passed = passed;
		passed = e;
	}
	if (e) {
		take_out(lru, e);
		lru->evictions++;
	}
	for (; passed; passed = passed->passed)
		heap_add(lru, passed);
	return e;
}

static bool make_room(struct lru *lru, struct account *account, size_t n)
{
	bool room = n <= account->max;
	while (room && atomic_load_explicit(&account->used, memory_order_relaxed) > account->max - n)
		room = evict_one(lru);
	if (room)
		atomic_fetch_add_explicit(&account->used, n, memory_order_relaxed);
	return room;
}

static bool pay(struct lru *lru, struct account *account, size_t n)
{
	pthread_rwlock_wrlock(&lru->lock);
	bool paid = make_room(lru, account, n);
	pthread_rwlock_unlock(&lru->lock);
	return paid;
}

/* ---- filling ---- */

struct lru_entry *lru_begin(struct lru *lru, const char *key, size_t len)
{
	struct lru_entry *e = NULL;
	size_t size = sizeof *e + len;
	if (!lru->object_max || !pay(lru, &lru->rest, size))
		return NULL;
	e = malloc(size);
	if (!e) {
		refund(&lru->rest, size);
		return NULL;
	}
	*e = (struct lru_entry){ .holders = 1, .key_len = len, .hash = hash_of(lru, key, len),
				 .until_ms = INT64_MAX };
	memcpy(e->key, key, len);
	return e;
}

/* To exactly that size. */
static bool resize(struct lru *lru, struct account *account, struct room *room, size_t size)
{
	if (size > room->size && !pay(lru, account, size - room->size))
		return false;
	char *data = size ? realloc(room->data, size) : NULL;
	if (size && !data) { /* what was paid for in vain; less than before is never refused */
		refund(account, size > room->size ? size - room->size : 0);
		return size <= room->size;
	}
	if (!size)
		free(room->data);
	if (size < room->size)
		refund(account, room->size - size);
	room->data = data;
	room->size = size;
	return true;
}

static void append(struct room *room, const char *data, size_t len)
{
	if (len)
		memcpy(room->data + room->len, data, len);
	room->len += len;
}

bool lru_expect_body(struct lru *lru, struct lru_entry *e, size_t len)
{
	return len <= lru->object_max && (len <= e->body.size || resize(lru, &lru->bodies, &e->body, len));
}

bool lru_add_head(struct lru *lru, struct lru_entry *e, const char *data, size_t len)
{
	if (!resize(lru, &lru->rest, &e->head, e->head.len + len))
		return false;
	append(&e->head, data, len);
	return true;
}

/* Twice as much each time, if there is room for it: so a byte is copied twice at most. */
bool lru_add_body(struct lru *lru, struct lru_entry *e, const char *data, size_t len)
{
	size_t need = e->body.len + len, twice = 2 * e->body.size > FIRST_BODY ? 2 * e->body.size : FIRST_BODY;
	if (len > lru->object_max || need > lru->object_max)
		return false;
	twice = twice < need ? need : twice > lru->object_max ? lru->object_max : twice;
	if (need > e->body.size && !resize(lru, &lru->bodies, &e->body, twice) &&
	    !resize(lru, &lru->bodies, &e->body, need))
		return false;
	append(&e->body, data, len);
	return true;
}

size_t lru_body_len(const struct lru_entry *e)
{
	return e->body.len;
}

void lru_set_life(struct lru_entry *e, int64_t since_ms, int64_t until_ms)
{
	e->object.since_ms = since_ms;
	e->until_ms = until_ms;
}

void lru_abandon(struct lru *lru, struct lru_entry *e)
{
	let_go(lru, e);
}

/* ---- finding ---- */

static uint64_t tick(struct lru *lru)
{
	return 1 + atomic_fetch_add_explicit(&lru->clock, 1, memory_order_relaxed);
}

void lru_publish(struct lru *lru, struct lru_entry *e)
{
	resize(lru, &lru->bodies, &e->body, e->body.len);
	e->object.head = e->head.data;
	e->object.head_len = e->head.len;
	e->object.body = e->body.data;
	e->object.body_len = e->body.len;
	pthread_rwlock_wrlock(&lru->lock);
	struct lru_entry **link = link_of(lru, e->hash, e->key, e->key_len);
	if (*link)
		take_out(lru, *link);
	atomic_store_explicit(&e->used_at, tick(lru), memory_order_relaxed);
	link = &lru->buckets[e->hash & (lru->n_buckets - 1)];
	e->next = *link;
	*link = e;
	heap_add(lru, e);
	pthread_rwlock_unlock(&lru->lock);
}

/* Only ever later: of two finds at once, the one with the earlier tick may come here last. */
static void use(struct lru_entry *e, uint64_t at)
{
	uint64_t before = atomic_load_explicit(&e->used_at, memory_order_relaxed);
	while (before < at && !atomic_compare_exchange_weak_explicit(&e->used_at, &before, at, memory_order_relaxed,
								     memory_order_relaxed))
		;
}

const struct lru_object *lru_find(struct lru *lru, const char *key, size_t len, int64_t now_ms)
{
	uint64_t hash = hash_of(lru, key, len);
	pthread_rwlock_rdlock(&lru->lock);
	struct lru_entry *e = *link_of(lru, hash, key, len);
	if (e && now_ms >= e->until_ms)
		e = NULL;
	if (e) {
		atomic_fetch_add_explicit(&e->holders, 1, memory_order_relaxed);
		use(e, tick(lru));
	}
	pthread_rwlock_unlock(&lru->lock);
	return e ? &e->object : NULL;
}

void lru_release(struct lru *lru, const struct lru_object *object)
{
	let_go(lru, (struct lru_entry *)(uintptr_t)object); /* its first member */
}

struct lru_counts lru_count(struct lru *lru)
{
	pthread_rwlock_rdlock(&lru->lock);
	struct lru_counts counts = { .objects = lru->n_objects, .evictions = lru->evictions };
	pthread_rwlock_unlock(&lru->lock);
	counts.bytes = atomic_load_explicit(&lru->bodies.used, memory_order_relaxed);
	counts.rest = atomic_load_explicit(&lru->rest.used, memory_order_relaxed);
	return counts;
}

uint64_t lru_identity(const struct lru *lru)
{
	return lru->identity;
}

/* ---- opening and closing ---- */

/* By default readers pass writers that wait, and enough of them keep a writer out for ever. */
static int open_lock(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t attributes;
	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	int error = pthread_rwlock_init(lock, &attributes);
	pthread_rwlockattr_destroy(&attributes);
	return -error;
}

/* It never waits for long: a server is not the first thing that a machine starts. */
static uint64_t random_number(void)
{
	uint64_t number;
	if (getrandom(&number, sizeof number, 0) != sizeof number)
		number = (uint64_t)(uintptr_t)&number;
	return number;
}

/* No object is smaller than its record, so there is a bound to their number, and neither table nor heap grows. calloc
 * takes large areas from the kernel, which gives pages when they are touched. */
static int open_tables(struct lru *lru)
{
	size_t objects = lru->rest.max / sizeof(struct lru_entry) + 1;
	for (lru->n_buckets = 1; lru->n_buckets < objects;)
		lru->n_buckets *= 2;
	lru->buckets = calloc(lru->n_buckets, sizeof *lru->buckets);
	lru->heap = calloc(objects, sizeof *lru->heap);
	return lru->buckets && lru->heap ? open_lock(&lru->lock) : -1;
}

struct lru *lru_open(const struct lru_limits *limits)
{
	struct lru *lru = calloc(1, sizeof *lru);
	if (!lru)
		return NULL;
	lru->bodies.max = limits->bytes;
	lru->rest.max = LRU_REST + limits->bytes / 8;
	lru->object_max = limits->object_bytes < limits->bytes ? limits->object_bytes : limits->bytes;
	lru->seed = random_number();
	lru->identity = random_number();
	if (open_tables(lru) == 0)
		return lru;
	free(lru->buckets);
	free(lru->heap);
	free(lru);
	return NULL;
}

void lru_close(struct lru *lru)
{
	if (!lru)
		return;
	while (lru->n_objects)
		take_out(lru, lru->heap[lru->n_objects - 1]);
	pthread_rwlock_destroy(&lru->lock);
	free(lru->buckets);
	free(lru->heap);
	free(lru);
}
