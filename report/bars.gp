# bars.gp - a stacked bar per backend: system calls per request by kind.
#
#     gnuplot -c bars.gp NAME svg|png FOLDER-OF-THIS-FILE       in the folder of the results
#
# boxxyerror draws crisp rectangles: x, y, left, right, low, high.
NAME = ARG1
TERM = ARG2
load ARG3."/style.gp"
load "data/".NAME.".gp"
f = "data/".NAME.".csv"
N = words(KINDS)
stats f using (column("total")) name "T" nooutput
R = T_records
if (R > 7) { H = 540 + 34*(R - 7) }
load ARG3."/head.gp"
set label 1 at screen 0.02, 1 - 25./H
set label 2 at screen 0.02, 1 - 56./H
ALL = "wait recv send accept ctl spawn futex sigmask enter aio close other"
array C[12] = ["#2C9BE6","#0B7563","#C88412","#BE4AA5","#DB6E4E","#282523","#6D076D","#8C6D4F","#1F4C1D","#646213",\
               "#0556C3","#9A9A9A"]
colour(kind) = C[int(sum [i=1:words(ALL)] (word(ALL,i) eq kind ? i : 0))] # a kind has its colour wherever it is
longest = 0
do for [i=1:words(NAMES)] { longest = strlen(word(NAMES,i)) > longest ? strlen(word(NAMES,i)) : longest }
left = 0.035 + 0.0088*longest
set lmargin at screen left
set rmargin at screen 0.93
set tmargin at screen 1 - 119./H
set bmargin at screen 92./H
set border 0
unset grid
set grid xtics back lt 1 lc rgb "#E3E3E3" lw 0.8
set xrange [0:XMAX]
set yrange [R-0.4:-0.6]
set format x "%g"
set ytics scale 0 noenhanced
set style fill solid 1 noborder
part(k) = column(word(KINDS,k))
cum(k) = (k < 1 ? 0 : sum [j=1:k] part(j))
x = left
do for [k=1:N] {
  set object 20+k rect from screen x, screen 1 - 100./H to screen x+0.014, screen 1 - 88./H fc rgb colour(word(KINDS,k)) fs solid noborder front
  set label 20+k word(KINDS,k) at screen x+0.02, screen 1 - 94./H left textcolor rgb "#333333" noenhanced
  x = x + 0.045 + 0.0095*strlen(word(KINDS,k))
}
plot for [k=1:N] f using (cum(k-1)):0:(cum(k-1)):(cum(k)):($0-0.33):($0+0.33):ytic(1) with boxxyerror lc rgb colour(word(KINDS,k)), \
     f using (cum(N)):0:(sprintf("%.2f",cum(N))) with labels left offset 0.7,0 textcolor rgb "#333333", \
     for [k=1:N] f using (cum(k-1)+part(k)/2.):0:(part(k) >= 0.06*XMAX ? sprintf("%.2f",part(k)) : "") \
       with labels center textcolor rgb "white"
