/* pages.c - reserve now, pay on first touch; see pages.h.
 *
 * SPDX-License-Identifier: MIT */
#include "pages.h"

#include <sys/mman.h>

void *pages_reserve(size_t size)
{
	void *area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return area == MAP_FAILED ? NULL : area;
}

void pages_release(void *area, size_t size)
{
	if (area)
		munmap(area, size);
}
