/* test_lru.c - the cache of objects: against a model of it, to the byte, and with threads that hammer it.
 *
 * SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/lru.h"
#include "tests/unit/check.h"

/* ---- what the tests say to it ---- */

static struct lru *cache_of(size_t bytes, size_t object_bytes)
{
	struct lru_limits limits = { bytes, object_bytes };
	struct lru *lru = lru_open(&limits);
	if (!lru)
		abort();
	return lru;
}

/* A body that says whose it is. */
static void make_body(char *out, const char *key, size_t len)
{
	size_t key_len = strlen(key);
	for (size_t i = 0; i < len; i++)
		out[i] = (char)(key[i % key_len] + (char)(i / key_len));
}

/* Adds it in pieces; false: not kept. */
static bool put(struct lru *lru, const char *key, size_t len, size_t piece)
{
	static _Thread_local char body[1 << 16];
	struct lru_entry *e = lru_begin(lru, key, strlen(key));
	make_body(body, key, len);
	bool good = e && lru_add_head(lru, e, "head of ", 8) && lru_add_head(lru, e, key, strlen(key));
	for (size_t at = 0; good && at < len; at += piece)
		good = lru_add_body(lru, e, body + at, len - at < piece ? len - at : piece);
	if (good)
		lru_publish(lru, e);
	else if (e)
		lru_abandon(lru, e);
	return good;
}

static const struct lru_object *find(struct lru *lru, const char *key)
{
	return lru_find(lru, key, strlen(key), 0);
}

static bool has(struct lru *lru, const char *key)
{
	const struct lru_object *object = find(lru, key);
	if (object)
		lru_release(lru, object);
	return object;
}

static bool is_whole(const struct lru_object *object, const char *key, size_t len)
{
	static _Thread_local char body[1 << 16], head[80];
	make_body(body, key, len);
	size_t head_len = (size_t)snprintf(head, sizeof head, "head of %s", key);
	return object->body_len == len && object->head_len == head_len &&
	       memcmp(object->head, head, head_len) == 0 && (len == 0 || memcmp(object->body, body, len) == 0);
}

/* ---- one thing at a time ---- */

static void finds_what_was_published(void)
{
	struct lru *lru = cache_of(1000, 100);
	CHECK(!has(lru, "a"));
	CHECK(put(lru, "a", 100, 7));
	CHECK(put(lru, "empty", 0, 1));
	const struct lru_object *a = find(lru, "a"), *empty = find(lru, "empty");
	CHECK(a && is_whole(a, "a", 100));
	CHECK(empty && is_whole(empty, "empty", 0));
	CHECK(!has(lru, "A"));
	CHECK(!has(lru, "em"));
	lru_release(lru, a);
	lru_release(lru, empty);
	lru_close(lru);
}

static void what_is_filled_is_not_found(void)
{
	struct lru *lru = cache_of(1000, 100);
	struct lru_entry *e = lru_begin(lru, "a", 1);
	CHECK(lru_add_head(lru, e, "head of a", 9));
	CHECK(lru_add_body(lru, e, "a", 1));
	CHECK_INT(lru_body_len(e), 1);
	CHECK(!has(lru, "a"));
	CHECK_INT(lru_count(lru).objects, 0);
	lru_publish(lru, e);
	CHECK(has(lru, "a"));
	e = lru_begin(lru, "b", 1);
	CHECK(lru_add_body(lru, e, "b", 1));
	lru_abandon(lru, e);
	CHECK(!has(lru, "b"));
	CHECK_INT(lru_count(lru).bytes, 1);
	lru_close(lru);
}

static void an_object_has_its_limit(void)
{
	struct lru *lru = cache_of(1000, 100);
	CHECK(put(lru, "a", 100, 100));
	CHECK(!put(lru, "b", 101, 101));
	CHECK(!put(lru, "c", 101, 100));
	CHECK(!put(lru, "d", 200, 1));
	CHECK(!lru_may_hold(lru, 101));
	CHECK(!lru_may_hold(lru, SIZE_MAX));
	CHECK(lru_may_hold(lru, 100));
	CHECK_INT(lru_count(lru).bytes, 100);
	lru_close(lru);
	lru = cache_of(50, 100); /* and never more than there is in all */
	CHECK(!put(lru, "a", 51, 51));
	CHECK(put(lru, "a", 50, 3));
	lru_close(lru);
	lru = cache_of(0, 100);
	CHECK(!lru_begin(lru, "a", 1));
	lru_close(lru);
}

static void every_byte_is_on_an_account(void)
{
	struct lru *lru = cache_of(1000, 1000);
	size_t nothing = lru_count(lru).rest;
	CHECK_INT(nothing, 0);
	static const char zeros[600];
	CHECK(put(lru, "a", 400, 400));
	struct lru_entry *e = lru_begin(lru, "filled", 6);
	CHECK(lru_add_body(lru, e, zeros, sizeof zeros));
	CHECK_INT(lru_count(lru).bytes, 1000); /* before it is whole */
	CHECK(put(lru, "b", 400, 1)); /* evicts a; what is filled stays */
	CHECK(!has(lru, "a"));
	CHECK_INT(lru_count(lru).bytes, 1000);
	CHECK_INT(lru_count(lru).evictions, 1);
	lru_abandon(lru, e);
	CHECK_INT(lru_count(lru).bytes, 400);
	CHECK(put(lru, "empty", 0, 1));
	const struct lru_object *b = find(lru, "b");
	CHECK(put(lru, "b", 300, 300)); /* replaced, but pinned: both count */
	CHECK_INT(lru_count(lru).bytes, 700);
	CHECK(is_whole(b, "b", 400));
	lru_release(lru, b);
	CHECK_INT(lru_count(lru).bytes, 300);
	CHECK_INT(lru_count(lru).objects, 2);
	lru_close(lru);
}

/* What is being filled has more room than it needs, but only of what is free. */
static void room_for_more_comes_back(void)
{
	struct lru *lru = cache_of(1000, 500);
	CHECK(put(lru, "a", 400, 400));
	struct lru_entry *b = lru_begin(lru, "b", 1), *c = lru_begin(lru, "c", 1);
	CHECK(lru_add_body(lru, b, "b", 1));
	CHECK_INT(lru_count(lru).bytes, 900);
	CHECK(lru_add_body(lru, c, "c", 1));
	CHECK_INT(lru_count(lru).bytes, 901);
	lru_publish(lru, b);
	CHECK_INT(lru_count(lru).bytes, 402);
	lru_abandon(lru, c);
	CHECK_INT(lru_count(lru).bytes, 401);
	CHECK_INT(lru_count(lru).evictions, 0);
	CHECK(has(lru, "a") && has(lru, "b"));
	lru_close(lru);
}

static void what_is_pinned_stays(void)
{
	struct lru *lru = cache_of(300, 300);
	CHECK(put(lru, "a", 100, 100) && put(lru, "b", 100, 100) && put(lru, "c", 100, 100));
	const struct lru_object *a = find(lru, "a");
	CHECK(has(lru, "b") && has(lru, "c")); /* a is the oldest now, but pinned */
	CHECK(put(lru, "d", 100, 100));
	CHECK(has(lru, "a") && !has(lru, "b") && has(lru, "c") && has(lru, "d"));
	const struct lru_object *c = find(lru, "c"), *d = find(lru, "d");
	CHECK(!put(lru, "e", 1, 1)); /* no room: everything is being sent */
	CHECK_INT(lru_count(lru).objects, 3);
	lru_release(lru, c);
	CHECK(put(lru, "e", 100, 100));
	CHECK(!has(lru, "c") && has(lru, "a") && has(lru, "d"));
	CHECK(is_whole(a, "a", 100) && is_whole(d, "d", 100));
	lru_release(lru, a);
	lru_release(lru, d);
	lru_close(lru);
}

static void a_life_ends(void)
{
	struct lru *lru = cache_of(1000, 1000);
	struct lru_entry *e = lru_begin(lru, "a", 1);
	lru_set_life(e, 100, 200);
	lru_publish(lru, e);
	const struct lru_object *a = lru_find(lru, "a", 1, 199);
	CHECK(a && a->since_ms == 100);
	lru_release(lru, a);
	CHECK(!lru_find(lru, "a", 1, 200));
	CHECK(put(lru, "a", 10, 10)); /* its successor */
	CHECK(has(lru, "a"));
	CHECK_INT(lru_count(lru).objects, 1);
	lru_close(lru);
}

/* Bodies of no bytes are not free: heads, keys and records are bounded too. */
static void empty_objects_are_bounded(void)
{
	struct lru *lru = cache_of(1000, 1000);
	char key[32];
	for (int i = 0; i < 30000; i++) {
		snprintf(key, sizeof key, "key-%d", i);
		CHECK(put(lru, key, 0, 1));
	}
	CHECK(lru_count(lru).rest <= LRU_REST + 125);
	CHECK(lru_count(lru).objects < 20000);
	CHECK(has(lru, "key-29999") && !has(lru, "key-0"));
	static char large[LRU_REST];
	struct lru_entry *e = lru_begin(lru, "large", 5);
	CHECK(!lru_add_head(lru, e, large, sizeof large) || !lru_add_head(lru, e, large, sizeof large));
	lru_abandon(lru, e);
	lru_close(lru);
}

/* ---- against a model ---- */

enum { MODEL_KEYS = 40, MODEL_BYTES = 1000, MODEL_STEPS = 20000 };

struct model { /* the plainest one there is */
	size_t   len[MODEL_KEYS];
	bool     there[MODEL_KEYS];
	uint64_t used_at[MODEL_KEYS], clock;
	const struct lru_object *pinned[MODEL_KEYS];
	size_t   bytes, evictions;
};

static void model_use(struct model *m, int key)
{
	m->used_at[key] = ++m->clock;
}

static void model_drop(struct model *m, int key)
{
	m->there[key] = false;
	m->bytes -= m->len[key];
}

/* Evicts the least recently used ones that are not pinned. */
static bool model_make_room(struct model *m, size_t len)
{
	while (m->bytes + len > MODEL_BYTES) {
		int oldest = -1;
		for (int i = 0; i < MODEL_KEYS; i++)
			if (m->there[i] && !m->pinned[i] && (oldest < 0 || m->used_at[i] < m->used_at[oldest]))
				oldest = i;
		if (oldest < 0)
			return false;
		model_drop(m, oldest);
		m->evictions++;
	}
	return true;
}

static const char *name_of(int key)
{
	static char name[16];
	snprintf(name, sizeof name, "key%d", key);
	return name;
}

static void model_put(struct model *m, struct lru *lru, int key, size_t len)
{
	if (m->pinned[key])
		return; /* what is replaced while it is pinned has a test of its own */
	bool room = model_make_room(m, len);
	CHECK_INT(put(lru, name_of(key), len, len ? len : 1), room);
	if (!room)
		return;
	if (m->there[key])
		model_drop(m, key);
	m->there[key] = true;
	m->len[key] = len;
	m->bytes += len;
	model_use(m, key);
}

static void model_find(struct model *m, struct lru *lru, int key, bool keep)
{
	const struct lru_object *object = find(lru, name_of(key));
	CHECK_INT(object != NULL, m->there[key]);
	if (!object)
		return;
	CHECK(is_whole(object, name_of(key), m->len[key]));
	model_use(m, key);
	if (keep && !m->pinned[key])
		m->pinned[key] = object;
	else
		lru_release(lru, object);
}

static void model_release(struct model *m, struct lru *lru, int key)
{
	if (m->pinned[key])
		lru_release(lru, m->pinned[key]);
	m->pinned[key] = NULL;
}

static void same_as_the_model(void)
{
	struct model m = { 0 };
	struct lru *lru = cache_of(MODEL_BYTES, MODEL_BYTES);
	srand(7);
	for (int i = 0; i < MODEL_STEPS; i++) {
		int key = rand() % MODEL_KEYS, what = rand() % 10;
		check_note("step %d", i);
		if (what < 3)
			model_put(&m, lru, key, (size_t)rand() % 120);
		else if (what < 9)
			model_find(&m, lru, key, what == 3);
		else
			model_release(&m, lru, key);
		CHECK_INT(lru_count(lru).bytes, m.bytes);
		CHECK_INT(lru_count(lru).evictions, m.evictions);
	}
	check_note("%s", "");
	CHECK(m.evictions > 1000);
	for (int key = 0; key < MODEL_KEYS; key++)
		model_release(&m, lru, key);
	lru_close(lru);
}

/* ---- threads ---- */

enum { HAMMERS = 4, BLOWS = 4000, HAMMER_KEYS = 64, HAMMER_BYTES = 40000, HAMMER_OBJECT = 4000 };

struct hammer {
	struct lru   *lru;
	atomic_size_t hits, wrong, over;
};

static size_t hammer_len(unsigned key)
{
	return key * 61 % HAMMER_OBJECT;
}

/* Finds, and fills what is not there; now and then holds on to an object, gives up, or has a shorter name
 * for it. */
static void blow(struct hammer *h, unsigned *seed)
{
	char key[16];
	unsigned number = (unsigned)rand_r(seed) % HAMMER_KEYS;
	snprintf(key, sizeof key, "%u-%u", number, number);
	const struct lru_object *object = find(h->lru, key);
	if (object) {
		atomic_fetch_add(&h->hits, 1);
		if (rand_r(seed) % 4 == 0)
			put(h->lru, key, hammer_len(number), 1000); /* replaces it under us */
		if (!is_whole(object, key, hammer_len(number)))
			atomic_fetch_add(&h->wrong, 1);
		lru_release(h->lru, object);
	} else {
		put(h->lru, key, hammer_len(number), 1 + (size_t)rand_r(seed) % 2000);
	}
	if (lru_count(h->lru).bytes > HAMMER_BYTES)
		atomic_fetch_add(&h->over, 1);
}

static void *hammer(void *argument)
{
	unsigned seed = (unsigned)(uintptr_t)&argument;
	for (int i = 0; i < BLOWS; i++)
		blow(argument, &seed);
	return NULL;
}

static void threads_find_whole_objects_only(void)
{
	struct hammer h = { .lru = cache_of(HAMMER_BYTES, HAMMER_OBJECT) };
	pthread_t threads[HAMMERS];
	for (int i = 0; i < HAMMERS; i++)
		if (pthread_create(&threads[i], NULL, hammer, &h))
			abort();
	for (int i = 0; i < HAMMERS; i++)
		pthread_join(threads[i], NULL);
	CHECK_INT(atomic_load(&h.wrong), 0);
	CHECK_INT(atomic_load(&h.over), 0);
	CHECK(atomic_load(&h.hits) > 0);
	size_t bytes = 0, objects = 0;
	for (unsigned i = 0; i < HAMMER_KEYS; i++) {
		char key[16];
		snprintf(key, sizeof key, "%u-%u", i, i);
		if (has(h.lru, key)) {
			bytes += hammer_len(i);
			objects++;
		}
	}
	CHECK_INT(lru_count(h.lru).bytes, bytes); /* nothing was lost on the way */
	CHECK_INT(lru_count(h.lru).objects, objects);
	lru_close(h.lru);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(finds_what_was_published), TEST(what_is_filled_is_not_found),
		TEST(an_object_has_its_limit), TEST(every_byte_is_on_an_account),
		TEST(room_for_more_comes_back), TEST(what_is_pinned_stays),
		TEST(a_life_ends), TEST(empty_objects_are_bounded),
		TEST(same_as_the_model), TEST(threads_find_whole_objects_only), { 0 },
	};
	return run_tests(tests);
}
