/* proxy_steps.c - the requests of a fetch: each sets the next one, and the step that its result belongs to; see
 * proxy_origin.c.
 *
 * SPDX-License-Identifier: MIT */
#include "proxy_session.h"

void proxy_receive(const struct http_turn *t, struct proxy_session *s, enum proxy_step step, size_t used)
{
	s->step = (uint8_t)step;
	t->next->op = IO_RECV;
	t->next->end = IO_ORIGIN;
	t->next->used = used;
	t->next->timeout_ms = proxy_config_of(t)->origin_ms;
}

/* Straight from the bytes on offer, or what stands in out. */
void proxy_pass(const struct http_turn *t, struct proxy_session *s, struct http_text bytes, size_t used)
{
	s->step = STEP_PASS;
	t->next->op = IO_SEND;
	t->next->used = used;
	t->next->buf = bytes.text;
	t->next->len = bytes.len;
	t->next->timeout_ms = http_send_ms(t);
	t->next->answers = !s->begun;
	s->begun = true;
}

/* A send of nothing: its result offers again what is left of the origin's bytes. */
void proxy_look_again(const struct http_turn *t, struct proxy_session *s)
{
	s->step = STEP_LOOK;
	t->next->op = IO_SEND;
	t->next->end = IO_ORIGIN;
	t->next->timeout_ms = proxy_config_of(t)->origin_ms;
}

void proxy_close_origin(const struct http_turn *t, struct proxy_session *s, enum proxy_step step)
{
	s->step = (uint8_t)step;
	t->next->op = IO_CLOSE;
	t->next->end = IO_ORIGIN;
}

void proxy_keep_nothing(const struct http_turn *t, struct proxy_session *s)
{
	if (s->fill)
		lru_abandon(proxy_config_of(t)->cache, s->fill);
	s->fill = NULL;
}

void proxy_fail(const struct http_turn *t, struct proxy_session *s, int status, const char *why)
{
	proxy_keep_nothing(t, s);
	s->status = (uint16_t)status;
	s->why = why;
	proxy_close_origin(t, s, STEP_FAIL);
}

void proxy_cut(const struct http_turn *t, struct proxy_session *s)
{
	proxy_keep_nothing(t, s);
	proxy_close_origin(t, s, STEP_CUT);
}
