/* watch.c - counts descriptors, tasks and memory of a process and its children; see watch.h.
 *
 * /proc/PID/fd, /proc/PID/task, /proc/PID/task/TID/children, VmRSS in /proc/PID/status: proc(5). Pages that
 * parent and child share are counted for each: a case compares two counts with the same number of processes.
 *
 * SPDX-License-Identifier: MIT */
#include "watch.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int count_entries(const char *path)
{
	int n = 0;
	DIR *dir = opendir(path);
	if (!dir)
		return -errno;
	for (struct dirent *entry; (entry = readdir(dir));)
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

static long resident_kib(int pid)
{
	char path[64], line[128];
	long kib = 0;
	snprintf(path, sizeof path, "/proc/%d/status", pid);
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof line, file))
		if (strncmp(line, "VmRSS:", 6) == 0)
			kib = atol(line + 6);
	if (file)
		fclose(file);
	return kib;
}

static void watch_children(int pid, const char *tid, struct holding *sum)
{
	char path[512];
	int child;
	snprintf(path, sizeof path, "/proc/%d/task/%s/children", pid, tid);
	FILE *file = fopen(path, "re");
	if (!file)
		return;
	while (fscanf(file, "%d", &child) == 1) {
		struct holding of_child;
		if (watch_server(child, &of_child) == 0) {
			sum->fds += of_child.fds;
			sum->tasks += of_child.tasks;
			sum->memory_kib += of_child.memory_kib;
		}
	}
	fclose(file);
}

int watch_server(int pid, struct holding *sum)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/fd", pid);
	int n = count_entries(path);
	*sum = (struct holding){ n > 0 ? n : 0, 0, resident_kib(pid) };
	snprintf(path, sizeof path, "/proc/%d/task", pid);
	DIR *dir = opendir(path);
	if (!dir)
		return -errno;
	for (struct dirent *task; (task = readdir(dir));) {
		if (task->d_name[0] == '.')
			continue;
		sum->tasks++;
		watch_children(pid, task->d_name, sum);
	}
	closedir(dir);
	return 0;
}
