/* plugin.h - backends and services in shared objects outside the tree; dlopen(3). */
#ifndef CORE_PLUGIN_H
#define CORE_PLUGIN_H

#include <stddef.h>

#include "backend.h"
#include "io.h"

/* Does this name a file ("./mine.so") rather than something built in? */
bool plugin_is_path(const char *name);

/* The symbol muxlab_backend or muxlab_service of the file, its contract checked; it stays loaded for good.
 * NULL: one line in why says what is wrong with it and what to do. */
const struct backend *plugin_backend(const char *path, char *why, size_t size);
const struct service *plugin_service(const char *path, char *why, size_t size);

#endif
