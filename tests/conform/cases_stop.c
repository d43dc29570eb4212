/* cases_stop.c - SIGTERM: what has arrived is answered, then everyone gets an end. Runs last, with --stop.
 *
 *     busy   100 requests sent, one answer read        -> the other 99, the end
 *     idle   had its answer, asks no more              -> the end
 *     fresh  a request delivered, perhaps not accepted -> its answer, the end
 *
 * signal(7), listen(2): connections in the backlog are the server's, their clients know no difference. That the
 * process then ends with status 0 is for its parent to see.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "tests/conform/dialect.h"

enum { REQUESTS = 100, FRESH = 5 };

static void graceful_stop(struct probe *p)
{
	struct client *busy, *idle = NULL, *fresh[FRESH];
	if (!p->server_pid)
		story_skip(&p->story, "needs --server-pid");
	busy = dial(p);
	say_text(busy, take_copies(p, p->dialect->request, REQUESTS));
	p->dialect->hear_answer(busy); /* so all hundred have arrived */
	if (p->at_once == 0 || p->at_once > 1)
		ask(idle = dial(p));
	for (int i = 0; i < FRESH; i++) {
		fresh[i] = dial(p);
		say_text(fresh[i], p->dialect->request);
		all_delivered(fresh[i]);
	}
	STEP(p, "SIGTERM");
	if (kill(p->server_pid, SIGTERM) < 0)
		expected(p, strerrordesc_np(errno), "SIGTERM is sent");
	p->dialect->hear_last(busy, REQUESTS - 1);
	hang_up(busy); /* as who has read the end does: a server may wait some seconds for it */
	if (idle)
		hear_end(idle);
	for (int i = 0; i < FRESH; i++) {
		p->dialect->hear_last(fresh[i], 1);
		hang_up(fresh[i]);
	}
}

const struct test_case stop_cases[] = {
	{ "graceful_stop", graceful_stop, false },
	{ 0 },
};
