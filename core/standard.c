/* standard.c - descriptors 0, 1 and 2; see standard.h. open(2) and dup(2) give the lowest number that is free.
 *
 * SPDX-License-Identifier: MIT */
#include "standard.h"

#include <fcntl.h>
#include <unistd.h>

void fill_standard_descriptors(void)
{
	int fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = dup(fd);
	if (fd > STDERR_FILENO)
		close(fd);
}
