/* session_file.c - the file of a session; see session_file.h.
 *
 *     IO_OPEN ---> files_get() --+--> reach->file, pinned ---> its description is the result
 *     hot_file --> files_hot() --'         |
 *                                          +-- body ---------> send(2) with the head, one call
 *     IO_SENDFILE -------------------------+-- descriptor ---> sendfile(2): the kernel takes the page cache's pages
 *                                          '-- and `copy` ---> pread(2) and send(2): two copies and two calls more
 *
 * It is let go by IO_CLOSE, by the next file, at the end, and when the session waits idle for its client: so ten
 * thousand silent clients hold no file open and keep none in memory.
 *
 * SPDX-License-Identifier: MIT */
#include "session_file.h"

#include <errno.h>
#include <stddef.h>

#include "files.h"
#include "server.h"
#include "sys.h"

enum { FILE_PIECE = 1 << 20 };

void session_close_file(struct worker *w, struct session *s)
{
	if (!s->reach || !s->reach->file)
		return;
	files_unpin(w->server->files, w->counters, s->reach->file);
	s->reach->file = NULL;
}

int session_open_file(struct worker *w, struct session *s, const struct job *job)
{
	struct reach *reach = session_reach(s);
	if (!w->server->files)
		return -ENOENT; /* a service without a root */
	if (!reach)
		return -ENOMEM;
	session_close_file(w, s);
	return files_get(w->server->files, w->counters, job->req.where, job->req.list, w->env.now_ms, &reach->file);
}

const struct io_file *session_hot_file(const struct io_env *env, const char *path)
{
	struct worker *w = (struct worker *)(void *)((char *)env - offsetof(struct worker, env));
	struct session *s = w->current;
	struct file_entry *file = w->server->files ? files_hot(w->server->files, path, env->now_ms) : NULL;
	if (!file)
		return NULL;
	if (!session_reach(s)) {
		files_unpin(w->server->files, w->counters, file);
		return NULL;
	}
	session_close_file(w, s);
	s->reach->file = file;
	return file_of(file);
}

/* The file of a session, if it is one that can be sent. */
static const struct file_entry *sendable(const struct session *s)
{
	const struct file_entry *file = s->reach ? s->reach->file : NULL;
	return file && !file_of(file)->directory ? file : NULL;
}

void session_file_as_body(const struct session *s, struct io_req *req)
{
	const struct file_entry *file = sendable(s);
	const struct io_file *about = file ? file_of(file) : NULL;
	if (!about || !about->body || req->body_len || req->offset < 0 || req->offset > about->size ||
	    req->file_len > (size_t)(about->size - req->offset))
		return;
	req->body = about->body + req->offset;
	req->body_len = req->file_len;
	req->file_len = 0;
}

/* As sendfile(2), the way it was done before: through a buffer. The scratch buffer is free: what it held has left. */
static ssize_t copy_file(struct worker *w, struct end *end, int fd, off_t at, size_t len)
{
	const struct iovec nothing = { 0 };
	size_t sent = 0;
	while (sent < len) {
		size_t room = len - sent < w->env.scratch_len ? len - sent : w->env.scratch_len;
		ssize_t n = sys_pread(w->counters, fd, w->env.scratch, room, at + (off_t)sent);
		if (n > 0) {
			struct iovec piece = { w->env.scratch, (size_t)n };
			int more = sent + (size_t)n < len ? MSG_MORE : 0;
			n = sys_send(w->counters, end->fd, piece, nothing, w->at_once | more);
		}
		if (n <= 0)
			return sent ? (ssize_t)sent : n;
		sent += (size_t)n;
	}
	return (ssize_t)sent;
}

/* A range of memory, where it could not be made the body: the service has given one itself. */
static ssize_t send_body(struct worker *w, struct end *end, const struct io_file *about, off_t at, size_t len)
{
	const struct iovec nothing = { 0 };
	if (at >= about->size)
		return 0;
	size_t there = (size_t)(about->size - at);
	struct iovec piece = { (char *)about->body + at, len < there ? len : there };
	return sys_send(w->counters, end->fd, piece, nothing, w->at_once);
}

ssize_t session_send_file(struct worker *w, const struct session *s, struct end *end, struct job *job)
{
	size_t before_file = job->req.len + job->req.body_len, left = before_file + job->req.file_len - job->done;
	const struct file_entry *file = sendable(s);
	off_t at = job->req.offset + (off_t)(job->done - before_file);
	size_t len = left < FILE_PIECE ? left : FILE_PIECE;
	ssize_t n;
	if (!left)
		return 0;
	if (!file || at < 0)
		return -EISDIR;
	if (file_of(file)->body)
		n = send_body(w, end, file_of(file), at, len);
	else if (job->req.copy || w->at_once) /* sendfile(2) has no flags */
		n = copy_file(w, end, file_fd_of(file), at, len);
	else
		n = sys_sendfile(w->counters, end->fd, file_fd_of(file), &at, len);
	if (n <= 0)
		return n ? n : -EIO; /* it shrank: the length that was promised cannot be kept */
	job->done += (size_t)n;
	return (size_t)n == left ? 0 : -EINTR;
}
