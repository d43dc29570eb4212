/* load_run.c - starts the threads, waits for them or for Ctrl-C, and adds up what they have counted.
 *
 *     main     silent connections, threads |          | begin := now | wait, show progress     | merge
 *     threads                              | connect  |              | warm up, measure, drain |
 *
 * The bars are a gate: no thread asks before all are connected. The main thread sleeps in poll(2) while the
 * others work; SIGINT and SIGTERM come to it through a signalfd(2).
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_run.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "bench/load_gate.h"
#include "bench/load_idle.h"
#include "bench/load_progress.h"
#include "bench/load_slow.h"
#include "bench/load_trip.h"
#include "bench/load_worker.h"
#include "core/clock.h"
#include "core/net.h"

enum { OWN_DESCRIPTORS = 16, PER_THREAD = 2, PROGRESS_MS = 250 };

struct run {
	struct load_shared  shared; /* first: mark() gets a pointer to it */
	struct load_sources sources;
	struct load_idle    idle;
	struct load_slow    slow;
	struct load_worker *workers;
	pthread_t          *threads;
	int                 n_threads; /* that have been started */
	struct load_gate    gate;
	int                 signal_fd, done_fd;
	struct load_cpu     server[2];
	int64_t             own_cpu_ns[2], wall_ns[2];
};

static void mark_self(struct run *run, bool end)
{
	run->wall_ns[end] = clock_ns();
	run->own_cpu_ns[end] = load_cpu_own_ns();
}

/* The server is looked at last at the beginning and first at the end, closest to what is counted. */
static void mark(struct load_shared *shared, bool end)
{
	struct run *run = (struct run *)(void *)shared;
	if (!end)
		mark_self(run, end);
	if (shared->config->server_pid)
		load_cpu_of(shared->config->server_pid, &run->server[end]);
	if (end)
		mark_self(run, end);
}

static void *thread_main(void *argument)
{
	struct load_worker *w = argument;
	struct run *run = (struct run *)(void *)w->shared;
	uint64_t one = 1;
	load_worker_connect(w);
	if (!load_gate_pass(&run->gate))
		return NULL;
	load_worker_run(w);
	return write(run->done_fd, &one, sizeof one) < 0 ? w : NULL;
}

/* ---- before ---- */

/* How many connections beside its first each client may have (0: redirects are not followed); or -1. */
static int check_descriptors(const struct load_config *config, char *why, size_t size)
{
	int limit = net_raise_fd_limit(), least = config->follow ? 2 : 1;
	long others = (long)config->idle + config->dribble + config->slow_readers;
	long own = OWN_DESCRIPTORS + PER_THREAD * config->threads, left = limit - own - others;
	long wanted = (long)config->connections * least + others + own, each = left / config->connections - 1;
	if (limit < 0 || each >= LOAD_SIDES_MAX)
		each = LOAD_SIDES_MAX;
	if (limit < 0 || wanted <= limit)
		return config->follow ? (int)each : 0;
	snprintf(why, size,
		 "%d connections%s and %ld idle or slow ones need %ld descriptors, but the limit is %d: ask for "
		 "at most %ld, or raise it (ulimit -Hn, or LimitNOFILE= of the service)",
		 config->connections, least > 1 ? ", as many for redirects," : "", others, wanted, limit,
		 (limit - own) / least);
	return -1;
}

static int open_signals(struct run *run)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	run->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	run->done_fd = eventfd(0, EFD_CLOEXEC);
	return run->signal_fd < 0 || run->done_fd < 0 ? -errno : 0;
}

static int start_threads(struct run *run)
{
	const struct load_config *config = run->shared.config;
	run->workers = calloc((size_t)config->threads, sizeof *run->workers);
	run->threads = calloc((size_t)config->threads, sizeof *run->threads);
	if (!run->workers || !run->threads)
		return -ENOMEM;
	for (int i = 0; i < config->threads; i++) {
		int error = load_worker_open(&run->workers[i], &run->shared, i);
		if (error)
			return error;
	}
	for (; run->n_threads < config->threads; run->n_threads++) {
		int error = pthread_create(&run->threads[run->n_threads], NULL, thread_main,
					   &run->workers[run->n_threads]);
		if (error)
			return -error;
	}
	return 0;
}

/* ---- meanwhile ---- */

static uint64_t answers_so_far(const struct run *run)
{
	uint64_t sum = 0;
	for (int i = 0; i < run->n_threads; i++)
		sum += atomic_load_explicit(&run->workers[i].answers, memory_order_relaxed);
	return sum;
}

static void watch_run(struct run *run, struct load_result *result)
{
	struct load_progress progress;
	struct pollfd fds[] = { { .fd = run->signal_fd, .events = POLLIN },
				{ .fd = run->done_fd, .events = POLLIN } };
	bool live = load_progress_open(&progress, run->shared.config, run->shared.begin_ns);
	int64_t slow_ns = load_slow_any(&run->slow) ? run->shared.begin_ns : INT64_MAX;
	int wait_ms = slow_ns != INT64_MAX ? LOAD_SLOW_TICK_MS : live ? PROGRESS_MS : -1;
	for (uint64_t done = 0, n; done < (uint64_t)run->n_threads;) {
		bool quiet = poll(fds, 2, wait_ms) == 0;
		int64_t now = clock_ns();
		if (quiet && live && now - progress.last_ns >= PROGRESS_MS * INT64_C(1000000))
			load_progress_show(&progress, answers_so_far(run), now);
		if (now >= slow_ns) {
			load_slow_tick(&run->slow);
			slow_ns = now + LOAD_SLOW_TICK_MS * INT64_C(1000000) * 9 / 10;
		}
		if (fds[0].revents) {
			result->interrupted = true;
			atomic_store(&run->shared.stop, true);
			fds[0].fd = -1; /* once is enough; the threads see it at their next tick */
		}
		if (fds[1].revents && read(run->done_fd, &n, sizeof n) == sizeof n)
			done += n;
	}
	load_progress_close(&progress);
}

/* ---- after ---- */

static void merge(struct run *run, struct load_result *result)
{
	const struct load_config *config = run->shared.config;
	int64_t start = INT64_MAX, end = 0;
	result->record.step_s = config->timeline_step_ms / 1e3;
	for (int i = 0; i < run->n_threads; i++) {
		const struct load_worker *w = &run->workers[i];
		load_stats_merge(&result->stats, &w->stats);
		result->gave_up |= w->gave_up;
		if (w->places && load_record_add(&result->record, w->places, &w->timeline) < 0)
			result->record_lost = true;
		start = w->start_ns < start ? w->start_ns : start;
		end = w->end_ns > end ? w->end_ns : end;
		if (config->rate && w->last_answer_ns > end)
			end = w->last_answer_ns;
	}
	bool measured = atomic_load(&run->shared.n_measuring) > 0 && end > start && end != INT64_MAX;
	result->window_s = measured ? (double)(end - start) / 1e9 : -1;
	result->server = load_cpu_between(&run->server[0], &run->server[1]);
	result->client_cpu_ns = (double)(run->own_cpu_ns[1] - run->own_cpu_ns[0]);
	result->client_wall_ns = (double)(run->wall_ns[1] - run->wall_ns[0]);
}

/* Not one connection came about: better said now than after the duration. */
static bool nothing_connected(const struct run *run, char *why, size_t size)
{
	const struct load_config *config = run->shared.config;
	const struct load_stats *stats = &run->workers[0].stats;
	if (config->churn || atomic_load(&run->shared.stop))
		return false;
	for (int i = 0; i < run->n_threads; i++)
		if (run->workers[i].n_up)
			return false;
	int kind = 0;
	while (kind < LOAD_ERRORS - 1 && !stats->errors[kind])
		kind++;
	snprintf(why, size, "cannot connect to %s port %u: %s", config->host, (unsigned)config->port,
		 *stats->first[kind] ? stats->first[kind] : load_error_texts[kind]);
	return true;
}

static void join_threads(struct run *run)
{
	for (int i = 0; i < run->n_threads; i++)
		pthread_join(run->threads[i], NULL);
}

static void close_run(struct run *run)
{
	for (int i = 0; run->workers && i < run->shared.config->threads; i++)
		load_worker_close(&run->workers[i]);
	load_idle_close(&run->idle);
	load_slow_close(&run->slow);
	free(run->workers);
	free(run->threads);
	close(run->signal_fd);
	close(run->done_fd);
}

/* Better said now than after the run. */
static int check_server(const struct load_config *config, char *why, size_t size)
{
	struct load_cpu cpu;
	int error = config->server_pid ? load_cpu_of(config->server_pid, &cpu) : 0;
	if (error)
		snprintf(why, size, "cannot read the CPU time of process %d: %s", config->server_pid,
			 strerror(-error));
	return error;
}

static int prepare(struct run *run, struct load_result *result, char *why, size_t size)
{
	const struct load_config *config = run->shared.config;
	run->shared.n_sides = check_descriptors(config, why, size);
	if (run->shared.n_sides < 0 || check_server(config, why, size) < 0 ||
	    load_sources_open(&run->sources, config, why, size) < 0)
		return -1;
	int error = load_stats_open(&result->stats, config->rate > 0);
	if (!error)
		error = open_signals(run);
	if (!error)
		error = load_idle_open(&run->idle, &run->sources, config->idle, config->timeout_ms,
				       &run->shared.stop, &result->stats);
	if (!error)
		error = load_slow_open(&run->slow, &run->sources, config, &run->shared.stop, &result->stats);
	if (!error)
		error = start_threads(run);
	if (error)
		snprintf(why, size, "cannot start: %s", strerror(-error));
	return error ? -1 : 0;
}

int load_run(const struct load_config *config, struct load_result *result, char *why, size_t size)
{
	struct run run = { .shared = { .config = config, .mark = mark }, .signal_fd = -1, .done_fd = -1,
			   .gate = LOAD_GATE_SHUT };
	run.shared.sources = &run.sources;
	*result = (struct load_result){ .config = config };
	if (prepare(&run, result, why, size) < 0) {
		atomic_store(&run.shared.stop, true);
		load_gate_set(&run.gate, GATE_GO_HOME);
		join_threads(&run);
		close_run(&run);
		return -1;
	}
	load_gate_await(&run.gate, config->threads);
	bool hopeless = nothing_connected(&run, why, size);
	if (hopeless)
		atomic_store(&run.shared.stop, true);
	run.shared.begin_ns = clock_ns();
	load_gate_set(&run.gate, GATE_OPEN);
	watch_run(&run, result);
	join_threads(&run);
	result->n_idle = run.idle.n;
	result->n_dribble = run.slow.dribblers.n;
	result->n_slow = run.slow.readers.n;
	result->n_thrown_out = run.slow.n_thrown_out;
	load_idle_check(&run.idle, &result->stats);
	merge(&run, result);
	load_result_judge(result);
	close_run(&run);
	return hopeless ? -1 : 0;
}

void load_result_close(struct load_result *result)
{
	load_stats_close(&result->stats);
	load_record_close(&result->record);
}
