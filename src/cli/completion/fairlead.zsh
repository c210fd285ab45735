#compdef fairlead
# Completion of fairlead for zsh. `fairlead __complete WORDS...` says what the last word may be: one candidate a line, a
# tab and its description behind it; ":files" asks for file names.
_fairlead() {
  local line name about files=0
  local -a found
  while IFS= read -r line; do
    if [[ "$line" == ":files" ]]; then
      files=1
      continue
    fi
    name="${line%%$'\t'*}"
    about="${line#*$'\t'}"
    [[ "$name" == "$line" ]] && about=""
    found+=("${name//:/\\:}${about:+:$about}")
  done < <("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( ${#found} )) && _describe fairlead found
  (( files )) && _files
}
if [ "$funcstack[1]" = "_fairlead" ]; then _fairlead "$@"; else compdef _fairlead fairlead; fi
