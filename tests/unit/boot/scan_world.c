/* SPDX-License-Identifier: Apache-2.0 */
/* Made configuration spaces: see the header. */
#define BULKHEAD_TEST_IO
#include "boot/devices/scan.c"

#include "scan_world.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WINDOW = 4, SPACES = 6, FAR_BUS = 9, PLACES = SPACES * 256 };
enum { FAR_SPACE = 5 * 256, OTHER_SPACE = 4 * 256, OTHER_SEGMENT = OTHER >> 16 };

static uint8_t *space, *writable; /* the second: which bits a write changes */
static unsigned written[PLACES];
static uint32_t address;
struct facts facts;
struct diagnostic why;
static struct manifest_device named[NAMED];
uint32_t named_count;
static uint8_t configs[NAMED][SPACE];
bool mapped;
unsigned sticks;

const void *manifest_entries(const struct manifest *manifest, enum manifest_table_id table,
                             uint32_t *count)
{
    (void)manifest;
    assert_int_equal(table, MANIFEST_DEVICES);
    *count = named_count;
    return named;
}

bool reach_possible(uint64_t base, uint64_t bytes)
{
    (void)base;
    (void)bytes;
    return mapped;
}

/* Where a function's space is among the made ones; PLACES: nowhere. */
static uint32_t place_of(const struct pci *pci, uint32_t function)
{
    if (pci->ecam && function >> 8 >= pci->bus_first && function >> 8 <= pci->bus_last)
        return (uint32_t)((pci->ecam - space) / SPACE) + function;
    return !pci->ecam_only && function >> 8 == FAR_BUS ? FAR_SPACE + (function & 0xff) : PLACES;
}

uint32_t pci_read(const struct pci *pci, uint32_t function, unsigned offset, unsigned bytes)
{
    uint32_t value = 0xffffffff, place = place_of(pci, function);
    assert_true(offset % bytes == 0 && offset + bytes <= SPACE);
    if (place < PLACES && (pci->ecam || offset < 256))
        memcpy(&value, space + (size_t)place * SPACE + offset, bytes);
    return value & 0xffffffff >> (32 - 8 * bytes);
}

/* All ones go to a BAR only while its function decodes nothing. */
void pci_write(const struct pci *pci, uint32_t function, unsigned offset, unsigned bytes,
               uint32_t value)
{
    uint32_t place = place_of(pci, function);
    uint8_t *to = space + (size_t)place * SPACE;
    assert_true(place < PLACES && offset % bytes == 0);
    written[place]++;
    if (offset >= 0x10 && offset < 0x28)
        assert_int_equal(to[PCI_COMMAND] & 3, 0);
    for (unsigned i = offset; i < offset + bytes; i++, value >>= 8) {
        uint8_t mask = writable[(size_t)place * SPACE + i];
        to[i] = (uint8_t)((to[i] & ~mask) | ((uint8_t)value & mask));
        if (offset == sticks)
            writable[(size_t)place * SPACE + i] = 0;
    }
}

uint32_t inl(uint16_t port)
{
    uint32_t function = address >> 8 & 0xffff;
    assert_int_equal(port, PCI_CONFIG_DATA);
    assert_true(function >> 8 >= WINDOW); /* CF8/CFC only where no window is */
    return pci_read(&(struct pci){0}, function, address & 0xfc, 4);
}

void outl(uint16_t port, uint32_t value)
{
    assert_int_equal(port, PCI_CONFIG_ADDRESS);
    address = value;
}

static uint32_t place(uint32_t function)
{
    return function >> 16             ? OTHER_SPACE + (function & 0xff)
           : function >> 8 == FAR_BUS ? FAR_SPACE + (function & 0xff)
                                      : function;
}

uint8_t *at(uint32_t function, unsigned offset)
{
    return space + (size_t)place(function) * SPACE + offset;
}

void put(uint32_t function, unsigned offset, unsigned bytes, uint32_t value)
{
    memcpy(at(function, offset), &value, bytes);
}

uint32_t get(uint32_t function, unsigned offset, unsigned bytes)
{
    uint32_t value = 0;
    memcpy(&value, at(function, offset), bytes);
    return value;
}

/* Bits that a write changes. */
void open_bits(uint32_t function, unsigned offset, unsigned bytes, uint32_t mask)
{
    memcpy(writable + (at(function, offset) - space), &mask, bytes);
}

void make(uint32_t function, uint32_t id, uint32_t class_code, uint8_t header)
{
    memset(at(function, 0), 0, SPACE);
    put(function, PCI_VENDOR, 4, id);
    put(function, PCI_CLASS, 4, class_code);
    put(function, PCI_HEADER_TYPE, 1, header);
    open_bits(function, PCI_COMMAND, 2, 0x0547);
}

/* In front of the others. */
void capability(uint32_t function, unsigned offset, uint8_t id)
{
    put(function, offset, 1, id);
    put(function, offset + 1, 1, get(function, PCI_CAPABILITIES, 1));
    put(function, PCI_CAPABILITIES, 1, offset);
    put(function, PCI_STATUS, 2, 1 << 4);
}

void express(uint32_t function, unsigned type)
{
    capability(function, 0x40, 0x10);
    put(function, 0x42, 2, type << 4 | 2);
}

int setup(void **state)
{
    (void)state;
    space = aligned_alloc(SPACE, (size_t)PLACES * SPACE);
    writable = calloc(PLACES, SPACE);
    memset(space, 0xff, (size_t)PLACES * SPACE);
    memset(written, 0, sizeof(written));
    memset(&facts, 0, sizeof(facts));
    named_count = 0;
    mapped = true;
    sticks = 0;
    facts.ecam_count = 2;
    facts.ecam[1] = (struct fact_ecam){(uint64_t)space, 0, 0, WINDOW - 1};
    facts.ecam[0] = (struct fact_ecam){(uint64_t)at(OTHER, 0) - 8 * SPACE, OTHER_SEGMENT, 0, 0};
    make(HOST, 0x29c08086, 0x06000000, 0);
    make(PORT, 0x000c1b36, 0x06040000, 1);
    put(PORT, 0x18, 4, 0x00020100);
    make(NIC, 0x10d38086, 0x02000003, 0);
    put(NIC, PCI_COMMAND, 2, 7);
    return 0;
}

int teardown(void **state)
{
    (void)state;
    free(space);
    free(writable);
    return 0;
}

bool scans(void)
{
    memset(configs, 0, sizeof(configs));
    why.text[0] = 0;
    return scan_functions(NULL, &facts, configs[0], &why);
}

const struct fact_function *found(uint32_t function)
{
    for (uint32_t i = 0; i < facts.function_count; i++)
        if (facts.functions[i].pci == function)
            return &facts.functions[i];
    fail_msg("%x was not found", function);
    return NULL;
}

void expect_refused(const char *part)
{
    assert_false(scans());
    if (!strstr(why.text, part))
        fail_msg("%s", why.text);
}

unsigned writes(uint32_t function)
{
    return written[place(function)];
}

void name(uint32_t function)
{
    named[named_count++].pci = function;
}
