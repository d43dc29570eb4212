/* load_output.c - files that appear whole or not at all; see load_output.h. rename(2).
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_output.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/load_report.h"
#include "bench/load_result.h"

static void write_hist(const struct load_result *result, FILE *out)
{
	hist_write_sparse(result->stats.latency, out);
}

static void write_hist_sent(const struct load_result *result, FILE *out)
{
	hist_write_sparse(result->stats.uncorrected, out);
}

static void write_hgrm_sent(const struct load_result *result, FILE *out)
{
	hist_write_hgrm(result->stats.uncorrected, out);
}

static void write_timeline(const struct load_result *result, FILE *out)
{
	load_record_write(&result->record, out);
}

static int complain(const char *name, int error)
{
	fprintf(stderr, "load: cannot write %s: %s\n", name, strerror(error));
	return -1;
}

/* Renaming onto a device would replace it. */
static int open_one(struct load_output *output)
{
	struct stat st;
	if (stat(output->name, &st) == 0 && !S_ISREG(st.st_mode)) {
		output->out = fopen(output->name, "we");
		return output->out ? 0 : complain(output->name, errno);
	}
	if (asprintf(&output->temporary, "%s.%d.tmp", output->name, (int)getpid()) < 0) {
		output->temporary = NULL;
		return complain(output->name, ENOMEM);
	}
	output->out = fopen(output->temporary, "wxe");
	if (output->out)
		return 0;
	complain(output->name, errno);
	free(output->temporary);
	output->temporary = NULL;
	return -1;
}

int load_outputs_open(struct load_output *outputs, const struct load_config *config)
{
	static void (*const formats[])(const struct load_result *, FILE *) = {
		[LOAD_TEXT] = load_report_text, [LOAD_JSON] = load_report_json, [LOAD_CSV] = load_report_csv,
		[LOAD_HGRM] = load_report_hgrm,
	};
	const struct load_output wanted[LOAD_OUTPUTS] = {
		{ .name = config->output, .write = formats[config->format] },
		{ .name = config->hist, .write = write_hist },
		{ .name = config->hgrm, .write = load_report_hgrm },
		{ .name = config->hist_sent, .write = write_hist_sent },
		{ .name = config->hgrm_sent, .write = write_hgrm_sent },
		{ .name = config->timeline, .write = write_timeline },
	};
	memcpy(outputs, wanted, sizeof wanted);
	if (!config->output) {
		outputs[0].name = "standard output";
		outputs[0].out = stdout;
	}
	for (int i = 0; i < LOAD_OUTPUTS; i++)
		if (outputs[i].name && !outputs[i].out && open_one(&outputs[i]) < 0) {
			load_outputs_discard(outputs);
			return -1;
		}
	return 0;
}

static int finish_one(struct load_output *output)
{
	int error = ferror(output->out) ? EIO : 0;
	if (fclose(output->out) != 0)
		error = errno;
	output->out = NULL;
	if (!error && output->temporary && rename(output->temporary, output->name) < 0)
		error = errno;
	if (error && output->temporary)
		unlink(output->temporary);
	free(output->temporary);
	output->temporary = NULL;
	return error ? complain(output->name, error) : 0;
}

int load_outputs_write(struct load_output *outputs, const struct load_result *result)
{
	int error = 0;
	for (int i = 0; i < LOAD_OUTPUTS; i++) {
		if (!outputs[i].out)
			continue;
		outputs[i].write(result, outputs[i].out);
		error |= finish_one(&outputs[i]);
	}
	return error;
}

void load_outputs_discard(struct load_output *outputs)
{
	for (int i = 0; i < LOAD_OUTPUTS; i++) {
		if (outputs[i].out)
			fclose(outputs[i].out);
		if (outputs[i].temporary)
			unlink(outputs[i].temporary);
		free(outputs[i].temporary);
		outputs[i].out = NULL;
		outputs[i].temporary = NULL;
	}
}
