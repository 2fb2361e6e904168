# SPDX-License-Identifier: Apache-2.0
# Part of tests/habits/run: tools/budget finds what is too much or on the wrong side.
for backend in intel amd; do
    # Counted from the sources for the report, and from what was linked.
    name=$(echo $backend | tr a-z A-Z)
    check "budget: $backend's lines are those of the tool's report" '
        tools/budget '$backend' >"$work/figures"
        for part in resident startup; do
            counted=$(sed -n "s/^#define LINES_$(echo $part | sed "s/resident/RESIDENT/; s/startup/START/")_'$name' //p" \
                build/host/surface/counted.h)
            grep -qx "${part}_lines $counted" "$work/figures" || exit 1
        done'
done
check 'budget: start-up code that is resident is told' '
    ! MAKEFLAGS="START_SOURCES=arch/x86/machine.c" tools/budget intel 2>"$work/words"
    grep "arch/x86/machine.c.* in .start_text" "$work/words"'
check 'budget: so is resident code that is gone when it is needed' '
    grep "kernel/start/main.c.* out of .start_text" "$work/words"'

# With the bound of a key at one less than it is.
tools/budget >"$work/figures" 2>/dev/null
tight() {
    awk -v key="$1" '$1 == key { print $1 "|" $2 - 1 "|" }' "$work/figures" >"$work/keys.list"
    ! KEYS="$work/keys.list" tools/budget
}
for key in resident_lines startup_lines kernel_lines resident_text_bytes; do
    check "budget: $key has a bound that holds" "tight $key && grep -q '^$key|[0-9]' tests/bench/keys.list"
done
check 'budget: without a kernel there is no figure' '! tools/budget nosuch'
