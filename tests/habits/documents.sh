# SPDX-License-Identifier: Apache-2.0
# Part of tests/habits/run: the documents against the tree, and made documents that name what does
# not exist.
${MAKE:-make} -s help >"$work/help"
check 'documents: what they name exists' \
    'tests/habits/documents "$work/help" README.md CAVEATS.md docs/*.md'

# refused WHAT TEXT: a document with that line has that one finding.
refused() {
    printf 'Good: `make test`.\n\n%s\n' "$2" >"$work/page.md"
    check "documents: $1 is noticed" '
        ! tests/habits/documents "$work/page.md" >"$work/findings" || exit 1
        cat "$work/findings"
        [ "$(grep -c "^$work/page.md:3: " "$work/findings")" -eq 1 ] &&
            grep -q ", 1 missing$" "$work/findings"'
}
refused 'a target that is gone' 'Type `make nosuch`.'
refused 'a folder that is no target' 'Type `make docs`.'
refused 'a variable that nobody reads' 'Type `make run NOSUCH=1`.'
refused 'a check that lint does not have' 'Type `make lint LINT="format nosuch"`.'
refused 'a figure that is not measured' 'Type `make bench BENCH=nosuch`.'
refused 'a boot test that is gone' 'Type `make test-boot BOOT_TESTS=nosuch`.'
refused 'a machine that is unknown' 'Set `MACHINE=nosuch`.'
refused 'a manifest that is gone' 'Type `make run MANIFEST=guests/nosuch.yaml`.'
refused 'a subcommand that is gone' 'Type `bulkhead nosuch`.'
refused 'an option that is gone' 'Type `build/bulkhead check --nosuch my.yaml`.'
refused 'a tool that is gone' 'Type `tools/nosuch`.'
refused 'a kind of file that is gone' 'Look at `tests/nosuch/NAME.test`.'

printf 'Good: `make test`.\n\n| a |\n|---|\n| 1 |\n| b |\n|---|\n| 2 |\n' >"$work/page.md"
check 'documents: a table within a table is noticed' '
    ! tests/habits/documents "$work/page.md" >"$work/findings" || exit 1
    cat "$work/findings"
    [ "$(grep -c "^$work/page.md" "$work/findings")" -eq 1 ] && grep -q "^$work/page.md:7: " "$work/findings"'

printf 'make nosuch   a target of its own\n' >"$work/folder.help"
check 'documents: make help too is held to it' '
    mkdir "$work/bad" && mv "$work/folder.help" "$work/bad/help" &&
    ! tests/habits/documents "$work/bad/help"'
check 'documents: a page without a command is no proof' \
    'echo nothing >"$work/page.md" && ! tests/habits/documents "$work/page.md"'
