/* test_board.c - who has which place on the board, and where counts go.
 *
 * SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "core/board.h"

enum { N = 8 };

static void gives_each_a_place_until_all_are_taken(void)
{
	struct board *b = board_open(N);
	struct berth *taken[N];
	for (unsigned i = 0; i < N; i++) {
		taken[i] = board_take(b, BERTH_CREW);
		CHECK(taken[i] == &b->berths[i]);
		CHECK_INT(taken[i]->number, i);
		CHECK_INT((long long)((uintptr_t)taken[i] % 64), 0);
	}
	CHECK(board_take(b, BERTH_PASSING) == NULL);
	board_give_back(b, taken[3]);
	CHECK(board_take(b, BERTH_PASSING) == taken[3]);
	CHECK_INT(taken[3]->number, N); /* another worker, so another number */
	CHECK(board_take(b, BERTH_PASSING) == NULL);
	board_close(b);
}

static void counts_of_those_who_left_stay_in_the_sum(void)
{
	struct board *b = board_open(N);
	struct counters sum;
	struct berth *here = board_take(b, BERTH_CREW), *gone = board_take(b, BERTH_PASSING);
	count_add(&here->counters, COUNT_RECV, 5);
	count_add(&gone->counters, COUNT_RECV, 7);
	board_sum(b, &sum);
	CHECK_INT((long long)count_get(&sum, COUNT_RECV), 12);
	CHECK_INT(b->n_passing, 1);
	board_give_back(b, gone);
	CHECK_INT(b->n_passing, 0);
	board_sum(b, &sum);
	CHECK_INT((long long)count_get(&sum, COUNT_RECV), 12);
	gone = board_take(b, BERTH_PASSING); /* the same place, and it begins at 0 */
	count_add(&gone->counters, COUNT_RECV, 1);
	board_sum(b, &sum);
	CHECK_INT((long long)count_get(&sum, COUNT_RECV), 13);
	board_close(b);
}

static void who_becomes_passing_is_counted_once(void)
{
	struct board *b = board_open(N);
	struct berth *berth = board_take(b, BERTH_CREW);
	board_make_passing(b, berth);
	board_make_passing(b, berth);
	CHECK_INT(b->n_passing, 1);
	board_give_back(b, berth);
	CHECK_INT(b->n_passing, 0);
	board_close(b);
}

/* Numbers that fall into the same chain, forgotten in every order. */
static void processes_are_found_by_their_number(void)
{
	struct board *b = board_open(N);
	struct berth *berths[3];
	static const int orders[][3] = { { 0, 1, 2 }, { 2, 1, 0 }, { 1, 0, 2 }, { 1, 2, 0 } };
	for (unsigned o = 0; o < sizeof orders / sizeof *orders; o++) {
		for (int i = 0; i < 3; i++) {
			berths[i] = board_take(b, BERTH_PASSING);
			board_note_process(b, berths[i], 100 + i * BOARD_PIDS);
		}
		CHECK(board_forget_process(b, 100 + 3 * BOARD_PIDS) == NULL);
		for (int i = 0; i < 3; i++) {
			int which = orders[o][i];
			CHECK(board_forget_process(b, 100 + which * BOARD_PIDS) == berths[which]);
			CHECK(board_forget_process(b, 100 + which * BOARD_PIDS) == NULL);
			board_give_back(b, berths[which]);
		}
	}
	board_close(b);
}

static void a_process_that_is_forked_counts_on_the_same_board(void)
{
	struct board *b = board_open(N);
	struct berth *berth = board_take(b, BERTH_CREW);
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		count_add(&berth->counters, COUNT_ANSWERS, 42);
		atomic_store(&b->phase, 1);
		_exit(0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT((long long)count_get(&berth->counters, COUNT_ANSWERS), 42);
	CHECK_INT(atomic_load(&b->phase), 1);
	board_close(b);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(gives_each_a_place_until_all_are_taken),
		TEST(counts_of_those_who_left_stay_in_the_sum),
		TEST(who_becomes_passing_is_counted_once),
		TEST(processes_are_found_by_their_number),
		TEST(a_process_that_is_forked_counts_on_the_same_board),
		{ 0 },
	};
	return run_tests(tests);
}
