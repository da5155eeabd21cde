# For the scripts beside it. Each sentence is one that has to hold; the first that does not ends the
# script with status 1.
say() { echo "packages: $*"; }
no() { ! "$@"; }
said=$(mktemp)
holds() {  # SENTENCE COMMAND...
  local sentence=$1
  shift
  if ! "$@" >"$said" 2>&1; then  # in this shell, since it may set variables
    say "FAILED: $sentence"
    cat "$said"
    exit 1
  fi
  say "ok: $sentence"
}
# soon SECONDS COMMAND...: that it succeeds within that time.
soon() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.5
  done
}

# In the Debian that the script's `inside` and `operator` work in.
install_all() { inside sh -c "apt-get install -q -y --no-install-recommends /$1/*.deb"; }
log_in() { operator init -k -t /root/operator.keytab operator; }
