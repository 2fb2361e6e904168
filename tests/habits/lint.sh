# SPDX-License-Identifier: Apache-2.0
# Part of tests/habits/run: what tools/lint and tools/tidy keep of an earlier run never hides a
# fault. A made tree with stand-ins for make and the analysers, which take notes.
root=$PWD
tree=$work/lint

stand_in() {
    printf '#!/bin/sh\n%s\n' "$2" >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}
mkdir -p "$work/bin" "$tree/tools" "$tree/build/lint" "$tree/include"
cp tools/lint tools/tidy "$tree/tools"
printf '#!/bin/sh\n' >"$tree/tools/setup"
chmod +x "$tree/tools/setup"
# Each finds a fault where one of its files says so.
stand_in clang-tidy '[ "$1" = --version ] && exec cat '"$work"'/version
for word; do case $word in *.c) file=$word ;; esac; done
echo "$file" >>'"$work"'/notes
! cat "$file" include/*.h | grep -q FAULT'
stand_in clang-format 'shift 2; echo "$@" >>'"$work"'/notes; ! cat "$@" | grep -q FAULT'
stand_in clang '[ "$1" = --version ] && exit 0; exec gcc "$@"'
echo 1 >"$work/version"

# The made tree's own Makefile says what is compiled, one way and another.
cat >"$tree/Makefile" <<'END'
CC := gcc
lint-objects:
	$(CC) -I. -O2 -c a.c -o build/host/a.o
	$(CC) -I. -O2 -DTWO \
	    $(FLAG) -c b.c -o build/kernel/b.o
	$(CC) -I. -O2 -c b.c -o build/kernel/two/b.o
	$(CC) -I. -O1 -fsanitize=address -c a.c -o build/unit/obj/a.o
lint-headers:
	@true
END
fresh() {
    echo 'int a(void);' >"$tree/include/a.h"
    printf '#include "include/a.h"\nint a(void)\n{\n    return 1;\n}\n' >"$tree/a.c"
    printf '#include <stddef.h>\nint b(void)\n{\n    return 2;\n}\n' >"$tree/b.c"
    echo 'Checks: all' >"$tree/.clang-tidy"
    echo /build/ >"$tree/.gitignore"
    (cd "$tree" && git init -q . && git add -A)
}
fresh

# Runs it in the made tree; what was looked at is in $work/notes.
run_in_tree() {
    : >"$work/notes"
    (cd "$tree" && unset MAKEFLAGS ANALYSER && PATH=$work/bin:$PATH "$@")
}
# looked FILE...: these were analysed just now, and no others.
looked() {
    [ "$(sort "$work/notes" | tr '\n' ' ')" = "${*:+$* }" ]
}

check 'tidy: each source once, however often it is compiled alike' \
    'run_in_tree tools/tidy && looked a.c b.c'
check 'tidy: a second time nothing' 'run_in_tree tools/tidy && looked'
check 'tidy: only what a change reaches' \
    'echo "int c;" >>"$tree/include/a.h"; run_in_tree tools/tidy && looked a.c'
check 'tidy: a fault in a header is seen, and seen again' '
    echo "/* FAULT */" >>"$tree/include/a.h"
    ! run_in_tree tools/tidy && looked a.c && ! run_in_tree tools/tidy && looked a.c'
fresh
check 'tidy: what was good is good again' 'run_in_tree tools/tidy && looked'
check 'tidy: a comment may decide' \
    'sed -i "s/return 1;/& \/\/ NOLINT/" "$tree/a.c"; run_in_tree tools/tidy && looked a.c'
check 'tidy: so may the configuration' \
    'echo "Checks: more" >"$tree/.clang-tidy"; run_in_tree tools/tidy && looked a.c b.c'
check 'tidy: so may another analyser' \
    'echo 2 >"$work/version"; run_in_tree tools/tidy && looked a.c b.c'
check 'tidy: so may a flag' \
    'FLAG=-fno-delete-null-pointer-checks run_in_tree tools/tidy && looked b.c'
check 'tidy: so may a macro, where the source asks for it' '
    printf "#ifdef TWO\nint two;\n#endif\n" >>"$tree/b.c"
    run_in_tree tools/tidy && looked b.c b.c'
check 'tidy: a header that now comes first is another header' '
    mkdir -p "$tree/first" && cp -r "$tree/include" "$tree/first" &&
    sed -i "s/-I\. -O2 -c a/-Ifirst &/" "$tree/Makefile"
    run_in_tree tools/tidy && looked a.c'
check 'tidy: what has no header is never kept' '
    rm -r "$tree/first" && mv "$tree/include/a.h" "$tree/include/z.h"
    run_in_tree tools/tidy && run_in_tree tools/tidy && looked a.c'
rm "$tree/include/z.h"
fresh
check 'tidy: nothing to compile is no proof' \
    'cp "$tree/Makefile" "$work" && echo "lint-objects:" >"$tree/Makefile"; ! run_in_tree tools/tidy'
check 'tidy: nor is a Makefile that fails' '
    cat "$work/Makefile" - >"$tree/Makefile" <<END
lint-objects: nosuch
END
    ! run_in_tree tools/tidy'
cp "$work/Makefile" "$tree/Makefile"

check 'lint: a check that was good is not repeated' \
    'run_in_tree tools/lint format && [ -s "$work/notes" ] && run_in_tree tools/lint format && looked'
check 'lint: a new file is looked at as soon as git knows it' '
    echo "int FAULT;" >"$tree/c.c" && run_in_tree tools/lint format
    (cd "$tree" && git add c.c); ! run_in_tree tools/lint format && ! run_in_tree tools/lint format'
check 'lint: an unknown check is refused before any runs' \
    '! run_in_tree tools/lint format nosuch && looked'
