# lines.gp - a line per backend through its medians, bars from lo to hi, the name at the end of the line.
#
#     gnuplot -c lines.gp NAME svg|png FOLDER-OF-THIS-FILE      in the folder of the results
#
# data/NAME.gp says what to draw and where the labels go; data/NAME.csv has the points. An open mark is a
# point where the load generator was at its limit (if it was at some points and not at all).
NAME = ARG1
TERM = ARG2
load ARG3."/style.gp"
load "data/".NAME.".gp"
load ARG3."/head.gp"
set rmargin at screen RIGHT
f = "data/".NAME.".csv"
N = words(NAMES)
array S[N]
do for [i=1:N] { S[i] = style_of(word(NAMES,i)) }

if (XLOG) { set logscale x }
if (YLOG) { set logscale y }
set xrange [XMIN:XMAX]
set yrange [YLOG ? YMIN*0.9999 : YMIN:YMAX] # else rounding may hide the tick at the end
set xtics @XTICS
set ytics @YTICS
unset mxtics
unset mytics
if (XZERO > 0) { # 0 has no place on a log axis: it stands left of a break
  at = XZERO*1.75
  set arrow 1 from first at, graph -0.015 to first at*1.07, graph 0.015 nohead front lc rgb "#666666" lw 1
  set arrow 2 from first at*1.07, graph -0.015 to first at*1.14, graph 0.015 nohead front lc rgb "#666666" lw 1
}
plot for [i=1:N] f using (pick(i,"place")):(column("median")) with lines ls S[i], \
     for [i=1:N] f using (pick(i,"place")):(column("median")):(column("lo")):(column("hi")) \
       with yerrorbars ls S[i] lw 1.2 dt 1 pt -1, \
     for [i=1:N] f using (pick(i,"place")):(column("median")) with points lc rgb "white" pt 7 ps 1.4, \
     for [i=1:N] f using (pick(i,"place")):(column("median")) with points ls S[i], \
     f using (column("place")):(SOME_BOUND && column("client_bound") > 0 ? column("median") : NaN) \
       with points lc rgb "white" pt 7 ps 0.4
