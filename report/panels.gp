# panels.gp - many lines in small multiples: a panel for each family of backends, all with the same axes.
#
#     gnuplot -c panels.gp NAME svg|png FOLDER-OF-THIS-FILE     in the folder of the results
#
# data/NAME.gp is read once for the whole (PANEL 0) and once for each panel, for its place, its lines and their names.
# The grey line is the reference, so that panels can be compared. An open mark is a point where the load generator was
# at its limit (if it was at some points and not at all).
NAME = ARG1
TERM = ARG2
load ARG3."/style.gp"
PANEL = 0
SOME_BOUND = 0
load "data/".NAME.".gp"
load ARG3."/head.gp"
set label 1 at screen 0.02, 1 - 25./H
set label 2 at screen 0.02, 1 - 56./H
f = "data/".NAME.".csv"
hgrm(name) = "data/".NAME."-".name.".hgrm"
of(name,c) = strcol("backend") eq name ? column(c) : NaN

if (XLOG || SPECTRA) { set logscale x }
if (YLOG) { set logscale y }
set xrange [XMIN:XMAX]
set yrange [YLOG ? YMIN*0.9999 : YMIN:YMAX] # else rounding may hide the tick at the end
set xtics @XTICS
set ytics @YTICS
if (SPECTRA) {
  set xrange [1:REACH]
  set xtics ("0 %%" 1, "90 %%" 10, "99 %%" 100, "99.9 %%" 1e3, "99.99 %%" 1e4, "99.999 %%" 1e5)
  set datafile separator whitespace
  set datafile commentschars "#"
  set datafile nocolumnheaders
}
unset mxtics
unset mytics
unset xlabel
set label 4 XLABEL at screen 0.5, 46./H center textcolor rgb muted
set multiplot
do for [p=1:PANELS] {
  PANEL = p
  load "data/".NAME.".gp"
  set lmargin at screen LEFT
  set rmargin at screen RIGHT
  set tmargin at screen TOP
  set bmargin at screen BOTTOM
  set label 5 "{/:Bold ".FAMILY."}" at graph 0, graph 1 offset 0,0.75 left textcolor rgb ink
  N = words(LINES)
  array S[N]
  do for [i=1:N] { S[i] = style_of(word(LINES,i)) }
  grey = (REFERENCE eq "" || strstrt(" ".LINES." ", " ".REFERENCE." ") > 0) ? "" : REFERENCE
  if (grey ne "") { set label 6 "grey: ".grey at graph 1, graph 1 offset 0,0.75 right textcolor rgb "#767676" noenhanced }
  if (SPECTRA) {
    plot for [i=1:(grey eq "" ? 0 : 1)] hgrm(grey) skip 2 using 4:1 with lines lc rgb "#C4C4C4" lw 2, \
         for [i=1:N] hgrm(word(LINES,i)) skip 2 using 4:1 with lines ls S[i]
  } else {
    plot f using (of(grey,"place")):(column("median")) with lines lc rgb "#C4C4C4" lw 2, \
         for [i=1:N] f using (of(word(LINES,i),"place")):(column("median")) with lines ls S[i], \
         for [i=1:N] f using (of(word(LINES,i),"place")):(column("median")):(column("lo")):(column("hi")) \
           with yerrorbars ls S[i] lw 1.2 dt 1 pt -1, \
         for [i=1:N] f using (of(word(LINES,i),"place")):(column("median")) with points lc rgb "white" pt 7 ps 1.3, \
         for [i=1:N] f using (of(word(LINES,i),"place")):(column("median")) with points ls S[i], \
         for [i=1:N] f using (of(word(LINES,i),"place")):(SOME_BOUND && column("client_bound") > 0 ? \
           column("median") : NaN) with points lc rgb "white" pt 7 ps 0.4
  }
  do for [i=0:LABELS-1] { unset label 100+i }
  unset label 1; unset label 2; unset label 3; unset label 7; unset label 4; unset label 6
}
unset multiplot
