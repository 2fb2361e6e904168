/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What manage.c runs on in its tests: made-up public pages, a book, a clock. Included once.
 */
#ifndef BULKHEAD_MANAGE_WORLD_H
#define BULKHEAD_MANAGE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define BULKHEAD_PERCPU_H
#define PER_CPU
#define PER_DOMAIN
#include "kernel/abi/layout.h"
#undef VA_OTHERS
#undef VA_SLICE
#define VA_OTHERS ((uint64_t)others)
#define VA_SLICE  ((uint64_t)own)

enum { DOMAINS = 4, ALL = 0, NOTHING = 1, SOME = 2, OWN = 3, SEEN_APIC = 40 };
#define HZ 1000000000ull

static uint8_t others[DOMAINS * OTHERS_STRIDE] __attribute__((aligned(4096)));
static uint8_t own[16 * 4096] __attribute__((aligned(4096)));

#include "kernel/life/manage.c"

volatile bool stop_own;
static uint64_t tsc, wish_at_knock;
static uint32_t knocks, knocked, sent_at_knock;
static uint8_t page[4096] __attribute__((aligned(4096)));

_Noreturn void panic_halt(void)
{
    fail();
    __builtin_unreachable();
}

uint64_t machine_tsc(void)
{
    return tsc;
}

static struct public_page *page_of(uint32_t domain)
{
    return (struct public_page *)(others + (uint64_t)domain * OTHERS_STRIDE);
}

void machine_knock(uint32_t apic_id)
{
    knocks++;
    knocked = apic_id;
    wish_at_knock = page_of(apic_id - SEEN_APIC)->wish;
    sent_at_knock = page_of(apic_id - SEEN_APIC)->in_head;
}

void memory_copy(void *to, const void *from, size_t bytes)
{
    memcpy(to, from, bytes);
}

/* What went on record: what was asked, and how often. */
static struct {
    uint32_t taken, refused, noted, read;
    uint64_t what[5];
    uint64_t from;
} record;

void audit_write(enum audit_kind kind, uint32_t domain, uint64_t value0, uint64_t value1,
                 uint64_t value2, uint64_t value3)
{
    const uint64_t what[5] = {domain, value0, value1, value2, value3};
    assert_int_equal(kind, AUDIT_CALL);
    record.taken++;
    memcpy(record.what, what, sizeof what);
}

void audit_refused(const struct management_request *request, enum management_result result)
{
    const uint64_t what[5] = {request->index, request->call, request->admin, result};
    record.refused++;
    memcpy(record.what, what, sizeof what);
}

void audit_typed(const struct management_request *request)
{
    const uint64_t what[5] = {request->index, request->call, request->admin};
    record.taken++;
    memcpy(record.what, what, sizeof what);
}

void audit_note(const struct management_request *request)
{
    record.noted = request->detail;
}

void audit_read(uint64_t from, struct management_audit *answer)
{
    record.read++;
    record.from = from;
    answer->next = 77;
}

static int setup(void **state)
{
    struct handoff_book *book = (struct handoff_book *)(own + PAGE_BYTES);
    (void)state;
    memset(others, 0, sizeof others);
    memset(own, 0, sizeof own);
    memset(&manage, 0, sizeof manage);
    memset(&record, 0, sizeof record);
    memset(page, 0xa5, sizeof page);
    ((struct handoff_slice *)own)->tsc_hz = HZ;
    book->machine = (struct management_machine){
        .host = "gate-7", .own = OWN, .counts = {1, DOMAINS, 2, 0, 1, 3}};
    for (uint32_t i = 0; i < DOMAINS; i++) {
        book->domains[i].cpu_count = i + 1;
        book->domains[i].name[0] = (char)('a' + i);
        book->apic_ids[i] = SEEN_APIC + i;
    }
    book->domains[ALL].manage = MANIFEST_RIGHTS;
    book->domains[ALL].serial_read = MANIFEST_AUDITOR;
    book->domains[ALL].serial_write = MANIFEST_OPERATOR;
    book->domains[SOME].manage = MANIFEST_MAY_STATUS | MANIFEST_MAY_STOP;
    book->domains[OWN].manage = MANIFEST_RIGHTS; /* none that counts */
    book->domains[OWN].flags = MANIFEST_IS_MANAGEMENT;
    memcpy(book->levels[1].name, "secret", 7);
    book->devices[2].pci = 0x123;
    tsc = 100 * HZ;
    knocks = 0;
    return 0;
}

static struct management_request made(uint32_t call, uint32_t index, uint32_t detail)
{
    return (struct management_request){.version = MANAGEMENT_VERSION,
                                       .call = call,
                                       .index = index,
                                       .detail = detail,
                                       .admin = MANAGEMENT_NO_ADMIN};
}

#endif
