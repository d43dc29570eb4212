/* listing.h - the names in a folder, as io_file.body has them: sorted, each ended by '\0', folders' by "/\0". */
#ifndef CORE_LISTING_H
#define CORE_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "counters.h"

enum { LISTING_MAX = 256 << 10 }; /* bytes of names */

struct listing {
	char  *names; /* the caller's to free; not NULL when there are none */
	size_t len;
	bool   cut_short; /* there are more */
};

/* Of the folder dir_fd, from where it stands. Left out are hidden names, and what IO_OPEN refuses: devices, sockets,
 * FIFOs. A symbolic link is a plain name, wherever it leads. 0 or -errno, *listing is then empty. */
int listing_read(struct counters *, int dir_fd, struct listing *listing);

#endif
