# timeline.gp - a line per server through its answers in each slice of time; marks where one was killed and came back.
#
#     gnuplot -c timeline.gp NAME svg|png FOLDER-OF-THIS-FILE   in the folder of the results
#
# The servers are alike, so they look alike; who was killed does not.
NAME = ARG1
TERM = ARG2
load ARG3."/style.gp"
load "data/".NAME.".gp"
load ARG3."/head.gp"
set rmargin at screen RIGHT
f = "data/".NAME.".csv"
set xrange [XMIN:XMAX]
set yrange [YMIN:YMAX]
set xtics @XTICS
set ytics @YTICS
unset mxtics
unset mytics
dark = "#B84A28"
array CALM[4] = ["#2C9BE6", "#0556C3", "#7FC0EE", "#128874"]
if (VICTIM > 0) {
  set arrow 1 from first KILLED, graph 0 to first KILLED, graph 1 nohead back dt (4,4) lc rgb "#666666" lw 1
  set arrow 2 from first BACK, graph 0 to first BACK, graph 1 nohead back dt (4,4) lc rgb "#666666" lw 1
  set label 4 "killed" at first KILLED, graph 0.03 right offset -0.6,0 textcolor rgb dark front
  set label 5 "back in the turn" at first BACK, graph 0.03 left offset 0.6,0 textcolor rgb dark front
}
plot for [i=1:N] f using 1:(i == VICTIM ? NaN : column(i+1)) with lines lc rgb CALM[(i-1)%4+1] lw 1.4, \
     for [i=VICTIM:VICTIM] f using 1:(i > 0 ? column(i+1) : NaN) with lines lc rgb dark lw 2.8
