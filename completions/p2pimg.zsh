#compdef p2pimg
# p2pimg completion for zsh. What is answered is only ever put into the line as text: names come from other machines.
_p2pimg() {
  local kind value description
  local -a given values shown
  given=("${(@Q)words[2,CURRENT-1]}")
  {
    IFS= read -r kind
    while IFS=$'\t' read -r value description; do
      values+=("$value")
      shown+=("$value${description:+  -- $description}")
    done
  } < <(command p2pimg __complete zsh -- "${given[@]}" ".${(Q)PREFIX}" 2>/dev/null </dev/null)
  [[ $PREFIX == --*=* ]] && compset -P 1 '*='
  case $kind in
    files) _files ;;
    folders) _files -/ ;;
    *) compadd -l -d shown -a values ;;
  esac
}
if [[ $funcstack[1] == _p2pimg ]]; then
  _p2pimg "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i; }
  compdef _p2pimg p2pimg
fi
