/* SPDX-License-Identifier: Apache-2.0 */
/* The VT-d units' registers: see the header. */
#include "vtd.h"
#include "arch/x86/include/cpu.h"
#include "boot/machine/reach.h"
#include "boot/machine/text.h"
#include "boot/plan/diagnostic.h"

enum {
    VERSION = 0x00,
    CAPABILITY = 0x08,
    EXTENDED_CAPABILITY = 0x10,
    GLOBAL_COMMAND = 0x18,
    GLOBAL_STATUS = 0x1c,
    ROOT_TABLE = 0x20,
    FAULT_STATUS = 0x34,
    PROTECTED_MEMORY = 0x64,
    QUEUE_HEAD = 0x80,
    QUEUE_TAIL = 0x88,
    QUEUE_ADDRESS = 0x90,
    INTERRUPT_TABLE = 0xb8,
    REGISTERS_BYTES = 0x1000,
    WAIT_PER_SECOND = 10, /* each wait is 100 ms at most */
    CACHE_LINE = 64,
};

/* Global Command and Global Status Registers; the bits are the same. */
#define TRANSLATION    (1u << 31)
#define SET_ROOT       (1u << 30)
#define FAULT_LOG      (1u << 28)
#define WRITE_BUFFER   (1u << 27)
#define QUEUE          (1u << 26)
#define INTERRUPTS     (1u << 25)
#define SET_INTERRUPTS (1u << 24)
#define COMPATIBILITY  (1u << 23)
#define STAYS          0x96ffffffu /* of the status, what a command must repeat */
#define STATUS_SEEN    (TRANSLATION | FAULT_LOG | WRITE_BUFFER | QUEUE | INTERRUPTS | COMPATIBILITY)
#define STATUS_DUE     (TRANSLATION | INTERRUPTS)

#define ROOT_MODE        (3u << 10) /* 0: legacy */
#define TABLE_X2APIC     (1u << 11)
#define TABLE_65536      15u
#define PROTECTED_ENABLE (1u << 31)
#define PROTECTED_STATUS (1u << 0)
#define QUEUE_OFFSET     0x7fff0u
#define FAULT_RECORDED   (1u << 31) /* in the last word of a fault record */
#define QUEUE_FAULTS     (7u << 4)
#define FAULTS_CLEARED   (QUEUE_FAULTS | 1u << 0 | 3u << 2) /* the overflows too */

#define CAPABILITY_WRITE_BUFFER   (1ull << 4)
#define CAPABILITY_PROTECTED      (3ull << 5)
#define CAPABILITY_RECORDS(value) (((value) >> 24 & 0x3ff) * 16)
#define CAPABILITY_COUNT(value)   (((value) >> 40 & 0xff) + 1)
#define CAPABILITY_DRAINS(value)  ((value) >> 54 & 3)
#define EXTENDED_COHERENT         (1ull << 0)

/* Descriptors of the queue: what is forgotten, all of it; and the word that says it is done. */
#define FORGET_CONTEXTS     (1ull | 1 << 4)
#define FORGET_TRANSLATIONS (2ull | 1 << 4) /* from bit 6 on: writes, reads are drained */
#define FORGET_INTERRUPTS   4ull
#define TELL                (5ull | 1 << 5)
#define DONE                0x600du

struct unit {
    const struct handoff *handoff;
    const struct vtd_access *access;
    const struct handoff_iommu *place;
    struct diagnostic *why;
};

static uint32_t read_register(uint64_t unit, uint32_t offset, void *context)
{
    (void)context;
    return *(volatile uint32_t *)(unit + offset);
}

static void write_register(uint64_t unit, uint32_t offset, uint32_t value, void *context)
{
    (void)context;
    *(volatile uint32_t *)(unit + offset) = value;
}

static void flush_lines(uint64_t base, uint64_t bytes, void *context)
{
    (void)context;
    for (uint64_t at = base; at < base + bytes; at += CACHE_LINE)
        __asm__ volatile("clflush (%0)" ::"r"(at) : "memory");
    __asm__ volatile("mfence" ::: "memory");
}

static uint64_t read_ticks(void *context)
{
    (void)context;
    return cpu_rdtsc();
}

const struct vtd_access vtd_hardware = {
    .read = read_register, .write = write_register, .flush = flush_lines, .ticks = read_ticks};

static uint32_t get(const struct unit *unit, uint32_t offset)
{
    return unit->access->read(unit->place->registers, offset, unit->access->context);
}

static void set(const struct unit *unit, uint32_t offset, uint32_t value)
{
    unit->access->write(unit->place->registers, offset, value, unit->access->context);
}

static uint64_t get_wide(const struct unit *unit, uint32_t offset)
{
    return get(unit, offset) | (uint64_t)get(unit, offset + 4) << 32;
}

static void set_wide(const struct unit *unit, uint32_t offset, uint64_t value)
{
    set(unit, offset, (uint32_t)value);
    set(unit, offset + 4, (uint32_t)(value >> 32));
}

static bool fails(const struct unit *unit, const char *what)
{
    return diagnose(unit->why,
                    "I3: the IOMMU unit at %lx %s: update the firmware, or switch VT-d off in its "
                    "setup",
                    unit->place->registers, what);
}

/* Whether time is left since `start`. */
static bool in_time(const struct unit *unit, uint64_t start)
{
    __builtin_ia32_pause();
    return unit->access->ticks(unit->access->context) - start <=
           unit->handoff->tsc_hz / WAIT_PER_SECOND;
}

static bool wait_for(const struct unit *unit, uint32_t offset, uint32_t mask, uint32_t value,
                     const char *what)
{
    uint64_t start = unit->access->ticks(unit->access->context);
    while ((get(unit, offset) & mask) != value)
        if (!in_time(unit, start))
            return fails(unit, what);
    return true;
}

/* Changes one bit; what was a command once must not be one again. */
static bool command(const struct unit *unit, uint32_t bit, bool on, const char *what)
{
    uint32_t now = get(unit, GLOBAL_STATUS) & STAYS;
    set(unit, GLOBAL_COMMAND, on ? now | bit : now & ~bit);
    return wait_for(unit, GLOBAL_STATUS, bit, on && bit != WRITE_BUFFER ? bit : 0, what);
}

/* Faults of the past, which would keep the queue from working and later ones from being told. */
static void clear_faults(const struct unit *unit)
{
    uint64_t capability = unit->place->capability;
    for (uint32_t i = 0; i < CAPABILITY_COUNT(capability); i++) {
        uint32_t word = (uint32_t)CAPABILITY_RECORDS(capability) + 16 * i + 12;
        if (get(unit, word) & FAULT_RECORDED)
            set(unit, word, FAULT_RECORDED);
    }
    set(unit, FAULT_STATUS, FAULTS_CLEARED);
}

/* A queue whose work is done, or stopped at a fault, goes on with nothing. */
static bool stop_queue(const struct unit *unit)
{
    uint64_t start = unit->access->ticks(unit->access->context);
    while ((get(unit, QUEUE_HEAD) & QUEUE_OFFSET) != (get(unit, QUEUE_TAIL) & QUEUE_OFFSET) &&
           !(get(unit, FAULT_STATUS) & QUEUE_FAULTS))
        if (!in_time(unit, start))
            return fails(unit, "does not come to the end of the firmware's invalidation queue");
    return command(unit, QUEUE, false, "does not switch the firmware's invalidation queue off");
}

/*
 * What firmware left on stays on while its tables are replaced, unless their format changes: then
 * there is a moment without, in which no function does DMA and no line is open.
 */
static bool take_over(const struct unit *unit)
{
    uint32_t status = get(unit, GLOBAL_STATUS);
    clear_faults(unit);
    if (status & QUEUE && !stop_queue(unit))
        return false;
    clear_faults(unit);
    if (status & FAULT_LOG &&
        !command(unit, FAULT_LOG, false, "does not switch the firmware's fault log off"))
        return false;
    if (status & TRANSLATION && get(unit, ROOT_TABLE) & ROOT_MODE &&
        !command(unit, TRANSLATION, false, "does not switch the firmware's translation off"))
        return false;
    return !(status & INTERRUPTS) || get(unit, INTERRUPT_TABLE) & TABLE_X2APIC ||
           command(unit, INTERRUPTS, false, "does not switch the firmware's remapping off");
}

/* Units that don't look into the processors' caches see what is in memory. */
static void flush(const struct unit *unit, uint64_t base, uint64_t bytes)
{
    if (!(unit->place->extended_capability & EXTENDED_COHERENT))
        unit->access->flush(base, bytes, unit->access->context);
}

static bool flush_tables(const struct unit *unit)
{
    const struct handoff *handoff = unit->handoff;
    flush(unit, handoff->iommu_root, handoff->iommu_bytes);
    flush(unit, handoff->iommu_entries, IRT_BYTES);
    return !(unit->place->capability & CAPABILITY_WRITE_BUFFER) ||
           command(unit, WRITE_BUFFER, true, "does not flush its write buffer");
}

/* The queue is on while it has something to do: afterwards nothing can stop it by a fault. */
static bool forget(const struct unit *unit, const uint64_t *what, uint32_t count)
{
    uint64_t *queue = (uint64_t *)unit->handoff->iommu_queue, start;
    volatile uint32_t *done = (volatile uint32_t *)(queue + PAGE_BYTES / sizeof(*queue) - 2);
    for (uint32_t i = 0; i < count; i++) {
        queue[2 * i] = what[i];
        queue[2 * i + 1] = 0;
    }
    queue[2 * count] = TELL | (uint64_t)DONE << 32;
    queue[2 * count + 1] = (uint64_t)done;
    *done = 0;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    flush(unit, unit->handoff->iommu_queue, PAGE_BYTES);
    if (get(unit, FAULT_STATUS) & QUEUE_FAULTS)
        return fails(unit, "keeps a fault of its invalidation queue");
    set_wide(unit, QUEUE_TAIL, 0);
    set_wide(unit, QUEUE_ADDRESS, unit->handoff->iommu_queue);
    if (!command(unit, QUEUE, true, "does not switch its invalidation queue on"))
        return false;
    start = unit->access->ticks(unit->access->context);
    set(unit, QUEUE_TAIL, (count + 1) * 16);
    while (*done != DONE)
        if (get(unit, FAULT_STATUS) & QUEUE_FAULTS || !in_time(unit, start))
            return fails(unit, "does not invalidate what it remembers");
    return command(unit, QUEUE, false, "does not switch its invalidation queue off");
}

static uint64_t forget_translations(const struct unit *unit)
{
    return FORGET_TRANSLATIONS | CAPABILITY_DRAINS(unit->place->capability) << 6;
}

/* Protected regions are what firmware kept devices from; only now translation does. */
static bool open_protected_memory(const struct unit *unit)
{
    if (!(unit->place->capability & CAPABILITY_PROTECTED))
        return true;
    set(unit, PROTECTED_MEMORY, get(unit, PROTECTED_MEMORY) & ~PROTECTED_ENABLE);
    return wait_for(unit, PROTECTED_MEMORY, PROTECTED_STATUS, 0,
                    "does not switch the protected memory regions off");
}

static bool block(const struct unit *unit)
{
    const struct handoff *handoff = unit->handoff;
    const uint64_t translations[] = {FORGET_CONTEXTS, forget_translations(unit)};
    const uint64_t interrupts[] = {FORGET_INTERRUPTS};
    if (get_wide(unit, CAPABILITY) != unit->place->capability ||
        get_wide(unit, EXTENDED_CAPABILITY) != unit->place->extended_capability)
        return fails(unit, "says something else of itself than before");
    if (!take_over(unit) || !flush_tables(unit))
        return false;
    set_wide(unit, ROOT_TABLE, handoff->iommu_root);
    if (!command(unit, SET_ROOT, true, "does not take its root table") ||
        !forget(unit, translations, 2))
        return false;
    set_wide(unit, INTERRUPT_TABLE, handoff->iommu_entries | TABLE_X2APIC | TABLE_65536);
    return command(unit, SET_INTERRUPTS, true, "does not take its interrupt-remapping table") &&
           forget(unit, interrupts, 1) &&
           command(unit, TRANSLATION, true, "does not switch translation on") &&
           command(unit, COMPATIBILITY, false, "does not block interrupts of the old format") &&
           command(unit, INTERRUPTS, true, "does not switch interrupt remapping on") &&
           open_protected_memory(unit) &&
           wait_for(unit, GLOBAL_STATUS, STATUS_SEEN, STATUS_DUE, "is not on as it was told");
}

static bool invalidate(const struct unit *unit)
{
    const struct handoff *handoff = unit->handoff;
    const uint64_t what[] = {FORGET_CONTEXTS, forget_translations(unit), FORGET_INTERRUPTS};
    for (uint32_t i = 0; i < handoff->domain_count; i++)
        if (handoff->domains[i].function_count)
            flush(unit, handoff->domains[i].tables_hpa, handoff->domains[i].tables_bytes);
    if (!flush_tables(unit) || !forget(unit, what, 3))
        return false;
    clear_faults(unit);
    return wait_for(unit, GLOBAL_STATUS, STATUS_SEEN, STATUS_DUE, "did not stay on");
}

static bool each(const struct handoff *handoff, const struct vtd_access *access,
                 struct diagnostic *why, bool (*act)(const struct unit *unit))
{
    for (uint32_t i = 0; i < handoff->iommu_count; i++) {
        const struct unit unit = {handoff, access, &handoff->iommus[i], why};
        if (!act(&unit))
            return false;
    }
    return true;
}

bool vtd_block(const struct handoff *handoff, const struct vtd_access *access,
               struct diagnostic *why)
{
    return each(handoff, access, why, block);
}

bool vtd_invalidate(const struct handoff *handoff, const struct vtd_access *access,
                    struct diagnostic *why)
{
    return each(handoff, access, why, invalidate);
}

void vtd_collect(struct facts *facts)
{
    for (uint32_t i = 0; i < facts->iommu_count; i++) {
        struct fact_iommu *fact = &facts->iommus[i];
        const struct handoff_iommu place = {.registers = fact->registers};
        const struct unit unit = {.access = &vtd_hardware, .place = &place};
        reach(fact->registers, REGISTERS_BYTES, "IOMMU unit");
        uint32_t version = get(&unit, VERSION);
        if (version == 0 || version == 0xffffffff)
            refuse("I3: the IOMMU unit at %lx does not answer: update the firmware, or switch VT-d "
                   "off in its setup",
                   fact->registers);
        fact->capability = get_wide(&unit, CAPABILITY);
        fact->extended_capability = get_wide(&unit, EXTENDED_CAPABILITY);
    }
}
