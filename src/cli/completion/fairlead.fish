# Completion of fairlead for fish. `fairlead __complete WORDS...` says what the last word may be: one candidate a line, a
# tab and its description behind it; ":files" asks for file names.
function __fairlead_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in (command $words[1] __complete $words[2..-1] 2>/dev/null)
    if test "$line" = ":files"
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c fairlead -f -a '(__fairlead_complete)'
