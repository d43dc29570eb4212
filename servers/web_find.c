/* web_find.c - which file does a request mean, and is it there? See web_parts.h.
 *
 *     GET /a/b.html ---> http_path: "a/b.html" ---> at hand? ---yes---> web_file.c: head and content
 *                                                      |no                 ^
 *                                                   IO_OPEN ---> found ----+
 *                                                      |
 *                        404 <--- nothing there <------+------> a folder: 301 to /a/b.html/
 *
 *     GET /a/       ---> "a/index.html" ---> found: as above
 *                              |none
 *                            "a" ---> a folder: 403, or with --list web_list.c; else 404
 *
 *  - Names with a dot in front are not served and not listed (.git, .htpasswd), but /.well-known is.
 *  - What lies outside the root, may not be read, or is no file at all (a FIFO, a device) gets the same 404 as
 *    what does not exist: so an answer tells nothing about the machine.
 *  - A Location is made of the decoded and cleaned path, encoded anew: it begins with one '/' and a name, so it
 *    cannot name another host ("//evil.example"), and has no byte that ends a line.
 *
 * RFC 9110 sections 10.2.2, 15.5; RFC 8615.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>

#include "core/error.h"

#include "web_parts.h"

static const struct http_text not_found = HTTP_TEXT("The requested file was not found on this server.\n");

/* ---- what was meant, and where ---- */

static const char index_name[] = "/index.html";

struct place {
	size_t len;                 /* of the path alone */
	bool   folder;              /* a '/' stood at its end */
	char   path[WEB_PATH_MAX];  /* "" is the root */
};

/* 0, or the status to refuse it with. */
static int find_place(struct place *p, const struct http_request *r)
{
	int len = http_path(p->path, sizeof p->path - sizeof index_name, r->path, &p->folder);
	if (len < 0)
		return -len;
	p->len = (size_t)len;
	return http_path_is_hidden(p->path) ? 404 : 0;
}

/* Below the root: "a", "a/index.html", "index.html", ".". Good until the next call. */
static const char *name_of(struct place *p, enum web_look look)
{
	p->path[p->len] = '\0';
	if (look == WEB_INDEX)
		memcpy(p->path + p->len, index_name + (p->len == 0), sizeof index_name - (p->len == 0));
	return p->path[0] ? p->path : ".";
}

/* ---- looking ---- */

struct sight {
	const struct io_file *file;
	int                   error; /* -errno when there is no file */
};

/* The result of the IO_OPEN that this request has asked for, once; or a file at hand. False: it must be
 * opened. */
static bool see(struct http_turn *t, struct place *p, enum web_look look, struct sight *sight)
{
	const struct web_config *config = t->env->config;
	struct web_session *s = web_session_of(t);
	*sight = (struct sight){ NULL, 0 };
	if (s->doing == WEB_OPENING) {
		s->doing = WEB_NOTHING;
		*sight = (struct sight){ t->got->file, t->got->n < 0 ? (int)t->got->n : 0 };
		return true;
	}
	if (t->env->hot_file && !(look == WEB_FOLDER && config->list)) /* names are not kept at hand */
		sight->file = t->env->hot_file(t->env, name_of(p, look));
	return sight->file;
}

/* The name goes into the scratch buffer: there it outlives this turn. */
static enum http_did open_it(struct http_turn *t, struct place *p, enum web_look look)
{
	const struct web_config *config = t->env->config;
	struct web_session *s = web_session_of(t);
	if (t->out.len)
		return HTTP_FULL;
	s->doing = WEB_OPENING;
	s->look = (uint8_t)look;
	t->next->op = IO_OPEN;
	t->next->used = t->used;
	t->next->where = strcpy(t->out.data, name_of(p, look));
	t->next->list = look == WEB_FOLDER && config->list;
	return HTTP_LEADS;
}

/* ---- what is seen ---- */

static enum http_did refuse(struct http_turn *t, const struct http_request *r, int status)
{
	switch (status) {
	case 404:
		return web_say(t, r, 404, NULL, not_found);
	case 403:
		return web_say(t, r, 403, NULL, HTTP_TEXT("The names in this folder are not shown.\n"));
	case 414:
		return web_say(t, r, 414, NULL, HTTP_TEXT("No name of a file is as long as this.\n"));
	case 503:
		return web_say(t, r, 503, "Retry-After: 1\r\n",
			       HTTP_TEXT("The server is short of memory or descriptors.\n"));
	case 400:
		return web_say(t, r, 400, NULL, HTTP_TEXT("This path is malformed or leaves the root.\n"));
	default:
		return web_say(t, r, 500, NULL, HTTP_TEXT("The file could not be read.\n"));
	}
}

static int status_of(int error)
{
	if (error_kind(error) == ERROR_TIRED || error == -EAGAIN)
		return 503;
	if (error == -EIO)
		return 500;
	return 404; /* ENOENT, ENOTDIR, EXDEV, ELOOP, EACCES, ENAMETOOLONG, ...: for us there is no such file */
}

/* "a" is a folder, so relative links in it would be taken for the root's: "a/" is its name. */
static enum http_did redirect(struct http_turn *t, const struct http_request *r, const struct place *p)
{
	char lines[WEB_LINES_MAX];
	struct http_out out = { .data = lines, .size = sizeof lines };
	HTTP_PUT(&out, "Location: /");
	http_put_encoded(&out, (struct http_text){ p->path, p->len });
	HTTP_PUT(&out, "/");
	if (r->query.text) { /* printable ASCII, as it came: http_request.c */
		HTTP_PUT(&out, "?");
		http_put(&out, r->query.text, r->query.len);
	}
	http_put(&out, "\r\n", sizeof "\r\n");
	if (out.full)
		return refuse(t, r, 414);
	return web_say(t, r, 301, lines, HTTP_TEXT("This is a folder: see Location.\n"));
}

static enum http_did answer_folder(struct http_turn *t, const struct http_request *r, struct place *p,
				   enum web_look look, const struct io_file *folder)
{
	if (look == WEB_FILE && p->len)
		return redirect(t, r, p);
	p->path[p->len] = '\0';
	return folder->body ? web_answer_list(t, r, folder, p->path) : refuse(t, r, 403);
}

static bool no_index(const struct sight *sight)
{
	return sight->file ? sight->file->directory : sight->error == -ENOENT;
}

enum http_did web_answer_path(struct http_turn *t, const struct http_request *r)
{
	struct place p;
	struct sight sight;
	struct web_session *s = web_session_of(t);
	int status = find_place(&p, r);
	if (status)
		return refuse(t, r, status);
	enum web_look look = s->doing == WEB_OPENING ? s->look : p.folder ? WEB_INDEX : WEB_FILE;
	bool seen = see(t, &p, look, &sight);
	if (seen && look == WEB_INDEX && no_index(&sight)) {
		look = WEB_FOLDER;
		seen = see(t, &p, look, &sight);
	}
	if (!seen)
		return open_it(t, &p, look);
	if (!sight.file)
		return refuse(t, r, status_of(sight.error));
	if (sight.file->directory)
		return answer_folder(t, r, &p, look, sight.file);
	if (look == WEB_FOLDER)
		return refuse(t, r, 404); /* it was a folder a moment ago */
	return web_answer_file(t, r, sight.file, name_of(&p, look));
}
