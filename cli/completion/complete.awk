# Says what may stand at the end of a line: a word and what it is for a row, or ":file", or ":folder".
# The words of the line are the arguments, the last of them as far as it is written; no file is read.
function offer(takes, before,    words, count, i) {
  if (takes == "file" || takes == "folder") { print ":" takes; return }
  if (substr(takes, 1, 1) != "=") return
  count = split(substr(takes, 2), words, " ")
  for (i = 1; i <= count; i++) tell(before words[i], "")
}
function tell(word, says) {
  if (index(word, last) == 1) print word "\t" says
}
BEGIN {
  rows = split(ENVIRON["SELVEDGE_COMPLETION"], row, "\n")
  for (r = 1; r <= rows; r++) {
    split(row[r], cell, "\t")
    if (cell[2] == "command") known[cell[1], cell[3]] = 1
    if (cell[2] == "option") { taken[cell[1], cell[3]] = cell[4]; many[cell[1], cell[3]] = cell[5] }
    if (cell[2] == "argument") { place[cell[1], cell[3]] = cell[4]; if (cell[5] == "*") rest[cell[1]] = cell[4] }
  }
  last = ARGV[ARGC - 1]
  path = ""; open = ""; given = 0; plain = 0
  for (i = 1; i < ARGC - 1; i++) {
    word = ARGV[i]
    if (open != "" && !(many[path, open] == "*" && word ~ /^-./)) {
      if (many[path, open] != "*") open = ""
      continue
    }
    open = ""
    if (!plain && word == "--") plain = 1
    else if (!plain && word ~ /^-./) { if (word !~ /=/ && (path, word) in taken && taken[path, word] != "-") open = word }
    else if (!given && (path, word) in known) path = path == "" ? word : path " " word
    else given++
  }
  if (open != "" && !(many[path, open] == "*" && last ~ /^-./)) { offer(taken[path, open], ""); exit }
  if (!plain && last ~ /^--[^=]+=/) {
    open = substr(last, 1, index(last, "=") - 1)
    offer(taken[path, open], open "=")
    exit
  }
  dashed = !plain && last ~ /^-/
  for (r = 1; r <= rows; r++) {
    split(row[r], cell, "\t")
    if (cell[1] != path) continue
    if (dashed && cell[2] == "option") tell(cell[3], cell[6])
    if (!dashed && !given && cell[2] == "command") tell(cell[3], cell[4])
  }
  if (dashed) exit
  if ((path, given) in place) offer(place[path, given], "")
  else if (path in rest) offer(rest[path], "")
}
