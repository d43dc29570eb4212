# spectrum.gp - response time by percentile, a line per backend from data/NAME-BACKEND.hgrm.
#
#     gnuplot -c spectrum.gp NAME svg|png FOLDER-OF-THIS-FILE   in the folder of the results
#
# The axis is 1/(1-percentile), the fourth column of an .hgrm file: each factor of ten is one more nine.
NAME = ARG1
TERM = ARG2
load ARG3."/style.gp"
load "data/".NAME.".gp"
load ARG3."/head.gp"
set rmargin at screen RIGHT
set datafile separator whitespace
set datafile commentschars "#"
set datafile nocolumnheaders
N = words(NAMES)
array S[N]
do for [i=1:N] { S[i] = style_of(word(NAMES,i)) }
set logscale xy
set xrange [1:REACH]
set yrange [YLOG ? YMIN*0.9999 : YMIN:YMAX] # else rounding may hide the tick at the end
set xtics ("0 %%" 1, "50 %%" 2, "90 %%" 10, "99 %%" 100, "99.9 %%" 1e3, "99.99 %%" 1e4, "99.999 %%" 1e5, \
           "99.9999 %%" 1e6)
set ytics @YTICS
unset mxtics
unset mytics
set grid xtics ytics
plot for [i=1:N] "data/".NAME."-".word(NAMES,i).".hgrm" skip 2 using 4:1 with lines ls S[i]
