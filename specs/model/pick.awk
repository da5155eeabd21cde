# Picks from a model (README.md, "How to read it") what a prover is asked:
# awk -v query=NAME -v without=DEFENCE -f pick.awk MODEL.p. With without=- nothing is left out.
# With -v list=queries instead, of *.p or *.pml, one line for each query: its name, what should come,
# its defences; with -v list=words, its name and what it says; with -v list=defences, the defences
# that the rules name; with -v list=cited, those for which one names a section, too.

FNR == 1 { end_of_query(); model = FILENAME; sub(/\..*/, "", model) }
FILENAME ~ /\.pml$/ {  # there a query is a comment of its own, /*? like this */
  if (/^\/\*\? /) within = sub(/^\/\*\? /, "%? ")
  else if (within) sub(/^ */, "%?   ")
  if (sub(/ *\*\/$/, "")) ending = 1
}
/^%\? [a-z_]+ (safe|reached)\./ {
  end_of_query()
  name = $2
  wanted = $3
  sub(/\./, "", wanted)
  defining = 0
}
/^%\? *without:/ { defences = rest_of($0, 3); defining = 1 }
/^%\?/ && !/without:/ {
  if (/^%\? [a-z_]+ (safe|reached)\./) words = rest_of($0, 4)
  else if (defining) defences = defences " " rest_of($0, 2)
  else words = words " " rest_of($0, 2)
}
ending { within = ending = 0 }
/^%\?/ { next }
name == "" || name == query || list { rule($0) }
END { end_of_query() }

function rest_of(line, from,    n, part, i, out) {
  n = split(line, part, " ")
  for (i = from; i <= n; i++) out = out (out == "" ? "" : " ") part[i]
  return out
}

function end_of_query() {
  if (list == "queries" && name != "") print name, wanted, defences
  if (list == "words" && name != "") printf "%s.%s (%s): %s\n", model, name, wanted, words
  name = defences = words = ""
}

function rule(line,    file, here, inner) {
  if (line ~ /^include\(/) {
    file = line
    gsub(/^include\('|'\)\..*/, "", file)
    while ((getline inner < file) > 0) rule(inner)
    close(file)
    return
  }
  here = ""  # the defences that this line is about
  if (match(line, /%- /)) here = substr(line, RSTART + 3)
  if (line ~ /^%\+ [a-z_]+( \[[^]]*\])?: /) here = substr(line, 4, index(line, ": ") - 4)
  if (match(line, /WITHOUT_[a-z_]+/)) here = substr(line, RSTART + 8, RLENGTH - 8)
  sub(/ *\[.*/, "", here)
  if (list) {
    gsub(/[, ]+/, "\n", here)
    if (here != "" && (list == "defences" || list == "cited" && line ~ /\[[0-9a-z].*\]/)) print here
    return
  }
  if (named(here)) {
    if (line ~ /%- /) return
    line = substr(line, index(line, ": ") + 2)
  }
  if (line == "%{") {
    both = 1
  } else if (line == "%}") {
    gsub(/att\(/, "late(", copy)
    gsub(/fof\(/, "&late_", copy)
    print copy
    both = 0
    copy = ""
  } else {
    print line
    if (both) copy = copy line "\n"
  }
}

function named(names,    i, n, part) {  # is `without` one of them?
  n = split(names, part, /[, ]+/)
  for (i = 1; i <= n; i++) if (part[i] == without) return 1
  return 0
}
