/* children.c - a supervisor: one loop that waits for signals, deaths, first words and the end of pauses.
 *
 *                 start                "listening on ..."
 *       DOWN -------------> STARTING ---------------------> UP
 *        ^                   |    |                          |
 *        |   died, too slow: |    | the first time           | died: an alert in the log
 *        +--- a pause -------+    v                          |
 *        ^                       OVER <--- while stopping ---+
 *        +--- a pause ---------------------------------------+
 *
 * A death is an event like any other: a pidfd that becomes readable. So there is one poll(2) for all, no
 * handler, no SIGCHLD to be merged with another one, and no moment in which a death can be missed: the pidfd
 * of a child that is dead already is readable from the start. A child's number is used only until it is
 * waited for, so it cannot be another's.
 *
 * poll(2), signalfd(2), pidfd_open(2), waitpid(2), kill(2).
 *
 * SPDX-License-Identifier: MIT */
#include "core/children.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/children_start.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/standard.h"

enum { AFTER_KILL_MS = 5000 }; /* for the kernel to end what SIGKILL was sent to */

/* ---- a life ---- */

static void describe_death(struct child *child, int status)
{
	child->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	const char *signal_name = WIFEXITED(status) ? NULL : sigdescr_np(WTERMSIG(status));
	if (WIFEXITED(status))
		snprintf(child->how, sizeof child->how, "ended with status %d", WEXITSTATUS(status));
	else
		snprintf(child->how, sizeof child->how, "killed by signal %d (%s)", WTERMSIG(status),
			 signal_name ? signal_name : "real-time");
}

static bool runs(const struct child *child)
{
	return child->pid > 0;
}

/* It runs no more, or could not be started. */
static void plan_next(const struct children *c, struct child *child, int64_t now)
{
	child->pause_ms = child_pause_ms(child->pause_ms, now - child->began_ms);
	child->due_ms = now + child->pause_ms;
	child->state = c->stopping || !child->was_up ? CHILD_OVER : CHILD_DOWN;
}

static int begin(struct child *child)
{
	struct started started;
	int error = program_start(child->argv, &started);
	child->began_ms = clock_ms();
	if (error)
		return error;
	child->pid = started.pid;
	child->pid_fd = started.pid_fd;
	child->out_fd = started.out_fd;
	child->n_line = 0;
	child->state = CHILD_STARTING;
	child->due_ms = child->began_ms + CHILD_START_MS;
	return 0;
}

static void begin_again(const struct children *c, struct child *child)
{
	int error = begin(child);
	if (!error)
		return;
	plan_next(c, child, child->began_ms);
	log_warnx("%s (%s) cannot be started: %s; trying again in %d ms", child->name, child->where,
		  strerrordesc_np(-error), child->pause_ms);
}

static void close_out(struct child *child)
{
	if (child->out_fd >= 0)
		close(child->out_fd);
	child->out_fd = -1;
}

/* All that its standard output holds now; also what comes after the first line, so that it can always print. */
static void hear(struct child *child)
{
	char bytes[1024];
	ssize_t n;
	while ((n = read(child->out_fd, bytes, sizeof bytes)) > 0) {
		if (!child_printed(child, bytes, (size_t)n))
			continue;
		if (child->was_up)
			log_info("%s (%s, pid %d) is back", child->name, child->where, child->pid);
		child->was_up = true;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_out(child);
}

static void tell_death(struct children *c, const struct child *child, bool listened)
{
	if (child->state == CHILD_DOWN) {
		log_warnx("%s (%s, pid %d) died: %s; starting it again in %d ms", child->name, child->where,
			  child->pid, child->how, child->pause_ms);
	} else if (c->stopping && listened && child->status != 0 && !c->hurry) {
		log_warnx("%s (%s, pid %d) did not stop well: %s", child->name, child->where, child->pid,
			  child->how);
		c->badly = true;
	}
}

/* The pidfd says that it is dead. First its last words: who listened and died did listen. Whoever is left of
 * its group ends too, or would keep the port; until waitpid(2) the number is not another's. */
static void bury(struct children *c, struct child *child)
{
	int status = 0;
	if (child->out_fd >= 0)
		hear(child);
	bool listened = child->state == CHILD_UP;
	kill(-child->pid, SIGKILL);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	describe_death(child, status);
	plan_next(c, child, clock_ms());
	tell_death(c, child, listened);
	close(child->pid_fd);
	close_out(child);
	child->pid_fd = -1;
	child->pid = 0;
}

/* A pause is over, or a start takes too long. */
static void on_time(const struct children *c, struct child *child, int64_t now)
{
	if (child->due_ms > now)
		return;
	if (child->state == CHILD_DOWN && child->was_up) {
		begin_again(c, child);
	} else if (child->state == CHILD_STARTING) {
		log_warnx("%s (%s, pid %d) does not listen after %d s and is killed", child->name, child->where,
			  child->pid, CHILD_START_MS / 1000);
		kill(-child->pid, SIGKILL);
		child->due_ms = INT64_MAX;
	}
}

/* ---- signals ---- */

/* Only to those that listen: they are past the moment when SIGHUP would end them. */
static void pass_on(const struct children *c, int signo)
{
	for (int i = 0; i < c->n; i++)
		if (c->child[i].state == CHILD_UP)
			kill(c->child[i].pid, signo);
}

static void take_signals(struct children *c)
{
	struct signalfd_siginfo info;
	while (read(c->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
		int signo = (int)info.ssi_signo;
		if (signo != SIGINT && signo != SIGTERM)
			pass_on(c, signo);
		else if (c->asked || c->stopping)
			c->hurry = true;
		else
			c->asked = true;
	}
}

/* ---- the loop ---- */

/* Until the next thing is due, or `end_ms`; -1: nothing is. */
static int wait_ms(const struct children *c, int64_t now, int64_t end_ms)
{
	int64_t next = end_ms;
	for (int i = 0; i < c->n; i++) {
		const struct child *child = &c->child[i];
		bool waits = child->state == CHILD_STARTING || (child->state == CHILD_DOWN && child->was_up);
		if (waits && child->due_ms < next)
			next = child->due_ms;
	}
	if (next == INT64_MAX)
		return -1;
	return next <= now ? 0 : next - now > INT_MAX ? INT_MAX : (int)(next - now);
}

/* poll(2) passes over negative descriptors: a child that does not run has two of them. */
static void watch(const struct children *c, struct pollfd *fds)
{
	fds[0] = (struct pollfd){ .fd = c->signal_fd, .events = POLLIN };
	for (int i = 0; i < c->n; i++) {
		const struct child *child = &c->child[i];
		fds[1 + 2 * i] = (struct pollfd){ .fd = runs(child) ? child->out_fd : -1, .events = POLLIN };
		fds[2 + 2 * i] = (struct pollfd){ .fd = runs(child) ? child->pid_fd : -1, .events = POLLIN };
	}
}

/* One wait, and all that it found. */
static void step(struct children *c, int64_t end_ms)
{
	struct pollfd fds[1 + 2 * CHILDREN_MAX];
	watch(c, fds);
	if (poll(fds, 1 + 2 * (nfds_t)c->n, wait_ms(c, clock_ms(), end_ms)) < 0)
		return; /* EINTR: stopped and continued, signal(7); ENOMEM passes */
	if (fds[0].revents)
		take_signals(c);
	for (int i = 0; i < c->n; i++) {
		struct child *child = &c->child[i];
		if (fds[1 + 2 * i].revents)
			hear(child);
		if (fds[2 + 2 * i].revents)
			bury(c, child);
		on_time(c, child, clock_ms());
	}
}

int children_start(struct children *c, struct child *child)
{
	int error = begin(child);
	if (error)
		return error;
	while (child->state == CHILD_STARTING && !c->asked)
		step(c, INT64_MAX);
	if (c->asked)
		return -ECANCELED;
	return child->was_up ? 0 : -ECHILD;
}

void children_keep(struct children *c)
{
	while (!c->asked)
		step(c, INT64_MAX);
}

/* ---- the end ---- */

static void begin_stop(struct children *c)
{
	c->stopping = true;
	for (int i = 0; i < c->n; i++)
		if (c->child[i].state == CHILD_DOWN)
			c->child[i].state = CHILD_OVER;
}

static int signal_each(const struct child *first, int n, int signo, bool group)
{
	int sent = 0;
	for (int i = 0; i < n; i++)
		if (runs(&first[i]) && kill(group ? -first[i].pid : first[i].pid, signo) == 0)
			sent++;
	return sent;
}

static bool any_runs(const struct child *first, int n)
{
	for (int i = 0; i < n; i++)
		if (runs(&first[i]))
			return true;
	return false;
}

/* A stopped process (SIGSTOP) does not see SIGTERM, but SIGKILL ends it. */
void children_stop(struct children *c, struct child *first, int n, int grace_ms)
{
	int64_t end_ms = clock_ms() + grace_ms;
	bool killed = false;
	begin_stop(c);
	if (!c->hurry)
		signal_each(first, n, SIGTERM, false);
	while (any_runs(first, n)) {
		bool late = clock_ms() >= end_ms;
		if (killed && late) {
			log_warnx("%s ... do not end", first->name);
			c->badly = true;
			return;
		}
		if (!killed && (late || c->hurry)) {
			int left = signal_each(first, n, SIGKILL, true);
			killed = true;
			end_ms = clock_ms() + AFTER_KILL_MS;
			if (!c->hurry)
				log_warnx("the time to stop is over: %d that still ran are killed", left);
		}
		step(c, end_ms);
	}
}

/* ---- before the beginning ---- */

/* Whoever ignores SIGCHLD has no children to wait for, waitpid(2) NOTES; and execve(2) may have left us so. */
int children_open(struct children *c)
{
	sigset_t signals;
	if (c->n > CHILDREN_MAX)
		return -EINVAL;
	fill_standard_descriptors();
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	c->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	return c->signal_fd < 0 ? -errno : 0;
}
