# head.gp - terminal, title, subtitle, note and margins. Wants NAME, TERM, H, TITLE, SUBTITLE, NOTE.
#
# "butt": round ends would fill the gaps of dashes. The sizes are pixels at 96 dpi; a PNG has twice as many.
if (TERM eq "svg") {
  set terminal svg size W,H dynamic enhanced font "sans-serif,14" butt background rgb "white"
} else {
  set terminal pngcairo size 2*W,2*H enhanced font "sans,11" fontscale 2 linewidth 2 pointscale 2 butt \
    background rgb "white"
}
set output "charts/".NAME.".".TERM.".new"
set label 1 "{/:Bold*1.25 ".TITLE."}" at screen 0.02, screen 0.955 left textcolor rgb ink
set label 2 SUBTITLE at screen 0.02, screen 0.897 left textcolor rgb muted
set label 3 "{/*0.8 ".NOTE."}" at screen 0.98, 12./H right textcolor rgb "#767676"
set label 7 "{/*0.8 ".NOTE_ABOVE."}" at screen 0.98, 27./H right textcolor rgb "#767676" # what has no room there
set xlabel XLABEL textcolor rgb muted
set tmargin at screen 0.84
set bmargin at screen (strlen(NOTE_ABOVE) ? 0.20 : 0.17) # or the axis would be named in the note
set lmargin at screen 0.07
