/* uring_probe.c - may this process use io_uring, and if not, who forbids it; see uring.h.
 *
 *     ENOSYS      the kernel is older than 5.1, or built without CONFIG_IO_URING, or a container's filter says so
 *     EPERM       kernel.io_uring_disabled (6.6), or a container's filter (seccomp(2)): Docker's default one since 25.0
 *     EACCES      a security module (SELinux since 6.1)
 *     ENOMEM      before 5.12 the rings counted as locked memory (RLIMIT_MEMLOCK)
 *     EOPNOTSUPP  ours: older than 5.19
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include "uring.h"

int uring_probe(void)
{
	struct counters uncounted = { 0 };
	struct uring u;
	int error = uring_open(&u, &uncounted, 4, 8);
	if (error)
		return error;
	unsigned has = u.has;
	uring_close(&u);
	return has & URING_5_19 ? 0 : -EOPNOTSUPP;
}

/* 0: everyone may; 1: a group and the administrator; 2: no one. Also 0 where there is no such setting. */
static int disabled(void)
{
	int value = 0;
	FILE *file = fopen("/proc/sys/kernel/io_uring_disabled", "re");
	if (file) {
		if (fscanf(file, "%d", &value) != 1)
			value = 0;
		fclose(file);
	}
	return value;
}

static const char *why_not_permitted(void)
{
	switch (disabled()) {
	case 0:
		return "a seccomp filter forbids io_uring, as in a container: allow io_uring_setup, io_uring_enter and "
		       "io_uring_register in its profile (docker run --security-opt seccomp=FILE)";
	case 1:
		return "kernel.io_uring_disabled is 1: join the group of kernel.io_uring_group, or, as root, "
		       "sysctl kernel.io_uring_disabled=0";
	default:
		return "kernel.io_uring_disabled is 2, for everyone: as root, sysctl kernel.io_uring_disabled=0";
	}
}

const char *uring_advice(int error)
{
	switch (-error) {
	case 0:
		return "io_uring can be used";
	case ENOSYS:
		return "this kernel has no io_uring (5.19 or newer, CONFIG_IO_URING), or a container hides it: its "
		       "seccomp profile must allow io_uring_setup, io_uring_enter and io_uring_register";
	case EPERM:
		return why_not_permitted();
	case EACCES:
		return "a security module forbids io_uring: for SELinux, see ausearch -m avc -c PROGRAM";
	case ENOMEM:
		return "no memory for the rings; before kernel 5.12 they count as locked memory: raise ulimit -l";
	case EMFILE:
	case ENFILE:
		return "no descriptor is left for the ring: raise ulimit -n";
	case EOPNOTSUPP:
		return "this kernel's io_uring has no rings of buffers: 5.19 or newer is needed";
	default:
		return "io_uring cannot be opened";
	}
}
