/* board.c - one shared mapping, and who has which place in it; see board.h. mmap(2), fork(2).
 *
 *     free_head -> berth 7 -> berth 3 -> 0     free ones are chained by `next`; never used ones follow `touched`
 *     by_pid[pid % 1024] -> berth 12 -> 0      so are those of processes: one that has ended is found by its number
 *
 * Berths are numbered from 1 here, so that memory that is all zero is a board with no one on it.
 *
 * SPDX-License-Identifier: MIT */
#include "board.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t board_size(uint32_t capacity)
{
	return sizeof(struct board) + capacity * sizeof(struct berth);
}

struct board *board_open(uint32_t capacity)
{
	struct board *b = mmap(NULL, board_size(capacity), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (b == MAP_FAILED)
		return NULL;
	b->capacity = capacity;
	return b;
}

void board_close(struct board *b)
{
	if (b)
		munmap(b, board_size(b->capacity));
}

static uint32_t place_of(const struct board *b, const struct berth *berth)
{
	return (uint32_t)(berth - b->berths) + 1;
}

struct berth *board_take(struct board *b, enum berth_use use)
{
	uint32_t place = b->free_head;
	if (!place && b->touched == b->capacity)
		return NULL;
	if (!place)
		place = ++b->touched;
	struct berth *berth = &b->berths[place - 1];
	b->free_head = berth->next;
	memset(berth, 0, sizeof *berth);
	berth->use = use;
	berth->number = b->n_workers++;
	berth->pid = getpid();
	b->n_passing += use == BERTH_PASSING;
	return berth;
}

void board_make_passing(struct board *b, struct berth *berth)
{
	b->n_passing += berth->use != BERTH_PASSING;
	berth->use = BERTH_PASSING;
}

void board_give_back(struct board *b, struct berth *berth)
{
	counters_merge(&b->gone, &berth->counters);
	b->n_passing -= berth->use == BERTH_PASSING;
	atomic_store(&berth->tid, 0);
	berth->use = BERTH_FREE;
	berth->next = b->free_head;
	b->free_head = place_of(b, berth);
}

void board_sum(const struct board *b, struct counters *sum)
{
	*sum = (struct counters){ 0 };
	counters_merge(sum, &b->gone);
	for (uint32_t i = 0; i < b->touched; i++)
		if (b->berths[i].use != BERTH_FREE)
			counters_merge(sum, &b->berths[i].counters);
}

/* ---- by process ---- */

static uint32_t *chain_of(struct board *b, pid_t pid)
{
	return &b->by_pid[(unsigned)pid % BOARD_PIDS];
}

void board_note_process(struct board *b, struct berth *berth, pid_t pid)
{
	uint32_t *head = chain_of(b, pid);
	berth->pid = pid;
	berth->next = *head;
	*head = place_of(b, berth);
}

struct berth *board_forget_process(struct board *b, pid_t pid)
{
	uint32_t *link = chain_of(b, pid);
	while (*link && b->berths[*link - 1].pid != pid)
		link = &b->berths[*link - 1].next;
	if (!*link)
		return NULL;
	struct berth *berth = &b->berths[*link - 1];
	*link = berth->next;
	berth->next = 0;
	return berth;
}
