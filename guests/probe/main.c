/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest domain with a device, QEMU's edu: it reads and writes this domain's memory and
 * interrupts, over and over. What other domains do may change nothing of it: a page that no
 * transfer names stays as it is (I1), no interrupt comes that nobody asked for (I4).
 *
 * Command line: rounds= how many before it stops (0: for ever), report= rounds from one line to
 * the next.
 */
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/cpu.h"
#include "guests/lib/edu.h"
#include "guests/lib/x86.h"

enum { MESSAGE_VECTOR = 0x40, ROUNDS_A_LINE = 5, MARKED_QWORDS = 32768 };
#define MARKER 0x5afe5afe00000000ull

static uint8_t from[EDU_BUFFER_BYTES] __attribute__((aligned(4096)));
static uint8_t to[EDU_BUFFER_BYTES] __attribute__((aligned(4096)));
static volatile uint64_t marked[MARKED_QWORDS];
static volatile uint64_t messages, unexpected;

static void on_message(struct frame *frame)
{
    (void)frame;
    messages++;
    apic_eoi();
}

static void on_other(struct frame *frame)
{
    (void)frame;
    unexpected++;
    apic_eoi();
}

static void mark(void)
{
    for (uint32_t i = 0; i < MARKED_QWORDS; i++) {
        marked[i] = MARKER + i;
    }
}

static bool is_marked(void)
{
    for (uint32_t i = 0; i < MARKED_QWORDS; i++) {
        if (marked[i] != MARKER + i) {
            return false;
        }
    }
    return true;
}

/* The end of the second transfer interrupts, and is waited for a second at most. */
static bool message_came(uint64_t before)
{
    uint64_t end = rdtsc() + boot_info.tsc_hz;
    interrupts_on();
    while (messages == before && rdtsc() < end) {
        cpu_relax();
    }
    interrupts_off();
    return messages == before + 1;
}

/* NULL, or what went wrong. */
static const char *play(const struct edu *edu, uint64_t round)
{
    for (uint32_t i = 0; i < EDU_BUFFER_BYTES; i++) {
        from[i] = (uint8_t)(i * 7 + (i >> 8) + round);
        to[i] = (uint8_t)~from[i];
    }
    uint64_t before = messages;
    if (!edu_dma_read(edu, (uint64_t)from, 0, EDU_BUFFER_BYTES)) {
        return "the transfer from memory did not end";
    }
    if (!edu_dma_write(edu, (uint64_t)to, 0, EDU_BUFFER_BYTES, true)) {
        return "the transfer to memory did not end";
    }
    bool came = message_came(before);
    edu_acknowledge(edu);
    for (uint32_t i = 0; i < EDU_BUFFER_BYTES; i++) {
        if (((volatile uint8_t *)to)[i] != from[i]) {
            return "what came back differs";
        }
    }
    if (!came) {
        return messages == before ? "no interrupt came" : "too many interrupts came";
    }
    return is_marked() ? NULL : "someone has written into this domain's memory";
}

void guest_main(void)
{
    struct edu edu;
    print("probe: this is domain %s\n", boot_info.domain);
    for (unsigned vector = VECTOR_FIRST_FREE; vector < 255; vector++) {
        interrupt_set((uint8_t)vector, vector == MESSAGE_VECTOR ? on_message : on_other);
    }
    apic_enable();
    mark();
    if (!edu_find(&edu) ||
        !pci_msi_set(edu.function, message_address((uint32_t)rdmsr(APIC_ID)), MESSAGE_VECTOR)) {
        print("edu failed: there is none\n");
        return;
    }
    pci_msi_enable(edu.function, true);
    uint64_t last = cmdline_number("rounds", 0);
    uint64_t each = cmdline_number("report", ROUNDS_A_LINE);
    uint64_t bytes = 0, failures = 0;
    for (uint64_t round = 1; !last || round <= last; round++) {
        const char *wrong = play(&edu, round);
        if (wrong) {
            failures++;
            print("edu failed: round %lu: %s\n", round, wrong);
        } else {
            bytes += EDU_BUFFER_BYTES;
        }
        if (!failures && (round == 1 || !each || round % each == 0)) {
            print("edu ok: %lu bytes read, written, MSI arrived; %lu unexpected\n", bytes,
                  unexpected);
        }
    }
    print("probe: %lu bytes, %lu messages, %lu unexpected, %lu failed\n", bytes, messages,
          unexpected, failures);
}
