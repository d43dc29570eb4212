# style.gp - the house style, loaded first by every chart (gnuplot 5.4 or newer).
#
# One colour, dash and mark per backend in every chart. The hue is the family: warm scans, blue is told,
# purple is threads, black is processes, brown hands over, green completes. Dash and mark repeat the distinction, so that grey
# printing works. Contrast with white is 3:1 or more for lines and 4.5:1 for text; the first
# ten colours stay apart for colour-blind readers, too.
reset
set encoding utf8
set datafile separator comma
set datafile columnheaders
set datafile missing NaN
set minussign

KNOWN = "select poll epoll_lt epoll_et thread prethread prefork io_uring posix_aio plugin iterative ".\
        "thread_queue fork sigio coroutine half_sync sim_proactor leader_followers"
array HUE[20] = ["#DB6E4E","#C88412","#2C9BE6","#0556C3","#BE4AA5","#6D076D","#282523","#128874",\
                 "#1F4C1D","#646213","#808080","#6D076D","#282523","#2C9BE6","#0556C3","#9C6B3F",\
                 "#6B4423","#B5835A","#646213","#646213"]
set style line  1 lc rgb HUE[1] lw 2.2 dt 1     pt 5  ps 0.8 # select
set style line  2 lc rgb HUE[2] lw 2.2 dt (7,4) pt 7  ps 0.8 # poll
set style line  3 lc rgb HUE[3] lw 2.2 dt 1     pt 9  ps 0.9 # epoll_lt
set style line  4 lc rgb HUE[4] lw 2.2 dt (7,4) pt 11 ps 0.9 # epoll_et
set style line  5 lc rgb HUE[5] lw 2.2 dt 1     pt 13 ps 1.0 # thread
set style line  6 lc rgb HUE[6] lw 2.2 dt (7,4) pt 4  ps 0.8 # prethread
set style line  7 lc rgb HUE[7] lw 2.2 dt (2,3) pt 6  ps 0.8 # prefork
set style line  8 lc rgb HUE[8] lw 2.6 dt 1     pt 15 ps 0.9 # io_uring
set style line  9 lc rgb HUE[9] lw 2.2 dt (7,4) pt 14 ps 0.8 # posix_aio
set style line 10 lc rgb HUE[10] lw 2.2 dt (2,3) pt 8  ps 0.9 # a plug-in
set style line 11 lc rgb HUE[11] lw 2.2 dt 1     pt 3  ps 0.8 # iterative
set style line 12 lc rgb HUE[12] lw 2.2 dt (2,3) pt 12 ps 0.9 # thread_queue
set style line 13 lc rgb HUE[13] lw 2.2 dt (7,4) pt 7  ps 0.8 # fork
set style line 14 lc rgb HUE[14] lw 2.2 dt (2,3) pt 5  ps 0.8 # sigio
set style line 15 lc rgb HUE[15] lw 2.2 dt (2,3) pt 13 ps 0.9 # coroutine
set style line 16 lc rgb HUE[16] lw 2.2 dt (7,4) pt 9  ps 0.9 # half_sync
set style line 17 lc rgb HUE[17] lw 2.2 dt (7,4) pt 11 ps 0.9 # sim_proactor
set style line 18 lc rgb HUE[18] lw 2.2 dt (2,3) pt 5  ps 0.8 # leader_followers
set style line 19 lc rgb HUE[19] lw 2.2 dt 1     pt 10 ps 0.9 # a second plug-in
set style line 20 lc rgb HUE[20] lw 2.2 dt (7,4) pt 12 ps 0.9 # a third
array INK[20] = ["#B84A28","#8F5A00","#0A6EB4","#0556C3","#A8348F","#6D076D","#282523","#0B7563","#1F4C1D",\
                 "#5A5810","#666666","#6D076D","#282523","#0A6EB4","#0556C3","#80552F","#6B4423","#8A5E38",\
                 "#5A5810","#5A5810"]
array PLUGIN[3] = [10, 19, 20]
# backend/variant: the backend's colour, and a dash and a mark of the variant's: the first is line 101 ... 120.
do for [b=1:20] {
  set style line 100+b lc rgb HUE[b] lw 2.2 dt 1     pt 7 ps 0.8
  set style line 200+b lc rgb HUE[b] lw 2.2 dt (7,4) pt 6 ps 0.9
  set style line 300+b lc rgb HUE[b] lw 2.2 dt (2,3) pt 5 ps 0.8
  set style line 400+b lc rgb HUE[b] lw 2.2 dt (9,3,2,3) pt 4 ps 0.8
}
# Variants of one backend: colours apart from each other, in no family.
VARIANTS = 0
set style line 61 lc rgb "#128874" lw 2.4 dt 1     pt 7  ps 0.9
set style line 62 lc rgb "#C88412" lw 2.4 dt (7,4) pt 5  ps 0.8
set style line 63 lc rgb "#6D076D" lw 2.4 dt (2,3) pt 9  ps 0.9
set style line 64 lc rgb "#282523" lw 2.4 dt (9,3,2,3) pt 13 ps 1.0
set style line 65 lc rgb "#DB6E4E" lw 2.4 dt 1     pt 11 ps 0.9
set style line 66 lc rgb "#0556C3" lw 2.4 dt (7,4) pt 6  ps 0.9
array VARIANT_INK[6] = ["#0B7563","#8F5A00","#6D076D","#282523","#B84A28","#0556C3"]

# What is not known is a plug-in: the first, second or third of those in NAMES, which a chart sets.
base(name) = strstrt(name,"/") > 1 ? name[1:strstrt(name,"/")-1] : name
known(name) = int(sum [i=1:words(KNOWN)] (word(KNOWN,i) eq name ? i : 0))
place(name) = int(sum [i=1:words(NAMES)] (word(NAMES,i) eq name ? i : 0))
rank(name) = int(sum [i=1:place(name)] (known(base(word(NAMES,i))) == 0))
of_base(name) = int(sum [i=1:place(name)] (base(word(NAMES,i)) eq base(name) ? 1 : 0))
base_style(name) = known(base(name)) > 0 ? known(base(name)) : PLUGIN[(rank(name) - 1) % 3 + 1]
variant(name) = (place(name) - 1) % 6 + 1
style_of(name) = VARIANTS ? 60 + variant(name) : base_style(name) + \
                 (base(name) eq name ? 0 : 100*((of_base(name) - 1) % 4 + 1))
ink_of(name) = VARIANTS ? VARIANT_INK[variant(name)] : INK[base_style(name)]
pick(i,c) = strcol("backend") eq word(NAMES,i) ? column(c) : NaN

set border 3 back lc rgb "#666666" lw 1
set tics nomirror out scale 0.6,0.3 textcolor rgb "#333333"
set grid ytics back lt 1 lc rgb "#E3E3E3" lw 0.8
set key off
set bars small
set clip two
ink   = "#222222"
muted = "#595959"
W = 900
H = 540
