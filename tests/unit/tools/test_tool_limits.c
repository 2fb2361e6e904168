/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build/bulkhead as it is installed, with 256 MiB of address space and ten seconds of processor
 * time: no file makes it crash, hang or grow. Files of 100 MB, devices and pipes, wherever a path
 * can stand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Run in a folder of its own, by a shell with these limits; each line's status is compared. */
static const struct {
    const char *command;
    int status;
} cases[] = {
    /* As a manifest. */
    {"bulkhead check zeros", 1},
    {"bulkhead check text", 1},
    {"bulkhead check /dev/zero", 3},
    {"bulkhead check pipe", 3},
    {"bulkhead check /dev/tty", 3},
    {"bulkhead check - </dev/zero", 1},
    {"bulkhead check - <text", 1},
    {"bulkhead check - <.", 3},
    {"bulkhead build zeros -o out", 1},
    {"bulkhead diff text zeros", 1},
    {"bulkhead report text", 1},
    {"printf 'host: a\\0b\\n' >m; bulkhead check m", 1},
    {"printf 'host: \\377\\376\\n' >m; bulkhead check m", 1},
    {"yes '[' | head -c 1000000 >m; bulkhead check m", 1},
    {"yes 'a: &a [*a,*a]' | head -c 1000000 >m; bulkhead check m", 1},
    {"{ echo 'a0: &a0 x'; for i in $(seq 60); do echo \"a$i: &a$i [*a$((i - 1)),*a$((i - 1))]\"; "
     "done; } >m; bulkhead check m",
     1},
    {"yes 'host: x' | head -c 1000000 >m; bulkhead check --format json m", 1},
    /* As a payload, an initial ramdisk, a key, an inventory, an included file. */
    {"domain 'elf64: zeros'; bulkhead check m", 1},
    {"domain 'elf64: text'; bulkhead build m --manifest-only -o out", 1},
    {"domain 'linux: zeros'; bulkhead check m", 1},
    {"domain 'elf64: /dev/zero'; bulkhead check m", 1},
    {"domain 'elf64: pipe'; bulkhead check m", 1},
    {"domain 'elf64: /proc/self/mem'; bulkhead check m", 1},
    {"domain 'linux: /dev/zero, initrd: /dev/urandom'; bulkhead check m", 1},
    {"domain 'linux: good.bzimage, initrd: pipe'; bulkhead check m", 1},
    {"domain 'linux: good.bzimage, initrd: zeros' 512M; bulkhead build m --manifest-only -o out",
     0},
    /* Larger than the memory there is. */
    {"domain 'elf64: large.elf' 1G; bulkhead check m", 0},
    {"domain \"elf64: large.elf, digest: {elf64: $(printf %064d 0)}\" 1G; bulkhead check m | "
     "grep -q 'another SHA-256'",
     0},
    {"domain 'elf64: far.elf' 1G; bulkhead check m | grep -q 'headers behind its first 1M'", 0},
    {"domain 'elf64: good.elf'; echo 'include: [zeros]' >>m; bulkhead check m", 1},
    {"domain 'elf64: good.elf'; echo 'include: [/dev/zero, pipe]' >>m; bulkhead check m", 1},
    {"domain 'elf64: good.elf'; echo 'platform: {inventory: zeros}' >>m; bulkhead check m", 1},
    {"domain 'elf64: good.elf'; echo 'platform: {inventory: /dev}' >>m; bulkhead check m", 1},
    /* Inventories of a machine with 4,096 functions in one group, and with as many processors. */
    {"bulkhead hw --from functions && bulkhead init --hw functions", 0},
    {"bulkhead hw --from processors && bulkhead init --hw processors", 0},
    /* As a fleet: what was read of each file does not stay. */
    {"domain 'elf64: good.elf'; mkdir fleet; for i in $(seq 300); do ln -s ../m fleet/$i.yaml; "
     "done;"
     "bulkhead check --fleet fleet | grep -q 'error.fleet-host.'",
     0},
    /* Numbers beyond 64 bits. */
    {"domain 'elf64: good.elf' 18446744073709551617; bulkhead check m", 1},
    {"domain 'elf64: good.elf' 99999999999999999999G; bulkhead check m", 1},
    {"domain 'elf64: good.elf' $(yes 9 | head -n 100000 | tr -d '\\n'); bulkhead check m", 1},
    {"domain 'elf64: good.elf'; echo 'platform: {microcode: 0x1ffffffffffffffff}' >>m;"
     "bulkhead check m",
     1},
    /* As an image. */
    {"bulkhead show zeros", 1},
    {"bulkhead show text", 1},
    {"bulkhead show /dev/zero", 3},
    {"bulkhead show pipe", 3},
    {"printf MZ | dd of=zeros conv=notrunc status=none; bulkhead show zeros", 1},
    {"printf BLHMANIF | dd of=zeros conv=notrunc status=none; bulkhead show zeros", 1},
};

static const char prelude[] =
    "cd $DIR || exit 99\n"
    "ulimit -v 262144 || exit 99\n" /* KiB */
    "ulimit -t 10 || exit 99\n"
    "domain() {\n"
    "    printf 'host: a\\ndomains:\\n  - {name: b, cpus: 1, memory: %s, boot: {%s}}\\n' "
    "\"${2:-4M}\" \"$1\" >m\n"
    "}\n";

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Every function and every processor is a link to the one that has files. */
static void make_inventories(void)
{
    static char text[4097];
    char path[64];

    assert_int_equal(system("mkdir -p functions/sys/bus/pci/devices processors/proc processors/sys/"
                            "devices/system/cpu/one/topology processors/sys/devices/system/cpu/one/"
                            "cache/index0; ln -s 7 functions/sys/bus/pci/devices/iommu_group"),
                     0);
    for (unsigned i = 0; i < 4096; i++) {
        snprintf(path, sizeof(path), "functions/sys/bus/pci/devices/0000:%02x:%02x.%x", i >> 8,
                 i >> 3 & 31, i & 7);
        assert_int_equal(symlink(".", path), 0);
        snprintf(path, sizeof(path), "processors/sys/devices/system/cpu/cpu%u", i);
        assert_int_equal(symlink("one", path), 0);
    }
    assert_int_equal(chdir("processors/sys/devices/system/cpu/one"), 0);
    for (size_t i = 0; i < 4096; i++)
        text[i] = "1,"[i % 2];
    write_file("topology/thread_siblings_list", text);
    write_file("cache/index0/shared_cpu_list", text);
    memset(text, 'x', 4096);
    write_file("cache/index0/type", text);
    write_file("cache/index0/size", text);
    memset(text, ' ', 4096);
    text[0] = '2';
    write_file("cache/index0/level", text);
    assert_int_equal(system("for i in 1 2 3; do ln -s index0 cache/index$i; done; cd $DIR; "
                            "for i in $(seq 0 4095); do echo \"processor : $i\"; "
                            "done >processors/proc/cpuinfo"),
                     0);
}

static void test_limits(void **state)
{
    char command[4096], root[1024], folder[] = "/tmp/bulkhead-test-XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_non_null(getcwd(root, sizeof(root)));
    snprintf(command, sizeof(command), "%s/build:%s", root, getenv("PATH"));
    setenv("PATH", command, 1);
    setenv("DIR", folder, 1);
    /* 100 MB: one of zeros, one of text. */
    assert_int_equal(system("cp build/fixtures/good.elf build/fixtures/good.bzimage $DIR; "
                            "mkfifo $DIR/pipe; truncate -s 100M $DIR/zeros; "
                            "cp $DIR/good.elf $DIR/large.elf; truncate -s 270M $DIR/large.elf; "
                            /* Program headers at 2 MiB: e_phoff is the eight bytes at 32. */
                            "cp $DIR/good.elf $DIR/far.elf; truncate -s 3M $DIR/far.elf; "
                            "printf '\\0\\0\\040' | dd of=$DIR/far.elf bs=1 seek=32 "
                            "conv=notrunc status=none; "
                            "yes 'key: value' | head -c 100000000 >$DIR/text"),
                     0);
    assert_int_equal(chdir(folder), 0);
    make_inventories();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(command, sizeof(command), "(%s%s) >$DIR/said 2>&1", prelude, cases[i].command);
        int status = system(command);

        if (!WIFEXITED(status) || WEXITSTATUS(status) != cases[i].status)
            fail_msg("%s: status 0x%x, not %d", cases[i].command, status, cases[i].status);
    }
    assert_int_equal(system("rm -rf $DIR"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_limits)};

    return cmocka_run_group_tests_name("tool_limits", tests, NULL, NULL);
}
