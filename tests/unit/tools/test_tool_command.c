/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of build/bulkhead: exit statuses, where text goes, what is written and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* Commands run one after the other in one folder of their own; $B is the tree's root. */
static const struct {
    const char *command;
    int status;
    const char *out, *messages; /* part of stdout and stderr; NULL: nothing there */
} cases[] = {
    {"bulkhead --help", 0, "Examples:", NULL},
    {"bulkhead help", 0, "Examples:", NULL},
    {"bulkhead --version", 0, "bulkhead ", NULL},
    {"bulkhead check --help", 0, "Examples:", NULL},
    {"bulkhead build --help", 0, "Examples:", NULL},
    {"bulkhead show --help", 0, "Examples:", NULL},
    {"bulkhead help build", 0, "Examples:", NULL},
    {"bulkhead", 2, NULL, "usage:"},
    {"bulkhead biuld", 2, NULL, "did you mean `build`?"},
    {"bulkhead xyzzy", 2, NULL, "no subcommand"},
    {"bulkhead check", 2, NULL, "--help"},
    {"bulkhead check --fast x", 2, NULL, "fast"},
    {"bulkhead map --fast m.yaml", 2, NULL,
     "bulkhead map: unrecognized option '--fast'\nbulkhead map: see `bulkhead map --help`\n"},
    {"bulkhead diff --date", 2, NULL, "bulkhead diff: see `bulkhead diff --help`\n"},
    {"bulkhead schema x", 2, NULL, "bulkhead schema: takes no argument; see `bulkhead schema --"},
    {"bulkhead build m.yaml", 2, NULL, "-o"},
    {"bulkhead build m.yaml n.yaml -o x", 2, NULL, "--help"},
    {"bulkhead show", 2, NULL, "--help"},
    {"bulkhead check m.yaml", 0, "m.yaml: good: test, 1 domain with 1 processor and 64M", NULL},
    {"bulkhead check - <m.yaml", 0, "standard input: good", NULL},
    {"bulkhead check bad.yaml", 1, "bad.yaml:4:11: error[range]: ", "1 error, 0 warnings"},
    {"bulkhead check m.yaml bad.yaml", 1, "m.yaml: good", "1 error"},
    {"bulkhead check bad.yaml absent.yaml", 3, "error[range]", "absent.yaml: No such file"},
    {"bulkhead check --format json m.yaml m.yaml", 0, "\"errors\": 0", NULL},
    {"bulkhead check --format json bad.yaml", 1, "\"rule\": \"range\", \"what\": \"", NULL},
    {"bulkhead check --format xml m.yaml", 2, NULL, "text or json"},
    {"bulkhead check --date 2026-02-29 m.yaml", 2, NULL, "--date"},
    {"bulkhead check --date 2026-11-23 due.yaml", 0, "due.yaml: good", NULL},
    {"bulkhead check --date 2026-11-24 due.yaml", 0, "warning[review-overdue]", NULL},
    {"SOURCE_DATE_EPOCH=1795478400 bulkhead check due.yaml", 0, "warning[review-overdue]", NULL},
    {"SOURCE_DATE_EPOCH=x bulkhead check due.yaml", 3, NULL, "SOURCE_DATE_EPOCH: is no number"},
    {"bulkhead check --fleet", 2, NULL, "fleet"},
    {"bulkhead check --fleet . m.yaml", 2, NULL, "one folder with --fleet"},
    {"bulkhead check --fleet m.yaml", 3, NULL, "m.yaml: Not a directory"},
    {"bulkhead check --fleet absent", 3, NULL, "absent: No such file"},
    {"mkdir none; bulkhead check --fleet none", 3, NULL, "none: holds no manifest"},
    {"mkdir two; cp good.elf m.yaml two; sed s/test/rest/ m.yaml >two/n.yaml;"
     "bulkhead check --fleet two/",
     0, "two/m.yaml: good: test", NULL},
    {"cp m.yaml two/.hidden.yaml; cp m.yaml two/m.yml.old; bulkhead check --fleet two/", 0,
     "two/n.yaml: good: rest", NULL},
    {"cp m.yaml two/x.yaml; bulkhead check --fleet two", 1,
     "two/x.yaml:1:7: error[fleet-host]: ", "1 error"},
    {"bulkhead check --format json --fleet two | grep -o '\"errors\": .' | tr -d '\\n'", 0,
     "\"errors\": 0\"errors\": 0\"errors\": 1", NULL},
    {"bulkhead check --format json --fleet two", 1, "\"rule\": \"fleet-host\"", NULL},
    /* Two files that include each other hide neither. */
    {"echo 'include: [y.yaml]' >>two/x.yaml; { cat m.yaml; echo 'include: [x.yaml]'; } "
     ">two/y.yaml; bulkhead check --fleet two | grep -c include",
     0, "2", "errors"},
    {"rm two/x.yaml two/y.yaml; mkfifo two/f.yaml; mkdir two/d.yaml; bulkhead check --fleet two", 3,
     "two/n.yaml: good", "two/f.yaml: is no regular file"},
    {"mkdir many; for i in $(seq 1025); do : >many/$i.yaml; done; bulkhead check --fleet many", 3,
     NULL, "more than 1024"},
    {"bulkhead diff --help", 0, "Examples:", NULL},
    {"bulkhead diff m.yaml", 2, NULL, "two manifests"},
    {"bulkhead diff --format xml m.yaml m.yaml", 2, NULL, "text or json"},
    {"bulkhead diff --date 2026-13-01 m.yaml m.yaml", 2, NULL, "--date"},
    {"bulkhead diff m.yaml absent.yaml", 3, NULL, "absent.yaml: No such file"},
    {"bulkhead diff m.yaml m.yaml", 0, "no change", NULL},
    {"bulkhead diff m.yaml bad.yaml", 1, NULL, "error[range]"},
    {"bulkhead diff --format json m.yaml bad.yaml", 1, "\"compared\": false", "nothing was"},
    {"bulkhead diff m.yaml unsafe.yaml", 0,
     "machine\n  + unsafe split-core is allowed: old (unsafe.yaml:7) [more]\n"
     "attack surface: grew, 1 more and 0 less\n",
     "warning[unsafe]"},
    {"bulkhead diff unsafe.yaml m.yaml", 0, "[less]\nattack surface: did not grow",
     "warning[unsafe]"},
    {"sed s/64M/128M/ m.yaml >n.yaml; bulkhead diff m.yaml n.yaml", 0,
     "domain one\n  ~ memory: 64M -> 128M (m.yaml:5, n.yaml:5)\nattack surface: as before\n", NULL},
    {"bulkhead diff --format json m.yaml n.yaml", 0,
     "{\"change\": \"~\", \"group\": \"domain one\", \"what\": \"memory\", "
     "\"old\": {\"value\": \"64M\", \"file\": \"m.yaml\", \"line\": 5}, "
     "\"new\": {\"value\": \"128M\", \"file\": \"n.yaml\", \"line\": 5}, \"surface\": false}",
     NULL},
    {"echo '    devices: [{pci: \"00:04.0\", serial_number: A}]' | cat m.yaml - >d.yaml;"
     "sed 's/name: one/name: two/' d.yaml >e.yaml; bulkhead diff d.yaml e.yaml",
     1, "owner: domain one (no label) -> domain two",
     "e.yaml:7:21: error[device-moved]: domain two (no label) has device"},
    {"sed 's/r: A/r: A, sanitized_by: me/' e.yaml >f.yaml; bulkhead diff d.yaml f.yaml", 0,
     "  ~ owner: domain one (no label) -> domain two (no label) (d.yaml:7, f.yaml:7)", NULL},
    {"bulkhead diff --date 2026-11-24 due.yaml due.yaml", 0, "no change",
     "warning[review-overdue]"},
    {"echo 'levels: [low]' >site.table; bulkhead check --table site.table m.yaml", 0, "good", NULL},
    {"sed 's/domains:/levels: [high]\\n&/;s/    cpus/    label: {level: high}\\n&/' m.yaml "
     ">h.yaml; "
     "bulkhead check --table site.table h.yaml",
     1, "error[assurance-low]: domain one is high, a level that the table does not have",
     "1 error"},
    {"bulkhead check --table absent m.yaml", 3, NULL, "absent: No such file"},
    {"bulkhead check --table m.yaml m.yaml", 1, NULL, "error["},
    {"bulkhead report --help", 0, "Examples:", NULL},
    {"bulkhead report", 2, NULL, "name one manifest"},
    {"bulkhead report --format pdf m.yaml", 2, NULL, "html or markdown"},
    {"bulkhead report --cpu arm m.yaml", 2, NULL, "intel or amd"},
    {"bulkhead report m.yaml >r.html; bulkhead report m.yaml -o s.html && cmp r.html s.html", 0,
     NULL, NULL},
    {"bulkhead report m.yaml -o m.yaml", 3, NULL, "m.yaml: is what would be read"},
    {"bulkhead report m.yaml -o absent/r", 3, NULL, "absent/r: the folder absent does not exist"},
    {"bulkhead report bad.yaml -o none.html; test ! -e none.html", 0, NULL, "error[range]"},
    {"bulkhead report --date today m.yaml", 2, NULL, "--date"},
    {"bulkhead report absent.yaml", 3, NULL, "No such file"},
    {"bulkhead report bad.yaml", 1, NULL, "bad.yaml:4:11: error[range]"},
    {"bulkhead report m.yaml", 0, "<!DOCTYPE html>", NULL},
    {"bulkhead report --format markdown --date 2026-11-23 m.yaml", 0, "as of 2026-11-23", NULL},
    {"SOURCE_DATE_EPOCH=1795478400 bulkhead report m.yaml", 0, ">2026-11-24</span>", NULL},
    {"bulkhead check m.yaml >/dev/full", 3, NULL, "cannot be written"},
    {"bulkhead cascade bad.yaml", 1, NULL, "bad.yaml:4:11: error[range]"},
    {"{ sed 's/domains:/levels: [low, high]\\n&/;s/    cpus/    label: {level: high}\\n&/' m.yaml; "
     "sed -n '3,$p' m.yaml | sed 's/one/two/;s/    cpus/    label: {level: low}\\n&/'; } "
     ">two.yaml; "
     "bulkhead cascade two.yaml",
     1, "the way out is a table", NULL},
    {"{ echo 'levels: [low, high]'; echo 'required: {high: {low: 1}}'; } >two.table; "
     "bulkhead cascade --table two.table two.yaml | grep -c 'way out'; true",
     0, "0\n", NULL},
    {"bulkhead cascade h.yaml >/dev/full", 3, NULL, "cannot be written"},
    {"echo 'required: {}' >bad.table; bulkhead cascade --table bad.table h.yaml 2>&1 | "
     "tee /dev/stderr | grep -c error",
     0, "1", "nothing was analysed"},
    {"bulkhead report m.yaml >/dev/full", 3, NULL, "cannot be written"},
    {"bulkhead explain mixed-levels", 0, "mixed-levels (error)", NULL},
    {"bulkhead explain uart-irq", 0,
     "    bad: tests/fixtures/uart-irq.bad.yaml\n        host: fixture\n", NULL},
    {"bulkhead explain uart-irq", 0,
     "        uart-irq.bad.yaml:8:20: error[uart-irq]: com3 of domain office has interrupt line 7 "
     "in "
     "the inventory (line 2), not 4, which it usually has; write `serial: {port: com3, irq: 7}`\n",
     NULL},
    {"bulkhead explain uart-irq", 0, "    good: tests/fixtures/uart-irq.good.yaml\n", NULL},
    {"bulkhead explain fleet-apart", 0, "    good: tests/fixtures/fleet-apart.good/b.yaml\n", NULL},
    {"for r in $(bulkhead explain | sed -n 's/^\\([a-z-]*\\) (.*/\\1/p'); do "
     "bulkhead explain $r >x; grep -q '^    bad: ' x && grep -q '^    good: ' x && "
     "grep -q \"\\[$r\\]: .*; \" x || echo $r; done; rm x",
     0, NULL, NULL},
    {"bulkhead explain", 0, "payload-missing", NULL},
    {"bulkhead explain mixed-lovels", 2, NULL, "did you mean `mixed-levels`?"},
    {"bulkhead demo accidents", 0, "firewall-beside", NULL},
    {"mkdir near; cd near; echo x >vmlinuz; echo x >ops.pub; bulkhead demo accidents", 0,
     "firewall-beside", NULL},
    {"bulkhead demo", 2, NULL, "accidents"},
    {"bulkhead schema", 0, "\"$schema\"", NULL},
    {"bulkhead schema", 0, "\"uniqueItems\": true", NULL},
    {"bulkhead reference", 0, "| `host` |", NULL},
    {"bulkhead build unsafe.yaml --manifest-only -o u.man", 0, "(LAB)", "warning[unsafe]"},
    {"bulkhead build --release unsafe.yaml --manifest-only -o r.man", 1, NULL, "refuses `unsafe`"},
    {"test ! -e r.man", 0, NULL, NULL},
    {"bulkhead check .", 3, NULL, "no regular file"},
    {"bulkhead build bad.yaml -o bad.efi", 1, NULL, "error[range]"},
    {"test ! -e bad.efi", 0, NULL, NULL},
    {"bulkhead build absent.yaml -o x", 3, NULL, "No such file"},
    {"bulkhead build m.yaml --manifest-only -o a.man", 0, "test (LAB)", NULL},
    {"bulkhead show a.man >a.yaml", 0, NULL, NULL},
    {"bulkhead build a.yaml --manifest-only -o b.man && cmp a.man b.man", 0, "b.man", NULL},
    /* Neither place, day, language, time zone nor file mode gets into the bytes. */
    {"mkdir far; cd far; umask 077; env -i PATH=$PATH TZ=Asia/Tokyo LC_ALL=tr_TR.UTF-8 HOME=/ "
     "SOURCE_DATE_EPOCH=86400 bulkhead build ../m.yaml --manifest-only -o ../c.man && "
     "cd .. && cmp a.man c.man",
     0, "c.man", NULL},
    {"bulkhead build m.yaml --manifest-only -o /dev/null", 3, NULL, "no regular file"},
    {"{ cat m.yaml; echo '    devices: [{pci: \"00:04.0\"}]'; } >dev.yaml;"
     "bulkhead build dev.yaml --manifest-only -o d.man",
     0, "d.man: ", NULL},
    {"{ cat dev.yaml; echo '    cache_ways: 2'; sed -n '3,$p' m.yaml | sed s/one/two/; "
     "echo '    devices: [{pci: \"00:05.0\"}]'; echo '    cache_ways: 2'; } >much.yaml; "
     "bulkhead check much.yaml",
     0, "much.yaml: good",
     "note: this version does not carry out `cache_ways` (line 8, line 14): the image will refuse "
     "to start any domain\n"},
    {"bulkhead build --release much.yaml --manifest-only -o r.man", 1, NULL,
     "--release refuses an image that starts nothing: this version does not carry out "
     "`cache_ways`"},
    {"{ cat m.yaml; echo 'platform: {cpu: amd}'; } >amd.yaml; bulkhead check amd.yaml", 0,
     "amd.yaml: good", "note: `platform: {cpu: amd}`: AMD-V was tried in QEMU only"},
    {"{ cat dev.yaml; echo 'platform: {cpu: amd}'; } >both.yaml; bulkhead check both.yaml", 0,
     "both.yaml: good",
     "note: `platform: {cpu: amd}`: AMD-V with VT-d exists in QEMU only: this image starts no "
     "domain on a board\n"},
    /* What the loader refuses whatever is written, `unsafe` does not allow here either. */
    {"cat >split.yaml <<END\n"
     "host: fixture\nunsafe: [{allow: split-iommu-group, reason: an old board}]\n"
     "platform: {inventory: $B/build/fixtures/board}\n"
     "domains: [{name: office, cpus: 1, memory: 64M, boot: {elf64: good.elf}, "
     "devices: [{pci: '04:00.0'}]}]\n"
     "END\nbulkhead check split.yaml",
     1, "error[iommu-group-split]", "1 error, 1 warning"},
    {"sed 's/split-iommu-group/no-dma-remapping/; "
     "s/fixtures.board/fixtures\\/boards\\/no-remapping/; "
     "s/04:00/06:00/' split.yaml >no.yaml; bulkhead check no.yaml",
     1, "error[iommu-missing]", "1 error, 1 warning"},
    {"sed 's/no-dma-/no-interrupt-/' no.yaml >none.yaml; bulkhead check none.yaml", 1,
     "error[iommu-missing]", "1 error, 1 warning"},
    {"bulkhead build --release amd.yaml --manifest-only -o r.man", 1, NULL,
     "--release refuses `platform: {cpu: amd}`"},
    {"bulkhead build --release --cpu amd m.yaml --manifest-only -o r.man", 1, NULL,
     "--release refuses `platform: {cpu: amd}`"},
    {"test ! -e r.man && bulkhead build --release m.yaml --manifest-only -o r.man", 0,
     "r.man: ", NULL},
    {"bulkhead disk m.yaml -o x.img", 1, NULL, "m.yaml: is no image"},
    {"bulkhead disk a.man -o x.img", 1, NULL, "a.man: is no image"},
    {"printf MZ >mz; bulkhead disk mz -o x.img", 1, NULL, "mz: is no PE file"},
    {"bulkhead report --image mz m.yaml", 3, NULL, "mz: is no PE file"},
    {"test ! -e x.img", 0, NULL, NULL},
    {"bulkhead hw --from $B/build/fixtures/board --save saved >hw.txt", 0, NULL, "saved, SHA-256"},
    {"bulkhead hw --from $B/build/fixtures/board --save saved", 3, NULL, "name a new folder"},
    {"bulkhead hw --from $B/build/fixtures/board --save no/where", 3, NULL, "make it first"},
    {"bulkhead build m.yaml --manifest-only -o no/where", 3, NULL,
     "no/where: the folder no does not"},
    {"cp a.man kept; bulkhead build bad.yaml -o kept; cmp a.man kept", 0, NULL, "error[range]"},
    /* Nothing is written over what it is made of, whatever it is called there. */
    {"cp m.yaml own.yaml; cp good.elf own.elf; sed -i s/good/own/ own.yaml; ln -sf own.yaml l;"
     "for o in own.yaml ./l own.elf; do bulkhead build own.yaml --manifest-only -o $o; done;"
     "cmp good.elf own.elf; sed s/own/good/ own.yaml | cmp - m.yaml",
     0, NULL, "own.elf: is what would be read"},
    {"cp $B/build/boot/loader.efi own.efi; bulkhead build own.yaml --loader own.efi -o own.efi", 3,
     NULL, "own.efi: is what would be read"},
    {"cmp own.efi $B/build/boot/loader.efi; bulkhead disk own.efi -o x.img", 1, NULL,
     "own.efi: has no .manif section"},
    {"bulkhead build own.yaml -o own.efi >/dev/null; bulkhead disk own.efi -o own.efi", 3, NULL,
     "own.efi: is what would be read"},
    /* Six fields a line, as shim wants them, and nothing else. */
    {"objcopy -O binary --only-section=.sbat own.efi sbat; awk -F, 'NF == 6 && $2 == 1' sbat; wc "
     "-l <sbat",
     0,
     "sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n"
     "bulkhead,1,Bulkhead,bulkhead,0.1,see SECURITY.md of the source\n2\n",
     NULL},
    {"bulkhead survey --help", 0, "Examples:", NULL},
    {"bulkhead survey", 2, NULL, "name the file with -o"},
    {"bulkhead survey x -o s.efi", 2, NULL, "name the file with -o"},
    {"bulkhead survey -o absent/s.efi", 3, NULL, "absent/s.efi"},
    {"bulkhead survey -o s.efi && objcopy -O binary --only-section=.sbat s.efi s.sbat && cmp sbat "
     "s.sbat && bulkhead disk s.efi -o s.img && bulkhead survey -o t.efi && cmp s.efi t.efi",
     0, NULL, NULL},
    {"bulkhead show s.efi", 1, NULL, "has no .manif section"},
    {"bulkhead report --format markdown --image own.efi own.yaml | grep 'hypervisor in it'", 0,
     "| **hypervisor in it** | ", NULL},
    {"bulkhead report --image own.efi m.yaml", 3, NULL, "m.yaml: the image that --image names was"},
    /* An image says for whose processors it was built. */
    {"bulkhead report --format markdown own.yaml | grep 'build --cpu'", 1, NULL, NULL},
    {"bulkhead build --cpu amd own.yaml -o cpu.efi >/dev/null;"
     "bulkhead report --format markdown --image cpu.efi own.yaml | grep 'build --cpu'",
     0, "For an image that build --cpu amd makes", NULL},
    {"bulkhead report --cpu intel --image cpu.efi own.yaml", 3, NULL, "build it again"},
    {"bulkhead report --cpu amd --image cpu.efi m.yaml", 3, NULL, "build it again"},
    {"bulkhead report --cpu amd --image cpu.efi own.yaml -o cpu.efi", 3, NULL,
     "cpu.efi: is what would be read"},
    {"trap '' XFSZ; ulimit -f 100; bulkhead disk own.efi -o full.img; echo $? $(ls full*)", 0,
     "3\n", "full.img: can't write: "},
    {"bulkhead build m.yaml --loader absent -o x", 3, NULL, "absent: No such file"},
    {"bulkhead build m.yaml --loader m.yaml --kernel m.yaml -o x", 3, NULL, "is no PE file"},
    {"test -z \"$(ls x*)\"", 0, NULL, "x*"}, /* no temporary file is left either */
    {"bulkhead show absent", 3, NULL, "No such file"},
    {"bulkhead show m.yaml", 1, NULL, "neither an image nor"},
    {"head -c 500 a.man >cut; bulkhead show cut", 1, NULL, "cut off"},
    {"sed s/good/evil/ a.man >changed; bulkhead show changed", 1, NULL, "differs from its digest"},
    {"printf MZ >mz; bulkhead show mz", 1, NULL, "is no PE file"},
    /* Every subcommand that the help lists has a help of its own, and stands in the manual page. */
    {"for c in $(bulkhead --help | sed -n '/^  [a-z]* .*[a-z]$/s/^  \\([a-z]*\\)  .*/\\1/p'); do "
     "bulkhead $c --help >h || echo \"$c: status $?\" >&2; bulkhead $c --no-such-option >/dev/null "
     "2>&1; [ $? -eq 2 ] || echo \"$c: takes any option\" >&2;"
     "for w in '^usage: bulkhead' '^Exit status: 0' '^Examples:'; "
     "do "
     "grep -q -- \"$w\" h || echo \"$c: no $w\" >&2; done; "
     "bulkhead man | grep -q \"^.SH BULKHEAD $c$\" || echo \"$c: no page\" >&2; "
     "bulkhead help $c | cmp - h >&2; n=$((n + 1)); done; [ $n -ge 17 ]",
     0, NULL, NULL},
    {"bulkhead run -h", 0, "Examples:", NULL},
    {"bulkhead man >b.1; command -v groff >/dev/null || exit 0; groff -man -ww -z b.1 >&2", 0, NULL,
     NULL},
    {"bulkhead key --help", 0, "Examples:", NULL},
    {"bulkhead key", 2, NULL, "--help"},
    {"bulkhead key new", 2, NULL, "say `new` and a name"},
    {"bulkhead key new ../ops", 2, NULL, "a name has at most 31"},
    {"bulkhead key new -- -ops", 2, NULL, "a name has at most 31"},
    {"bulkhead key new ops --dir keys/new && ls keys/new", 0, "key: keys/new/ops.pub", NULL},
    {"bulkhead key new ops --dir m.yaml/keys", 3, NULL, "m.yaml/keys: Not a directory"},
    {"bulkhead key new ops --role server -p x", 2, NULL, "a server has no file with a password"},
    {"bulkhead key new ops -o x", 2, NULL, "`new` has --dir"},
    {"bulkhead key certificate", 2, NULL, "say `new` and a name"},
    {"bulkhead key new ops --role auditer", 2, NULL, "--role is operator, auditor or server"},
    {"umask 0; bulkhead key new ops --role operator", 0,
     "{name: ops, key: ./ops.pub, role: operator,", NULL},
    {"stat -c %a ops.key ops.pub | tr '\\n' ' '", 0, "600 644 ", NULL},
    {"cp ops.key kept; bulkhead key new ops; cmp ops.key kept || echo lost", 0, NULL,
     "ops.key: exists; remove it"},
    /* Half a pair is none. */
    {"touch half.pub; bulkhead key new half", 3, NULL, "half.pub: exists"},
    {"test ! -e half.key", 0, NULL, NULL},
    {"touch part.p12; bulkhead key new part", 3, NULL, "part.p12: exists"},
    {"ls part.*", 0, "part.p12\n", NULL},
    {"stat -c %a ops.pem ops.p12 | tr '\\n' ' '", 0, "644 600 ", NULL},
    {"command -v openssl >/dev/null || exit 0; openssl x509 -in ops.pem -noout -pubkey | cmp - "
     "ops.pub && openssl x509 -in ops.pem -checkend 310000000 >/dev/null",
     0, NULL, NULL},
    {"bulkhead key new worded --password 'a b' | grep -c 'given$'", 0, "1\n", NULL},
    {"bulkhead key new open -p '' | grep -c 'without a password$'", 0, "1\n", NULL},
    {"bulkhead key new two >said; command -v openssl >/dev/null || exit 0;"
     "for w in 'a b:worded' :open \"$(sed -n 's/.*password \\([a-z2-9-]*\\),.*/\\1/p' said):two\"; "
     "do"
     " openssl pkcs12 -in ${w#*:}.p12 -passin \"pass:${w%:*}\" -nodes -nocerts |"
     " openssl pkey | cmp - ${w#*:}.key; done; openssl pkcs12 -in two.p12 -passin pass:x 2>&1 |"
     " grep -q invalid",
     0, NULL, NULL},
    {"bulkhead key new none", 0, "role: ROLE, expires: YYYY-MM-DD}", NULL},
    {"bulkhead key new audit >/dev/null; ! cmp -s ops.key audit.key && ! cmp -s ops.pub audit.pub",
     0, NULL, NULL},
    {"command -v openssl >/dev/null || { cat ops.pub; exit 0; }; openssl pkey -in ops.key -pubout",
     0, "-----BEGIN PUBLIC KEY-----", NULL},
    {"command -v openssl >/dev/null || exit 0; openssl pkey -in ops.key -pubout | cmp - ops.pub", 0,
     NULL, NULL},
    {"{ sed 's/cpus: 1/&\\n    label: {level: low}\\n    manage: [status, stop]/' m.yaml;"
     "echo 'levels: [low]'; echo 'networks: {admin: {level: low}}';"
     "echo 'management: {cpus: 1, memory: 64M,';"
     "echo ' nic: {pci: \"00:03.0\", network: admin, address: 10.0.2.15/24},';"
     "echo ' admins: [{name: ops, key: ops.pub, role: operator, expires: 2199-01-31},';"
     "echo '  {name: audit, key: audit.pub, role: auditor, expires: 2199-01-31}]}'; } "
     ">keyed.yaml; bulkhead check keyed.yaml",
     0, "keyed.yaml: good", "`management` (line 11) has a network card and no server's key"},
    /* I6: the server's private key lies in the image, which is its owner's, and nowhere else. */
    {"cp $B/build/fixtures/server.key $B/build/fixtures/other.key .;"
     "{ cat $B/build/fixtures/good.elf; echo console; } >own.elf; "
     "sed 's/^management: {/&key: server.key, /' keyed.yaml >secret.yaml;"
     "sed s/server.key/other.key/ secret.yaml >other.yaml; umask 0;"
     "bulkhead build --console own.elf secret.yaml -o secret.efi && bulkhead disk secret.efi -o "
     "secret.img &&"
     "bulkhead build --console own.elf --manifest-only secret.yaml -o secret.man &&"
     "bulkhead build --console own.elf keyed.yaml -o keyed.efi && bulkhead disk keyed.efi -o "
     "keyed.img",
     0, "secret.efi: ", "no server's key"},
    {"stat -c %a secret.efi secret.img secret.man keyed.efi keyed.img | tr '\n' ' '", 0,
     "600 600 666 666 666 ", NULL},
    {"for c in 'show secret.efi' 'show secret.man' 'report secret.yaml' 'map --format json "
     "secret.yaml' 'report --console own.elf --format markdown --image secret.efi secret.yaml' "
     "'check --format json "
     "secret.yaml' 'diff secret.yaml other.yaml' 'diff secret.efi other.yaml' 'cascade .'; do"
     " echo \"$c\"; bulkhead $c 2>&1; done >told; cat secret.man >>told;"
     "grep -c 76805a63a6980c18075424a13f32772d02d7c71b4965754c1ce84f5841220327 told",
     0, "5\n", NULL},
    {"key='\\x11{16}|1{16}|(11[ :]){8}|ERERERER|EREREREREQ'; LC_ALL=C grep -acP \"$key\" told;"
     "LC_ALL=C grep -acP \"$key\" secret.efi server.key",
     0, "0\nsecret.efi:1\nserver.key:1\n", NULL},
    {"bulkhead build --console own.elf --release secret.yaml -o r.efi", 0, "r.efi: ", NULL},
    /* The console: the same image wherever it was found; another one is another payload. */
    {"mkdir elsewhere; cp own.elf elsewhere/other.elf; bulkhead build --console "
     "elsewhere/other.elf secret.yaml -o same.efi >&2 && cmp same.efi secret.efi && bulkhead show "
     "same.efi | grep \"# boots Bulkhead's console, $(stat -c %s own.elf) bytes, SHA-256 "
     "$(sha256sum own.elf | cut -c1-64)\"",
     0, "boots Bulkhead's console", "same.efi: "},
    {"bulkhead build --console none.elf secret.yaml -o n.efi", 1, NULL, "management: "},
    {"bulkhead build --console none.elf secret.yaml -o n.efi 2>&1 | grep -c 'none.elf does not "
     "exist; build the console first (make guests), or name one with `bulkhead build --console`'",
     0, "1\n", NULL},
    {"bulkhead build --console own.elf --release keyed.yaml -o r.efi", 1, NULL,
     "without the server's key (line 11)"},
    {"sed '/nic:/d' secret.yaml >alone.yaml; bulkhead build --console own.elf --release alone.yaml "
     "-o r.efi",
     1, NULL, "`management` without a network card (line 11)"},
    {"bulkhead build --console own.elf alone.yaml -o alone.efi && bulkhead show alone.efi "
     ">again.yaml;"
     "grep nic: again.yaml; bulkhead build --console own.elf --manifest-only alone.yaml -o 1.man "
     "2>/dev/null;"
     "bulkhead build --console own.elf --manifest-only again.yaml -o 2.man 2>/dev/null; cmp 1.man "
     "2.man >&2",
     0, "alone.efi: ", "warning[management-offline]"},
    {"for c in map report 'map --format svg' 'diff secret.yaml'; do bulkhead $c alone.yaml"
     " 2>&1 || echo \"$c: $?\" >&2; done",
     0, "without a network card nobody reaches it", NULL},
    {"bulkhead key certificate absent.yaml", 3, NULL, "absent.yaml: No such file"},
    {"bulkhead key certificate bad.yaml", 1, NULL, "error[range]"},
    {"bulkhead key certificate keyed.yaml", 1, NULL, "names no server's key"},
    {"bulkhead key certificate alone.yaml", 1, NULL, "has no network card"},
    {"bulkhead key certificate secret.yaml -o absent/c.pem", 3, NULL, "absent"},
    {"bulkhead key certificate secret.yaml >1.pem && bulkhead key certificate secret.yaml -o c.pem "
     "&& cmp 1.pem c.pem && bulkhead key certificate other.yaml | cmp -s - c.pem; echo $?",
     0, "1\n", NULL},
    {"command -v openssl >/dev/null || { echo c.pem: OK >&2; exit 2; };"
     "openssl verify -verify_ip 10.0.2.15 -CAfile c.pem "
     "c.pem >&2 && openssl verify -verify_ip 10.0.2.16 -CAfile c.pem c.pem >/dev/null 2>&1",
     2, NULL, "c.pem: OK"},
    {"umask 0; bulkhead key new console --role server", 0,
     "management:\n  key: ./console.key\n./console.pub: the public key, SHA-256 ", NULL},
    {"stat -c %a console.key; sed 's/server.key/console.key/' secret.yaml >c.yaml;"
     "bulkhead build --console own.elf --manifest-only c.yaml -o c.man 2>/dev/null; bulkhead show "
     "c.man | grep -c "
     "\"$(grep -v -- -- console.pub | base64 -d | sha256sum | cut -c1-64)\"",
     0, "600\n", NULL},
    /* The example of docs/manifest.md builds whole, with its console's key and without. */
    {"mkdir -p whole/build/guests whole/keys; cd whole; F=$B/build/fixtures;"
     "cp $F/good.bzimage build/guests/vmlinuz; cp $F/4k.initrd build/guests/initrd.img;"
     "cp $F/good.elf build/guests/control.elf; cp $F/ops.pub $F/audit.pub keys;"
     "cp $F/server.key keys/console.key; sed -n '/^```yaml/,/^```$/p' $B/docs/manifest.md |"
     "grep -v '^```' >keyed.yaml; sed '/ key: keys.console/d; /  names:/d' keyed.yaml >bare.yaml;"
     "for m in keyed bare; do bulkhead check $m.yaml && bulkhead build --console ../own.elf $m.yaml"
     " -o $m.efi && bulkhead show $m.efi | grep -c -e \"# boots Bulkhead's console\" -e 'elf64: "
     "build/guests/control.elf' -e 'linux: build/guests/vmlinuz' -e 'address: 10.0.2.15/24'; done",
     0, "keyed.efi: ", "`management` (line 31) has a network card and no server's key"},
    {"cd whole; for m in keyed bare; do bulkhead show $m.efi | grep -c -e '# boots ' -e 'elf64: ' "
     "-e 'linux: ' -e 'address: '; done",
     0, "4\n4\n", NULL},
    /* A hint is for what was likely meant; of several as likely, and of a word as unlike, none is.
     */
    {"sed 's/cpus: 1/&\\n    serial: {port: com5}/' m.yaml >h.yaml; bulkhead check h.yaml", 1,
     "write com1, com2, com3 or com4", "1 error"},
    {"sed '1aplatform: {cpu: arm}' m.yaml >h.yaml; bulkhead check h.yaml", 1, "write intel or amd",
     "1 error"},
    {"sed '1aplatform: {cpu: intle}' m.yaml >h.yaml; bulkhead check h.yaml", 1,
     "did you mean intel?", "1 error"},
    {"sed '1aplatform: {processors: 4}' m.yaml | sed 's/cpus: 1/cpus: 9/' >h.yaml;"
     "sed -n '/- name/,$p' m.yaml | sed 's/one/two/' >>h.yaml; bulkhead check h.yaml",
     1, "give it at most 3, as the others have the rest, take 6 from another", "1 error"},
    {"sed '1aplatform: {processors: 4}' m.yaml | sed 's/cpus: 1/cpus: 9/' >h.yaml;"
     "bulkhead check h.yaml",
     1, "; give it at most 4, or correct platform.processors", "1 error"},
    {"sed '1aplatform: {memory: 64M, memory_guard: 0}' m.yaml >h.yaml;"
     "bulkhead check h.yaml | grep -c guard",
     1, "0", "1 error"},
    {"mkdir sub; cp m.yaml sub; cp $B/build/fixtures/good.elf sub; rm good.elf;"
     "bulkhead check sub/m.yaml",
     0, "good", NULL}, /* beside the manifest */
    {"cp sub/good.elf .; rm sub/good.elf; bulkhead check sub/m.yaml", 0, "good", NULL},
    {"cd sub; bulkhead check ./m.yaml", 1, ": ./good.elf (beside the manifest) does not exist",
     "1 error"},
    {"rm good.elf; bulkhead check sub/m.yaml", 1,
     "neither sub/good.elf (beside the manifest) nor ./good.elf (in the current folder) exists",
     "1 error"},
};

static const char set_up[] = "cp build/fixtures/good.elf $DIR; cd $DIR || exit 1\n"
                             "cat >m.yaml <<'END'\n"
                             "host: test\n"
                             "domains:\n"
                             "  - name: one\n"
                             "    cpus: 1\n"
                             "    memory: 64M\n"
                             "    boot: {elf64: good.elf}\n"
                             "END\n"
                             "{ cat m.yaml; echo 'review: {by: me, date: 2025-11-23, "
                             "due: 2026-11-23}'; } >due.yaml\n"
                             "{ cat m.yaml; echo 'unsafe: [{allow: split-core, reason: old}]'; } "
                             ">unsafe.yaml\n"
                             "sed 's/cpus: 1/cpus: 0/' m.yaml >bad.yaml\n";

static char *read_file(const char *path)
{
    char *text = calloc(1, 65536);
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    text[fread(text, 1, 65535, file)] = 0;
    fclose(file);
    return text;
}

static void expect(const char *command, const char *stream, const char *path, const char *part)
{
    char *text = read_file(path);

    if (part ? strstr(text, part) == NULL : *text != 0)
        fail_msg("%s: on %s: %s", command, stream, text);
    free(text);
}

static void test_commands(void **state)
{
    char line[1024], folder[] = "/tmp/bulkhead-test-XXXXXX", out[64], messages[64];

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(setenv("DIR", folder, 1), 0);
    snprintf(out, sizeof(out), "%s/.out", folder);
    snprintf(messages, sizeof(messages), "%s/.messages", folder);
    assert_int_equal(system(set_up), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(line, sizeof(line),
                 "B=$PWD; PATH=$B/build:$PATH; cd $DIR || exit 9; { %s\n} >.out 2>.messages",
                 cases[i].command);
        int status = system(line);

        if (!WIFEXITED(status) || WEXITSTATUS(status) != cases[i].status)
            fail_msg("%s: status %d", cases[i].command, WEXITSTATUS(status));
        expect(cases[i].command, "stdout", out, cases[i].out);
        expect(cases[i].command, "stderr", messages, cases[i].messages);
    }
    assert_int_equal(system("rm -r $DIR"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_commands)};

    return cmocka_run_group_tests_name("tool_command", tests, NULL, NULL);
}
