/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table builder: for random spaces in every format the tables map exactly what was asked for,
 * by the largest leaves allowed, and take exactly the room that was computed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/plan/paging.h"

enum { BLOCK = 0x40000000, ROOM = 64 << 20 };

static uint8_t memory[ROOM] __attribute__((aligned(4096)));
static uint64_t highest; /* bytes of the block that were touched */

static void *reach(uint64_t hpa, uint64_t bytes, void *context)
{
    assert_null(context);
    assert_in_range(hpa, BLOCK, BLOCK + ROOM - bytes);
    if (hpa - BLOCK + bytes > highest)
        highest = hpa - BLOCK + bytes;
    return memory + (hpa - BLOCK);
}

/* Bits of a leaf by access, spelled out from the manuals and not from the builder's table. */
static uint64_t leaf_bits(enum paging_format format, uint32_t access, bool device, uint64_t leaf)
{
    if (format == PAGING_UNIT) /* VT-d: read, whatever is asked for */
        return 1 | (leaf > PAGE_BYTES ? 0x80 : 0);
    bool ept = format == PAGING_EPT || format == PAGING_SNOOP;
    uint64_t bits = format == PAGING_SNOOP  ? 0x801
                    : ept                   ? 0x1
                    : format == PAGING_HOST ? 0x61
                                            : 0x65;
    if (ept)
        bits |= device ? 0 : 6 << 3;
    else
        bits |= device ? 0x18 : 0;
    if (access & PAGING_WRITE)
        bits |= 0x2;
    if (ept)
        bits |= access & PAGING_EXECUTE ? 0x4 : 0;
    else
        bits |= access & PAGING_EXECUTE ? 0 : 1ull << 63;
    return bits | (leaf > PAGE_BYTES ? 0x80 : 0);
}

struct found {
    uint64_t entry, bytes;
};

static struct found look_up(uint64_t va, enum paging_format format)
{
    uint64_t table = BLOCK;
    for (int shift = 39;; shift -= 9) {
        uint64_t entry = ((uint64_t *)(memory + (table - BLOCK)))[va >> shift & 511];
        if (entry == 0 || shift == 12 || entry & 0x80)
            return (struct found){entry, 1ull << shift};
        uint64_t expected = format == PAGING_UNIT    ? 0x1
                            : format == PAGING_EPT   ? 0x7
                            : format == PAGING_SNOOP ? 0x7
                            : format == PAGING_HOST  ? 0x23
                                                     : 0x27;
        assert_int_equal(entry & 0xfff, expected);
        table = entry & 0xffffffffff000;
        assert_in_range(table, BLOCK, BLOCK + ROOM - PAGE_BYTES);
    }
}

static void count_leaves(uint64_t table, int level, uint64_t *bytes)
{
    for (int i = 0; i < 512; i++) {
        uint64_t entry = ((uint64_t *)(memory + (table - BLOCK)))[i];
        if (entry == 0)
            continue;
        if (level == 1 || entry & 0x80)
            *bytes += 1ull << (12 + 9 * (level - 1));
        else
            count_leaves(entry & 0xffffffffff000, level - 1, bytes);
    }
}

/* Builds and compares; every leaf must be the largest that the range allows there. */
static void check_space(const struct paging_space *space, enum paging_format format)
{
    uint64_t bytes = paging_bytes(space), asked = 0, mapped = 0;
    assert_in_range(bytes, PAGE_BYTES, ROOM);
    memset(memory, 0, bytes);
    highest = 0;
    paging_build(space, format, BLOCK, reach, NULL);
    assert_int_equal(highest, space->count > 0 ? bytes : 0);
    for (uint32_t i = 0; i < space->count; i++) {
        const struct paging_range *range = &space->ranges[i];
        asked += range->bytes;
        for (uint64_t done = 0; done < range->bytes;) {
            uint64_t va = range->va + done, pa = range->pa + done, leaf = range->leaf_max;
            while ((va | pa) % leaf || leaf > range->bytes - done)
                leaf /= 512;
            struct found found = look_up(va, format);
            assert_int_equal(found.bytes, leaf);
            assert_int_equal(found.entry,
                             pa | leaf_bits(format, range->access, range->device, leaf));
            done += leaf;
        }
    }
    count_leaves(BLOCK, 4, &mapped);
    assert_int_equal(mapped, asked);
}

/* Ascending ranges with random gaps, sizes and alignments. */
static void random_space(struct paging_space *space)
{
    static const uint64_t leaves[] = {PAGE_BYTES, LARGE_PAGE_BYTES, HUGE_PAGE_BYTES};
    uint64_t va = rand() % 2 ? 0 : 0xffff880000000000;
    space->count = 0;
    for (int n = 1 + rand() % 8; n > 0; n--) {
        uint64_t unit = leaves[rand() % 3], pa_unit = leaves[rand() % 3];
        uint64_t bytes = unit * (1 + (uint64_t)rand() % 3) + PAGE_BYTES * ((uint64_t)rand() % 600);
        if (rand() % 2)
            va = (va + unit - 1) / unit * unit;
        uint64_t leaf = unit == HUGE_PAGE_BYTES || bytes < 8 * LARGE_PAGE_BYTES
                            ? leaves[rand() % 2 + (unit == HUGE_PAGE_BYTES)]
                            : unit;
        paging_add(space, va, pa_unit * (1 + (uint64_t)rand() % 1000), bytes, leaf,
                   (uint32_t)rand() % 4);
        space->ranges[space->count - 1].device = rand() % 4 == 0;
        va += bytes + (rand() % 2 ? PAGE_BYTES * ((uint64_t)rand() % 5) : unit);
    }
}

static void random_spaces_map_exactly(void **state)
{
    struct paging_space space;
    (void)state;
    srand(4);
    for (int round = 0; round < 120; round++) {
        random_space(&space);
        check_space(&space, (enum paging_format)(round % PAGING_FORMATS));
    }
}

static void empty_space_is_a_root(void **state)
{
    struct paging_space space = {.count = 0};
    (void)state;
    paging_add(&space, 0x1000, 0x1000, 0, PAGE_BYTES, PAGING_READ);
    assert_int_equal(space.count, 0);
    check_space(&space, PAGING_HOST);
    assert_int_equal(paging_bytes(&space), PAGE_BYTES);
}

/* A device's window is uncached by the tables themselves, and never executable. */
static void devices_are_uncached(void **state)
{
    struct paging_space space = {.count = 0};
    (void)state;
    paging_add_device(&space, 0xfec00000, 0xfec00000, PAGE_BYTES);
    paging_add_device(&space, 0x4000000000, 0x4000000000, 4 * LARGE_PAGE_BYTES);
    for (unsigned format = 0; format < PAGING_FORMATS; format++)
        check_space(&space, (enum paging_format)format);
    check_space(&space, PAGING_HOST);
    assert_int_equal(look_up(0xfec00000, PAGING_HOST).entry, 0x80000000fec0007b);
    assert_int_equal(look_up(0x4000200000, PAGING_HOST).entry, 0x80000040002000fb);
    assert_int_equal(look_up(0x4000200000, PAGING_HOST).bytes, LARGE_PAGE_BYTES);
}

/* TRAPS 19: both page-size cases of 2 GiB of RAM. */
static void leaf_limit_decides(void **state)
{
    struct paging_space space = {.count = 0};
    (void)state;
    paging_add(&space, 0, HUGE_PAGE_BYTES, 2 * HUGE_PAGE_BYTES, HUGE_PAGE_BYTES,
               PAGING_WRITE | PAGING_EXECUTE);
    assert_int_equal(paging_bytes(&space), 2 * PAGE_BYTES);
    check_space(&space, PAGING_EPT);
    assert_int_equal(look_up(0x12345678, PAGING_EPT).bytes, HUGE_PAGE_BYTES);
    space.ranges[0].leaf_max = LARGE_PAGE_BYTES;
    assert_int_equal(paging_bytes(&space), 4 * PAGE_BYTES);
    check_space(&space, PAGING_EPT);
    space.ranges[0].leaf_max = PAGE_BYTES;
    assert_int_equal(paging_bytes(&space), (4 + 1024) * PAGE_BYTES);
    check_space(&space, PAGING_EPT);
    assert_int_equal(look_up(0x12345678, PAGING_EPT).bytes, PAGE_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_spaces_map_exactly),
        cmocka_unit_test(empty_space_is_a_root),
        cmocka_unit_test(devices_are_uncached),
        cmocka_unit_test(leaf_limit_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
