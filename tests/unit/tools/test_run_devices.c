/* SPDX-License-Identifier: Apache-2.0 */
/* The devices of the emulated machine: what it can have, what QEMU is told, what is made for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/abi/manifest.h"
#include "tools/run/devices.h"
#include "tools/run/media.h"
#include "tools/run/nested.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define AT(bus, slot, function) ((bus) << 8 | (slot) << 3 | (function))
enum { E1000E = 0x808610d3, IGB = 0x808610c9, NVME = 0x1b360010, XHCI = 0x1b36000d };
enum { EDU = 0x123411e8, AHCI = 0x80862922, VIRTIO_NET = 0x1af41041, VIRTIO_BLK = 0x1af41042 };

static char folder[] = "/tmp/bulkhead-test-XXXXXX";

static void test_possible(void **state)
{
    static const struct {
        struct machine_device devices[3];
        const char *why; /* NULL: it can have them */
    } cases[] = {
        {{{AT(1, 0, 0), E1000E, 0, "", false},
          {AT(0, 5, 0), NVME, 0, "", false},
          {AT(14, 0, 0), IGB, 0, "", false}},
         NULL},
        {{{AT(1, 0, 0), EDU, 0, "", false},
          {AT(1, 0, 1), EDU, 0, "", false},
          {AT(0, 0x1d, 7), EDU, 0, "", false}},
         "at 00:1d.7: nothing is at 00:1d.0"},
        {{{AT(1, 0, 0), EDU, 0, "", false},
          {AT(1, 0, 7), EDU, 0, "", false},
          {AT(0, 0x1d, 0), EDU, 0, "", true}},
         NULL},
        {{{AT(15, 0, 0), EDU, 0, "", false}}, "at 0f:00.0: it has not so many buses"},
        /* Each slot that the manifest takes is a port fewer. */
        {{{AT(14, 0, 0), EDU, 0, "", false}, {AT(0, 0x14, 0), EDU, 0, "", true}},
         "at 0e:00.0: it has not so many buses"},
        {{{AT(13, 0, 0), EDU, 0, "", false}, {AT(0, 0x14, 0), EDU, 0, "", true}}, NULL},
        {{{AT(1, 0, 0), 0, 0, "", false}},
         "the manifest gives it no `id`; known are 8086:10d3 e1000e, "},
        {{{AT(1, 0, 0), EDU + 1, 0, "", false}}, "its id 1234:11e9 is none of 8086:10d3 e1000e, "},
        {{{AT(1, 0, 0), EDU + 1, 0, "", false}}, ", 8086:2922 ich9-ahci"},
        {{{AT(1, 1, 0), EDU, 0, "", false}},
         "at 01:01.0: behind a root port there is device 00 only"},
        {{{1 << 16 | AT(1, 0, 0), EDU, 0, "", false}}, "one segment"},
        {{{AT(0, 0, 0), EDU, 0, "", false}}, "its chipset is there"},
        {{{AT(0, 0x1f, 2), AHCI, 0, "", false}}, "its chipset is there"},
        {{{AT(0, 0x1e, 0), EDU, 0, "", false}}, "the disk that it boots from is there"},
        {{{AT(1, 0, 0), EDU, 0, "", false}, {AT(1, 0, 0), EDU, 0, "", false}},
         "another one is there"},
    };
    char why[512];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned count = 0;
        while (count < 3 && (cases[i].devices[count].id || cases[i].devices[count].pci))
            count++;
        bool possible = devices_possible(cases[i].devices, count, why, sizeof(why));
        if (possible != !cases[i].why || (!possible && !strstr(why, cases[i].why)))
            fail_msg("case %zu: %s", i, possible ? "possible" : why);
    }
    assert_true(devices_possible(NULL, 0, why, sizeof(why)));
}

/* The arguments for some devices, a line each. */
static const char *lines_with(const struct machine_device *devices, unsigned count,
                              const struct machine_console *console)
{
    static struct machine_command command;
    static char text[1 << 16];
    struct machine_options options = {
        .devices = devices, .device_count = count, .console = *console, .directory = "dir"};
    command = (struct machine_command){.count = 0};
    devices_command(&options, &command);
    text[0] = 0;
    for (unsigned i = 0; i < command.count; i++) {
        strcat(text, command.arguments[i]);
        strcat(text, *command.arguments[i] == '-' ? " " : "\n");
    }
    return text;
}

static const char *lines_for(const struct machine_device *devices, unsigned count)
{
    const struct machine_console none = {0};
    return lines_with(devices, count, &none);
}

static void test_command(void **state)
{
    static const struct machine_device cards[] = {
        {AT(1, 0, 0), E1000E, 4, "", false},
        {AT(2, 0, 0), IGB, 4, "", false},
        {AT(0, 0x10, 0), VIRTIO_NET, MANIFEST_NONE, "", false},
    };
    static const struct machine_device others[] = {
        {AT(1, 0, 0), NVME, MANIFEST_NONE, "A,B", false},
        {AT(2, 0, 0), XHCI, MANIFEST_NONE, "", false},
        {AT(3, 0, 0), AHCI, MANIFEST_NONE, "", false},
        {AT(3, 0, 1), EDU, MANIFEST_NONE, "", false},
        {AT(0, 2, 0), VIRTIO_BLK, MANIFEST_NONE, "", false},
    };
    (void)state;
    assert_string_equal(lines_for(NULL, 0), "");
    assert_string_equal(
        lines_for(cards, 3),
        "-device pcie-root-port,id=port1,bus=pcie.0,addr=11.0,chassis=1,slot=1\n"
        "-device pcie-root-port,id=port2,bus=pcie.0,addr=12.0,chassis=2,slot=2\n"
        "-netdev user,id=net5,net=10.0.5.0/24,restrict=on,guestfwd=tcp:10.0.5.4:80-cmd:/bin/sh "
        "'dir/web.sh' 'dir'\n"
        "-netdev hubport,id=hub5,hubid=5,netdev=net5\n"
        "-netdev hubport,id=nic0,hubid=5\n"
        "-device e1000e,romfile=,netdev=nic0,mac=52:54:00:00:01:00,bus=port1,addr=0.0\n"
        "-netdev hubport,id=nic1,hubid=5\n"
        "-device igb,romfile=,netdev=nic1,mac=52:54:00:00:02:00,bus=port2,addr=0.0\n"
        "-netdev user,id=net102,net=10.0.102.0/24,restrict=on,guestfwd=tcp:10.0.102.4:80-"
        "cmd:/bin/sh 'dir/web.sh' 'dir'\n"
        "-netdev hubport,id=hub102,hubid=102,netdev=net102\n"
        "-netdev hubport,id=nic2,hubid=102\n"
        "-device virtio-net-pci,disable-legacy=on,iommu_platform=on,romfile=,netdev=nic2,"
        "mac=52:54:00:00:00:80,bus=pcie.0,addr=10.0\n");
    assert_string_equal(
        lines_for(others, 5),
        "-device pcie-root-port,id=port1,bus=pcie.0,addr=10.0,chassis=1,slot=1\n"
        "-device pcie-root-port,id=port2,bus=pcie.0,addr=11.0,chassis=2,slot=2\n"
        "-device pcie-root-port,id=port3,bus=pcie.0,addr=12.0,chassis=3,slot=3\n"
        "-drive if=none,id=disk-01-00.0,format=raw,cache=unsafe,file=dir/disk-01-00.0.img\n"
        "-device nvme,drive=disk-01-00.0,serial=A,,B,bus=port1,addr=0.0\n"
        "-drive if=none,id=stick-02-00.0,format=raw,cache=unsafe,file=dir/stick-02-00.0.img\n"
        "-device qemu-xhci,id=on-stick-02-00.0,bus=port2,addr=0.0\n"
        "-device usb-storage,bus=on-stick-02-00.0.0,drive=stick-02-00.0,serial=stick-02-00.0\n"
        "-drive if=none,id=disk-03-00.0,format=raw,cache=unsafe,file=dir/disk-03-00.0.img\n"
        "-device ich9-ahci,id=on-disk-03-00.0,bus=port3,addr=0.0,multifunction=on\n"
        "-device ide-hd,bus=on-disk-03-00.0.0,drive=disk-03-00.0,serial=disk-03-00.0\n"
        "-device edu,dma_mask=0xffffffffffffffff,bus=port3,addr=0.1,multifunction=on\n"
        "-drive if=none,id=disk-00-02.0,format=raw,cache=unsafe,file=dir/disk-00-02.0.img\n"
        "-device virtio-blk-pci,disable-legacy=on,iommu_platform=on,drive=disk-00-02.0,"
        "serial=disk-00-02.0,bus=pcie.0,addr=2.0\n");
}

/* Management's network is its address's; QEMU's own addresses there are others. */
static void test_console_network(void **state)
{
    static const struct {
        struct machine_console console;
        const char *netdev;
    } cases[] = {
        {{AT(1, 0, 0), 0x0a00020f, 24, 0, 8443, false},
         "net=10.0.2.15/24,host=10.0.2.1,dns=10.0.2.2,dhcpstart=10.0.2.15,ipv6=off,restrict=on,"
         "hostfwd=tcp:127.0.0.1:8443-10.0.2.15:443\n"},
        {{AT(1, 0, 0), 0xc0a80101, 30, 0, 1, false},
         "net=192.168.1.1/30,host=192.168.1.2,dns=192.168.1.3,dhcpstart=192.168.1.1,ipv6=off,"
         "restrict=on,hostfwd=tcp:127.0.0.1:1-192.168.1.1:443\n"},
        {{AT(1, 0, 0), 0xac100203, 12, 0xac1f0001, 0, false},
         "net=172.16.2.3/12,host=172.31.0.1,dns=172.16.0.1,dhcpstart=172.16.2.3,ipv6=off,"
         "restrict=on\n"},
        {{AT(1, 0, 0), 0x0a000001, 8, 0x0a000002, 0, false},
         "net=10.0.0.1/8,host=10.0.0.2,dns=10.0.0.3,dhcpstart=10.0.0.1,ipv6=off,restrict=on\n"},
    };
    static const struct machine_device cards[] = {{AT(1, 0, 0), E1000E, 1, "", false},
                                                  {AT(2, 0, 0), IGB, 0, "", false}};
    struct machine_options options = {.devices = cards, .device_count = 2, .directory = "dir"};
    static struct machine_command command;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char all[4096] = "", due[512];
        command = (struct machine_command){.count = 0};
        options.console = cases[i].console;
        devices_command(&options, &command);
        for (unsigned j = 0; j < command.count; j++)
            strcat(strcat(all, command.arguments[j]), "\n");
        snprintf(due, sizeof(due), "\nuser,id=net2,%s", cases[i].netdev);
        if (!strstr(all, due))
            fail_msg("no %s in:\n%s", due, all);
        assert_non_null(strstr(all, "\nhubport,id=hub2,hubid=2,netdev=net2\n"));
        /* The other one is as ever, and nothing leads to it. */
        assert_non_null(strstr(all, "\nuser,id=net1,net=10.0.1.0/24,restrict=on,guestfwd="));
        assert_null(strstr(strstr(all, "id=net1,"), "hostfwd"));
    }
}

/* For the console's seed: only where there is a console, and never at another's place. */
static void test_random(void **state)
{
    static const struct machine_device cards[] = {{AT(1, 0, 0), E1000E, 1, "", false},
                                                  {AT(0, 0x1d, 0), EDU, MANIFEST_NONE, "", false},
                                                  {AT(0, 0x1c, 3), EDU, MANIFEST_NONE, "", false}};
    static const struct machine_device full[] = {{AT(1, 0, 0), E1000E, 1, "", false},
                                                 {AT(14, 0, 0), EDU, MANIFEST_NONE, "", false}};
    static const char device[] = "virtio-rng-pci,disable-legacy=on,iommu_platform=on,bus=pcie.0,";
    struct machine_console console = {
        .pci = AT(1, 0, 0), .address = 0x0a000102, .prefix = 24, .gateway = 0};
    const struct machine_console none = {0};
    char due[256];
    (void)state;
    snprintf(due, sizeof(due), "-device %saddr=1d.0\n", device);
    assert_non_null(strstr(lines_with(cards, 1, &console), due));
    assert_null(strstr(lines_with(cards, 1, &none), "rng"));
    snprintf(due, sizeof(due), "-device %saddr=1b.0\n", device);
    assert_non_null(strstr(lines_with(cards, 3, &console), due));
    /* Fourteen buses have all the ports. */
    snprintf(due, sizeof(due), "-device %saddr=f.0\n", device);
    assert_non_null(strstr(lines_with(full, 2, &console), due));
    console.no_random = true;
    assert_null(strstr(lines_with(cards, 1, &console), "rng"));
}

/* As many as a manifest may assign fit on the command line. */
static void test_most(void **state)
{
    static struct machine_device devices[64];
    (void)state;
    for (uint32_t i = 0; i < 64; i++)
        devices[i] = (struct machine_device){AT(1 + i / 8, 0, i % 8), i % 2 ? E1000E : XHCI,
                                             MANIFEST_NONE, "", false};
    assert_non_null(strstr(lines_for(devices, 64), "10.0.163.4"));
}

static long size_of(const char *name)
{
    char path[256];
    struct stat status;
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return stat(path, &status) == 0 ? (long)status.st_size : -1;
}

static void test_files(void **state)
{
    static const struct machine_device devices[] = {
        {AT(1, 0, 0), NVME, MANIFEST_NONE, "", false},
        {AT(2, 0, 0), XHCI, MANIFEST_NONE, "", false},
        {AT(3, 0, 0), E1000E, MANIFEST_NONE, "", false},
        {AT(4, 0, 0), E1000E, MANIFEST_NONE, "", false},
        {AT(0, 5, 0), EDU, MANIFEST_NONE, "", false},
    };
    struct machine_options options = {.devices = devices, .device_count = 5, .directory = folder};
    (void)state;
    assert_int_equal(devices_files(&options), 0);
    assert_int_equal(size_of("disk-01-00.0.img"), 512 << 20);
    assert_true(size_of("stick-02-00.0.img") > 64 << 20);
    assert_int_equal(size_of("disk-00-05.0.img"), -1);
    assert_int_equal(system("grep -aq 'emulates' $DIR/stick-02-00.0.img"), 0);
    /* What is there stays: it is a disk. */
    assert_int_equal(system("truncate -s 1M $DIR/disk-01-00.0.img; echo stick "
                            ">$DIR/stick-02-00.0.img"),
                     0);
    assert_int_equal(devices_files(&options), 0);
    assert_int_equal(size_of("disk-01-00.0.img"), 1 << 20);
    assert_int_equal(size_of("stick-02-00.0.img"), 6);
    options.directory = "/nowhere";
    assert_int_equal(devices_files(&options), -1);
}

/* What a network lends is as long as its head says, and its sum is that of each 4 MiB. */
static void test_web(void **state)
{
    static const char script[] =
        "cd $DIR && ask() { printf 'GET %s HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' \"$1\" | sh web.sh "
        ".; } "
        "&& body() { sed '1,/^\\r$/d'; } &&\n"
        "ask /data | head -n 1 | grep -q '^HTTP/1.0 200 OK' &&\n"
        "ask /data | grep -aq '^Content-Length: 67108864' &&\n"
        "ask /data | body >d && [ $(stat -c %s d) = 67108864 ] &&\n"
        "sum=$(ask /sum | body) && [ ${#sum} = 64 ] && [ $(ask /sum | body | wc -c) = 65 ] &&\n"
        "for i in 0 7 15; do\n"
        "    dd if=d bs=4M count=1 skip=$i status=none | sha256sum | grep -q \"^$sum \" || exit 1\n"
        "done\n"
        "[ $(ask /../../etc/passwd | wc -c) = $(stat -c %s web-data) ]";
    (void)state;
    assert_int_equal(media_web(folder), 0);
    assert_int_equal(system(script), 0);
}

/* What the nested machine's Linux runs, as a disk of one cylinder that a shell can read. */
static void test_nested(void **state)
{
    static const struct machine_device edu[] = {{AT(1, 0, 0), EDU, MANIFEST_NONE, "", false}};
    static const struct machine_device nvme[] = {{AT(1, 0, 0), EDU, MANIFEST_NONE, "", false},
                                                 {AT(2, 0, 0), NVME, MANIFEST_NONE, "", false}};
    static const char *const qemu[] = {"qemu-system-x86_64", NULL};
    static const char *const words[] = {
        "-accel",
        "kvm",
        "q35,kernel-irqchip=split",
        "serial,id=com4,path=/dev/ttyS3",
        "edu,dma_mask=0xffffffffffffffff,bus=port1,addr=0.0",
        "it'\\''s",
        "if=none,id=disk,format=raw,readonly=on,file=/tmp/disk.img"};
    struct machine_options options = {.kind = MACHINE_NESTED,
                                      .cpus = 2,
                                      .memory_mib = 512,
                                      .devices = edu,
                                      .device_count = 1,
                                      .directory = folder,
                                      .extra = {"it's"}};
    (void)state;
    assert_false(devices_have_disks(edu, 1));
    assert_true(devices_have_disks(nvme, 2));
    if (!program_of(qemu))
        skip();
    assert_int_equal(nested_files(&options), 0);
    assert_int_equal(size_of("command.img"), 516096);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        char line[256];
        snprintf(line, sizeof(line), "grep -aqF \" '%s'\" $DIR/command.img", words[i]);
        if (system(line) != 0)
            fail_msg("%s is missing", words[i]);
    }
    assert_int_equal(system("tr -d '\\000' <$DIR/command.img | sed 's/^exec/echo/' | sh | "
                            "grep -q \"qemu-system-x86_64 -nodefaults .* it's \""),
                     0);
    /* No flash for the firmware's variables. */
    assert_int_equal(system("! grep -aqF unit=1 $DIR/command.img"), 0);
    options.directory = "/nowhere";
    assert_int_equal(nested_files(&options), -1);
}

static void write_text(const char *path, const char *text, unsigned times)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    while (times-- > 0)
        fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* Files for the nested machine's Linux arrive there whole, and the first runs beside QEMU. */
static void test_nested_beside(void **state)
{
    static const char *const qemu[] = {"qemu-system-x86_64", NULL};
    /* As there, but for the folder and QEMU. */
    static const char run[] =
        "cd $DIR && mkdir -p in && tr -d '\\000' <command.img | "
        "sed 's/^exec.*/wait/; s,/dev/ttyS0,in/said,; s,/tmp/,in/,' | sh && "
        "cmp key in/key && tr -d '\\r' <in/said | grep -qx \"nested: it's 8443\"";
    char paths[3][64];
    (void)state;
    if (!program_of(qemu))
        skip();
    snprintf(paths[0], sizeof(paths[0]), "%s/script", folder);
    snprintf(paths[1], sizeof(paths[1]), "%s/key", folder);
    snprintf(paths[2], sizeof(paths[2]), "%s/long", folder);
    write_text(paths[0], "echo \"it's $CONSOLE_PORT\"\n", 1);
    write_text(paths[1], "a $key\n`b`\\n\n", 1);
    write_text(paths[2], "line\n", 110000);
    struct machine_options options = {.kind = MACHINE_NESTED,
                                      .cpus = 1,
                                      .memory_mib = 512,
                                      .console = {.port = 8443},
                                      .directory = folder,
                                      .beside = {paths[0], paths[1]}};
    assert_int_equal(nested_files(&options), 0);
    assert_int_equal(size_of("command.img"), 516096);
    assert_int_equal(system(run), 0);
    options.beside[2] = paths[2];
    assert_int_equal(nested_files(&options), -1);
    options.beside[2] = "/nowhere";
    assert_int_equal(nested_files(&options), -1);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) ? setenv("DIR", folder, 1) : -1;
}

static int clean_up(void **state)
{
    (void)state;
    return system("rm -r $DIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_possible),
        cmocka_unit_test(test_command),
        cmocka_unit_test(test_console_network),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_most),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_web),
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_nested_beside),
    };
    return cmocka_run_group_tests_name("run_devices", tests, set_up, clean_up);
}
