/* layout.c - where things go on a chart of lines, see layout.h.
 *
 * A line that reaches the right end has its name beside it; names there are pushed apart. A line that ends
 * earlier has its name at its end, in the place around it that covers the least of lines and of other names.
 *
 * SPDX-License-Identifier: MIT */
#include "layout.h"

#include <math.h>
#include <string.h>

/* Pixels. Margins as in head.gp. */
static const double CHARACTER = 7.9, LINE = 19, MARK = 5;
static const struct frame whole = { .left = 0.07, .bottom = 0.17, .top = 0.84, .height = PICTURE_HEIGHT };

struct box {
	double left, right, low, high;
};

static double plot_width(const struct layout *l)
{
	return PICTURE_WIDTH * (l->frame.right - l->frame.left);
}

static double plot_height(const struct layout *l)
{
	return l->frame.height * (l->frame.top - l->frame.bottom);
}

/* ---- names at the right ---- */

static void sort_by_height(struct label **labels, int n)
{
	for (int i = 1; i < n; i++)
		for (int j = i; j > 0 && labels[j]->y > labels[j - 1]->y; j--) {
			struct label *higher = labels[j];
			labels[j] = labels[j - 1];
			labels[j - 1] = higher;
		}
}

/* Moves names as little as possible, in sum of squares, so that each is `gap` below the one before: names that
 * would touch form a block around the middle of the places that they want. */
static void spread(struct label **labels, int n, double gap)
{
	double middle[MAX_SERIES]; /* of each block; a name's place in it is taken off first, so that all are
				      alike */
	int size[MAX_SERIES], blocks = 0, i = 0;
	for (int k = 0; k < n; k++) {
		middle[blocks] = labels[k]->y + k * gap;
		size[blocks++] = 1;
		for (; blocks > 1 && middle[blocks - 1] > middle[blocks - 2]; blocks--) {
			int both = size[blocks - 2] + size[blocks - 1];
			middle[blocks - 2] = (middle[blocks - 2] * size[blocks - 2] +
					      middle[blocks - 1] * size[blocks - 1]) /
					     both;
			size[blocks - 2] = both;
		}
	}
	for (int b = 0; b < blocks; b++)
		for (int k = 0; k < size[b]; k++, i++)
			labels[i]->y = middle[b] - i * gap;
}

static void push_apart(struct layout *l)
{
	struct label *labels[MAX_SERIES];
	int n = 0;
	for (int i = 0; i < l->n_labels; i++)
		if (l->labels[i].outside)
			labels[n++] = &l->labels[i];
	double gap = LINE / plot_height(l);
	if (n > 1 && gap * (n - 1) > 1)
		gap = 1.0 / (n - 1);
	sort_by_height(labels, n);
	spread(labels, n, gap);
	for (int i = 0; i < n; i++) /* inside the plot: each leaves room for those above and below */
		labels[i]->y = fmax(gap * (n - 1 - i), fmin(1 - gap * i, labels[i]->y));
}

/* ---- names inside ---- */

static struct box label_box(const struct layout *l, const struct label *label)
{
	double width = CHARACTER * (double)strlen(label->text) / plot_width(l), height = LINE / plot_height(l);
	double left = label->x - (label->align == 'r' ? width : label->align == 'c' ? width / 2 : 0);
	return (struct box){ left, left + width, label->y - height / 2, label->y + height / 2 };
}

static bool inside(const struct box *box, double x, double y)
{
	return x > box->left && x < box->right && y > box->low && y < box->high;
}

/* How many of a straight line's points, taken closely, the box covers. */
static int covered(const struct box *box, double ax, double ay, double bx, double by)
{
	enum { PIECES = 60 };
	int n = 0;
	for (int k = 0; k <= PIECES; k++)
		n += inside(box, ax + (bx - ax) * k / PIECES, ay + (by - ay) * k / PIECES);
	return n;
}

/* The same for a series: the lines between its points, the bars, and the marks, which are worth more. */
static int covered_of(const struct layout *l, const struct chart *chart, int number, const struct box *box)
{
	const struct series *series = &chart->series[number];
	const double mark_x = MARK / plot_width(l), mark_y = MARK / plot_height(l);
	const struct box with_marks = { box->left - mark_x, box->right + mark_x, box->low - mark_y,
					box->high + mark_y };
	double before_x = 0, before_y = 0;
	int n = 0;
	bool first = true;
	for (int i = 0; i < series->n; i++) {
		const struct summary *value = &series->points[i].y;
		if (value->n == 0)
			continue;
		double x = axis_place(&l->x, axis_dodge(&l->x, series->points[i].x, number, chart->n));
		double y = axis_place(&l->y, value->median);
		n += covered(box, x, axis_place(&l->y, value->lo), x, axis_place(&l->y, value->hi));
		n += first ? 0 : covered(box, before_x, before_y, x, y);
		n += inside(&with_marks, x, y) ? 30 : 0;
		before_x = x;
		before_y = y;
		first = false;
	}
	return n;
}

static double overlap(const struct box *a, const struct box *b)
{
	double width = fmin(a->right, b->right) - fmax(a->left, b->left);
	double height = fmin(a->high, b->high) - fmax(a->low, b->low);
	return width > 0 && height > 0 ? 1000 * (width + height) : 0;
}

/* `self` is the label's place in the list: it does not overlap itself. */
static double cost(const struct layout *l, const struct chart *chart, const struct label *label, int self)
{
	struct box box = label_box(l, label);
	double sum =
		1e4 * (fmax(0, -box.left) + fmax(0, box.right - 1) + fmax(0, -box.low) + fmax(0, box.high - 1));
	for (int i = 0; i < chart->n; i++)
		sum += covered_of(l, chart, i, &box);
	for (int i = 0; i < l->n_labels; i++) {
		struct box other = label_box(l, &l->labels[i]);
		if (i != self && !l->labels[i].outside)
			sum += overlap(&box, &other);
	}
	return sum;
}

/* The label's x, y are the line's end; afterwards they are the text's. */
static void place_inside(struct layout *l, const struct chart *chart, int self)
{
	static const struct {
		double dx, dy;
		char align;
	} tries[] = {
		{ 0, 16, 'c' },	  { 0, -18, 'c' }, { 8, 14, 'l' },   { 8, -16, 'l' },  { -8, 14, 'r' },
		{ -8, -16, 'r' }, { 12, 0, 'l' },  { 0, 34, 'c' },   { 0, -36, 'c' },  { 8, 32, 'l' },
		{ 8, -34, 'l' },  { -8, 32, 'r' }, { -8, -34, 'r' }, { 0, 52, 'c' },   { 0, -54, 'c' },
		{ 8, 52, 'l' },	  { 8, -54, 'l' }, { -8, 52, 'r' },  { -8, -54, 'r' }, { 28, 0, 'l' },
	};
	struct label best = l->labels[self];
	double least = INFINITY;
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
		struct label attempt = l->labels[self];
		attempt.x += tries[i].dx / plot_width(l);
		attempt.y += tries[i].dy / plot_height(l);
		attempt.align = tries[i].align;
		double now = cost(l, chart, &attempt, self);
		if (now < least) {
			least = now;
			best = attempt;
		}
	}
	l->labels[self] = best;
}

/* ---- all ---- */

static void add_label(struct layout *l, const struct series *series, double last_x, const char *end)
{
	const struct point *last = series_last(series);
	if (!last)
		return;
	struct label *label = &l->labels[l->n_labels++];
	*label = (struct label){ .backend = series->backend, .align = 'l', .outside = last->x >= last_x };
	label->x = axis_place(&l->x, last->x);
	label->y = axis_place(&l->y, last->y.median);
	if (label->outside || !end)
		snprintf(label->text, sizeof label->text, "%s", series->backend);
	else
		snprintf(label->text, sizeof label->text, "%s: %s", series->backend, end);
}

static double measured_to(const struct chart *chart)
{
	double x = 0;
	for (int i = 0; i < chart->n; i++) {
		const struct point *last = series_last(&chart->series[i]);
		x = last ? fmax(x, last->x) : x;
	}
	return x;
}

static void value_axis(struct axis *axis, const struct chart *chart, bool log_y)
{
	double least = INFINITY, most = 0;
	for (int i = 0; i < chart->n; i++)
		for (int j = 0; j < chart->series[i].n; j++) {
			const struct summary *y = &chart->series[i].points[j].y;
			if (y->n == 0)
				continue;
			least = fmin(least, y->lo);
			most = fmax(most, y->hi);
		}
	if (log_y && least > 0 && most > 0)
		axis_log(axis, least, most);
	else
		axis_linear(axis, most);
}

static double right_margin(const struct layout *l)
{
	size_t longest = 0;
	for (int i = 0; i < l->n_labels; i++)
		if (l->labels[i].outside && strlen(l->labels[i].text) > longest)
			longest = strlen(l->labels[i].text);
	return 1 - fmin(0.3, (CHARACTER * (double)longest + 42) / PICTURE_WIDTH);
}

void layout_axes(struct layout *l, const struct chart *chart, bool log_y)
{
	memset(l, 0, sizeof *l);
	l->frame = whole;
	axis_x(&l->x, chart);
	value_axis(&l->y, chart, log_y);
}

static void add_labels(struct layout *l, const struct chart *chart, const char *const *ends, int named)
{
	double last_x = measured_to(chart);
	l->n_labels = 0;
	for (int i = 0; i < named; i++)
		add_label(l, &chart->series[i], last_x, ends ? ends[i] : NULL);
}

static void place_labels(struct layout *l, const struct chart *chart)
{
	push_apart(l);
	for (int i = 0; i < l->n_labels; i++)
		if (!l->labels[i].outside)
			place_inside(l, chart, i);
}

void layout_labels(struct layout *l, const struct chart *chart, const char *const *ends, int named)
{
	add_labels(l, chart, ends, named);
	place_labels(l, chart);
}

void layout_lines(struct layout *l, const struct chart *chart, bool log_y, const char *const *ends)
{
	layout_axes(l, chart, log_y);
	add_labels(l, chart, ends, chart->n);
	l->frame.right = right_margin(l);
	place_labels(l, chart);
}
