/* children_start.c - fork, exec, and what must be right between them; see children_start.h.
 *
 *     we                                          the child
 *     fork ------------------------------------->  a process group of its own
 *      |                                           "SIGTERM when my parent dies", then: is it dead already?
 *      |                                           signals as a program expects them
 *      |      <--- standard output: a pipe ------  /dev/null, the pipe, our standard error
 *     read    <--- error: a pipe, O_CLOEXEC -----  execve
 *      | end of file: execve closed it, so the program runs
 *      | a number: errno of what failed
 *     pidfd_open: the child is not waited for yet, so the number is still its own
 *
 * A process group of its own: Ctrl-C on a terminal goes to all of the foreground group, but the order of an
 * end is ours to say. And what a server leaves behind, workers of its own for example, can be found and
 * ended by the group's number.
 *
 * fork(2), execve(2), pipe(2), prctl(2) PR_SET_PDEATHSIG, setpgid(2), pidfd_open(2).
 *
 * SPDX-License-Identifier: MIT */
#include "core/children_start.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- in the child ---- */

/* SIGTERM and not SIGKILL: a server of several processes can then end the others. If the parent died before
 * prctl(2), no signal will come; but then it is not our parent any more. */
static int die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		return -errno;
	return getppid() == parent ? 0 : -ESRCH;
}

/* execve(2) keeps what is blocked or ignored. SIGTTOU stays ignored, for "stty tostop": we are in the
 * background of our terminal, and a log line must not stop a server. */
static void usual_signals(void)
{
	sigset_t none;
	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGTTOU, SIG_IGN);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* No descriptor of the pipes is below 3, so dup2 also drops O_CLOEXEC. */
static int usual_descriptors(int out_fd)
{
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(out_fd, STDOUT_FILENO) < 0)
		return -errno;
	return 0;
}

static _Noreturn void become(const char *const *argv, pid_t parent, int out_fd, int error_fd)
{
	int error = setpgid(0, 0) < 0 ? -errno : die_with(parent);
	if (!error)
		error = usual_descriptors(out_fd);
	if (!error) {
		usual_signals();
		execv(argv[0], (char *const *)argv); /* changes nothing; its type is older than const */
		error = -errno;
	}
	if (write(error_fd, &error, sizeof error) < 0) {
		/* The parent is dead: there is no one to tell. */
	}
	_exit(127);
}

/* ---- in the parent ---- */

static void close_both(const int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

static void wait_for(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* 0, or what the child says is wrong. */
static int hear_error(int error_fd)
{
	int error = 0;
	ssize_t n;
	do
		n = read(error_fd, &error, sizeof error);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof error ? error : 0;
}

/* The child has been forked: does it run its program? If not, it is ended and waited for. */
static int settle(struct started *s, int error_fd)
{
	int error = hear_error(error_fd);
	if (!error) {
		s->pid_fd = (int)syscall(SYS_pidfd_open, s->pid, 0); /* glibc has a wrapper since 2.36 only */
		if (s->pid_fd >= 0)
			return 0;
		error = -errno;
		kill(s->pid, SIGKILL);
	}
	wait_for(s->pid);
	return error;
}

int program_start(const char *const *argv, struct started *s)
{
	int out[2], failed[2], error;
	pid_t parent = getpid();
	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(failed, O_CLOEXEC) < 0) {
		error = -errno;
		close_both(out);
		return error;
	}
	s->pid = fork();
	if (s->pid == 0)
		become(argv, parent, out[1], failed[1]);
	error = s->pid < 0 ? -errno : 0;
	close(out[1]);
	close(failed[1]); /* or its end would never come */
	if (!error)
		error = settle(s, failed[0]);
	close(failed[0]);
	if (error) {
		close(out[0]);
		return error;
	}
	s->out_fd = out[0];
	fcntl(s->out_fd, F_SETFL, O_NONBLOCK);
	return 0;
}

/* ---- where it lies ---- */

int program_beside(const char *name, char *out, size_t size)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self);
	*out = '\0';
	if (n < 0)
		return -errno;
	while (n > 0 && self[n - 1] != '/')
		n--;
	if ((size_t)n + strlen(name) >= size)
		return -ENAMETOOLONG;
	snprintf(out, size, "%.*s%s", (int)n, self, name);
	return access(out, X_OK) < 0 ? -errno : 0;
}
