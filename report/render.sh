#!/usr/bin/env bash
# render.sh - draws the charts and the page of a comparison (again).
#
#     report/render.sh results/20260131-180500-quick
#
# Reads what bench/compare.sh wrote; measures nothing. Charts appear whole or not at all: gnuplot writes
# beside the place, a rename puts them there.
#
# SPDX-License-Identifier: MIT
set -euo pipefail
export LC_ALL=C

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
summarize=${here%/*}/${MUXLAB_OUT-}report/summarize

fail() { printf 'render.sh: %s\n' "$2" >&2; exit "$1"; }

case ${1-} in
  -h | --help)
    printf 'Usage: render.sh DIR\nDraws the charts and the page of a comparison from its results.\n'
    exit 0 ;;
esac
(($# == 1)) || fail 2 'give the folder of a comparison, results/... (--help)'
[[ -f $1/results.csv ]] || fail 1 "there is no results.csv in $1"
[[ -x $summarize ]] || fail 1 "$summarize is missing: run make"
command -v gnuplot >/dev/null || fail 1 'gnuplot is missing: run make deps'

cd -- "$1"
mkdir -p charts
list=$("$summarize" data .)
while read -r name script; do
  [[ -n $name ]] || continue
  for kind in svg png; do
    # Its warnings (a font, a series without points) are of use only when it fails.
    if ! words=$(gnuplot -c "$here/$script" "$name" "$kind" "$here" </dev/null 2>&1); then
      printf '%s\n' "$words" >&2
      fail 1 "gnuplot could not draw charts/$name.$kind"
    fi
    mv -f -- "charts/$name.$kind.new" "charts/$name.$kind"
  done
done <<<"$list"
"$summarize" page .
