/* children_start.h - one program, started so that its start cannot half fail and its death cannot be missed. */
#ifndef CORE_CHILDREN_START_H
#define CORE_CHILDREN_START_H

#include <stddef.h>
#include <sys/types.h>

struct started {
	pid_t pid;    /* also the number of its process group; to be waited for */
	int   pid_fd; /* readable when it has died; pidfd_open(2) */
	int   out_fd; /* its standard output, does not block */
};

/* Runs argv[0], a path, with these arguments (NULL-ended) and our standard error. It gets SIGTERM when we
 * die, in whatever way. 0 when the program runs; or -errno, that of execve(2) included, and nothing is left
 * behind. For programs with a single thread: the signal comes when the thread dies that called this. */
int program_start(const char *const *argv, struct started *);

/* The path of a program that lies beside this one, wherever that is: 0; or -errno, -ENOENT for example, and
 * then out is the path where it should be, or "". proc(5), /proc/self/exe */
int program_beside(const char *name, char *out, size_t size);

#endif
