#!/bin/bash
# The unit files of tools/systemd are such that systemd takes them, hardening and all.
# Usage: tests/systemd.sh KDC TRIGGER WORKER: the programs that they are to start. Without
# systemd-analyze (77: skipped) nothing is known.
set -u
command -v systemd-analyze >/dev/null || { echo "systemd: no systemd-analyze here"; exit 77; }
units=$(dirname "$0")/../tools/systemd
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
most=2.0  # of `systemd-analyze security`, from 0 (safe) to 10
failed=0

for unit in "$units"/*.service; do
  name=${unit##*/}
  # A template is looked at as one of its instances.
  sed "s|/usr/bin/waybill-kdc|$1|; s|/usr/bin/waybill-trigger|$2|; s|/usr/bin/waybill-worker|$3|" \
    "$unit" >"$scratch/${name/@./@alice.}"
done
# The drop-ins are examples; each must be one that its unit can take, and they exclude one another.
for drop_in in "$units"/*.conf; do
  name=${drop_in##*/}
  unit=$scratch/${name%.conf}.service
  cp "$scratch/waybill-kdc.service" "$unit"
  mkdir "$unit.d" && cp "$drop_in" "$unit.d/"
done
for unit in "$scratch"/*.service; do
  said=$(systemd-analyze verify "$unit" 2>&1)
  if [ $? -ne 0 ] || grep -qF "${unit##*/}" <<<"$said"; then
    printf 'systemd: %s: %s\n' "${unit##*/}" "$said"
    failed=1
  fi
  exposed=$(systemd-analyze security --offline=yes --threshold=100 "$unit" 2>/dev/null |
    sed -nE 's/.*exposure level for [^:]*: ([0-9.]+).*/\1/p')
  if [ -z "$exposed" ] || awk "BEGIN {exit !($exposed > $most)}"; then
    echo "systemd: ${unit##*/} is exposed by '$exposed', and $most is the most"
    failed=1
  fi
done
[ $failed -eq 0 ] && echo "systemd: $(ls -d "$scratch"/*.service | wc -l) units are sound"
exit $failed
