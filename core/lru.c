/* lru.c - the cache of objects: a table by key, the order of use, two accounts of bytes; see lru.h.
 *
 *     find (lock shared):   table ---> pin: one holder more, and note the use (lru_order.h)
 *     publish (alone):      into table and order; what had the key before goes out of both
 *     make room (alone):    the oldest goes out of both, pinned ones are passed over, until there is room
 *
 * An object has holders: the cache itself while it is in the table, and each pin. Pins are taken under the
 * lock, so a writer sees all of them; they are given back without it. Who is the last to let go frees the
 * object, and with it its bytes on the accounts: these grow under the lock only, so they are never overdrawn.
 *
 * pthread_rwlock_rdlock(3), pthread_rwlockattr_setkind_np(3), getrandom(2).
 *
 * SPDX-License-Identifier: MIT */
#include "lru.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lru_order.h"

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
	struct lru_use        use;
	atomic_uint           holders;
	struct room           head, body;
	size_t                key_len;
	char                  key[];
};

struct bucket {
	struct lru_entry *first;
};

struct lru {
	pthread_rwlock_t      lock;
	uint64_t              seed, identity; /* random; only the latter is told to anybody */
	size_t                object_max;
	struct account        bodies, rest;
	uint64_t              evictions;
	struct bucket        *buckets;
	size_t                n_buckets; /* a power of two */
	struct lru_order      order;     /* of all that is in the table */
};

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
	struct lru_entry **link = &lru->buckets[hash & (lru->n_buckets - 1)].first;
	while (*link &&
	       ((*link)->hash != hash || (*link)->key_len != len || memcmp((*link)->key, key, len) != 0))
		link = &(*link)->next;
	return link;
}

static struct lru_entry *entry_of(struct lru_use *use)
{
	return (struct lru_entry *)(void *)((char *)use - offsetof(struct lru_entry, use));
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
	order_remove(&lru->order, &e->use);
	let_go(lru, e);
}

static bool is_pinned(struct lru_entry *e)
{
	return atomic_load_explicit(&e->holders, memory_order_acquire) > 1;
}

static struct lru_entry *oldest(struct lru *lru)
{
	struct lru_use *use = order_oldest(&lru->order);
	return use ? entry_of(use) : NULL;
}

/* False: there is none but pinned ones. These leave the heap for a moment, and come back to where they were. */
static bool evict_one(struct lru *lru)
{
	struct lru_entry *e, *passed = NULL;
	while ((e = oldest(lru)) && is_pinned(e)) {
		order_remove(&lru->order, &e->use);
		e->passed = passed;
		passed = e;
	}
	if (e) {
		take_out(lru, e);
		lru->evictions++;
	}
	for (; passed; passed = passed->passed)
		order_add(&lru->order, &passed->use);
	return e;
}

enum pay { FROM_WHAT_IS_FREE, BY_EVICTION };

static bool make_room(struct lru *lru, struct account *account, size_t n, enum pay how)
{
	bool room = n <= account->max;
	while (room && atomic_load_explicit(&account->used, memory_order_relaxed) > account->max - n)
		room = how == BY_EVICTION && evict_one(lru);
	if (room)
		atomic_fetch_add_explicit(&account->used, n, memory_order_relaxed);
	return room;
}

static bool pay(struct lru *lru, struct account *account, size_t n, enum pay how)
{
	pthread_rwlock_wrlock(&lru->lock);
	bool paid = make_room(lru, account, n, how);
	pthread_rwlock_unlock(&lru->lock);
	return paid;
}

/* ---- filling ---- */

struct lru_entry *lru_begin(struct lru *lru, const char *key, size_t len)
{
	struct lru_entry *e = NULL;
	size_t size = sizeof *e + len;
	if (!lru->object_max || !pay(lru, &lru->rest, size, BY_EVICTION))
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

/* Room for that many bytes, and no more; what there is stays as it is when that fails. */
static bool grow(struct lru *lru, struct account *account, struct room *room, size_t size, enum pay how)
{
	if (size <= room->size)
		return true;
	if (!pay(lru, account, size - room->size, how))
		return false;
	char *data = realloc(room->data, size);
	if (!data) {
		refund(account, size - room->size);
		return false;
	}
	room->data = data;
	room->size = size;
	return true;
}

/* What was paid for and not needed comes back. */
static void trim(struct account *account, struct room *room)
{
	char *data = room->len ? realloc(room->data, room->len) : NULL;
	if (room->len && !data)
		return;
	if (!room->len)
		free(room->data);
	refund(account, room->size - room->len);
	room->data = data;
	room->size = room->len;
}

static void append(struct room *room, const char *data, size_t len)
{
	if (!room->data) /* nothing was added yet, and now it is nothing again */
		return;
	memcpy(room->data + room->len, data, len);
	room->len += len;
}

bool lru_may_hold(const struct lru *lru, size_t len)
{
	return len <= lru->object_max;
}

bool lru_add_head(struct lru *lru, struct lru_entry *e, const char *data, size_t len)
{
	if (!grow(lru, &lru->rest, &e->head, e->head.len + len, BY_EVICTION))
		return false;
	append(&e->head, data, len);
	return true;
}

/* Nobody knows how much more will come. Twice as much each time, so that a byte is not copied often; but no
 * other object has to go for what may never come. */
static bool grow_body(struct lru *lru, struct lru_entry *e, size_t need)
{
	size_t twice = 2 * e->body.size > FIRST_BODY ? 2 * e->body.size : FIRST_BODY;
	if (need <= e->body.size)
		return true;
	if (twice > lru->object_max)
		twice = lru->object_max;
	return (twice > need && grow(lru, &lru->bodies, &e->body, twice, FROM_WHAT_IS_FREE)) ||
	       grow(lru, &lru->bodies, &e->body, need, BY_EVICTION);
}

bool lru_add_body(struct lru *lru, struct lru_entry *e, const char *data, size_t len)
{
	size_t need = e->body.len + len;
	if (len > lru->object_max || need > lru->object_max || !grow_body(lru, e, need))
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

void lru_publish(struct lru *lru, struct lru_entry *e)
{
	trim(&lru->bodies, &e->body);
	e->object.head = e->head.data;
	e->object.head_len = e->head.len;
	e->object.body = e->body.data;
	e->object.body_len = e->body.len;
	pthread_rwlock_wrlock(&lru->lock);
	struct lru_entry **link = link_of(lru, e->hash, e->key, e->key_len);
	if (*link)
		take_out(lru, *link);
	link = &lru->buckets[e->hash & (lru->n_buckets - 1)].first;
	e->next = *link;
	*link = e;
	order_use(&lru->order, &e->use);
	order_add(&lru->order, &e->use);
	pthread_rwlock_unlock(&lru->lock);
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
		order_use(&lru->order, &e->use);
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
	struct lru_counts counts = { .objects = lru->order.heap.n, .evictions = lru->evictions };
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

static const size_t MOST_OBJECTS = UINT32_MAX / 2; /* the heap counts in 32 bits */

/* No object is smaller than its record, so there is a bound to their number, and neither table nor heap
 * grows. calloc takes large areas from the kernel, which gives pages when they are touched. */
static int open_tables(struct lru *lru)
{
	size_t objects = lru->rest.max / sizeof(struct lru_entry) + 1;
	for (lru->n_buckets = 1; lru->n_buckets < objects;)
		lru->n_buckets *= 2;
	lru->buckets = calloc(lru->n_buckets, sizeof *lru->buckets);
	lru->order.heap.nodes = calloc(objects + 1, sizeof(struct heap_node *));
	return lru->buckets && lru->order.heap.nodes ? open_lock(&lru->lock) : -ENOMEM;
}

struct lru *lru_open(const struct lru_limits *limits)
{
	struct lru *lru = calloc(1, sizeof *lru);
	uint64_t random[2];
	if (!lru || getrandom(random, sizeof random, 0) != sizeof random) {
		free(lru);
		return NULL;
	}
	lru->bodies.max = limits->bytes;
	lru->rest.max = LRU_REST + limits->bytes / 8;
	if (lru->rest.max > MOST_OBJECTS * sizeof(struct lru_entry)) /* a cache of terabytes */
		lru->rest.max = MOST_OBJECTS * sizeof(struct lru_entry);
	lru->object_max = limits->object_bytes < limits->bytes ? limits->object_bytes : limits->bytes;
	lru->seed = random[0];
	lru->identity = random[1];
	if (open_tables(lru) == 0)
		return lru;
	free(lru->buckets);
	free(lru->order.heap.nodes);
	free(lru);
	return NULL;
}

void lru_close(struct lru *lru)
{
	if (!lru)
		return;
	for (struct lru_entry *e; (e = oldest(lru));)
		take_out(lru, e);
	pthread_rwlock_destroy(&lru->lock);
	free(lru->buckets);
	free(lru->order.heap.nodes);
	free(lru);
}
