/* error.c - errno sorted into five kinds; see error.h.
 *
 * SPDX-License-Identifier: MIT */
#include "error.h"

#include <errno.h>

enum error_kind error_kind(int error)
{
	switch (-error) {
	case EINTR:
		return ERROR_AGAIN;
	case EAGAIN:
		return ERROR_LATER;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return ERROR_TIRED;
	case EBADF:
	case EINVAL:
	case EFAULT:
	case ENOTSOCK:
		return ERROR_BUG;
	default: /* ECONNRESET, EPIPE, ETIMEDOUT, ENETDOWN, EHOSTUNREACH and the others that a network can think of */
		return ERROR_DEAD;
	}
}
