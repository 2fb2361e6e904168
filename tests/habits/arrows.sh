# SPDX-License-Identifier: Apache-2.0
# Part of tests/habits/run: tools/arrows with the tree's own table, on a made tree that keeps to it
# and then breaks one rule at a time.
root=$PWD
mkdir "$work/tree"
grep -v '^known' tools/arrows.list >"$work/arrows.list"

# put FILE LINE...: a file of these lines in the made tree.
put() {
    mkdir -p "$work/tree/$(dirname "$1")"
    path=$work/tree/$1
    shift
    printf '%s\n' "$@" >"$path"
}

arrows() {
    (cd "$work/tree" && find . -type f | sed 's,^\./,,' | "$root/tools/arrows" "$work/arrows.list")
}

good_tree() {
    rm -rf "$work/tree"
    put kernel/abi/handoff.h '#include <stdint.h>'
    put kernel/format.h '#include <stdint.h>'
    put kernel/kernel.h '#include "kernel/abi/handoff.h"'
    put kernel/main.c '#include "kernel.h"' '#include "kernel/life/life.h"'
    put kernel/life/life.h '#include "kernel/kernel.h"'
    put kernel/life/life.c '#include "life.h"' '#include "kernel/vm/devices.h"'
    put kernel/vm/devices.h '#include "kernel/kernel.h"'
    put arch/x86/include/lapic.h '#include <stdint.h>'
    put arch/x86/include/machine.h '#include <stdint.h>'
    put arch/x86/include/upcalls.h '#include "kernel/abi/handoff.h"'
    put arch/x86/grant/port.h '#include <stdint.h>'
    put arch/x86/interrupt/lapic.c '#include "arch/x86/include/lapic.h"' \
        '#include "arch/x86/include/machine.h"' '#include "arch/x86/include/upcalls.h"'
    put arch/x86/machine.c '#include "arch/x86/include/machine.h"'
    put arch/x86/entry.asm '%include "arch/x86/vcpu.inc"'
    put arch/x86/vcpu.inc ''
    put drivers/io.h '#include <stdint.h>'
    put boot/firmware/firmware.h '#include <efi.h>'
    put boot/main.c '#include "boot/firmware/firmware.h"'
    put boot/plan/plan.c '#include "kernel/format.h"'
    put boot/guest/acpi.c '#include <string.h>'
    put boot/machine/quiet.c '#include "drivers/io.h"'
    put guests/hello/main.c '#include "kernel/abi/handoff.h"'
    put tools/text.h ''
    put tools/json.h '#include "tools/text.h"'
    put tools/report/surface.c '#include "arch/x86/grant/port.h"' '#include "counted.h"'
    put tests/unit/test_plan.c '#include "boot/plan/plan.c"'
    put tools/run '#!/bin/sh' 'x'
}
good_tree
check 'arrows: a tree that keeps to the table passes' 'arrows'

# broken WHAT FILE WORD LINE...: with that file the check fails, names it and says that word.
broken() {
    good_tree
    what=$1 file=$2 word=$3
    shift 3
    put "$file" "$@"
    check "arrows: $what" '
        ! arrows >"$work/findings" || exit 1
        cat "$work/findings"
        [ "$(grep -c "^arrows: " "$work/findings")" -eq 1 ] &&
            grep -q "$file.*$word" "$work/findings"'
}
includes() {
    broken "$1" "$2" "$3" "#include \"$3\""
}
includes 'arch/ asks nothing of the kernel but upcalls' arch/x86/exit/exit.c kernel/kernel.h
includes 'not even a pure unit' arch/x86/vtx/vmcs.c kernel/format.h
includes 'arch/ knows no tool' arch/x86/machine.c tools/text.h
includes 'boot/ includes nothing of kernel/' boot/plan/plan.c kernel/kernel.h
includes 'kernel/ includes nothing of boot/' kernel/main.c boot/firmware/firmware.h
includes 'kernel/ knows the port of arch/ only' kernel/vm/vpci.c arch/x86/grant/port.h
includes 'planning knows no firmware' boot/plan/place.c boot/firmware/firmware.h
includes 'nor does what a guest finds' boot/guest/linux.c boot/firmware/firmware.h
broken 'planning reads no header of the firmware' boot/plan/plan.c '<efi.h>' '#include <efi.h>'
broken 'nor what runs after the firmware' boot/machine/quiet.c '<efi.h>' '  # include <efi.h>'
includes 'nor the headers that call it' boot/machine/quiet.c boot/firmware/firmware.h
broken 'nor what silences devices' boot/devices/usb.c '<efi.h>' '#include <efi.h>'
includes 'formats include formats only' kernel/abi/guest.h kernel/kernel.h
includes 'a pure unit includes no other kernel' kernel/manifest.c kernel/kernel.h
includes 'drivers know no kernel' drivers/screen.c kernel/kernel.h
includes 'nor a test' drivers/screen.c tests/unit/made.h
includes 'guests know formats only' guests/attack/main.c kernel/format.h
includes 'tools know no loader' tools/cmd_build.c boot/plan/plan.c
includes 'tools but the report know no table' tools/cmd_map.c arch/x86/grant/port.h
broken 'a folder without a line is refused' extra/new.c 'no line' '#include <stdint.h>'
broken 'an include that only the preprocessor knows is refused' kernel/main.c preprocessor \
    '#include NAME'
broken 'assembly is held to it' arch/x86/entry.asm kernel/kernel.h '%include "kernel/kernel.h"'

# circle WHAT MEMBERS FILE LINE: that circle is found, as only finding of its kind.
circle() {
    good_tree
    what=$1 members=$2
    shift 2
    put "$@"
    check "arrows: $what" '
        ! arrows >"$work/findings" || exit 1
        cat "$work/findings"
        grep -q "^arrows: a circle of .*$members\$" "$work/findings"'
}
circle 'headers in a circle' 'headers: tools/json.h tools/text.h' tools/text.h '#include "json.h"'
circle 'a .c closes a circle of its header' \
    'files: arch/x86/interrupt/lapic arch/x86/machine' arch/x86/machine.c \
    '#include "arch/x86/include/lapic.h"'
circle 'two rooms in a circle, by different files' 'rooms: kernel/life/ kernel/vm/' \
    kernel/vm/vuart.c '#include "kernel/life/life.h"'

good_tree
put kernel/life/parts.h '#include "life.h"'
put kernel/life/life.c '#include "life.h"' '#include "parts.h"'
check 'arrows: a header of its own is no circle' 'arrows'
good_tree
put boot/plan/plan.c $(seq 451)
check 'arrows: a source of 451 lines is too long' '! arrows && arrows | grep -q "plan.c: has 451 lines"'
put boot/plan/plan.c $(seq 450)
check 'arrows: of 450 it is not' 'arrows'
put tools/run '#!/bin/sh' $(seq 450)
check 'arrows: a script can be too long' '! arrows'

# Known offenders are let through, and only they, and only as long as they offend.
good_tree
put kernel/main.c '#include "boot/main.c"'
echo 'known | kernel/main.c boot/main.c' >>"$work/arrows.list"
check 'arrows: what is known passes' 'arrows'
put kernel/other.c '#include "boot/main.c"'
check 'arrows: another file with the same include does not' '! arrows'
good_tree
check 'arrows: what is known and gone must leave the table' 'arrows | grep "is not so any more"; ! arrows'
rm -rf "$work/tree"
mkdir "$work/tree"
sed -i /^known/d "$work/arrows.list"
check 'arrows: no sources are no proof' '! arrows'
