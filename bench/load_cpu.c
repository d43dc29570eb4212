/* load_cpu.c - CPU time of the server, to the nanosecond.
 *
 * clock_getcpuclockid(3) gives the clock of another process, which counts every thread, ended ones included.
 * Servers that fork are several processes: we add their children, found in /proc/PID/task/PID/children (where
 * the kernel has it), and what the parent has inherited from children it has waited for (cutime, cstime: in
 * ticks only). The time of a child that ends during a run moves from one to the other and is not lost.
 *
 * User and system time come from /proc/PID/stat, proc(5), in ticks of 10 ms, on most kernels sampled: fine
 * for a ratio over seconds.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_cpu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DEEPEST = 8 }; /* children of children: a master, its pool, what that starts */

static int clock_of(int pid, int64_t *ns)
{
	clockid_t clock;
	struct timespec now;
	int error = clock_getcpuclockid(pid, &clock);
	if (error)
		return -error;
	if (clock_gettime(clock, &now) < 0)
		return -errno;
	*ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	return 0;
}

/* Fields 14 to 17 of stat. The second, the name in parentheses, may itself contain spaces and parentheses. */
static int add_ticks(int pid, struct load_cpu *cpu)
{
	char path[64], text[1024];
	long long user, sys, child_user, child_sys;
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? -ESRCH : -errno;
	size_t n = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[n] = '\0';
	const char *rest = strrchr(text, ')');
	if (!rest || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld %lld %lld", &user,
			    &sys, &child_user, &child_sys) != 4)
		return -EINVAL;
	cpu->user_ticks += user + child_user;
	cpu->sys_ticks += sys + child_sys;
	cpu->total_ns += (child_user + child_sys) * (1000000000 / sysconf(_SC_CLK_TCK));
	return 0;
}

static int add_process(int pid, struct load_cpu *cpu, int depth)
{
	int64_t ns = 0;
	int error = add_ticks(pid, cpu), child;
	if (!error)
		error = clock_of(pid, &ns);
	if (error)
		return error;
	cpu->total_ns += ns;
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
	FILE *file = depth < DEEPEST ? fopen(path, "re") : NULL;
	if (!file)
		return 0;
	while (fscanf(file, "%d", &child) == 1)
		add_process(child, cpu, depth + 1); /* an ended one is in its parent's sum */
	fclose(file);
	return 0;
}

int load_cpu_of(int pid, struct load_cpu *cpu)
{
	*cpu = (struct load_cpu){ 0 };
	int error = add_process(pid, cpu, 0);
	cpu->known = !error;
	return error;
}

int64_t load_cpu_own_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct load_cpu_used load_cpu_between(const struct load_cpu *a, const struct load_cpu *b)
{
	struct load_cpu_used used = { .known = a->known && b->known };
	int64_t user = b->user_ticks - a->user_ticks, sys = b->sys_ticks - a->sys_ticks;
	if (!used.known)
		return used;
	used.total_ns = (double)(b->total_ns - a->total_ns);
	used.split_known = user >= 0 && sys >= 0 && user + sys > 0;
	if (used.split_known) {
		used.user_ns = used.total_ns * (double)user / (double)(user + sys);
		used.sys_ns = used.total_ns - used.user_ns;
	}
	return used;
}
