/* SPDX-License-Identifier: Apache-2.0 */
/* What a domain finds at entry: payloads and templates, put together as its first start does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/guest/guest_memory.h"
#include "kernel/sha256.h"
#include "plan_world.h"

static struct world *world;
static uint8_t *ram; /* of domain 0, as after its start */

static int setup(void **state)
{
    (void)state;
    world = world_make();
    ram = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_drop(world);
    free(ram);
    return 0;
}

/* Builds, then does what the kernel does at every start: digests, then the copies into zeros. */
static void start(void)
{
    world_must_place(world);
    world_build(world);
    const struct handoff_domain *domain = &world->handoff.domains[0];
    const uint8_t *payload = world->memory + domain->payload_hpa;
    ram = calloc(1, domain->ram_bytes);
    for (uint32_t i = 0; i < domain->digest_count; i++) {
        uint8_t digest[DIGEST_BYTES];
        sha256(payload + domain->digest[i].from, domain->digest[i].bytes, digest);
        assert_memory_equal(digest, domain->digest[i].digest, DIGEST_BYTES);
    }
    for (uint32_t i = 0; i < domain->load_count; i++) {
        const struct handoff_load *load = &domain->load[i];
        assert_true(load->from + load->bytes <= domain->payload_bytes);
        assert_true(load->gpa + load->bytes <= domain->ram_bytes);
        memcpy(ram + load->gpa, payload + load->from, load->bytes);
    }
}

static uint64_t get(uint64_t gpa, size_t bytes)
{
    uint64_t value = 0;
    memcpy(&value, ram + gpa, bytes);
    return value;
}

static bool all_zero(uint64_t from, uint64_t to)
{
    for (; from < to; from++)
        if (ram[from])
            return false;
    return true;
}

/* kernel/abi/guest.h: GDT, identity map of 4 GiB, zeros everywhere else. */
static void check_low_memory(void)
{
    /* mov al, 6; mov dx, 0xcf9; out dx, al; hlt */
    assert_memory_equal(ram + GUEST_RESET_VECTOR, "\xb0\x06\xba\xf9\x0c\xee\xf4", 7);
    assert_int_equal(get(GUEST_GDT, 8), 0);
    assert_int_equal(get(GUEST_GDT + GUEST_CODE_SELECTOR, 8), 0x00af9b000000ffff);
    assert_int_equal(get(GUEST_GDT + GUEST_DATA_SELECTOR, 8), 0x00cf93000000ffff);
    assert_int_equal(get(GUEST_PAGE_TABLES, 8) & ~0xfffull, GUEST_PAGE_TABLES + 0x1000);
    for (uint64_t address = 0; address < 4 * GIB; address += 2 * MIB) {
        uint64_t directory = get(GUEST_PAGE_TABLES + 0x1000 + (address >> 30) * 8, 8) & ~0xfffull;
        uint64_t entry = get(directory + (address >> 21) % 512 * 8, 8);
        assert_int_equal(entry & ~0x7full, address | 0x80);
        assert_int_equal(entry & 3, 3);
    }
    assert_true(all_zero(0, GUEST_GDT));
    assert_true(all_zero(GUEST_BOOT_INFO + PAGE_BYTES, GUEST_PAGE_TABLES));
    assert_true(all_zero(GUEST_PAGE_TABLES + 6 * PAGE_BYTES, GUEST_ACPI));
    assert_memory_equal(ram + GUEST_ACPI, "RSD PTR ", 8);
}

static void elf64_guest(void **state)
{
    (void)state;
    uint32_t payload = world_add_guest(world);
    struct manifest_domain *domain = world_add_domain(world, "hello", 2, 16 * MIB, payload);
    domain->cmdline = made_manifest_string(&world->made, "loud twice");
    start();
    check_low_memory();
    const struct guest_boot_info *info = (const void *)(ram + GUEST_BOOT_INFO);
    assert_int_equal(info->magic, GUEST_BOOT_MAGIC);
    assert_int_equal(info->bytes, sizeof(*info));
    assert_string_equal(info->domain, "hello");
    assert_int_equal(info->tsc_hz, world->facts.tsc_hz);
    assert_int_equal(info->unix_time, world->facts.unix_time);
    assert_int_equal(info->rsdp, GUEST_ACPI);
    assert_string_equal((char *)ram + info->cmdline, "loud twice");
    assert_int_equal(info->cpu_count, 2);
    assert_int_equal(info->apic_ids[1], 1);
    assert_int_equal(info->memory_count, 5);
    assert_int_equal(info->memory[2].bytes, 15 * MIB);
    assert_memory_equal(ram + 0x100000, world->payload + 0x1000, 0x1234);
    assert_memory_equal(ram + 0x102000, world->payload + 0x3000, 0x800);
    assert_true(all_zero(0x101234, 0x102000));
    assert_true(all_zero(0x102800, 16 * MIB));
    const struct handoff_entry *entry = &world->handoff.domains[0].entry;
    assert_int_equal(entry->rip, 0x100020);
    assert_int_equal(entry->rdi, GUEST_BOOT_INFO);
    assert_int_equal(entry->rsp, GUEST_STACK_TOP);
    assert_int_equal(entry->rsi, 0);
    assert_true(all_zero(GUEST_BOOT_PARAMS, GUEST_CMDLINE));
}

static struct manifest_domain *add_linux(uint64_t memory)
{
    static uint8_t image[MADE_BZIMAGE_BYTES], initrd[5000];
    made_bzimage(image);
    memset(initrd, 0x77, sizeof(initrd));
    world_add_payload(world, "vmlinuz", image, sizeof(image));
    world_add_payload(world, "initrd.img", initrd, sizeof(initrd));
    struct manifest_domain *domain = world_add_domain(world, "linux", 2, memory, 0);
    domain->protocol = MANIFEST_BOOT_LINUX;
    domain->initrd = 1;
    domain->cmdline = made_manifest_string(&world->made, "console=ttyS0 quiet");
    return domain;
}

static void linux_guest(void **state)
{
    (void)state;
    add_linux(64 * MIB);
    start();
    check_low_memory();
    uint64_t initrd = get(GUEST_BOOT_PARAMS + 0x218, 4);
    assert_int_equal(initrd, 64 * MIB - 0x2000);
    assert_int_equal(get(GUEST_BOOT_PARAMS + 0x21c, 4), 5000);
    assert_int_equal(ram[initrd], 0x77);
    assert_int_equal(ram[initrd + 4999], 0x77);
    assert_true(all_zero(initrd + 5000, 64 * MIB));
    assert_string_equal((char *)ram + get(GUEST_BOOT_PARAMS + 0x228, 4), "console=ttyS0 quiet");
    assert_int_equal(get(GUEST_BOOT_PARAMS + 0x1e8, 1), 5);
    assert_memory_equal(ram + 0x1000000, world->payload + MADE_BZIMAGE_CODE,
                        MADE_BZIMAGE_BYTES - MADE_BZIMAGE_CODE);
    const struct handoff_entry *entry = &world->handoff.domains[0].entry;
    assert_int_equal(entry->rip, 0x1000200);
    assert_int_equal(entry->rsi, GUEST_BOOT_PARAMS);
    assert_int_equal(entry->rdi, 0);
    assert_true(all_zero(GUEST_BOOT_INFO, GUEST_BOOT_INFO + PAGE_BYTES));
}

/* TRAPS 4: AMD has no CPUID leaf that tells the TSC's frequency. */
static void amd_linux_is_told_the_tsc(void **state)
{
    (void)state;
    world->facts.amd = true;
    add_linux(64 * MIB);
    start();
    assert_string_equal((char *)ram + GUEST_CMDLINE,
                        "console=ttyS0 quiet tsc=reliable tsc_early_khz=2000000");
}

static void initrd_stays_below_the_kernels_limit(void **state)
{
    (void)state;
    add_linux(64 * MIB);
    uint32_t limit = 0x3123fff;
    memcpy(world->payload + 0x22c, &limit, 4);
    world_must_place(world);
    const struct handoff_load *initrd = &world->handoff.domains[0].load[1];
    assert_int_equal(initrd->gpa, 0x3122000);
    limit = 0x3000100; /* the kernel unpacks itself up to 0x3000000 */
    memcpy(world->payload + 0x22c, &limit, 4);
    world_must_refuse(world, "domain linux", "vmlinuz", "initrd");
}

static void memtest_loads_at_its_fixed_address(void **state)
{
    uint64_t preferred = 0x100000, size = 0x6acf8;
    (void)state;
    add_linux(4 * MIB)->initrd = MANIFEST_NONE;
    memcpy(world->payload + 0x258, &preferred, 8);
    memcpy(world->payload + 0x260, &size, 4);
    world->payload[0x234] = 0;
    made_manifest_seal(&world->made);
    world_must_place(world);
    assert_int_equal(world->handoff.domains[0].entry.rip, 0x100200);
    assert_int_equal(world->handoff.domains[0].load[0].gpa, 0x100000);
    assert_int_equal(world->handoff.domains[0].digest_count, 1);
}

static void linux_that_does_not_fit(void **state)
{
    char text[CMDLINE_BYTES] = "";
    (void)state;
    struct manifest_domain *domain = add_linux(46 * MIB);
    world_must_refuse(world, "domain linux", "vmlinuz", "49152 KiB", "47104 KiB", "`memory`");
    domain->initrd = MANIFEST_NONE;
    world_must_refuse(world, "domain linux", "49152 KiB", "47104 KiB");
    domain->memory = 64 * MIB;
    memset(text, 'x', sizeof(text) - 1);
    domain->cmdline = made_manifest_string(&world->made, text);
    world_must_refuse(world, "command line", "2047", "`cmdline`");
    domain->cmdline += 100;
    world_must_place(world);
    world->payload[0x238] = 0xff; /* the kernel takes 255 characters */
    world->payload[0x239] = 0;
    world_must_refuse(world, "takes 255");
    memcpy(world->payload + 0x202, "xxxx", 4);
    world_must_refuse(world, "domain linux", "vmlinuz", "is no bzImage");
}

static void elf64_that_does_not_fit(void **state)
{
    struct made_elf elf;
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        static const char *const words[] = {"at ff000", "outside", "physical", "overlap"};
        world_init(world);
        made_elf_init(&elf, 0x100000);
        made_elf_segment(&elf, PF_R | PF_X, 0x100000, 0x100, 0x1000);
        if (kind == 0) {
            elf.programs[0].p_vaddr = elf.programs[0].p_paddr = 0xff000;
            elf.header.e_entry = 0xff000;
        }
        if (kind == 1)
            made_elf_segment(&elf, PF_R, 0x3ff000, 0, 0x1001);
        if (kind == 2)
            elf.programs[0].p_paddr = 0x200000;
        if (kind == 3)
            made_elf_segment(&elf, PF_R, 0x100800, 0, 0x1000);
        world_add_domain(world, "hello", 1, 4 * MIB, world_add_elf(world, &elf));
        world_must_refuse(world, "domain hello", "guest.elf", words[kind]);
    }
}

static void memory_maps(void **state)
{
    struct guest_memory map[GUEST_MEMORY_MAX];
    (void)state;
    assert_int_equal(guest_memory_map(2 * MIB, map), 5);
    assert_int_equal(map[2].base, MIB);
    assert_int_equal(map[2].bytes, MIB);
    for (uint64_t bytes = 2 * MIB; bytes < 20 * GIB; bytes += 511 * MIB - bytes % (2 * MIB)) {
        uint64_t end = 0, sum = 0;
        uint32_t count = guest_memory_map(bytes, map);
        for (uint32_t i = 0; i < count; i++) {
            assert_true(map[i].base >= end);
            assert_true(map[i].bytes > 0);
            end = map[i].base + map[i].bytes;
            sum += map[i].type == GUEST_RAM ? map[i].bytes : 0;
            if (map[i].type == GUEST_RAM && map[i].base < GUEST_HOLE_END)
                assert_true(end <= GUEST_HOLE_BASE);
        }
        assert_int_equal(sum, bytes - 0x60000); /* behind 0xa0000 lies RAM that e820 reserves */
    }
}

/* Real payloads, where `make guests` has fetched them. */
static void real_payloads(void **state)
{
    static const char *const paths[] = {"build/guests/vmlinuz-6.1", "build/guests/vmlinuz-6.12",
                                        "build/guests/memtest.bin"};
    static uint8_t content[16 << 20];
    int found = 0;
    (void)state;
    for (int i = 0; i < 3; i++) {
        FILE *from = fopen(paths[i], "rb");
        if (!from)
            continue;
        world_init(world);
        size_t bytes = fread(content, 1, sizeof(content), from);
        fclose(from);
        world_add_payload(world, paths[i], content, bytes);
        struct manifest_domain *domain = world_add_domain(world, "real", 2, 128 * MIB, 0);
        domain->protocol = MANIFEST_BOOT_LINUX;
        start();
        check_low_memory();
        world_free(world);
        free(ram);
        ram = NULL;
        found++;
    }
    if (found == 0)
        skip();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(elf64_guest),
        TEST(linux_guest),
        TEST(amd_linux_is_told_the_tsc),
        TEST(initrd_stays_below_the_kernels_limit),
        TEST(memtest_loads_at_its_fixed_address),
        TEST(linux_that_does_not_fit),
        TEST(elf64_that_does_not_fit),
        TEST(memory_maps),
        TEST(real_payloads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
