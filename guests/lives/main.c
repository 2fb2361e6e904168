/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A domain for tests that end and begin it many times. Each life looks for what an earlier one has
 * left, in memory and as interrupts that nobody asked for (I7); it then leaves a marker wherever it
 * may, and has its device at work, an edu or a network card, until somebody ends it. Without a
 * device its second processor, if there is one, is kept awake by IPIs. It says how far it is:
 *   lives: clean     there was nothing
 *   lives: planted   its marker is everywhere
 *   lives: at work   what it does again and again has been done once
 *   lives: DIRTY...  what an earlier life has left, or what no life should see
 */
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/card.h"
#include "guests/lib/console.h"
#include "guests/lib/cpu.h"
#include "guests/lib/edu.h"
#include "guests/lib/x86.h"

enum {
    TIMER_VECTOR = 0x40,
    MESSAGE_VECTOR,
    SIBLING_VECTOR,
    ROUNDS_A_SECOND = 1000,
    WORK_ROUNDS = 20,
    MOST_ROUNDS = 5000, /* until it must be at work */
    FRAMES = 8,         /* of a round */
    FRAME_BYTES = 1024,
    LEFT_QWORDS = 8192,
};
#define MARKER 0x5ca1ab1e0ddba115ull

static struct edu edu;
static struct card card;
static bool has_edu, has_card, has_sibling;
static struct card_descriptor receive[CARD_RING] __attribute__((aligned(4096)));
static struct card_descriptor transmit[CARD_RING] __attribute__((aligned(4096)));
static uint8_t from[CARD_BUFFER_BYTES] __attribute__((aligned(4096)));
static volatile uint64_t left[LEFT_QWORDS]; /* where the loader of a life zeroes, and none hashes */
static volatile uint64_t ticks, messages, kicks, unexpected;

static void on_interrupt(struct frame *frame)
{
    *(frame->vector == TIMER_VECTOR     ? &ticks
      : frame->vector == MESSAGE_VECTOR ? &messages
      : frame->vector == SIBLING_VECTOR ? &kicks
                                        : &unexpected) += 1;
    apic_eoi();
}

static void say_dirty(const char *what, uint64_t where, uint64_t value)
{
    print("lives: DIRTY %s at 0x%lx: 0x%lx\n", what, where, value);
}

/* The first qword that is not 0, or `end`. */
static uint64_t first_set(uint64_t at, uint64_t end)
{
    while (at < end && *(volatile uint64_t *)at == 0) {
        at += sizeof(uint64_t);
    }
    return at;
}

/* The part of a range of RAM that nothing lies in when a life begins. */
static bool free_part(uint32_t range, uint64_t *base, uint64_t *end)
{
    const uint64_t first = ((uint64_t)image_end + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    *base = boot_info.memory[range].base;
    *end = *base + boot_info.memory[range].bytes;
    *base = *base < first ? first : *base;
    return *end <= GUEST_HOLE_BASE && *base < *end; /* the entry tables reach no further */
}

static bool look(void)
{
    uint64_t base, end, at = first_set((uint64_t)left, (uint64_t)(left + LEFT_QWORDS));
    if (at < (uint64_t)(left + LEFT_QWORDS)) {
        say_dirty("zeroed data", at, *(volatile uint64_t *)at);
        return false;
    }
    for (uint32_t i = 0; i < boot_info.memory_count; i++) {
        if (!free_part(i, &base, &end)) {
            continue;
        }
        at = first_set(base, end);
        if (at < end) {
            say_dirty("memory", at, *(volatile uint64_t *)at);
            return false;
        }
    }
    return true;
}

static void plant(void)
{
    uint64_t base, end;
    for (uint32_t i = 0; i < LEFT_QWORDS; i++) {
        left[i] = MARKER;
    }
    for (uint32_t i = 0; i < boot_info.memory_count; i++) {
        if (!free_part(i, &base, &end)) {
            continue;
        }
        for (uint64_t at = base; at < end; at += sizeof(uint64_t)) {
            *(volatile uint64_t *)at = MARKER;
        }
    }
}

/* Where devices write: the last page of the free memory, whose content goes out too. */
static uint64_t target(void)
{
    uint64_t base, end, last = 0;
    for (uint32_t i = 0; i < boot_info.memory_count; i++) {
        last = free_part(i, &base, &end) && end > last ? end : last;
    }
    return last - PAGE_BYTES;
}

static void start_devices(void)
{
    has_edu = edu_find(&edu);
    if (has_edu &&
        pci_msi_set(edu.function, message_address((uint32_t)rdmsr(APIC_ID)), MESSAGE_VECTOR)) {
        pci_msi_enable(edu.function, true);
        edu_dma_read(&edu, target(), 0, EDU_BUFFER_BYTES);
    }
    has_card = !has_edu && card_find(&card);
    for (uint32_t i = 0; has_card && i < CARD_RING; i++) {
        receive[i] = (struct card_descriptor){.address = target()};
        transmit[i] = (struct card_descriptor){
            .address = (uint64_t)from, .length = FRAME_BYTES, .command = CARD_SEND};
    }
    for (uint32_t i = 0; i < sizeof(from); i++) {
        from[i] = (uint8_t)(MARKER >> i % 8 * 8);
    }
    if (has_card) {
        card_start(&card, (uint64_t)receive, (uint64_t)transmit);
    }
}

/* A millisecond's worth; true: what it is about has been done at least once. */
static bool work(uint64_t round)
{
    if (has_edu) {
        if (round % (ROUNDS_A_SECOND / 8) == 1) { /* longer than a transfer takes */
            edu_dma_begin(&edu, target(), 0, EDU_BUFFER_BYTES);
        }
        edu_acknowledge(&edu);
        edu_raise(&edu);
        return messages >= WORK_ROUNDS;
    }
    if (has_card) {
        uint32_t tail = (uint32_t)(round * FRAMES % CARD_RING);
        card_ring(&card, CARD_RECEIVE, (tail + CARD_RING / 2) % CARD_RING);
        card_ring(&card, CARD_TRANSMIT, tail);
        return round >= WORK_ROUNDS && card_head(&card, CARD_RECEIVE) != 0;
    }
    if (has_sibling) {
        apic_send(cpu_at(1)->apic_id, SIBLING_VECTOR | APIC_FIXED | APIC_ASSERT);
        return kicks >= WORK_ROUNDS;
    }
    return round >= WORK_ROUNDS;
}

static void sibling(struct cpu *cpu)
{
    (void)cpu;
    apic_enable();
    for (;;) {
        wait_for_interrupt();
    }
}

static void sleep_until(uint64_t due)
{
    uint64_t before = ticks;
    timer_at(due);
    while (ticks == before) {
        wait_for_interrupt();
    }
}

void guest_main(void)
{
    const uint64_t period = boot_info.tsc_hz / ROUNDS_A_SECOND;
    bool at_work = false;
    print("\nlives: begin\n"); /* the life before may have ended within a line */
    for (unsigned vector = VECTOR_FIRST_FREE; vector < 255; vector++) {
        interrupt_set((uint8_t)vector, on_interrupt);
    }
    apic_enable();
    interrupts_on();
    bool clean = look();
    interrupts_off();
    uint64_t early = ticks + messages + kicks + unexpected;
    if (early) {
        say_dirty("interrupts", 0, early);
    } else if (clean) {
        print("lives: clean\n");
    }
    plant();
    print("lives: planted\n");
    timer_init(TIMER_VECTOR);
    has_sibling = cpu_count() > 1 && sibling_start(1, sibling);
    start_devices();
    for (uint64_t round = 1;; round++) {
        sleep_until(rdtsc() + period);
        if (work(round) && !at_work) {
            at_work = true;
            print("lives: at work\n");
        }
        if (round == MOST_ROUNDS && !at_work) {
            print("lives: DIRTY device: it does not work\n");
        }
    }
}
