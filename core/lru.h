/* lru.h - a cache of objects by key, for many threads: the least recently used one makes room for a new one.
 *
 *     lru_begin --> lru_add_head, lru_add_body --> lru_publish --> lru_find ... lru_release
 *                        | no room, or not whole                      |
 *                        +--> lru_abandon                   evicted, replaced: freed by who lets go of it last
 *
 *  - An object is found only when it is whole. While it is sent it is pinned: its bytes stay where they are,
 *    also when it is replaced meanwhile. What is pinned is not evicted: its bytes would not come free.
 *  - Two accounts are kept to the byte, and neither is ever overdrawn: bodies, of limits.bytes; and all
 *    the rest (heads, keys, records), of LRU_REST and an eighth of limits.bytes, so that a million empty bodies
 *    bounded too. Bodies that are being filled count, and those that are only pinned. When nothing can be
 *    evicted there is no room: not cached.
 *  - A find takes the lock as a reader, so that no find waits for another. The order of use is exact
 *    nevertheless: lru_order.h.
 *
 * A cache belongs to a process. After a fork each process has its own: what one has filled, the others do not
 * find, and n processes keep n copies. That is what sharing nothing costs; threads share one cache, and pay
 * with a lock. */
#ifndef CORE_LRU_H
#define CORE_LRU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LRU_REST = 1 << 20 };

struct lru;
struct lru_entry; /* an object that is being filled, and nobody else sees */

struct lru_limits {
	size_t bytes;        /* of all bodies; 0: nothing is cached */
	size_t object_bytes; /* of one body */
};

struct lru_object { /* read only, as long as it is pinned */
	const char *head, *body;
	size_t      head_len, body_len;
	int64_t     since_ms; /* as lru_set_life() was told */
};

struct lru_counts {
	size_t   objects;     /* that can be found now */
	size_t   bytes, rest; /* on the two accounts, with what is being filled or only pinned */
	uint64_t evictions;   /* so far */
};

/* NULL: no memory. Nothing may be pinned or being filled when it is closed; NULL is no harm. */
struct lru *lru_open(const struct lru_limits *);
void        lru_close(struct lru *);

/* A random number, the same as long as the cache lives, that no other cache has. */
uint64_t lru_identity(const struct lru *);

/* Pins the object, which is used now. NULL: there is none, or its time was over at now_ms. */
const struct lru_object *lru_find(struct lru *, const char *key, size_t len, int64_t now_ms);
void                     lru_release(struct lru *, const struct lru_object *);

/* Begins an object. NULL: no room, or no memory. */
struct lru_entry *lru_begin(struct lru *, const char *key, size_t len);

/* May an object have such a body? It gets no room before it comes: a promise costs nothing, and what is there
 * would have to go for it. */
bool lru_may_hold(const struct lru *, size_t len);

/* Appends. False: no room, or more than an object may have; the object is of no use then, abandon it. */
bool lru_add_head(struct lru *, struct lru_entry *, const char *data, size_t len);
bool lru_add_body(struct lru *, struct lru_entry *, const char *data, size_t len);

size_t lru_body_len(const struct lru_entry *); /* so far */

/* since_ms is for the finder to know; from until_ms on it is not found. Without this: 0, and no end. */
void lru_set_life(struct lru_entry *, int64_t since_ms, int64_t until_ms);

/* It is whole: found from now on, instead of what had its key before. */
void lru_publish(struct lru *, struct lru_entry *);
void lru_abandon(struct lru *, struct lru_entry *);

struct lru_counts lru_count(struct lru *);

#endif
