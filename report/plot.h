/* plot.h - what the gnuplot scripts read: for each figure DIR/data/NAME.csv and DIR/data/NAME.gp. */
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include "figure.h"

/* The script that draws the figure: "lines.gp". */
const char *plot_script(const struct figure *);

/* Writes the figure's files. 1; 0: there is nothing to draw; or -errno. */
int plot_write(const struct figure *, const struct results *);

#endif
