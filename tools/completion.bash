# SPDX-License-Identifier: Apache-2.0
# Completion of `bulkhead` for bash: subcommands, their options, rules of `explain`, files. What there
# is to complete is asked of the command itself.
_bulkhead() {
    local word=${COMP_WORDS[COMP_CWORD]} words=
    local command=${COMP_WORDS[1]}

    if [ "$COMP_CWORD" -eq 1 ] || { [ "$COMP_CWORD" -eq 2 ] && [ "$command" = help ]; }; then
        words=$("$1" --help 2>/dev/null | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p')
    elif [[ $word == -* ]]; then
        words=$("$1" "$command" --help 2>/dev/null | grep -o -- '--[a-z][a-z-]*' | sort -u)
    elif [ "$COMP_CWORD" -eq 2 ] && [ "$command" = explain ]; then
        words=$("$1" explain 2>/dev/null | sed -n 's/^\([a-z][a-z0-9-]*\) (.*/\1/p')
    elif [ "$COMP_CWORD" -eq 2 ] && [ "$command" = key ]; then
        words="new certificate"
    elif [ "$COMP_CWORD" -eq 2 ] && [ "$command" = audit ]; then
        words="collect verify"
    elif [ "$COMP_CWORD" -eq 2 ] && [ "$command" = demo ]; then
        words=accidents
    elif [ "$COMP_CWORD" -eq 2 ] && [ "$command" = ctl ]; then
        words='machine domains status start stop restart power-button check serial log metrics compare host'
    elif [ "$COMP_CWORD" -eq 3 ] && [ "${COMP_WORDS[2]}" = host ] && [ "$command" = ctl ]; then
        words='add list remove'
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o filenames -F _bulkhead bulkhead
