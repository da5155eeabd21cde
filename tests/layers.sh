#!/bin/bash
# The rules of the house that a compiler does not see (ARCHITECTURE.md, "Storeys"):
# who may include what, who may ask for the time, and how long things may grow.
# Usage: tests/layers.sh [ROOT]. Prints every breach as "file:line: sentence: text"; exits 1 if
# there is any.
set -u
export LC_ALL=C
cd "${1:-$(dirname "$0")/..}" || exit 2

file_limit=400     # lines of any one file
ticket_limit=2000  # lines of code in ticket/, headers and sources: what an auditor reads first
protocol_limit=4400  # the same with ticket/wire and ticket/exchange: moving is not shrinking
breaches=0

for folder in ticket kdc trigger worker tools tests; do
  [ -d $folder ] || { echo "layers: no folder $folder in $PWD"; exit 1; }
done
mapfile -t files < <(find ticket kdc trigger worker tools tests -type f \
  \( -name '*.h' -o -name '*.cpp' \) | sort)
if [ ${#files[@]} -eq 0 ]; then
  echo "layers: no sources below $PWD"
  exit 1
fi

# breach SENTENCE: each line "file:line:text" on standard input is one.
breach() {
  local file line text
  while IFS=: read -r file line text; do
    printf '%s:%s: %s: %s\n' "$file" "$line" "$1" "${text#"${text%%[! ]*}"}"
    breaches=$((breaches + 1))
  done
}

# search REGEX WHERE [EXCEPT]: matching lines of the files whose path matches WHERE and not EXCEPT.
search() {
  local chosen
  mapfile -t chosen < <(printf '%s\n' "${files[@]}" | grep -E "$2" | grep -vE "${3:-^\$}")
  [ ${#chosen[@]} -eq 0 ] || grep -HnE "$1" "${chosen[@]}"
}

# forbid SENTENCE REGEX WHERE [EXCEPT]
forbid() { breach "$1" < <(search "$2" "$3" "${4:-}"); }

# only SENTENCE REGEX ALLOWED WHERE: of the lines that match REGEX, only ALLOWED ones may be there.
only() { breach "$1" < <(search "$2" "$4" | grep -vE "^[^:]*:[0-9]*:${3#^}"); }

include='^ *# *include *'

# --- Our own includes -----------------------------------------------------------------------
ours="$include\"(ticket|kdc|trigger|worker|tools|tests)/"
wire='ticket/wire/[^/"]*"'
ticket='ticket/(wire/)?[^/"]*"'
protocol='ticket/((wire|exchange)/)?[^/"]*"'
adapters='ticket/adapters/'
only 'an include starts at a folder of the root' "$include\"" "$ours" .
forbid 'an include never climbs' "$include\".*\.\./" .
only 'ticket/wire includes only itself' "$ours" "$include\"$wire" '^ticket/wire/'
only 'ticket includes only ticket and ticket/wire' \
  "$ours" "$include\"$ticket" '^ticket/[^/]*$'
only 'ticket/exchange includes only ticket, ticket/wire and itself' \
  "$ours" "$include\"$protocol" '^ticket/exchange/'
only 'an adapter includes only ticket and adapters' \
  "$ours" "$include\"($protocol|$adapters)" "^$adapters"
for program in kdc trigger worker; do
  only "$program includes only itself, ticket and adapters" \
    "$ours" "$include\"($program/|$protocol|$adapters)" "^$program/"
done
# `waybill verify` is the worker's own check, and `waybill audit verify` reads the KDC's chain: so
# tools see the verifier with its job and its two tables, and the chain and its archives as values.
verifier='(worker/(verifier|job|revocations|uses)|kdc/audit_(chain|archive))\.h"'
only 'tools include only tools, ticket, adapters, the verifier and the audit chain' \
  "$ours" "$include\"(tools/|$protocol|$adapters|$verifier)" '^tools/'
only 'tests of ticket include only ticket and tests' \
  "$ours" "$include\"($protocol|tests/)" '^tests/ticket/'
second='tests/crosscheck/second/'
only 'the second implementation includes only itself' \
  "$ours" "$include\"$second" "^$second"
only 'the second implementation includes only the standard library and Botan' \
  "$include<" "$include<([a-z_]+|botan/[a-z0-9_]+\.h)>" "^$second"

# --- Other people's libraries ---------------------------------------------------------------
forbid 'only ticket includes libsodium' "${include}[<\"]sodium" . '^(ticket/[^/]*|tests/.*)$'
forbid 'only ticket/adapters/confinement.cpp includes libseccomp' "${include}[<\"]seccomp" . \
  '^ticket/adapters/confinement\.cpp'
forbid 'only ticket/adapters/lmdb.* includes LMDB' "${include}[<\"]lmdb\.h" . \
  '^ticket/adapters/lmdb\.'
forbid 'only ticket/adapters/http.* includes cpp-httplib' "${include}[<\"]httplib" . \
  '^ticket/adapters/http(_client)?\.'
forbid 'only ticket/adapters/metrics.cpp includes prometheus-cpp' "${include}[<\"]prometheus" . \
  '^ticket/adapters/metrics\.cpp'
forbid 'only ticket/adapters/tls.cpp includes OpenSSL' "${include}[<\"]openssl" . \
  '^ticket/adapters/tls\.cpp'
forbid 'only the two edges include gRPC' "${include}[<\"]grpc" . \
  '^(ticket/adapters/grpc_channel\.cpp|trigger/grpc_server\.cpp|tests/(trigger|temporal)/.*|tools/examples/.*)$'
forbid 'only trigger/grpc_api.cpp sees the messages of the gRPC door' "${include}[<\"]waybill/v1/" . \
  '^(trigger/grpc_api\.cpp|tests/trigger/grpc_.*|tools/examples/.*)$'
forbid 'only ticket/adapters/temporal_messages.cpp sees the messages of Temporal' \
  "${include}[<\"]temporal_wire" . '^(ticket/adapters/temporal_messages\.cpp|tests/(peers/)?temporal/.*)$'
forbid 'protobuf stays where its messages are' "${include}[<\"]google/protobuf" . \
  '^(ticket/adapters/temporal_messages\.cpp|trigger/grpc_api\.cpp|tools/(protos|examples)/.*|tests/(trigger|temporal)/.*)$'
forbid 'only kdc/token.cpp includes p11-kit' "${include}[<\"]p11-kit" . '^kdc/token\.cpp'
forbid 'only ticket/wire/codec.cpp includes msgpack' "${include}[<\"]msgpack" . \
  '^(ticket/wire/codec\.cpp|tests/.*)$'
only 'ticket includes only the standard library and libsodium' \
  "$include<" "$include<([a-z_]+|sodium\.h)>" '^ticket/[^/]*$'
only 'ticket/wire includes only the standard library and msgpack' \
  "$include<" "$include<([a-z_]+|msgpack\.hpp)>" '^ticket/wire/'
forbid 'only ticket names a label of the hash' '\<Label::' . '^(ticket/[^/]*|tests/.*)$'
forbid 'ticket/exchange calls no primitive' \
  '(^|[^A-Za-z_:.>])(waybill::)?((hash|keyed_hash|derive|derive_secret|shared_secret|seal|sign|verify|key_from_password)(<[A-Za-z]+>)?\(|open\([^)]*,)' \
  '^ticket/exchange/'
only 'ticket/exchange includes only the standard library' \
  "$include<" "$include<[a-z_]+>" '^ticket/exchange/'
forbid 'ticket does no input or output and starts no thread' \
  "$include<(fstream|iostream|filesystem|thread|future)>" '^ticket/((wire|exchange)/)?[^/]*$'
forbid 'only the second implementation includes Botan' "${include}[<\"]botan" . "^$second"
forbid 'a heavy header stays out of headers' \
  "$include[<\"](httplib|prometheus|nlohmann/json\.hpp|spdlog|CLI|toml|boost|msgpack)" '\.h$' '^tests/'
forbid 'a header never opens a namespace' '^ *using namespace' '\.h$'
forbid 'clang 14, which clang-tidy reads with, compiles no subrange' \
  'ranges::(subrange|search|search_n|find_end|unique|remove|remove_if|rotate|partition|stable_partition|equal_range)\>' .
forbid 'there is one union, the token of the reader' '(^|[^A-Za-z0-9_])union( |$)' . \
  '^ticket/wire/codec\.h'
# What the compiler and libc call so is used: __FILE__, _SC_CLK_TCK; nothing of ours is.
forbid 'no name of ours is reserved for the compiler' \
  '(#define +|[A-Za-z0-9_>&*] +[*&]*)(_[A-Z]|__[a-z])[A-Za-z0-9_]*( *[=;{(]|$)' '\.(h|cpp)$' \
  '^tools/cmd_completion\.cpp'

# --- Time -----------------------------------------------------------------------------------
forbid 'only SystemClock asks for the time of day' \
  'system_clock::now|high_resolution_clock|utc_clock::now|\<(gettimeofday|time|clock_gettime) *\((nullptr|NULL|0|&|CLOCK)' \
  . '^ticket/adapters/system_clock\.'
forbid 'ticket owns no clock' 'steady_clock' '^ticket/((wire|exchange)/)?[^/]*$'

# --- Size -----------------------------------------------------------------------------------
while read -r lines file; do
  breach "a file has at most $file_limit lines" <<<"$file:$lines:$lines lines"
done < <(wc -l "${files[@]}" | awk -v limit=$file_limit '$1 > limit && $2 != "total"')

# code FOLDER...: lines of code, neither blank nor comment alone.
code() {
  find "$@" -maxdepth 1 \( -name '*.h' -o -name '*.cpp' \) -exec cat {} + |
    sed -E 's@//.*@@; s@/\*.*\*/@@' |
    awk '/\/\*/ {skip = 1} !skip && NF {n++} /\*\// {skip = 0} END {print n + 0}'
}
lines=$(code ticket)
[ "$lines" -le $ticket_limit ] ||
  breach "ticket has at most $ticket_limit lines of code" <<<"ticket:1:$lines lines"
lines=$(code ticket ticket/wire ticket/exchange)
[ "$lines" -le $protocol_limit ] ||
  breach "the protocol has at most $protocol_limit lines of code" <<<"ticket:1:$lines lines"

# --- ARCHITECTURE.md: the walk names functions that exist --------------------------------------
while IFS=' ' read -r file name; do
  grep -qE "(^|[^A-Za-z_])$name\(" "$file" 2>/dev/null ||
    breach 'the walk in ARCHITECTURE.md names functions that exist' <<<"ARCHITECTURE.md:1:$file $name"
done < <(sed -nE 's/.*\| `([a-z_/]+\.cpp)` \| `([A-Za-z_:]+)` \|.*/\1 \2/p' ARCHITECTURE.md)

# --- The build ------------------------------------------------------------------------------
for file in "${files[@]}"; do
  name=${file##*/}
  grep -qE "(^|[ (])${name//./\\.}([ )]|\$)" "${file%/*}/CMakeLists.txt" 2>/dev/null ||
    breach "a source is listed in its folder's CMakeLists.txt" <<<"$file:1:$name"
  case $file in
    *.h) grep -q '^#pragma once' "$file" || breach 'a header has #pragma once' <<<"$file:1:$name" ;;
  esac
done
# Such a source is the proof that its header stands alone (cmake/headers.cmake); and a test file
# shares its compilation with seven others (tests/CMakeLists.txt).
for file in "${files[@]}"; do
  case $file in *.cpp) ;; *) continue ;; esac
  if [ -e "${file%.cpp}.h" ]; then
    first=$(grep -m1 '^#include' "$file")
    [ "$first" = "#include \"${file%.cpp}.h\"" ] ||
      breach 'a source includes its own header first' <<<"$file:1:$first"
  fi
  case $file in
    tests/crosscheck/vectors_*test.cpp) ;;  # in the namespace of the second implementation
    *_test.cpp)
      name=${file##*/}
      name=${name%.cpp}
      grep -qE "^namespace waybill::test::$name \{" "$file" ||
        breach 'a test file keeps its names in a namespace of its own' <<<"$file:1:$name"
      ;;
  esac
done
# In a batch a source shares its unnamed namespace with others.
mapfile -t lists < <(find ticket kdc trigger worker tools -name CMakeLists.txt)
mapfile -t shipped < <(printf '%s\n' "${files[@]}" | grep -v '^tests/')
breach 'a function of an unnamed namespace hides no overload that another source calls' < <(
  awk -f tests/hidden.awk "${lists[@]}" $(printf '%s\n' "${shipped[@]}" | grep '\.h$') \
    $(printf '%s\n' "${shipped[@]}" | grep '\.cpp$'))
# links TARGET FOLDER ALLOWED SENTENCE
links() {
  local listed
  listed=$(sed -n "/target_link_libraries($1 *$/,/)/p; /target_link_libraries($1 .*)/p" \
    "$2/CMakeLists.txt" | tr -s ' ()\n' '\n' |
    grep -vxE "|target_link_libraries|$1|PUBLIC|PRIVATE|waybill::warnings|$3")
  [ -z "$listed" ] || breach "$4" <<<"$2/CMakeLists.txt:1:$listed"
}
links waybill_wire ticket/wire 'msgpackc-cxx' 'ticket/wire links only msgpack-cxx'
links waybill_ticket ticket 'waybill::wire|PkgConfig::sodium' \
  'ticket links only libsodium and ticket/wire'
links waybill_exchange ticket/exchange 'waybill::ticket' 'ticket/exchange links only ticket'
links waybill_second tests/crosscheck/second 'PkgConfig::botan' \
  'the second implementation links only Botan'

if [ $breaches -gt 0 ]; then
  echo "layers: $breaches breaches in ${#files[@]} files"
  exit 1
fi
echo "layers: ${#files[@]} files keep the rules"
