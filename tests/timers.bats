# timers.bats - the benchmark of the timers: what it prints for machines and for people, and what it refuses.
#
# Never how fast.
#
# SPDX-License-Identifier: MIT

load lib/common

setup() { common_setup; }
teardown() { common_teardown; }

# timers ARGUMENT...
timers() {
  run --separate-stderr timeout $((6 * PATIENCE)) "${OUT}bench/timers/timers" "$@"
  echo "status $status, printed '$output', said '$stderr'"
}

@test "bench/timers: --csv has a line for each kind and quantity" {
  timers --csv -n 10 -r 1
  [ "$status" -eq 0 ]
  [ "${lines[0]}" = "timers,kind,quantity,unit,median,min,max" ]
  for quantity in add later earlier cancel expire wait noted lazy eager memory; do
    for kind in heap wheel; do
      grep -qE "^10,$kind,$quantity,(ns|bytes),[0-9.]+,[0-9.]+,[0-9.]+\$" <<<"$output"
    done
  done
}

@test "bench/timers: the table ends in which kind the loops use" {
  timers -n 10 -r 1
  [ "$status" -eq 0 ]
  [[ ${lines[-1]} =~ ^The\ loops\ use\ the\ (heap|wheel)\.$ ]]
}

@test "bench/timers: what it refuses" {
  for wrong in "-n 5" "-r none" "word" "--nonsense"; do
    # shellcheck disable=SC2086
    timers $wrong
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [ -n "$stderr" ]
  done
}
