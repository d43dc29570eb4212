/* load_cpu.h - how much CPU time a process and its children have used so far. */
#ifndef BENCH_LOAD_CPU_H
#define BENCH_LOAD_CPU_H

#include <stdbool.h>
#include <stdint.h>

struct load_cpu {
	bool     known;
	int64_t  total_ns;              /* exact: all threads, those that have ended too */
	int64_t  user_ticks, sys_ticks; /* as /proc says it, in 1/100 s: good for the ratio of the two only */
};

/* The process, its living children, and those that have ended and were waited for. 0 or -errno. */
int load_cpu_of(int pid, struct load_cpu *);

int64_t load_cpu_own_ns(void);

/* b - a; the split into user and system time applied to the exact sum. known is false unless both are. */
struct load_cpu_used {
	bool   known, split_known;
	double total_ns, user_ns, sys_ns;
};
struct load_cpu_used load_cpu_between(const struct load_cpu *a, const struct load_cpu *b);

#endif
