#!/bin/bash
# What is written in specs/ agrees with itself and with the tree:
#   - every refusal that specs/protocol.md states has a rule number of its own, every rule is named
#     by a test or a vector, and none is named that is not there;
#   - the table of domain separation has the labels of ticket/crypto.cpp, and no row twice; the
#     names that messages begin with are those of the code;
#   - every `file:line` of specs/auditors-guide.md is where the quoted words stand;
#   - another language can read the vectors (specs/vectors/read.py, where there is Python).
# Usage: tests/specs.sh [ROOT]. Prints every breach as "file: sentence: text"; exits 1 if there is
# any.
set -u
export LC_ALL=C
cd "${1:-$(dirname "$0")/..}" || exit 2

protocol=specs/protocol.md guide=specs/auditors-guide.md
breaches=0
for file in $protocol $guide ticket/crypto.cpp ticket/wire/error.h specs/vectors/read.py; do
  [ -r $file ] || { echo "specs: no $file in $PWD"; exit 1; }
done

# breach FILE SENTENCE: each line on standard input is one.
breach() {
  local text
  while IFS= read -r text; do
    [ -n "$text" ] || continue
    printf '%s: %s: %s\n' "$1" "$2" "$text"
    breaches=$((breaches + 1))
  done
}

# same FILE_A FILE_B A B: the lines of the two texts are the same set.
same() {
  breach "$1" "is not in $2" < <(comm -23 <(sort -u <<<"$3") <(sort -u <<<"$4"))
  breach "$2" "is not in $1" < <(comm -13 <(sort -u <<<"$3") <(sort -u <<<"$4"))
}

# --- Rules --------------------------------------------------------------------------------------
rule='R[1-9][0-9]*\.[1-9][0-9]*'
brackets=$(grep -oE '\[[^][`]*\]' $protocol)
codes=$(sed -n '/^enum class Errc/,/^};/s/^ *\([a-z_]*\) = [0-9]*,.*/\1/p' ticket/wire/error.h)
breach $protocol 'a refusal has a rule' < <(
  grep -wF "$codes" <<<"$brackets" | grep -vE "(^|[^A-Za-z0-9.])$rule([^0-9.]|\$)")
defined=$(grep -oE "\b$rule\b" <<<"$brackets")
breach $protocol 'a rule is stated once' < <(sort <<<"$defined" | uniq -d)
breach specs 'a rule that is referred to is stated' < <(
  comm -13 <(sort -u <<<"$defined") <(grep -ohE "\b$rule\b" specs/*.md | sort -u))
named=$(grep -rhoE "\b$rule\b" --include='*.cpp' --include='*.h' --include='*.txt' \
  --include='*.py' tests specs/vectors)
same $protocol 'any test or vector' "$defined" "$named"

# --- Domain separation ---------------------------------------------------------------------------
# cells FIRST COLUMNS: the rows of the tables whose first cell matches FIRST, cut to COLUMNS.
cells() { sed -nE "s/^\| (\`$1\`) \| /\1 | /p" $protocol | awk -F ' [|] ' -v OFS=' | ' "{print $2}"; }
labels=$(sed -n '/string_view, label_count> labels/,/};/p' ticket/crypto.cpp |
  grep -oE '"[^"]*"' | tr -d '"')
rows=$(cells 'WB1 [a-z]+' '$1')
same $protocol ticket/crypto.cpp "$(tr -d '`' <<<"$rows")" "$labels"
breach ticket/crypto.cpp 'a label is there once' < <(sort <<<"$labels" | uniq -d)
breach $protocol 'no label has one input twice' < <(cells 'WB1 [a-z]+' '$1, $4' | sort | uniq -d)
breach $protocol 'no two rows give one thing' < <(cells 'WB1 [a-z]+' '$1, $5, $6' | sort | uniq -d)
second=$(grep -rhoE '"WB1 [a-z]+"' tests/crosscheck/second | tr -d '"')
breach tests/crosscheck/second 'a label is of the table' < <(
  comm -23 <(sort -u <<<"$second") <(sort -u <<<"$labels"))

# The first str of what is signed, hashed by both sides, or kept in a file.
first_of_code=$(cat ticket/*.cpp ticket/wire/*.cpp ticket/exchange/*.cpp kdc/*.cpp |
  tr -d '\n' | tr -s ' ' |
  grep -oE '\.array\([0-9]+\) ?\.str\("[^"]+"\)|(magic|kind) = "[^"]+"' | grep -oE '"[^"]+"' |
  tr -d '"')
first_of_table=$(sed -nE 's/^\| `([a-z -]+)` \| [^|]* \| (root key|signing key|nobody) \|$/\1/p' \
  $protocol)
same $protocol 'the code' "$first_of_table" "$first_of_code"
breach $protocol 'a name of a message is there once' < <(sort <<<"$first_of_table" | uniq -d)

# --- The auditor's guide ---------------------------------------------------------------------------
# A reference is `file:line` and, in brackets behind it, words that stand in that line.
references=0
while IFS=$'\t' read -r file line words; do
  references=$((references + 1))
  sed -n "${line}p" "$file" 2>/dev/null | grep -qF -- "$words" ||
    breach $guide "in $file, not in line $line but in \"$(
      grep -nF -- "$words" "$file" 2>/dev/null | cut -d: -f1 | tr '\n' ' ')\"" <<<"$words"
done < <(grep -oE '`[a-z_./-]+:[0-9]+` \(`[^`]+`\)' $guide |
  sed -E 's/`([^:]+):([0-9]+)` \(`([^`]+)`\)/\1\t\2\t\3/')
breach $guide 'a reference says in brackets what stands there' < <(
  grep -oE '`[a-z_./-]+:[0-9]+`( \(`[^`]+`\))?' $guide | grep -v '(')
[ $references -ge 15 ] || breach $guide 'there is a reference for each question' <<<"$references"

# --- Vectors, read by another language -------------------------------------------------------------
if command -v python3 >/dev/null; then
  said=$(python3 specs/vectors/read.py specs/vectors 2>&1) ||
    breach specs/vectors/read.py 'the vectors hold' <<<"$said"
fi

if [ $breaches -gt 0 ]; then
  echo "specs: $breaches breaches"
  exit 1
fi
echo "specs: $(sort -u <<<"$defined" | wc -l) rules, $(wc -l <<<"$rows") uses of the hash," \
  "$references references hold"
