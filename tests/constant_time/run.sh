#!/bin/bash
# Puts the subjects of waybill_constant_time to valgrind's memcheck, which takes their secrets for
# undefined: tests/constant_time/run.sh PROGRAM LOG. No branch and no address may depend on one; the
# same with comparisons that end at the first difference, and the controls, must be reported in the
# function that is meant, or the test sees nothing. One line for each in LOG, as tools/test counts.
set -u
export LC_ALL=C
program=$1 log=$2
mkdir -p "${log%/*}" && : >"$log" || exit 1
command -v valgrind >/dev/null || {
  echo "FAILED nothing was looked at: no valgrind (Debian package: valgrind)" | tee "$log"
  exit 1
}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export program work

# answer NUMBER WANTED SUBJECT [FUNCTION [OPTION]]: looks, and leaves a line in $work/NUMBER.
answer() {
  local said=$work/$1.said status ok=FAILED found
  valgrind -q --error-exitcode=9 --num-callers=30 "$program" "$3" ${5:-} >"$said" 2>&1
  status=$?
  case $2:$status in
    clean:0) ok=ok found='no branch and no address depends on a secret' ;;
    clean:9) found='something depends on a secret' ;;
    reported:9)
      found="reported, though not in $4"
      if grep -qE 'depends on uninitialised|Use of uninitialised' "$said" && grep -qF "$4" "$said"; then
        ok=ok found="reported in $4"
      fi
      ;;
    reported:0) found='not reported: this test sees nothing' ;;
    *) found="ended with status $status" ;;
  esac
  {
    printf '%-6s %-44s %s\n' $ok "$3${5:+ $5}" "$found"
    [ $ok = ok ] || sed 's/^/    /' "$said"
  } >"$work/$1"
}
export -f answer

"$program" --list | nl -w1 -s' ' -nln >"$work/list"
total=$(wc -l <"$work/list")
tr '\n' '\0' <"$work/list" | xargs -0 -P 2 -I{} bash -c 'set -f; answer $1' constant_time {}
for ((i = 1; i <= total; i++)); do
  if [ -s "$work/$i" ]; then cat "$work/$i"; else echo "FAILED subject $i was not looked at"; fi
done | tee "$log"
[ "$total" -gt 0 ] && ! grep -q '^FAILED' "$log"
