/* load_place.c - a table of servers, found by their name; see load_place.h. getaddrinfo(3).
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/net.h"

enum { HTTP_PORT = 80 };

static struct load_place *add(struct load_places *places, const char *name, size_t len)
{
	struct load_place *place = &places->list[places->n++];
	snprintf(place->name, sizeof place->name, "%.*s", (int)len, name);
	return place;
}

struct load_places *load_places_new(const struct load_sources *target, const char *name)
{
	struct load_places *places = calloc(1, sizeof *places);
	if (places)
		add(places, name, strlen(name))->sources = *target;
	return places;
}

static void look_up(struct load_place *place, const struct load_sources *like)
{
	char host[256];
	uint16_t port = HTTP_PORT;
	if (net_split(place->name, host, sizeof host, &port) < 0)
		place->error = "is not HOST:PORT";
	else if (load_sources_to(&place->sources, host, port, like) < 0)
		place->error = "does not resolve";
}

int load_places_find(struct load_places *places, const char *authority, size_t len)
{
	for (unsigned i = 0; i < places->n; i++) {
		const char *name = places->list[i].name;
		if (strncmp(name, authority, len) == 0 && !name[len])
			return (int)i;
	}
	if (places->n == LOAD_PLACES_MAX || len >= sizeof places->list->name)
		return -1;
	look_up(add(places, authority, len), &places->list[LOAD_TARGET_PLACE].sources);
	return (int)places->n - 1;
}
