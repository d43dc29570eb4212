/* load_cpu.c - CPU time of the server, to the nanosecond.
 *
 * clock_getcpuclockid(3) gives the clock of another process, which counts every thread, ended ones included.
 * Servers that fork are several processes: we add their children, and what the parent has inherited from
 * children it has waited for (cutime, cstime: in ticks only). The time of a child that ends during a run moves
 * from one to the other and is not lost. Children are found by asking every process for its parent:
 * /proc/PID/task/TID/children knows those of one thread only, and is not in every kernel.
 *
 * User and system time come from /proc/PID/stat, proc(5), in ticks of 10 ms, on most kernels sampled: fine
 * for a ratio over seconds.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_cpu.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

/* What stands in stat behind the name, which is in parentheses and may contain spaces and parentheses itself. */
static int read_stat(int pid, char *text, size_t size, const char **rest)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? -ESRCH : -errno;
	size_t n = fread(text, 1, size - 1, file);
	fclose(file);
	text[n] = '\0';
	*rest = strrchr(text, ')');
	return *rest ? 0 : -EINVAL;
}

/* Fields 14 to 17. */
static int add_ticks(int pid, struct load_cpu *cpu)
{
	char text[1024];
	const char *rest = NULL;
	long long user, sys, child_user, child_sys;
	int error = read_stat(pid, text, sizeof text, &rest);
	if (error)
		return error;
	if (sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld %lld %lld", &user, &sys,
		   &child_user, &child_sys) != 4)
		return -EINVAL;
	cpu->user_ticks += user + child_user;
	cpu->sys_ticks += sys + child_sys;
	cpu->total_ns += (child_user + child_sys) * (1000000000 / sysconf(_SC_CLK_TCK));
	return 0;
}

static int add_process(int pid, struct load_cpu *cpu)
{
	int64_t ns = 0;
	int error = add_ticks(pid, cpu);
	if (!error)
		error = clock_of(pid, &ns);
	if (!error)
		cpu->total_ns += ns;
	return error;
}

/* ---- who descends from whom ---- */

struct kin {
	int  pid, parent;
	bool ours;
};

static int parent_of(int pid)
{
	char text[1024];
	const char *rest = NULL;
	int parent;
	if (read_stat(pid, text, sizeof text, &rest) || sscanf(rest + 1, " %*c %d", &parent) != 1)
		return -1;
	return parent;
}

/* All processes, *n of them, for free(3); NULL: they cannot be listed. */
static struct kin *list_processes(int *n)
{
	struct dirent **names;
	int n_names = scandir("/proc", &names, NULL, NULL);
	struct kin *all = n_names < 0 ? NULL : calloc((size_t)n_names + 1, sizeof *all);
	*n = 0;
	for (int i = 0; i < n_names; i++) {
		int pid = (int)strtol(names[i]->d_name, NULL, 10);
		free(names[i]);
		if (all && pid > 0)
			all[(*n)++] = (struct kin){ .pid = pid, .parent = parent_of(pid) };
	}
	if (n_names >= 0)
		free(names);
	return all;
}

static bool has_our_parent(const struct kin *one, const struct kin *all, int n, int pid)
{
	for (int i = 0; i < n && one->parent != pid; i++)
		if (all[i].ours && all[i].pid == one->parent)
			return true;
	return one->parent == pid;
}

/* Children, and theirs, until nobody more is found. Who ends meanwhile is in its parent's sum. */
static void add_descendants(int pid, struct load_cpu *cpu)
{
	int n;
	struct kin *all = list_processes(&n);
	for (bool found = all; found;) {
		found = false;
		for (int i = 0; i < n; i++)
			if (!all[i].ours && has_our_parent(&all[i], all, n, pid)) {
				all[i].ours = found = true;
				add_process(all[i].pid, cpu);
			}
	}
	free(all);
}

int load_cpu_of(int pid, struct load_cpu *cpu)
{
	*cpu = (struct load_cpu){ 0 };
	int error = add_process(pid, cpu);
	if (!error)
		add_descendants(pid, cpu);
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
