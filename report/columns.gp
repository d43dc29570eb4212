# columns.gp - bars in columns: a row per backend, a column per metric, each with a scale of its own and its values.
#
#     gnuplot -c columns.gp NAME svg|png FOLDER-OF-THIS-FILE    in the folder of the results
#
# data/NAME.csv says how long each bar is, as a fraction of its column. The colour is the backend's; thin lines are the
# spread. The shares of workers, where there are any, are one bar of full length.
NAME = ARG1
TERM = ARG2
load ARG3."/style.gp"
load "data/".NAME.".gp"
load ARG3."/head.gp"
set label 1 at screen 0.02, 1 - 25./H
set label 2 at screen 0.02, 1 - 56./H
f = "data/".NAME.".csv"
N = words(NAMES)
array S[N]
do for [i=1:N] { S[i] = style_of(word(NAMES,i)) }
hue(i) = VARIANTS ? VARIANT_INK[variant(word(NAMES,i))] : HUE[base_style(word(NAMES,i))]
row(i) = strcol("backend") eq word(NAMES,i) ? column("row") : NaN
bar(k) = column(sprintf("bar%d",k))
share(s) = column(sprintf("share%d",s))
text(k) = TEXT[int((k - 1)*PER_COLUMN + column(0) + 1)]
before(s) = (s < 2 ? 0 : sum [j=1:s-1] share(j))

set tmargin at screen 1 - (HEAD - 6.)/H
set bmargin at screen 1.*FOOT/H
set border 0
unset grid
unset xtics
unset ytics
unset xlabel
set yrange [ROWS-0.4:-0.6]
set xrange [0:1]
set style fill solid 1 noborder
set multiplot
if (SHARES > 0) {
  set lmargin at screen SHARES_LEFT
  set rmargin at screen SHARES_RIGHT
  set label 5 "clients\nof each worker" at graph 0, screen 1 - (HEAD - 44.)/H left textcolor rgb muted
  # light and dark by turns, so that two shares never run into each other
  plot for [i=1:N] for [s=1:SHARES] f using (before(s)):(row(i)):(before(s)):(before(s)+share(s)):(row(i)-0.33):(row(i)+0.33) \
         with boxxyerror lc rgb hue(i) fs solid (s%2 ? 1 : 0.45) noborder, \
       f using (0):(column("row")):(strcol("backend")) with labels right offset -0.8,0 textcolor rgb "#333333" noenhanced
  unset label 1; unset label 2; unset label 3; unset label 7
}
do for [k=1:COLUMNS] {
  set lmargin at screen LEFT[k]
  set rmargin at screen RIGHT[k]
  set label 5 HEADING[k] at graph 0, screen 1 - (HEAD - 44.)/H left textcolor rgb muted
  set arrow 1 from graph 0, graph 0 to graph 0, graph 1 nohead back lc rgb "#BBBBBB" lw 1
  plot for [i=1:N] f using (0):(row(i)):(0):(bar(k)):(row(i)-0.33):(row(i)+0.33) with boxxyerror lc rgb hue(i), \
       f using (bar(k)):(column("row")):(column(sprintf("lo%d",k))):(column(sprintf("hi%d",k))) \
         with xerrorbars lc rgb "#222222" lw 1 pt -1, \
       f using (column(sprintf("hi%d",k)) >= 0 ? column(sprintf("hi%d",k)) : 0):(column("row")):(text(k)) \
         with labels left offset 0.6,0 textcolor rgb "#333333" noenhanced, \
       f using (0):(column("row")):(k == 1 && SHARES == 0 ? strcol("backend") : "") with labels right offset -0.8,0 \
         textcolor rgb "#333333" noenhanced
  unset label 1; unset label 2; unset label 3; unset label 7
}
unset multiplot
