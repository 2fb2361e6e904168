/* SPDX-License-Identifier: Apache-2.0 */
/* The hardware inventory, from a made-up board (tests/fixtures/hw) and from hostile copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/fixtures/board.h"
#include "tools/hw/hw.h"
#include "tools/rules/rules.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];
static uint32_t seed = 1;
static bool damage;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

/* `path` in the tree, with the folders above it. */
static const char *made_path(const char *path)
{
    return board_path(root, path);
}

static void write_file(const char *path, unsigned char *bytes, size_t count)
{
    if (damage && count > 0 && draw(3) == 0) {
        for (uint32_t i = 0; i < 1 + draw(8); i++)
            bytes[draw((uint32_t)count)] = draw(2) ? (unsigned char)draw(256) : 0xff;
        count = draw(4) == 0 ? draw((uint32_t)count + 1) : count;
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

static void write_text(const char *path, const char *text)
{
    board_text(root, path, text, write_file);
}

static void write_hex(const char *path, char *text)
{
    board_hex(root, path, text, write_file);
}

/* An empty folder, in memory where there is such a place. */
static void make_root(void)
{
    strcpy(root, "/dev/shm/bulkhead-hw-XXXXXX");
    if (mkdtemp(root))
        return;
    strcpy(root, "/tmp/bulkhead-hw-XXXXXX");
    assert_non_null(mkdtemp(root));
}

/* A new tree as the fixture says. */
static void make_board(void)
{
    make_root();
    board_unpack("tests/fixtures/hw/board.txt", root, write_file);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const struct hw_function *function_at(const struct hw *hw, uint32_t address)
{
    for (uint32_t i = 0; i < hw->function_count; i++) {
        if (hw->functions[i].address == address)
            return &hw->functions[i];
    }
    fail_msg("no function at %x", address);
    return NULL;
}

static void processors_and_memory(void **state)
{
    struct hw hw;

    (void)state;
    make_board();
    assert_true(hw_open(&hw, root, NULL));
    assert_int_equal(hw.cpu_count, 4);
    assert_string_equal(hw.vendor, "GenuineIntel");
    assert_string_equal(hw.microcode, "0xf4");
    assert_int_equal(hw.cpus[1].apic_id, 2);
    assert_int_equal(hw.cpus[2].core, 0);
    assert_string_equal(hw.cpus[2].siblings, "0,2");
    assert_int_equal(hw.cpus[0].caches[0].level, 2);
    assert_string_equal(hw.cpus[0].caches[0].shared, "0,2");
    assert_true(hw.smt_known && hw.smt_active && hw.is_uefi);
    assert_int_equal(hw.memory_bytes >> 20, 8192);
    assert_int_equal(hw.range_count, 3);
    assert_int_equal(hw.ranges[1].end, 0xffffffff);
    assert_string_equal(hw.ranges[1].type, "Reserved");
    assert_string_equal(hw.ecc, "multi-bit ECC");
    assert_string_equal(hw.board, "Made Up Board 7");
    assert_false(hw.has_tpm || hw.lacks_tpm); /* its Linux may lack a driver */
    hw_close(&hw);
    remove_tree(root);
}

static void functions_and_their_groups(void **state)
{
    struct hw hw;

    (void)state;
    make_board();
    assert_true(hw_open(&hw, root, NULL));
    assert_int_equal(hw.function_count, 18);
    const struct hw_function *usb = function_at(&hw, 0x14 << 3);
    assert_int_equal(usb->msi_vectors, 8);
    assert_true(usb->has_d3_reset && !usb->has_flr && !usb->is_bridge);
    assert_int_equal(usb->bars[0].end, 0xa122ffff);
    assert_string_equal(usb->driver, "xhci_hcd");
    const struct hw_function *port = function_at(&hw, 0x1c << 3);
    assert_true(port->is_bridge && port->has_acs && port->has_express);
    assert_int_equal(port->secondary, 1);
    assert_int_equal(port->acs_capability, 0x1f);
    const struct hw_function *card = function_at(&hw, 0x100);
    assert_int_equal(card->msix_vectors, 10);
    assert_int_equal(card->msix_bar, 3);
    assert_int_equal(card->msix_offset, 0x380);
    assert_true(card->has_flr && card->has_sriov && !card->has_d3_reset);
    assert_int_equal(card->serial, 0x1122334455667788);
    assert_string_equal(card->reset_method, "flr bus");
    assert_string_equal(hw_partners(&hw, card), "01:00.1 (in the same IOMMU group)");
    assert_int_equal(function_at(&hw, 0x701)->config_bytes, 64);
    assert_true(function_at(&hw, 0x200)->has_af_flr);
    assert_null(hw_partners(&hw, usb));
    assert_true(hw.boot_known && hw.boot_count == 1 && hw.boot_functions[0] == 0x200);
    hw_close(&hw);
    remove_tree(root);
}

static void iommu_units_and_reserved_memory(void **state)
{
    struct hw hw;

    (void)state;
    make_board();
    assert_true(hw_open(&hw, root, NULL));
    assert_int_equal(hw.dmar_flags, 1);
    assert_int_equal(hw.unit_count, 2);
    assert_int_equal(hw.units[0].base, 0xfed90000);
    assert_int_equal(hw.units[1].flags, 1);
    assert_int_equal(hw.reserved_count, 2);
    assert_int_equal(hw.reserved[0].base, 0x7b000000);
    assert_int_equal(hw.reserved[0].limit, 0x7b0fffff);
    assert_string_equal(hw.reserved[0].scope.text, "00:14.0");
    assert_int_equal(hw.uart_count, 2);
    assert_int_equal(hw.uarts[1].port, 0x2f8);
    hw_close(&hw);
    remove_tree(root);
}

/* What one of the writers writes, as text that must hold `part`. */
static void expect_text(struct hw *hw, const char *part, bool holds)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);

    hw_print(hw, out);
    hw_check(hw, out);
    hw_manifest(hw, "board-7", out);
    fclose(out);
    if ((strstr(text, part) != NULL) != holds)
        fail_msg("%s: %s\n%s", holds ? "missing" : "should not be there", part, text);
    free(text);
}

static void boot_disks_are_found_below_volumes(void **state)
{
    struct hw hw;
    char copy[80], *folders[] = {root, copy};

    (void)state;
    make_root();
    snprintf(copy, sizeof(copy), "%s-copy", root);
    write_text("proc/self/mountinfo", "22 1 254:0 / / rw - ext4 x rw\\n"
                                      "30 22 259:1 / /boot/efi rw - vfat x rw\\n");
    assert_int_equal(symlink("../../devices/virtual/block/dm-0", made_path("sys/dev/block/254:0")),
                     0);
    assert_int_equal(symlink("../../devices/pci0000:00/0000:02:00.0/nvme0n1p1",
                             made_path("sys/dev/block/259:1")),
                     0);
    assert_int_equal(
        symlink("../../md0/md0p1", made_path("sys/devices/virtual/block/dm-0/slaves/md0p1")), 0);
    assert_int_equal(symlink("../../../../pci0000:00/0000:03:00.0/block/sda/sda2",
                             made_path("sys/devices/virtual/block/md0/slaves/sda2")),
                     0);
    for (int i = 0; i < 2; i++) { /* the second time from the copy of the first */
        assert_true(hw_open(&hw, folders[i], i == 0 ? copy : NULL));
        assert_true(hw.boot_known && hw_boots_from(&hw, 0x200) && hw_boots_from(&hw, 0x300));
        assert_int_equal(hw.boot_count, 2);
        hw_close(&hw);
    }
    assert_int_equal(remove(made_path("sys/dev/block/259:1")), 0);
    assert_true(hw_open(&hw, root, NULL));
    assert_true(!hw.boot_known && hw_boots_from(&hw, 0x300)); /* the loader may lie elsewhere */
    hw_close(&hw);
    remove_tree(root);
    remove_tree(copy);
}

/* Through a link that it has copied, a copy would be written into any folder. */
static void a_volume_leads_through_no_link(void **state)
{
    struct hw hw;
    char copy[80], outside[80], inside[160];

    (void)state;
    make_root();
    snprintf(copy, sizeof(copy), "%s-copy", root);
    snprintf(outside, sizeof(outside), "%s-out", root);
    assert_int_equal(mkdir(outside, 0700), 0);
    write_text("proc/self/mountinfo", "22 1 254:0 / / rw - ext4 x rw\\n");
    assert_int_equal(symlink("../../devices/block/dm-0", made_path("sys/dev/block/254:0")), 0);
    assert_int_equal(symlink(outside, made_path("sys/devices/block/dm-0/slaves/a")), 0);
    assert_int_equal(symlink("../slaves/a", made_path("sys/devices/block/dm-0/slaves/b")), 0);
    snprintf(inside, sizeof(inside), "%s/slaves/c", outside + 1);
    assert_int_equal(symlink("../x", made_path(inside)), 0);
    assert_true(hw_open(&hw, root, copy));
    assert_false(hw.boot_known);
    hw_close(&hw);
    assert_int_equal(rmdir(outside), 0); /* still empty */
    remove_tree(root);
    remove_tree(copy);
}

/* A bridge with all behind it, the I/O APIC, a timer; and more than there is room for. */
static void units_say_what_they_cover(void **state)
{
    char table[] =
        "104 @0 44 4d 41 52 68 @24 26 01 @30 00 00 38 00 01 @38 00 00 d9 fe @40 02 08 00 "
        "00 00 00 1c 00 03 08 00 00 02 f0 1f 00 04 08 00 00 00 00 0f 00 01 0a 00 00 00 "
        "00 1d 00 00 01",
         long_table[4096] = "604 @0 44 4d 41 52 5c 02 @24 26 01 @30 00 00 2c 02 @40";
    struct hw hw;

    (void)state;
    make_board();
    write_hex("sys/firmware/acpi/tables/DMAR", table);
    assert_true(hw_open(&hw, root, NULL));
    assert_string_equal(hw.units[0].scope.text,
                        "00:1c.0>* IOAPIC=f0:1f.0 HPET=00:0f.0 00:1d.0>00.1");
    expect_text(&hw, "HPET=00:0f.0 00:1d.0>00.1 and all that no other has\n", true);
    hw_close(&hw);
    for (int i = 0; i < 67; i++)
        strcat(long_table, " 01 08 00 00 00 00 1d 00");
    write_hex("sys/firmware/acpi/tables/DMAR", long_table);
    assert_true(hw_open(&hw, root, NULL));
    assert_non_null(strstr(hw.units[0].scope.text, "00:1d.0 and more"));
    hw_close(&hw);
    remove_tree(root);
}

/* A manifest and `hw` count by APIC id, the kernel's lists do not. */
static void threads_are_named_by_apic_id(void **state)
{
    struct hw hw;

    (void)state;
    make_board();
    assert_true(hw_open(&hw, root, NULL));
    expect_text(&hw, "    #   APIC id 0: package 0, core 0, APIC ids of the core: 0, 1\n", true);
    expect_text(&hw, "    #   APIC id 2: package 0, core 1, APIC ids of the core: 2, 3\n", true);
    expect_text(&hw, "core 0, APIC ids of the core: 0, 1; L2 1024K with 0, 1\n", true);
    assert_string_equal(hw_apic_ids(&hw, "0-2"), "0-2");
    assert_string_equal(hw_apic_ids(&hw, "0,3,99"), "0, 3");
    assert_null(hw_apic_ids(&hw, "x"));
    assert_null(hw_apic_ids(&hw, NULL));
    hw_close(&hw);
    remove_tree(root);
}

static void what_is_missing_is_named(void **state)
{
    static const struct {
        const char *path, *text; /* removed; said then */
    } cases[] = {
        {"sys/firmware/acpi/tables/DMAR", "no   DMA remapping "},
        {"sys/firmware/dmi/tables/DMI", "whether memory has ECC: /sys/firmware/dmi"},
        {"proc/cpuinfo", "?    VT-x or AMD-V"},
        {"sys/firmware/efi/fw_platform_size", "no   64-bit UEFI"},
        {"sys/dev/block/259:2", "the machine booted from: /proc/self/mountinfo names a file"},
        {"sys/firmware/acpi/tables/APIC", "what firmware says of processors"},
        {"sys/firmware/memmap/0/type", "memory as firmware gives it"},
    };
    struct hw hw;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        make_board();
        assert_true(hw_open(&hw, root, NULL));
        expect_text(&hw, cases[i].text, false);
        expect_text(&hw, "capabilities: MSI, resets, ACS", true); /* of 01:00.1 */
        hw_close(&hw);
        assert_int_equal(remove(made_path(cases[i].path)), 0);
        assert_true(hw_open(&hw, root, NULL));
        expect_text(&hw, cases[i].text, true);
        hw_close(&hw);
        remove_tree(root);
    }
}

static void kernel_words_for_ecc_are_understood(void **state)
{
    static const char *const words[][2] = {
        {"None\\n", "no   ECC memory"},
        {"Unknown\\n", "?    ECC memory"},
        {"S4ECD4ED\\n", "yes  ECC memory"},
    };
    struct hw hw;

    (void)state;
    make_root();
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        write_text("sys/devices/system/edac/mc/mc0/dimm0/dimm_edac_mode", words[i][0]);
        assert_true(hw_open(&hw, root, NULL));
        expect_text(&hw, words[i][1], true);
        hw_close(&hw);
    }
    remove_tree(root);
}

static int give_away(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return lchown(path, 65534, 65534);
}

/* `said` is said once the file has these bytes; NULL: once only root may read it. */
static void expect_reason(const char *path, char *bytes, const char *said)
{
    bool as_root = geteuid() == 0;
    struct hw hw;

    make_board();
    if (bytes)
        write_hex(path, bytes);
    else
        assert_int_equal(chmod(made_path(path), 0), 0);
    if (as_root) {
        assert_int_equal(nftw(root, give_away, 16, FTW_PHYS), 0);
        assert_int_equal(seteuid(65534), 0);
    }
    assert_true(hw_open(&hw, root, NULL));
    if (as_root)
        assert_int_equal(seteuid(0), 0);
    expect_text(&hw, said, true);
    hw_close(&hw);
    remove_tree(root);
}

static void what_is_missing_has_its_reason(void **state)
{
    static const char dmi[] = "sys/firmware/dmi/tables/DMI",
                      dmar[] = "sys/firmware/acpi/tables/DMAR";
    char silent[] = "20 @0 01 08 01 00 @a 7f 04", other[] = "64 @0 44 4d 41 53 40",
         cut[] = "64 @0 44 4d 41 52 50 @24 26 01", small[] = "40 @0 44 4d 41 52 28",
         item[] = "64 @0 44 4d 41 52 40 @24 26 01 @30 00 00 20 00", none[] = "0";

    (void)state;
    expect_reason(dmi, NULL, "ECC: /sys/firmware/dmi/tables/DMI only root may read it");
    expect_reason(dmi, silent, "ECC: /sys/firmware/dmi/tables/DMI does not say");
    expect_reason(dmar, NULL, "(RMRR): /sys/firmware/acpi/tables/DMAR only root may read it");
    expect_reason(dmar, other, "(RMRR): /sys/firmware/acpi/tables/DMAR is damaged");
    expect_reason(dmar, cut, "(RMRR): /sys/firmware/acpi/tables/DMAR is damaged");
    expect_reason(dmar, small, "(RMRR): /sys/firmware/acpi/tables/DMAR is damaged");
    expect_reason(dmar, item, "(RMRR): /sys/firmware/acpi/tables/DMAR is damaged");
    expect_reason("sys/devices/system/cpu/cpu0/topology/thread_siblings_list", none,
                  "threads of one core: /sys/devices/system/cpu/cpu0/topology/"
                  "thread_siblings_list does not say");
}

static void an_empty_folder_is_no_machine_but_no_error(void **state)
{
    struct hw hw;

    (void)state;
    make_root();
    assert_true(hw_open(&hw, root, NULL));
    assert_int_equal(hw.cpu_count + hw.function_count + hw.uart_count, 0);
    expect_text(&hw, "?    VT-x or AMD-V", true);
    expect_text(&hw, "?    64-bit UEFI", true);
    expect_text(&hw, "?    UART ", true);
    expect_text(&hw, "run Bulkhead? Not known, not seen: processor of Intel", true);
    hw_close(&hw);
    remove_tree(root);
}

static void check_counts_what_is_required(void **state)
{
    struct hw hw;
    FILE *sink = fopen("/dev/null", "w");

    (void)state;
    make_board();
    assert_true(hw_open(&hw, root, NULL));
    assert_int_equal(hw_check(&hw, sink), 0);
    hw_close(&hw);
    write_text("proc/cpuinfo",
               "processor\\t: 0\\nvendor_id\\t: GenuineIntel\\nflags\\t: vmx ept\\n");
    assert_true(hw_open(&hw, root, NULL));
    /* unrestricted guest and virtual NMIs not known, no x2APIC, no NX, one processor */
    assert_int_equal(hw_check(&hw, sink), 5);
    hw_close(&hw);
    fclose(sink);
    remove_tree(root);
}

#define GOOD_FLAGS "vmx x2apic nx nonstop_tsc"
#define GOOD_VMX   "ept unrestricted_guest vnmi"

/* Processors of a machine that is as good as it has to be, or worse. */
static const struct {
    const char *vendor, *flags, *vmx_flags;
    unsigned count, first_apic_id;
    const char *said, *verdict; /* a row, and the last line */
} machines[] = {
    {"GenuineIntel", GOOD_FLAGS, GOOD_VMX, 64, 0, "yes  at most 64", "? Yes.\n"},
    {"GenuineIntel", "vmx x2apic nx", GOOD_VMX, 2, 0, "no   TSC that never", "? Yes.\n"},
    {"GenuineIntel", GOOD_FLAGS " la57", GOOD_VMX, 2, 0, "?    firmware with 4-", "? Yes.\n"},
    {"GenuineIntel", GOOD_FLAGS, GOOD_VMX, 2, 254, "no   APIC ids up to 254", "? Yes.\n"},
    {"GenuineIntel", GOOD_FLAGS, GOOD_VMX, 65, 0, "no   at most 64 processors",
     "? No, it lacks: at most 64 processors.\n"},
    {"GenuineIntel", GOOD_FLAGS, "ept unrestricted_guest", 2, 0, "no   virtual NMIs",
     "? No, it lacks: virtual NMIs (VT-x).\n"},
    {"GenuineIntel", "vmx x2apic", GOOD_VMX, 1, 0, "no   no-execute pages",
     "? No, it lacks: no-execute pages, two processors or more.\n"},
    {"AuthenticAMD", "svm npt x2apic nx", "", 2, 0,
     "no   DMA remapping                for devices; AMD's IOMMU is not supported yet",
     "? Yes, but without devices for domains, it lacks: DMA remapping, interrupt remapping.\n"},
    {"AuthenticAMD", "svm npt nx", "", 2, 0,
     "no   x2APIC                       required; AMD's processors before Zen 2 have none: not "
     "this "
     "board",
     "? No, it lacks: x2APIC.\n"},
    {"CentaurHauls", "svm npt x2apic nx", "", 2, 0, "no   processor of",
     "? No, it lacks: processor of Intel or AMD.\n"},
};

static void the_last_line_is_the_verdict(void **state)
{
    struct hw hw;

    (void)state;
    for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
        make_board();
        FILE *file = fopen(made_path("proc/cpuinfo"), "w");
        assert_non_null(file);
        for (unsigned cpu = 0; cpu < machines[i].count; cpu++)
            fprintf(file,
                    "processor : %u\nvendor_id : %s\nflags : %s\nvmx flags : %s\napicid : %u\n",
                    cpu, machines[i].vendor, machines[i].flags, machines[i].vmx_flags,
                    machines[i].first_apic_id + cpu);
        assert_int_equal(fclose(file), 0);
        if (strcmp(machines[i].vendor, "AuthenticAMD") == 0)
            assert_int_equal(remove(made_path("sys/firmware/acpi/tables/DMAR")), 0);
        assert_true(hw_open(&hw, root, NULL));
        expect_text(&hw, machines[i].said, true);
        expect_text(&hw, machines[i].verdict, true);
        hw_close(&hw);
        remove_tree(root);
    }
}

static void segment_groups_cannot_be_silenced(void **state)
{
    static const char *const tables[] = {
        "60 @0 4d 43 46 47 3c @34 01",                /* one window, of segment group 1 */
        "76 @0 4d 43 46 47 4c @34 00 00 00 7f @44 00" /* two windows */
    };
    struct hw hw;

    (void)state;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        char table[64];

        make_board();
        strcpy(table, tables[i]);
        write_hex("sys/firmware/acpi/tables/MCFG", table);
        assert_true(hw_open(&hw, root, NULL));
        expect_text(&hw, "? No, it lacks: one PCI segment group.\n", true);
        hw_close(&hw);
        remove_tree(root);
    }
}

static char *print_all(const char *folder, const char *save)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    struct hw hw;

    assert_true(hw_open(&hw, folder, save));
    hw_print(&hw, out);
    hw_check(&hw, out);
    hw_manifest(&hw, NULL, out);
    hw_close(&hw);
    fclose(out);
    return text;
}

static void a_saved_copy_tells_the_same(void **state)
{
    char copy[80];

    (void)state;
    make_board();
    snprintf(copy, sizeof(copy), "%s-copy", root);
    char *first = print_all(root, copy), *second = print_all(copy, NULL);
    assert_string_equal(first, second);
    free(first);
    free(second);
    struct hw hw;
    assert_false(hw_open(&hw, root, copy)); /* never into a folder that exists */
    hw_close(&hw);
    remove_tree(copy);
    remove_tree(root);
}

static void links_lead_nowhere_outside(void **state)
{
    struct hw hw;

    (void)state;
    make_board();
    assert_int_equal(remove(made_path("sys/class/dmi/id/product_name")), 0);
    assert_int_equal(symlink("/etc/passwd", made_path("sys/class/dmi/id/product_name")), 0);
    assert_int_equal(remove(made_path("sys/class/dmi/id/bios_version")), 0);
    assert_int_equal(symlink("../../../../../../../../../../etc/passwd",
                             made_path("sys/class/dmi/id/bios_version")),
                     0);
    assert_int_equal(remove(made_path("sys/firmware/dmi/tables/DMI")), 0);
    assert_int_equal(mkfifo(made_path("sys/firmware/dmi/tables/DMI"), 0600), 0);
    assert_true(hw_open(&hw, root, NULL));
    assert_string_equal(hw.board, "Made Up");
    assert_null(hw.firmware);
    assert_null(hw.ecc);
    hw_close(&hw);
    remove_tree(root);
}

static void foreign_text_drives_no_terminal(void **state)
{
    struct hw hw;

    (void)state;
    make_board();
    write_text("sys/class/dmi/id/sys_vendor", "\x1b[31mred");
    write_text("sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "\x1b]0;x\x07");
    write_text("sys/bus/pci/devices/0000:01:00.0/reset_method", "\x1b[2J");
    write_text("proc/cpuinfo", "processor\\t: 0\\nmicrocode\\t: \x1b[1m\\nvendor_id\\t: \x1b\\n");
    assert_true(hw_open(&hw, root, NULL));
    expect_text(&hw, "\x1b", false);
    expect_text(&hw, "\\x1b[31mred", true);
    hw_close(&hw);
    remove_tree(root);
}

/* A manifest that asks the inventory for all that a rule looks at. */
static void check_against(const char *inventory)
{
    char text[2048];
    struct check check = {0};

    snprintf(text, sizeof(text),
             "host: made\n"
             "platform: {smt: on, microcode: 0x1, processors: 4, memory: 4G, inventory: %s}\n"
             "domains:\n"
             "  - name: office\n"
             "    cpus: [0]\n"
             "    memory: 64M\n"
             "    memory_at: 1G\n"
             "    serial: {port: com2}\n"
             "    boot: {elf64: build/fixtures/good.elf}\n"
             "    devices: [{pci: \"00:1a.0\"}, {pci: \"01:00.0\", serial_number: \"1\"}]\n"
             "  - name: plant\n"
             "    cpus: [1]\n"
             "    memory: 64M\n"
             "    boot: {elf64: build/fixtures/good.elf}\n"
             "    devices: [{pci: \"02:00.0\"}, {pci: \"03:00.0\"}, {pci: \"06:00.0\"}]\n"
             "management:\n"
             "  cpus: [2]\n"
             "  memory: 64M\n"
             "  nic: {pci: \"00:1f.6\", network: admin, address: 10.0.2.15/24}\n",
             inventory);
    check_text(&check, "made", text, strlen(text));
    assert_true(check.errors > 0);
    check_close(&check);
}

static void damaged_copies_end_in_no_harm(void **state)
{
    (void)state;
    damage = true;
    for (int round = 0; round < 150; round++) {
        make_board();
        free(print_all(root, NULL));
        check_against(root);
        remove_tree(root);
    }
    damage = false;
}

static void capability_lists_that_loop_end(void **state)
{
    struct hw hw;
    char usb[] = "256 @6 10 @34 40 @40 05 40 06";
    char card[] = "4096 @6 10 @34 fc @fc 11 fc ff @100 0d 00 c1 ff 07 00 @ffc 03 00 01 00";
    char dmar[] = "64 @0 44 4d 41 52 40 @24 26 01 @30 00 00 00 00";

    (void)state;
    make_board();
    write_hex("sys/bus/pci/devices/0000:00:14.0/config", usb);
    write_hex("sys/bus/pci/devices/0000:01:00.0/config", card);
    write_hex("sys/firmware/acpi/tables/DMAR", dmar); /* an item without length */
    assert_true(hw_open(&hw, root, NULL));
    assert_int_equal(function_at(&hw, 0x14 << 3)->msi_vectors, 8);
    assert_int_equal(function_at(&hw, 0x100)->acs_capability, 7);
    assert_int_equal(function_at(&hw, 0x100)->msix_vectors, 0);
    assert_true(hw.has_dmar);
    assert_int_equal(hw.unit_count, 0);
    assert_false(function_at(&hw, 0x100)->has_serial); /* it would lie beyond the space */
    hw_close(&hw);
    char cut[] = "64 @0 44 4d 41 52 50 @24 26 01 @30 00 00 20 00"; /* says 80 bytes */
    write_hex("sys/firmware/acpi/tables/DMAR", cut);
    assert_true(hw_open(&hw, root, NULL));
    assert_false(hw.has_dmar);
    hw_close(&hw);
    remove_tree(root);
}

static void who_can_have_which_function(void **state)
{
    static const char *const said[] = {
        "to domains no: it is a host bridge, part of the chipset",
        "to domains no: it is part of the management engine, part of the chipset",
        "to domains yes\n",
        "to domains only together with 01:00.1",
        "to domains no: the machine boots from it",
        "to domains not known; run this as root",
        "firmware keeps 0x7b000000-0x7b0fffff for 00:14.0\n",
        "    kept       0x7b000000-0x7b0fffff by firmware (RMRR)\n"
        "    to domains yes; firmware keeps 0x7b000000-0x7b0fffff for it (RMRR), so turn its "
        "legacy",
        "bridge     to buses 01-01, ACS yes",
        "    ACS        no\n    group      2\n",
        "    ACS        not known\n    group      10\n",
        "to domains only together with 03:00.0 (same memory kept by firmware)",
        "to domains only together with 00:1a.0 (same memory kept by firmware)",
        "to domains only together with 01:00.0 (registers in the same page)",
        "0xfed90000 segment 0 for 00:02.0\n",
        "0xfed91000 segment 0 for all that no other has\n",
    };
    struct hw hw;

    (void)state;
    make_board();
    write_text("sys/bus/pci/devices/0000:01:00.0/resource", "0xa1400000 0xa14000ff 0x200\\n");
    write_text("sys/bus/pci/devices/0000:06:00.0/resource", "0xa1400100 0xa14001ff 0x200\\n");
    assert_true(hw_open(&hw, root, NULL));
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
        expect_text(&hw, said[i], true);
    hw_close(&hw);
    remove_tree(root);
}

/* Calls hw_manifest() on the board, as `folder`. */
static char *first_manifest(const char *folder)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    struct hw hw;

    assert_true(hw_open(&hw, root, NULL));
    hw_manifest(&hw, folder, out);
    hw_close(&hw);
    fclose(out);
    return text;
}

/* Findings about files that need not be there are none. */
static void expect_no_finding(const struct check *check, const char *text)
{
    for (size_t i = 0; i < check->finding_count; i++) {
        const char *name = check->findings[i].rule->name;

        if (strcmp(name, "payload-missing") != 0 && strcmp(name, "admin-key-file") != 0)
            fail_msg("%s: %s\n%s", name, check->findings[i].what, text);
    }
}

static void the_first_manifest_is_one(void **state)
{
    struct check check = {0};

    (void)state;
    make_board();
    char *text = first_manifest(root);
    check_text(&check, "init", text, strlen(text));
    expect_no_finding(&check, text);
    assert_int_equal(check.model.platform.processors.value, 4);
    assert_int_equal(check.model.platform.memory.value >> 30, 8);
    assert_int_equal(check.model.platform.microcode.value, 0xf4);
    assert_string_equal(check.model.platform.inventory.value, root);
    check_close(&check);
    free(text);
    remove_tree(root);
}

/* Of keys and items of the whole manifest, and of the label; not of alternatives and devices. */
static void uncomment(char *text)
{
    for (char *line = text; *line; line += strcspn(line, "\n") + 1) {
        char *mark = strncmp(line, "    # label: ", 13) == 0 ? line + 4 : line;
        const char *word = mark + 1 + strspn(mark + 1, " ");
        size_t letters = strspn(word, "abcdefghijklmnopqrstuvwxyz");

        if (*mark == '#' && (strncmp(word, "- {", 3) == 0 || (letters > 0 && word[letters] == ':')))
            memmove(mark, mark + 2, strlen(mark + 2) + 1);
    }
}

static void what_it_has_in_comments_is_good_too(void **state)
{
    struct check check = {0};

    (void)state;
    make_board();
    /* In a page of its own: this card will do, and the first one may be shared with AMT. */
    write_text("sys/bus/pci/devices/0000:06:00.0/resource",
               "0x00000000a1301000 0x00000000a13010ff 0x0000000000040200\\n");
    assert_int_equal(setenv("SOURCE_DATE_EPOCH", "1795478400", 1), 0); /* 2026-11-24 */
    char *text = first_manifest(root);
    uncomment(text);
    char *given = strstr(text, "    #   - {pci: \"05:00.0\"");
    given[4] = ' ';
    /* Over the remark that asks for it. */
    memcpy(strchr(given, '}'), ", accept_no_reset: true} #", 26);
    char *devices = strstr(text, "# devices:");
    memmove(devices, devices + 2, strlen(devices + 2) + 1);
    check_text(&check, "init", text, strlen(text));
    assert_int_equal(unsetenv("SOURCE_DATE_EPOCH"), 0);
    expect_no_finding(&check, text);
    assert_int_equal(check.model.management.nic.pci.value, 0x600);
    assert_int_equal(check.model.management.admins.count, 2);
    assert_int_equal(model_domain(&check.model, 0)->devices.count, 1);
    assert_non_null(strstr(text, "role: auditor, expires: 2027-05-26}"));
    assert_non_null(strstr(text, "# nic: {pci: \"00:1f.6\""));
    assert_non_null(strstr(text, "# nic: {pci: \"05:00.0\""));
    assert_non_null(strstr(text, "# the console does not drive it"));
    check_close(&check);
    free(text);
    remove_tree(root);
}

static void any_folder_can_be_named(void **state)
{
    static const char *const folders[] = {"a board", "it's: #7", "\"", "bo\xc3\xa4rd", "-", "null"};

    (void)state;
    make_board();
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        struct check check = {0};
        char *text = first_manifest(folders[i]);

        check_text(&check, "init", text, strlen(text));
        assert_string_equal(check.model.platform.inventory.value, folders[i]);
        check_close(&check);
        free(text);
    }
    char *text = first_manifest("a\nb");
    assert_non_null(strstr(text, "  # inventory: "));
    free(text);
    remove_tree(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processors_and_memory),
        cmocka_unit_test(functions_and_their_groups),
        cmocka_unit_test(iommu_units_and_reserved_memory),
        cmocka_unit_test(boot_disks_are_found_below_volumes),
        cmocka_unit_test(a_volume_leads_through_no_link),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(kernel_words_for_ecc_are_understood),
        cmocka_unit_test(units_say_what_they_cover),
        cmocka_unit_test(threads_are_named_by_apic_id),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(what_is_missing_has_its_reason),
        cmocka_unit_test(an_empty_folder_is_no_machine_but_no_error),
        cmocka_unit_test(check_counts_what_is_required),
        cmocka_unit_test(the_last_line_is_the_verdict),
        cmocka_unit_test(segment_groups_cannot_be_silenced),
        cmocka_unit_test(a_saved_copy_tells_the_same),
        cmocka_unit_test(links_lead_nowhere_outside),
        cmocka_unit_test(foreign_text_drives_no_terminal),
        cmocka_unit_test(capability_lists_that_loop_end),
        cmocka_unit_test(who_can_have_which_function),
        cmocka_unit_test(the_first_manifest_is_one),
        cmocka_unit_test(what_it_has_in_comments_is_good_too),
        cmocka_unit_test(any_folder_can_be_named),
        cmocka_unit_test(damaged_copies_end_in_no_harm),
    };
    return cmocka_run_group_tests_name("hw", tests, NULL, NULL);
}
