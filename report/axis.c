/* axis.c - ranges and ticks, see layout.h.
 *
 * Ticks are 1, 2 or 5 times a power of ten, as people draw them. The x of a chart ticks where it was measured:
 * it is logarithmic when the points are, and a 0 among them is then drawn left of a break.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "layout.h"

enum { MOST_STEPS = 8 };
/* Shares of the axis: two ticks' labels would touch; from one series to the next; room at both ends. */
static const double NEAREST_TICKS = 0.045, DODGE = 0.006, MOST_DODGE = 0.03, PADDING = 0.02;

double axis_place(const struct axis *axis, double value)
{
	if (!axis->log)
		return (value - axis->lo) / (axis->hi - axis->lo);
	if (value <= 0)
		value = axis->zero > 0 ? axis->zero : axis->lo;
	return log(value / axis->lo) / log(axis->hi / axis->lo);
}

static double value_at(const struct axis *axis, double place)
{
	return axis->log ? axis->lo * pow(axis->hi / axis->lo, place)
			 : axis->lo + (axis->hi - axis->lo) * place;
}

double axis_dodge(const struct axis *axis, double x, int i, int n)
{
	double step = n > 1 ? fmin(DODGE, MOST_DODGE / (n - 1)) : 0;
	return value_at(axis, axis_place(axis, x) + step * (i - (n - 1) / 2.0));
}

static void pad(struct axis *axis)
{
	double lo = value_at(axis, -PADDING), hi = value_at(axis, 1 + PADDING);
	axis->lo = lo;
	axis->hi = hi;
}

/* The largest of 1, 2, 5 times a power of ten that is not above the value. */
static double step_below(double value)
{
	double power = pow(10, floor(log10(value) + 1e-9)), lead = value / power * (1 + 1e-9);
	return power * (lead >= 5 ? 5 : lead >= 2 ? 2 : 1);
}

static double step_after(double step)
{
	double lead = step / pow(10, floor(log10(step) + 1e-9));
	return step * (lead > 1.5 && lead < 3 ? 2.5 : 2);
}

void axis_linear(struct axis *axis, double most)
{
	*axis = (struct axis){ 0 };
	if (!(most > 0))
		most = 1;
	double step = step_below(most / MOST_STEPS);
	while (ceil(most / step * (1 - 1e-9)) > MOST_STEPS)
		step = step_after(step);
	axis->hi = step * ceil(most / step * (1 - 1e-9));
	while (axis->n_ticks * step <= axis->hi * (1 + 1e-9)) {
		axis->ticks[axis->n_ticks] = axis->n_ticks * step;
		axis->n_ticks++;
	}
}

void axis_log(struct axis *axis, double least, double most)
{
	*axis = (struct axis){ .log = true };
	axis->lo = step_below(least);
	axis->hi = axis->lo;
	while (axis->hi < most * (1 - 1e-9) || axis->hi < axis->lo * 4.99)
		axis->hi = step_after(axis->hi);
	bool decades_only = axis->hi / axis->lo > 2e4;
	for (double tick = axis->lo; tick <= axis->hi * (1 + 1e-9) && axis->n_ticks < MAX_TICKS;
	     tick = step_after(tick)) {
		double exponent = log10(tick);
		if (!decades_only || fabs(exponent - round(exponent)) < 1e-6)
			axis->ticks[axis->n_ticks++] = tick;
	}
}

static bool room_for_tick(const struct axis *axis, double x)
{
	for (int i = 0; i < axis->n_ticks; i++)
		if (fabs(axis_place(axis, axis->ticks[i]) - axis_place(axis, x)) < NEAREST_TICKS)
			return false;
	return axis->n_ticks < MAX_TICKS;
}

/* A point that most backends have gets its tick first: 1,000 before a single backend's 923. */
static void tick_measured(struct axis *axis, const struct chart *chart)
{
	for (int count = chart->n; count > 0; count--)
		for (int i = chart->n_xs; i-- > 0;)
			if (chart_count_at(chart, chart->xs[i]) == count && room_for_tick(axis, chart->xs[i]))
				axis->ticks[axis->n_ticks++] = chart->xs[i];
}

void axis_x(struct axis *axis, const struct chart *chart)
{
	double least = 0, most = 0; /* above 0 */
	bool has_zero = false;
	*axis = (struct axis){ .bytes = chart->x_unit == X_BYTES };
	for (int i = 0; i < chart->n_xs; i++) {
		if (chart_count_at(chart, chart->xs[i]) == 0)
			continue;
		has_zero |= chart->xs[i] <= 0;
		least = least > 0 || chart->xs[i] <= 0 ? least : chart->xs[i];
		most = chart->xs[i];
	}
	axis->log = least > 0 && most / least > 15;
	axis->zero = axis->log && has_zero ? least / 3.4 : 0;
	axis->lo = axis->zero > 0 ? axis->zero : has_zero ? 0 : least;
	axis->hi = most;
	if (axis->hi <= axis->lo) { /* one point only */
		axis->hi = axis->lo + 1;
		axis->lo -= 1;
	}
	pad(axis);
	tick_measured(axis, chart);
}
