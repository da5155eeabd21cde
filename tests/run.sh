#!/bin/bash
# Runs one Boost.Test executable once: tests/run.sh EXECUTABLE REPORTS SECONDS [OPTION...].
# REPORTS gets NAME.xml (Boost.Test's own totals) and NAME.log (every case by name, and whatever the
# tests print); of the log only what went wrong is shown. After SECONDS the executable and all that
# it started are ended.
set -u
executable=$1 reports=$2 seconds=$3
name=${executable##*/}
shift 3

# Without a sanitizer these say nothing.
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
TSAN_OPTIONS=halt_on_error=1:suppressions=$(realpath "${0%/*}")/support/tsan.supp
export TSAN_OPTIONS

if [ ! -x "$executable" ]; then  # for CTest: one of the peers', which are not part of `all`
  echo "$name is not built"
  exit 77
fi
mkdir -p "$reports"
rm -f "$reports/$name.xml"
timeout -k 10 "$seconds" "$executable" --color_output=no --catch_system_errors=no \
  --log_level=test_suite \
  --report_level=short --report_format=XML --report_sink="$reports/$name.xml" "$@" \
  </dev/null >"$reports/$name.log" 2>&1 &
trap 'kill $!; exit 130' INT TERM
{ wait $!; } 2>/dev/null  # bash would say how it ended, at length
status=$?
if [ $status -ne 0 ]; then
  grep -vE '(Entering|Leaving) test |is skipped because |^Running [0-9]* test|^$' \
    "$reports/$name.log"
  case $status in
    124) echo "$name took longer than $seconds seconds" ;;
    129 | 1[345]?) echo "$name was ended by signal $((status - 128))" ;;
  esac
fi
exit $status
