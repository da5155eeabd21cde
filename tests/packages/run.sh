#!/bin/bash
# run.sh PACKAGE.deb...: installs the packages in a fresh Debian, works with what they brought,
# upgrades them under a running KDC, removes and purges them, and looks at what is left each time.
# Then once more where systemd runs (booted.sh). As root. The first sentence that does not hold ends
# it with status 1.
set -eu
# shellcheck source=tests/packages/holds.sh
. "${0%/*}/holds.sh"

root=$(mktemp -d /var/tmp/waybill-packages.XXXXXX)
chmod 755 "$root"  # its users have to see it
kdc=
cleanup() {
  [ -z "$kdc" ] || kill "$kdc" 2>/dev/null || true
  umount "$root/proc" 2>/dev/null || true
  rm -f "$said"
  rm -rf --one-file-system "$root"
}
trap cleanup EXIT

clean=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive)
as_kdc=(setpriv --reuid=waybill-kdc --regid=waybill-kdc --clear-groups --inh-caps=-all)
inside() { chroot "$root" "${clean[@]}" "$@"; }

say "making a fresh Debian"
debootstrap --variant=minbase bookworm "$root" >"$root.log" 2>&1 || { tail -n 20 "$root.log"; exit 1; }
rm -f "$root.log"
mount -t proc proc "$root/proc"
mkdir "$root/packages" "$root/newer"
cp "$@" "$root/packages"

serve() {  # in the place of the subshell, which would be what a signal reaches
  (exec chroot "$root" "${clean[@]}" "${as_kdc[@]}" waybill-kdc serve --dir /var/lib/waybill-kdc) \
    >>"$root/kdc.log" 2>&1 &
  kdc=$!
}
stop() {
  kill "$kdc"
  wait "$kdc" || return 1
  kdc=
}
operator() { inside env HOME=/root XDG_RUNTIME_DIR=/root waybill "$@"; }

holds "they install with nothing but what they depend on" install_all packages
for daemon in kdc trigger worker; do
  holds "waybill-$daemon has a user of its own" inside getent passwd "waybill-$daemon"
  holds "whose folder is closed to others" \
    test "$(inside stat -c %a:%U "/var/lib/waybill-$daemon")" = "700:waybill-$daemon"
  holds "a unit" compgen -G "$root/usr/lib/systemd/system/waybill-$daemon*.service"
  holds "and a manual page" test -s "$root/usr/share/man/man8/waybill-$daemon.8"
  holds "and one of its settings" grep -q log_level "$root/usr/share/man/man5/waybill-$daemon.toml.5"
done
holds "bash completes the commands" test -s "$root/usr/share/bash-completion/completions/waybill"
holds "each command has a manual page" test -s "$root/usr/share/man/man1/waybill-submit.1"
# What somebody writes who verifies tickets in a program of his own.
cat >"$root/verify.cpp" <<'END'
#include "worker/verifier.h"
int main() { return waybill::SealedTicket::parse(waybill::bytes_of("no ticket")) ? 1 : 0; }
END
holds "a program is built with the library" g++ -std=c++20 -o "$root/verify" \
  "$root/verify.cpp" -I"$root/usr/include/waybill" -L"$root/usr/lib" -lwaybill -lsodium
holds "and refuses what is no ticket" "$root/verify"
holds "the KDC's user makes a realm" inside "${as_kdc[@]}" waybill-kdc init \
  --dir /var/lib/waybill-kdc --realm DEMO.TEST --listen 127.0.0.1:18088
holds "the operator takes his key" inside install -m 600 -o root -g root \
  /var/lib/waybill-kdc/operator.keytab /root/operator.keytab
holds "and what everybody needs" inside install -m 644 -o root -g root \
  /var/lib/waybill-kdc/realm.toml /etc/waybill/realm.toml
serve
holds "the realm is served to the command line" log_in
holds "that finds nothing wrong" operator doctor

for package in "$@"; do  # the same with a higher version
  rm -rf "$root/unpacked"
  dpkg-deb -R "$package" "$root/unpacked"
  sed -i 's/^Version: .*/&+1/' "$root/unpacked/DEBIAN/control"
  dpkg-deb -b "$root/unpacked" "$root/newer" >/dev/null
done
holds "they upgrade under a KDC that serves" install_all newer
holds "which goes on" log_in
holds "and ends when it is told to" stop
serve
holds "the new one has the same realm" operator admin principal show operator
holds "and ends as well" stop

names=$(cd "$root/packages" && for file in *.deb; do echo "${file%%_*}"; done)
files=$(for name in $names; do inside dpkg -L "$name"; done | sort -u)
# shellcheck disable=SC2086  # several words
holds "they are removed" inside apt-get remove -q -y $names
holds "and their data stays" test -d "$root/var/lib/waybill-kdc/store"
# shellcheck disable=SC2086
holds "they are purged" inside dpkg --purge $names
for daemon in kdc trigger worker; do
  holds "with the data of waybill-$daemon" no test -e "$root/var/lib/waybill-$daemon"
  holds "and its user" no inside getent passwd "waybill-$daemon"
done
left=$(for file in $files; do [ -d "$root$file" ] || [ ! -e "$root$file" ] || echo "$file"; done)
holds "no file of theirs is left" test -z "$left"

say "and where systemd runs"
holds "it is installed" inside apt-get install -q -y --no-install-recommends \
  systemd systemd-sysv dbus
umount "$root/proc"
"${0%/*}/booted.sh" "$root"
