/* log.c - lines like those of Python's logging module; see log.h.
 *
 * SPDX-License-Identifier: MIT */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST_LINE = 1024 };

const char *const log_level_names[] = { "debug", "info", "warning", "error", NULL };
static const char *const level_words[] = { "DEBUG", "INFO", "WARNING", "ERROR" };

/* A log is one for the whole process: these are its only state. */
static const char *log_program = "muxlab";
static const char *log_file;
static enum log_level log_level = LOG_INFO;
static atomic_int log_fd = STDERR_FILENO;
static const atomic_uint *log_asked; /* how often all processes were asked to open it anew, and how often we have */
static atomic_uint log_reopened;
static pthread_mutex_t log_clock = PTHREAD_MUTEX_INITIALIZER; /* around localtime_r(), see before_fork() */

/* localtime_r(3) takes a lock of the C library's that fork(2) copies as it is. If another thread had it at that
 * moment, the child's first line would wait for ever. */
static void before_fork(void)
{
	pthread_mutex_lock(&log_clock);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&log_clock);
}

static int open_file(const char *file)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	return fd < 0 ? -errno : fd;
}

int log_open(const char *program, enum log_level level, const char *file)
{
	log_program = program;
	log_level = level;
	log_file = file;
	pthread_atfork(before_fork, after_fork, after_fork);
	if (!file)
		return 0;
	int fd = open_file(file);
	if (fd < 0)
		return fd;
	atomic_store(&log_fd, fd);
	return 0;
}

void log_reopen(void)
{
	if (log_asked)
		atomic_store(&log_reopened, atomic_load(log_asked));
	if (!log_file)
		return;
	int fd = open_file(log_file);
	if (fd < 0) {
		errno = -fd;
		log_warn("cannot reopen the log file %s", log_file);
		return;
	}
	/* dup3 replaces the file under the same number, so that no thread is left writing to a closed one. */
	dup3(fd, atomic_load(&log_fd), O_CLOEXEC);
	close(fd);
}

void log_reopen_with(const atomic_uint *asked)
{
	log_asked = asked;
}

int log_fd_number(void)
{
	return atomic_load(&log_fd);
}

bool log_debugging(void)
{
	return log_level == LOG_DEBUG;
}

static void log_line(enum log_level level, int error, const char *format, va_list args)
{
	if (level < log_level)
		return;
	char line[LONGEST_LINE];
	struct timespec now;
	struct tm local;
	if (log_asked && atomic_load(log_asked) != atomic_load(&log_reopened))
		log_reopen();
	clock_gettime(CLOCK_REALTIME, &now);
	pthread_mutex_lock(&log_clock);
	localtime_r(&now.tv_sec, &local);
	pthread_mutex_unlock(&log_clock);
	size_t n = strftime(line, sizeof line, "%Y-%m-%d %H:%M:%S", &local);
	n += (size_t)snprintf(line + n, sizeof line - n, ",%03ld - %s - %s - ", now.tv_nsec / 1000000, log_program,
			      level_words[level]);
	int more = vsnprintf(line + n, sizeof line - n, format, args);
	n += more > 0 ? (size_t)more : 0;
	if (error && n < sizeof line)
		n += (size_t)snprintf(line + n, sizeof line - n, ": %s", strerrordesc_np(error));
	if (n > sizeof line - 2)
		n = sizeof line - 2;
	line[n++] = '\n';
	if (write(atomic_load(&log_fd), line, n) < 0) {
		/* Nowhere is left to say that logging fails; serving goes on. */
	}
}

#define LOG_FUNCTION(name, level, with_errno)                   \
	void name(const char *format, ...)                      \
	{                                                       \
		int saved = errno;                              \
		va_list args;                                   \
		va_start(args, format);                         \
		log_line(level, (with_errno) ? saved : 0, format, args); \
		va_end(args);                                   \
		errno = saved;                                  \
	}

LOG_FUNCTION(log_debug, LOG_DEBUG, false)
LOG_FUNCTION(log_info, LOG_INFO, false)
LOG_FUNCTION(log_warn, LOG_WARNING, true)
LOG_FUNCTION(log_warnx, LOG_WARNING, false)
LOG_FUNCTION(log_error, LOG_ERROR, false)

void die_bug(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_line(LOG_ERROR, 0, format, args);
	va_end(args);
	abort();
}

char *log_bytes(char *out, size_t size, const char *data, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	/* As Python: single quotes, unless there are single ones inside and no double ones. */
	bool single = len && memchr(data, '\'', len), both = single && memchr(data, '"', len);
	char quote = single && !both ? '"' : '\'';
	size_t n = 0, limit = size - 6; /* the longest piece is \xNN, then quote and end */
	out[n++] = 'b';
	out[n++] = quote;
	size_t i;
	for (i = 0; i < len && n + 4 < limit; i++) {
		char c = data[i];
		char escape = c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : c == '\\' || c == quote ? c : 0;
		if (escape) {
			out[n++] = '\\';
			out[n++] = escape;
		} else if (c >= ' ' && c <= '~') {
			out[n++] = c;
		} else {
			out[n++] = '\\';
			out[n++] = 'x';
			out[n++] = hex[(unsigned char)c >> 4];
			out[n++] = hex[(unsigned char)c & 15];
		}
	}
	out[n++] = quote;
	out[n] = '\0';
	if (i < len)
		memcpy(out + n, "...", 4);
	return out;
}
