/* zen.c - the Zen service: questions in, aphorisms out, in order.
 *
 *                +--- a whole question ---> (think) ---> answers it, and those behind it ---+
 *     receive ---+--- too long ---> says so ---> half-close, discard, close                 |
 *        ^       +--- end of file, or nothing for --idle-timeout ---> close                 |
 *        +----------------------------------------------------------------------------------+
 *
 * Any number of questions may come in one segment, and one question in any number of segments. As many answers as fit
 * the scratch buffer leave in one send; a single one is sent from where it stands, without a copy. With --think-ms each
 * question is thought about by itself: --think timer lets a loop serve others meanwhile, --think block freezes the
 * thread that runs the handler, and with a reactor that is every client.
 *
 * SPDX-License-Identifier: MIT */
#include "zen.h"

#include <errno.h>
#include <string.h>

#include "core/log.h"
#include "core/options.h"
#include "proto/zen.h"

struct zen_session {
	int64_t began_ms; /* when the question began of which a part is here; 0: none is */
	bool    refusing; /* "too long" is being sent */
};

static void receive(struct io_req *next, size_t used, int timeout_ms, bool idle)
{
	next->op = IO_RECV;
	next->used = used;
	next->idle = idle;
	next->timeout_ms = timeout_ms;
}

static void finish(struct io_req *next, bool linger)
{
	next->op = IO_DONE;
	next->linger = linger;
}

/* Between questions there is --idle-timeout for the next byte; a question has as much from its first byte to its last,
 * however slowly they come. */
static void receive_more(struct zen_session *s, const struct io_env *env, struct io_req *next, size_t space, bool idle)
{
	int timeout_ms = env->idle_timeout_ms;
	if (idle)
		s->began_ms = 0;
	else if (!s->began_ms)
		s->began_ms = env->now_ms;
	else if (timeout_ms >= 0)
		timeout_ms -= (int)(env->now_ms - s->began_ms);
	if (timeout_ms > 0 || env->idle_timeout_ms < 0)
		receive(next, space, timeout_ms, idle);
	else
		finish(next, true);
}

static void send_text(const struct io_env *env, struct io_req *next, const struct zen_text *text)
{
	next->op = IO_SEND;
	next->buf = text->text;
	next->len = text->len;
	next->stable = true;
	next->answers = 1;
	next->timeout_ms = env->idle_timeout_ms;
}

static void zen_start(void *session, const struct io_env *env, struct io_req *first)
{
	(void)session;
	receive(first, 0, env->idle_timeout_ms, true);
}

/* After the first answer: the others that stand whole in the input, as long as there is room. One more is sent as a
 * copy behind the first, so the first moves to the scratch only when it has company. */
static void answer_more(const struct io_env *env, const char *data, size_t len, struct io_req *next)
{
	size_t filled = next->len;
	while (next->used < len) {
		size_t from = next->used + zen_skip_space(data + next->used, len - next->used);
		size_t question = zen_question_len(data + from, len - from);
		if (!question || question == ZEN_TOO_LONG)
			return;
		const struct zen_text *answer = zen_answer(data + from, question);
		if (filled + answer->len > env->scratch_len)
			return;
		if (next->stable) {
			memcpy(env->scratch, next->buf, next->len);
			next->buf = env->scratch;
			next->stable = false;
		}
		memcpy(env->scratch + filled, answer->text, answer->len);
		filled += answer->len;
		next->len = filled;
		next->answers++;
		next->used = from + question;
	}
}

/* There is a whole question at `from`. */
static void answer_or_think(const struct io_env *env, const struct io_result *got, size_t from, size_t question,
			    struct io_req *next)
{
	const struct zen_config *config = env->config;
	if (config->think_ms && got->op != IO_SLEEP) {
		next->op = IO_SLEEP;
		next->timeout_ms = config->think_ms;
		next->in_place = config->think == ZEN_THINK_BLOCK;
		next->used = from; /* the question itself stays on offer */
		return;
	}
	send_text(env, next, zen_answer(got->data + from, question));
	next->used = from + question;
	if (!config->think_ms)
		answer_more(env, got->data, got->len, next);
}

static void say_goodbye(const struct io_result *got, size_t rest)
{
	char text[128];
	const char *data = got->data + got->len - rest;
	if (rest && log_debugging())
		log_debug("client sent %s but then closed", log_bytes(text, sizeof text, data, rest));
}

static void zen_resume(void *session, const struct io_env *env, const struct io_result *got, struct io_req *next)
{
	struct zen_session *s = session;
	if (got->op == IO_SEND && !got->len && !s->refusing) { /* mostly: all is answered, nothing else is here */
		receive_more(s, env, next, 0, true);
		return;
	}
	size_t from = zen_skip_space(got->data, got->len);
	size_t question = zen_question_len(got->data + from, got->len - from);
	if (s->refusing) {
		finish(next, true);
	} else if (question == ZEN_TOO_LONG || got->n == -EMSGSIZE) {
		s->refusing = true;
		send_text(env, next, &zen_too_long);
		next->used = got->len;
	} else if (question) {
		s->began_ms = 0;
		answer_or_think(env, got, from, question, next);
	} else if (got->op == IO_RECV && got->n <= 0) {
		say_goodbye(got, got->len - from);
		finish(next, got->n < 0);
	} else {
		receive_more(s, env, next, from, from == got->len);
	}
}

static const char *const think_names[] = { "timer", "block", NULL };

static const struct option_def zen_options[] = {
	{ .name = "think-ms", .arg = "N", .help = "wait N ms before each answer (0)", .set = set_int,
	  .offset = offsetof(struct zen_config, think_ms), .max = 60000 },
	{ .name = "think", .arg = "HOW", .help = "timer: others are served meanwhile; block: the thread sleeps (timer)",
	  .set = set_choice, .offset = offsetof(struct zen_config, think), .choices = think_names },
	{ 0 },
};

const struct service zen_service = {
	.contract = MUXLAB_CONTRACT,
	.name = "zen",
	.summary = "Answers questions on the Zen of Python: \"Beautiful is better than?\" \"ugly.\"",
	.port = 1060,
	.session_size = sizeof(struct zen_session),
	.max_message = ZEN_QUESTION_MAX,
	.ignores_peer = true,
	.config_size = sizeof(struct zen_config),
	.options = zen_options,
	.start = zen_start,
	.resume = zen_resume,
};
