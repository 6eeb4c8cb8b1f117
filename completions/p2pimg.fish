# p2pimg completion for fish. What is answered is only ever put into the line as text: names come from other machines.
function __p2pimg_complete
    set -l given (commandline -opc)
    set -l current (commandline -ct | string replace -r '^["\']' '')
    set -l answer (command p2pimg __complete fish -- $given[2..] ".$current" 2>/dev/null </dev/null)
    switch "$answer[1]"
        case files folders
            set -l prefix (string match -r -- '^--[^=]*=' $current)
            set -l path (string replace -r -- '^--[^=]*=' '' $current)
            set -l found
            if test $answer[1] = files
                set found (__fish_complete_path $path)
            else
                set found (__fish_complete_directories $path)
            end
            for one in $found
                printf '%s\n' "$prefix$one"
            end
        case '*'
            test (count $answer) -gt 1; and printf '%s\n' $answer[2..]
    end
end
complete -c p2pimg -f -a '(__p2pimg_complete)'
