/* pages.h - large tables that cost memory only where they are used.
 *
 * A table for as many descriptors as this process may ever have is reserved at once and never moves; the kernel
 * gives pages when they are first touched (mmap(2), MAP_NORESERVE), all zero. So no table grows by copying, and
 * pointers into it stay good. */
#ifndef CORE_PAGES_H
#define CORE_PAGES_H

#include <stddef.h>

/* NULL when even the address space is short. */
void *pages_reserve(size_t size);
void  pages_release(void *, size_t size);

#endif
