/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What test_audit.c and test_audit_reader.c run on: the public pages of three domains, the second
 * of which is management, and in place of arch/ functions that note what was asked of them.
 * Included once in each.
 */
#ifndef BULKHEAD_AUDIT_WORLD_H
#define BULKHEAD_AUDIT_WORLD_H

#define BULKHEAD_PERCPU_H
#define PER_CPU
#define PER_DOMAIN
#include "kernel/abi/layout.h"
#undef VA_OTHERS
#undef VA_PUBLIC
#undef VA_SLICE
#define VA_OTHERS ((uint64_t)others)
#define VA_PUBLIC ((uint64_t) public)
#define VA_SLICE  ((uint64_t)my_page)

enum {
    DOMAINS = 3,
    FIRST = 0,
    OWN = 1,
    LAST = 2,
    OWN_CPUS = 2,
    AUDITOR = 7,
    APIC = 40,
    SECOND = 1000000
};

static uint8_t others[DOMAINS * OTHERS_STRIDE] __attribute__((aligned(4096)));
static uint8_t public[64 * 4096] __attribute__((aligned(4096)));
static uint8_t my_page[16 * 4096] __attribute__((aligned(4096)));

#include "kernel/life/audit.c"

struct cpu cpu;
struct vcpu vcpu;
struct stop_page stop_page;
volatile bool stop_own;
static struct survivor in_memory; /* what a reset leaves */
static struct handoff_domain place;
static struct management_audit answer;
static uint64_t tsc, knocks, knocked;
static void (*at_copy)(void); /* what others do meanwhile, once */

uint64_t machine_tsc(void)
{
    return tsc;
}

void machine_knock(uint32_t apic_id)
{
    knocks++;
    knocked = apic_id;
}

void machine_write_back(const volatile void *from, uint64_t bytes)
{
    assert_ptr_equal(from, &stop_page.survivor);
    assert_int_equal(bytes, sizeof in_memory);
    in_memory = stop_page.survivor;
}

_Noreturn void panic_halt(void)
{
    fail();
    __builtin_unreachable();
}

void memory_copy(void *to, const void *from, size_t bytes)
{
    void (*meanwhile)(void) = at_copy;
    memcpy(to, from, bytes);
    at_copy = NULL;
    if (meanwhile)
        meanwhile();
}

static struct handoff_slice *my_slice(void)
{
    return (struct handoff_slice *)my_page;
}

static struct audit_trail *trail(void)
{
    return public_trail((struct public_page *)public, sizeof public);
}

static struct public_page *page_of(uint32_t domain)
{
    return (struct public_page *)(domain == OWN ? public : others + domain * OTHERS_STRIDE);
}

static struct audit_ring *ring_of(uint32_t domain, uint32_t local)
{
    return public_audit(page_of(domain), domain + 1, local);
}

static int setup(void **state)
{
    struct handoff_book *book = (struct handoff_book *)(my_page + PAGE_BYTES);
    (void)state;
    memset(others, 0, sizeof others);
    memset(public, 0, sizeof public);
    memset(my_page, 0, sizeof my_page);
    memset(&audit, 0, sizeof audit);
    memset(&allowed, 0, sizeof allowed);
    memset(&stop_page, 0, sizeof stop_page);
    memset(&in_memory, 0, sizeof in_memory);
    memset(&answer, 0xa5, sizeof answer);
    *my_slice() = (struct handoff_slice){.domain = OWN, .auditor = AUDITOR, .tsc_hz = SECOND};
    book->machine.counts[MANAGEMENT_DOMAIN] = DOMAINS;
    for (uint32_t i = 0; i < DOMAINS; i++)
        book->domains[i].cpu_count = i + 1;
    for (uint32_t i = 0; i < DOMAINS; i++)
        book->apic_ids[i] = APIC + i;
    place.cpu_count = OWN_CPUS;
    place.public_bytes = sizeof public;
    cpu = (struct cpu){.local = 0, .apic_id = AUDITOR, .domain = &place};
    vcpu.knock = 0;
    knocks = knocked = 0;
    tsc = 100 * SECOND;
    at_copy = NULL;
    return 0;
}

/* As another domain's processor would, which sees its own ring only. */
static inline void write_as(uint32_t domain, uint32_t local, uint32_t kind, uint64_t value)
{
    struct audit_ring *ring = ring_of(domain, local);
    tsc++;
    ring->events[ring->head % AUDIT_RING] =
        (struct audit_event){.tsc = tsc, .kind = kind, .value = {value, 0, 0, 9}};
    ring->head++;
}

/* A domain's life begins or ends, as on_exit brought it about or not. */
static inline void live_as(uint32_t domain, uint32_t kind, uint64_t life, uint64_t again)
{
    struct audit_ring *ring = ring_of(domain, 0);
    tsc++;
    ring->events[ring->head % AUDIT_RING] =
        (struct audit_event){.tsc = tsc, .kind = kind, .value = {life, life, again}};
    ring->head++;
    audit_heed();
}

static inline void starts_after(uint32_t domain, uint32_t others_as_bits)
{
    struct handoff_book *book = (struct handoff_book *)(my_page + PAGE_BYTES);
    book->domains[domain].start_after = others_as_bits;
}

static const struct audit_record *record(uint64_t number)
{
    return &trail()->records[number % AUDIT_KEPT];
}

static inline void refuse(uint32_t call, uint32_t result)
{
    struct management_request request = {.call = call, .index = LAST, .admin = 5};
    audit_refused(&request, result);
}

static inline uint64_t on_record(uint32_t kind, uint32_t domain, uint64_t admin)
{
    uint64_t found = 0;
    audit_heed();
    for (uint64_t i = 0; i < trail()->next; i++)
        if (record(i)->kind == kind && record(i)->domain == domain && record(i)->value[1] == admin)
            found++;
    return found;
}

/* The whole kept chain by another way of hashing. */
static void chain_is_whole(uint64_t from)
{
    for (uint64_t n = from; n < trail()->next; n++) {
        uint8_t bytes[DIGEST_BYTES + AUDIT_BODY_BYTES] = {0}, digest[DIGEST_BYTES];
        if (n > 0)
            memcpy(bytes, record(n - 1)->hash, DIGEST_BYTES);
        memcpy(bytes + DIGEST_BYTES, record(n), AUDIT_BODY_BYTES);
        sha256(bytes, sizeof bytes, digest);
        assert_memory_equal(digest, record(n)->hash, DIGEST_BYTES);
        assert_int_equal(record(n)->number, n);
    }
}

#endif
