#!/bin/bash
# booted.sh ROOT: boots the Debian in ROOT, which has the packages in ROOT/packages and those that
# they depend on but not ours, with a systemd of its own (systemd-nspawn, without a network), and
# looks at what the units do there. As root. The first sentence that does not hold ends it with
# status 1.
set -eu
root=$1
# shellcheck source=tests/packages/holds.sh
. "${0%/*}/holds.sh"

machine=
init=
end() {
  rm -f "$said"
  [ -z "$machine" ] || { kill "$machine" && wait "$machine"; } 2>/dev/null || true
}
trap end EXIT

# What a shell in that machine would do.
inside() {
  nsenter --target "$init" --mount --uts --ipc --pid --net --cgroup --root --wd -- \
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root \
    DEBIAN_FRONTEND=noninteractive "$@"
}
is_up() { [ "$(inside systemctl is-system-running 2>/dev/null)" = running ]; }
find_init() {
  init=$(pgrep -P "$machine" -x systemd) || return 1
}

boot() {
  # Without a network nothing that runs here is in its way. nspawn itself forbids to lock memory.
  systemd-nspawn --quiet --directory="$root" --boot --register=no --keep-unit --private-network \
    --console=read-only --system-call-filter=@memlock </dev/null >"$root/console" 2>&1 &
  machine=$!
  soon 30 find_init && soon 60 is_up
}

property() { inside systemctl show --value --property "$2" "$1"; }
processes() {
  local unit
  for unit in waybill-kdc waybill-trigger waybill-worker@alice; do property "$unit" MainPID; done
}
is() { [ "$(property "$1" "$2")" = "$3" ]; }  # UNIT PROPERTY VALUE
journal_has() { inside journalctl --no-pager -o cat -u "$1" | grep -q -- "$2"; }
process_has() { grep -q "^$2$" "$root/proc-of-$1"; }
operator() { inside waybill "$@"; }
# set_line FILE LINE: in the place of that key's, or at the end.
set_line() { inside sed -i "/^#* *${2%% *} =/d; \$a $2" "$1"; }
make_realm() {
  inside runuser -u waybill-kdc -- waybill-kdc init --dir /var/lib/waybill-kdc --realm DEMO.TEST \
    --listen 127.0.0.1:18088 &&
    set_line /var/lib/waybill-kdc/kdc.toml 'admin_socket = "admin.sock"' &&
    inside install -m 600 /var/lib/waybill-kdc/operator.keytab /root/operator.keytab &&
    inside install -m 644 /var/lib/waybill-kdc/realm.toml /etc/waybill/realm.toml
}

fill_realm() {
  local name
  for name in queue-alice trigger/orders carol; do
    inside waybill keygen --principal "$name" --out "/etc/waybill/${name#*[-/]}.keytab" || return 1
  done
  operator admin principal add carol --keytab /etc/waybill/carol.keytab &&
    operator admin queue add queue-alice --owner alice --keytab /etc/waybill/alice.keytab &&
    operator admin principal add trigger/orders --service --keytab /etc/waybill/orders.keytab &&
    operator admin grant add --subject carol --queue queue-alice --workflow 'invoice-*' \
      --action invoice:read --max-run 1h &&
    operator admin grant add --trigger trigger/orders --queue 'queue-*'
}

settings() {
  printf '#!/bin/sh\nsort\n' >"$root/usr/local/bin/make-report"
  chmod 755 "$root/usr/local/bin/make-report"
  inside chown waybill-worker: /etc/waybill/alice.keytab
  inside chown waybill-trigger: /etc/waybill/orders.keytab
  sed 's/"trigger.keytab"/"orders.keytab"/' tools/examples/trigger.toml \
    >"$root/etc/waybill/trigger.toml"
  cp tools/examples/worker.toml "$root/etc/waybill/worker-alice.toml"
}

job() {
  printf 'two\none\n' >"$root/root/input"
  inside env XDG_RUNTIME_DIR=/root/carol waybill init -k -t /etc/waybill/carol.keytab carol &&
    inside env XDG_RUNTIME_DIR=/root/carol waybill submit invoice-report --queue queue-alice \
      --action invoice:read --input /root/input --wait | grep -A1 -x one | grep -qx two
}

holds "a machine with systemd boots" boot
holds "the packages install while it runs" install_all packages
holds "nothing is started by that" no inside systemctl --quiet is-active waybill-kdc
holds "a KDC without a realm does not start" no inside systemctl start waybill-kdc
holds "says what to do" journal_has waybill-kdc "waybill-kdc init --dir /var/lib/waybill-kdc"
holds "and is not tried for ever" soon 60 is waybill-kdc ActiveState failed
inside systemctl reset-failed

holds "its user makes a realm" make_realm
holds "the KDC is enabled and ready" inside systemctl enable --quiet --now waybill-kdc
holds "an operator logs in" log_in
holds "and over its own socket" inside env WAYBILL_KDC=unix:/var/lib/waybill-kdc/admin.sock \
  waybill init -k -t /root/operator.keytab operator
inside sh -c "cat /proc/$(property waybill-kdc MainPID)/status" >"$root/proc-of-kdc"
holds "it can become nobody else" process_has kdc "NoNewPrivs:.1"
holds "has no capability" process_has kdc "CapEff:.0*"
holds "and a filter of system calls" process_has kdc "Seccomp:.2"
inside sh -c "cat /proc/$(property waybill-kdc MainPID)/limits" >"$root/proc-of-kdc"
holds "and writes no core" process_has kdc "Max core file size  *0  *0  *bytes *"

holds "the realm is filled" fill_realm
settings
holds "trigger and worker are enabled and ready" \
  inside systemctl enable --quiet --now waybill-trigger waybill-worker@alice
holds "work is done" job

before=$(property waybill-kdc MainPID)
set_line /var/lib/waybill-kdc/kdc.toml 'log_level = "debug"'
holds "all three are reloaded" \
  inside systemctl reload waybill-kdc waybill-trigger waybill-worker@alice
for unit in waybill-kdc waybill-trigger waybill-worker@alice; do
  holds "$unit says what it took over" journal_has "$unit" reloaded
done
holds "the KDC is the same process" is waybill-kdc MainPID "$before"

inside kill -KILL "$before"
holds "a KDC that was killed is started again" soon 20 is waybill-kdc NRestarts 1
holds "and serves" soon 20 log_in
inside kill -STOP "$(property waybill-kdc MainPID)"
holds "one that hangs is found by the watchdog and started again" soon 90 is waybill-kdc NRestarts 2
holds "and serves as well" soon 20 log_in

holds "the master key is encrypted for this machine" inside systemd-creds encrypt --quiet \
  --name=master.key /var/lib/waybill-kdc/master.key /etc/waybill/master.key.cred
inside shred -u /var/lib/waybill-kdc/master.key
inside mkdir -p /etc/systemd/system/waybill-kdc.service.d
cp tools/systemd/waybill-kdc-credential.conf "$root/etc/systemd/system/waybill-kdc.service.d/"
inside systemctl daemon-reload
holds "and comes as a credential" inside systemctl restart waybill-kdc
holds "which opens the realm" log_in

before=$(processes)
holds "newer packages install under all of them" install_all newer
after=$(processes)
holds "each is a new process" test "$(sort -u <<<"$before"$'\n'"$after" | wc -l)" = 6
holds "and work is done" job

names=$(cd "$root/packages" && for file in *.deb; do echo "${file%%_*}"; done)
# shellcheck disable=SC2086  # several words
holds "they are removed while they serve" inside apt-get remove -q -y $names
holds "and run no more" test -z "$(inside pgrep waybill)"
# shellcheck disable=SC2086
holds "they are purged" inside dpkg --purge $names
holds "systemd knows none of them" \
  test -z "$(inside systemctl list-unit-files --no-legend --no-pager 'waybill*')"
holds "and misses nothing" test -z "$(inside systemctl list-units --failed --no-legend)"
