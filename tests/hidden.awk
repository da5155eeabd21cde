# Sources of one target are compiled in batches (cmake/speed.cmake), and all unnamed namespaces of a
# batch are one. So a function there in one source may hide, from what another source calls by a bare
# name, the function that a header declares; where arguments convert nobody is told, and release,
# which takes each source alone, calls another function. Batches change when a source is added, so
# a target counts as one. A function one of whose parameters has a type of ours is not looked for: it
# is found by its argument, hidden or not.
# Usage: awk -f tests/hidden.awk CMakeLists.txt... HEADER... SOURCE...; tests/layers.sh does it.
# Prints "file:line:what": a call, and who would hide what it means.

# The name of the function that a line without indentation declares or defines, or nothing.
function declared(line) {
  if (line !~ /^[A-Za-z_\[].*[ &*][A-Za-z_][A-Za-z_0-9]*\(/) return ""
  if (line ~ /^(return|namespace|using|typedef|struct|class|enum|template|static_assert)/) return ""
  sub(/\(.*/, "", line)
  if (line ~ /=/ || line !~ /[ &*][A-Za-z_][A-Za-z_0-9]*$/) return ""
  sub(/.*[ &*]/, "", line)
  return line
}

# Whether a name after this text is one that is declared there, `Type name(`, and not called.
function declares(before) {
  return before ~ /[A-Za-z_0-9>&*] +[&*]*$/ && before !~ / (>|&|&&|\*) $/ &&
    before !~ /(^|[^A-Za-z_0-9])(return|else|throw|case|not|and|or) +$/
}

# Notes what an indented line calls by a bare name: not a member, not qualified. What it declares,
# a variable or a member, is the source's own.
function note_calls(line, rest, before, name) {
  sub(/\/\/.*/, "", line)
  gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
  rest = line
  while (match(rest, /[A-Za-z_][A-Za-z_0-9]*\(/)) {
    name = substr(rest, RSTART, RLENGTH - 1)
    before = substr(line, 1, length(line) - length(rest) + RSTART - 1)
    rest = substr(rest, RSTART + RLENGTH)
    if (before ~ /(\.|->|::)$/) continue
    if (declares(before)) own[FILENAME, name] = 1
    else if (unnamed && !((FILENAME, name) in inner)) inner[FILENAME, name] = FNR
    else if (!unnamed && !((FILENAME, name) in outer)) outer[FILENAME, name] = FNR
  }
  if (match(line, /auto&? [a-z_0-9]+ = \[/)) {
    name = substr(line, RSTART, RLENGTH - 4)
    sub(/.* /, "", name)
    own[FILENAME, name] = 1
  }
}

# Whether a file includes a header, itself or by another.
function reaches(file, header, n, i, parts) {
  if (file == header) return 1
  if (file in seen) return 0
  seen[file] = 1
  n = split(includes[file], parts, " ")
  for (i = 1; i <= n; ++i) if (reaches(parts[i], header)) return 1
  return 0
}

# Whether a declaration's parameters have a class or an enum of ours. Those of the standard library are
# written in small letters, and an alias may be one of these.
function is_found_by_argument(parameters, word) {
  while (match(parameters, /[A-Za-z_][A-Za-z_0-9]*/)) {
    word = substr(parameters, RSTART, RLENGTH)
    parameters = substr(parameters, RSTART + RLENGTH)
    if (word ~ /^[A-Z]/ && !(word in alias)) return 1
  }
  return 0
}

# The calls of one kind. Outside an unnamed namespace only what lies further out can be hidden.
function look(calls, outside, key, parts, file, name, place, n, i, header) {
  for (key in calls) {
    split(key, parts, SUBSEP)
    file = parts[1]
    name = parts[2]
    place = target[file] SUBSEP name
    if (!(place in definers) || (file, name) in own) continue
    n = split(headers[name], declaring, " ")
    for (i = 1; i <= n; ++i) {
      if (is_found_by_argument(parameters[declaring[i]])) continue
      header = declaring[i]
      sub(/\|.*/, "", header)
      if (outside && space[header] == space[file]) continue
      split("", seen)
      if (!reaches(file, header)) continue
      print file ":" calls[key] ":" name "() of " header ", hidden by" definers[place]
      break
    }
  }
}

FNR == 1 {
  inside = unnamed = 0
  folder = FILENAME
  sub(/[^\/]*$/, "", folder)
}
FILENAME ~ /CMakeLists\.txt$/ {
  sub(/#.*/, "")
  if (match($0, /(target_sources|add_library|add_executable|waybill_tests)\([A-Za-z_-]+/)) {
    library = substr($0, RSTART, RLENGTH)
    sub(/.*\(/, "", library)
  }
  n = split($0, words, /[ ()]+/)
  for (i = 1; i <= n; ++i) if (words[i] ~ /\.cpp$/) target[folder words[i]] = folder library
  next
}
/^#include "/ { includes[FILENAME] = includes[FILENAME] " " substr($2, 2, length($2) - 2) }
/^namespace [a-z_:]+ \{$/ { inside = 1; space[FILENAME] = $2 }
/^\}  \/\/ namespace [a-z]/ { inside = 0 }
/^namespace \{$/ { unnamed = 1 }
/^\}  \/\/ namespace$/ { unnamed = 0 }
!inside { next }
FILENAME ~ /\.h$/ {
  if ($1 == "using") alias[$2] = 1
  if ((name = declared($0)) != "") {
    # Of several overloads that may be hidden is one enough, so each has its place.
    header = FILENAME "|" FNR
    headers[name] = headers[name] " " header
    open = 1
  }
  if (open) parameters[header] = parameters[header] " " substr($0, index($0, "(") + 1)
  if (/[;{]/) open = 0
  next
}
/^ / { note_calls($0); next }
unnamed && (name = declared($0)) != "" {
  own[FILENAME, name] = 1
  definers[target[FILENAME], name] = definers[target[FILENAME], name] " " FILENAME
}

END {
  look(inner, 0)
  look(outer, 1)
}
