# p2pimg completion for bash. What is answered is only ever put into the line as text: names come from other machines.
# In macOS's bash 3.2, which has no compopt, files are offered too where nothing else is.
_p2pimg() {
  local kind word columns=
  COMPREPLY=()
  # 63 is the second Tab, which shows what there is and leaves the line alone
  [ "$COMP_TYPE" = 63 ] && columns=${COLUMNS:-80}
  {
    IFS= read -r kind
    while IFS= read -r word; do COMPREPLY+=("$word"); done
  } < <(command p2pimg __complete bash -- "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" "$columns" 2>/dev/null </dev/null)
  case $kind in
    files) ;;
    folders) compopt +o default -o dirnames 2>/dev/null ;;
    *) compopt +o default 2>/dev/null ;;
  esac
  return 0
}
complete -o default -F _p2pimg p2pimg
