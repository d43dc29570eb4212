/* log.h - one line per event, to standard error or a file:
 *
 *     2026-01-31 18:05:50,563 - zen_server - DEBUG - accept connection from 127.0.0.1, 40338, fd = 19
 *
 * The form is that of Python's logging module, as the source texts print it. errno is kept. A line is one
 * write(2), so lines of several threads and processes never mix. "x" means: without errno's text. */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };
extern const char *const log_level_names[]; /* "debug", ... NULL, for set_choice */

/* Once, before threads start. file NULL: standard error. 0 or -errno (the file cannot be opened). */
int log_open(const char *program, enum log_level, const char *file);

/* Opens the log file anew, after logrotate(8) moved it away. Keeps the old one when that fails. */
void log_reopen(void);

/* From now on each process that logs does so by itself, before its next line, when *count has changed. */
void log_reopen_with(const atomic_uint *count);

/* The log's descriptor. */
int log_fd_number(void);

/* The one cheap test on the request path: `if (log_debugging()) ...`. */
bool log_debugging(void);

void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2), cold));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Our bug: says so and aborts. */
_Noreturn void die_bug(const char *format, ...) __attribute__((format(printf, 1, 2), cold));

/* bytes as Python prints them, b'test data\n', into out (size > 8), always ended; long ones are cut with "...". */
char *log_bytes(char *out, size_t size, const char *data, size_t len);

#endif
