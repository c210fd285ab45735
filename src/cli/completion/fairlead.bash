# Completion of fairlead for bash. `fairlead __complete WORDS...` says what the last word may be: one candidate a line, a
# tab and its description behind it; ":files" asks for file names.
_fairlead() {
  local line cur="${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  while IFS=$'\t' read -r line _; do
    if [ "$line" = ":files" ]; then
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
    elif [[ "$line" == "$cur"* ]]; then
      COMPREPLY+=("$line")
    fi
  done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o nosort -F _fairlead fairlead
