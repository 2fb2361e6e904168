/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I1 by way of DMA. Own memory can be read and written; after that one address that isn't the
 * domain's, another one in each life, since the device is taken away from whoever tries. Lives are
 * counted in a register of the device, which no reset clears. So is its buffer: what a forbidden
 * read brought is looked at in the next life.
 */
#include "attack.h"
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/x86.h"
#include "kernel/abi/function.h"
#include "residue.h"

enum {
    CANARY_QWORDS = 8192,
    MOST_TRIES = 20,    /* of transfers until the device is silent */
    LIVES = 0x11fe0000, /* in the upper half of the register */
    INDEX_STEP = 1021,  /* a prime */
    MESSAGE_SUBHANDLE = 1 << 3,
};
#define MARKER   0xc0de5afe00000000ull
#define TOP_HALF 0xffff0000u

/* An address that the domain doesn't have. `above`: it counts from the end of the domain's RAM. */
struct forbidden {
    const char *name;
    uint64_t gpa;
    bool above, is_write;
};

static const struct forbidden cases[] = {
    {"dma-write-above-ram", 0, true, true},
    {"dma-read-above-ram", 0, true, false},
    {"dma-write-across-end", -2048ull, true, true},
    {"dma-write-ioapic", GUEST_IOAPIC, false, true},
    {"dma-read-host-memory", 0x30000000, false, false},
    {"dma-write-host-memory", 0x30000000, false, true},
    {"dma-write-iommu", 0xfed90000, false, true},
    {"dma-read-ecam", GUEST_ECAM, false, false},
    {"dma-write-ecam", GUEST_ECAM, false, true},
    {"dma-write-rom", 0xfff00000, false, true},
    {"dma-read-far", 1ull << 38, false, false},
    {"dma-write-far", 1ull << 46, false, true},
};
enum { CASES = sizeof(cases) / sizeof(cases[0]) };

static const struct edu *edu;
static uint8_t from[EDU_BUFFER_BYTES] __attribute__((aligned(4096)));
static uint8_t to[2 * EDU_BUFFER_BYTES] __attribute__((aligned(4096)));
static volatile uint64_t canary[CANARY_QWORDS];

uint64_t ram_end(void)
{
    uint64_t end = 0;
    for (uint32_t i = 0; i < boot_info.memory_count; i++) {
        const struct guest_memory *range = &boot_info.memory[i];
        if (range->type == GUEST_RAM && range->base + range->bytes > end) {
            end = range->base + range->bytes;
        }
    }
    return end;
}

/* Through the device from one page to another; how many bytes differ at the end. */
static uint32_t copy(volatile uint8_t *source, volatile uint8_t *destination, uint32_t seed)
{
    pattern_fill(source, EDU_BUFFER_BYTES, seed);
    pattern_fill(destination, EDU_BUFFER_BYTES, ~seed);
    if (!edu_dma_read(edu, (uint64_t)source, 0, EDU_BUFFER_BYTES) ||
        !edu_dma_write(edu, (uint64_t)destination, 0, EDU_BUFFER_BYTES, false)) {
        return EDU_BUFFER_BYTES;
    }
    return pattern_differences(destination, EDU_BUFFER_BYTES, seed);
}

/* Pages of small and large leaves, their borders, the last page of all. */
static void own_memory(void)
{
    uint64_t end = ram_end(), large = end / 2 & ~(LARGE_PAGE_BYTES - 1);
    const uint64_t places[] = {(uint64_t)to,  (uint64_t)to + 1024, large,
                               large + 0x800, large + 0x1ff000,    large + LARGE_PAGE_BYTES - 2048,
                               0x30000,       end - PAGE_BYTES};
    for (uint32_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        uint32_t bad = copy(from, (volatile uint8_t *)places[i], i);
        report(bad == 0, "I1", "dma-own-write", "at 0x%lx: %u bytes differ", places[i], bad);
    }
    uint32_t bad = copy((volatile uint8_t *)large, to, 0x55);
    report(bad == 0, "I1", "dma-own-read", "at 0x%lx: %u bytes differ", large, bad);
}

static void master_off(void)
{
    pci_command(edu->function, 0, PCI_COMMAND_MASTER);
    uint32_t bad = copy(from, to, 0x31);
    uint32_t untouched = pattern_differences(to, EDU_BUFFER_BYTES, ~0x31u);
    pci_command(edu->function, PCI_COMMAND_MASTER, 0);
    report(bad != 0 && untouched == 0, "I3", "dma-master-off",
           "%u bytes of memory changed without bus mastering", untouched);
    bad = copy(from, to, 0x32);
    report(bad == 0, "I3", "dma-master-on", "%u bytes differ with it again", bad);
}

static void mark(void)
{
    for (uint32_t i = 0; i < CANARY_QWORDS; i++) {
        canary[i] = MARKER + i;
    }
}

static bool is_marked(void)
{
    for (uint32_t i = 0; i < CANARY_QWORDS; i++) {
        if (canary[i] != MARKER + i) {
            return false;
        }
    }
    return true;
}

uint32_t count_life(void)
{
    static bool counted;
    static uint32_t lives;
    if (!counted) {
        const struct edu *counter = own_edu();
        uint32_t value = edu_get(counter, EDU_REGISTER_LIVENESS);
        lives = (value & TOP_HALF) == LIVES ? value & ~TOP_HALF : 0;
        edu_set(counter, EDU_REGISTER_LIVENESS, ~(LIVES | (lives + 1)));
        counted = true;
    }
    return lives;
}

/* A blocked read leaves the buffer as it was, or brings zeros or ones. */
static void look_at_buffer(uint32_t life)
{
    if (life == 0 || cases[(life - 1) % CASES].is_write) {
        return;
    }
    pattern_fill(to, EDU_BUFFER_BYTES, 0);
    if (!edu_dma_write(edu, (uint64_t)to, 0, EDU_BUFFER_BYTES, false)) {
        return;
    }
    uint32_t zeros = 0, ones = 0,
             old = EDU_BUFFER_BYTES - pattern_differences(to, EDU_BUFFER_BYTES, life - 1);
    for (uint32_t i = 0; i < EDU_BUFFER_BYTES; i++) {
        uint8_t byte = ((volatile uint8_t *)to)[i];
        zeros += byte == 0;
        ones += byte == 0xff;
    }
    bool nothing = old == EDU_BUFFER_BYTES || zeros == EDU_BUFFER_BYTES || ones == EDU_BUFFER_BYTES;
    report(nothing, "I1", cases[(life - 1) % CASES].name,
           "in the life before brought: %u bytes as before, %u zeros, %u ones", old, zeros, ones);
}

/* Does a transfer from the buffer land? The buffer stays as it is, for the next life to look at. */
static bool is_landing(uint32_t life)
{
    pattern_fill(to, EDU_BUFFER_BYTES, ~life);
    edu_dma_write(edu, (uint64_t)to, 0, EDU_BUFFER_BYTES, false);
    return pattern_differences(to, EDU_BUFFER_BYTES, ~life) != 0;
}

/* Is the device silent soon after it has reached out, and does it stay so? */
static void check_silence(const char *name, uint32_t life)
{
    uint32_t tries = 0;
    while (tries < MOST_TRIES && is_landing(life)) {
        tries++;
    }
    pci_command(edu->function, PCI_COMMAND_MASTER, 0);
    bool silent = !is_landing(life);
    report(silent, "I1", name, "%u transfers more, then %s", tries,
           silent ? "none, whatever Command says" : "it is still at it");
}

void attack_dma(void)
{
    edu = own_edu();
    pci_msi_enable(edu->function, false);
    pci_command(edu->function, PCI_COMMAND_MASTER, 0);
    uint32_t life = count_life();
    const struct forbidden *forbidden = &cases[life % CASES];
    mark();
    look_at_buffer(life);
    own_memory();
    master_off();
    report(is_marked(), "I1", "dma-own-rest", "what was not named is unchanged");
    uint64_t gpa = forbidden->above ? ram_end() + forbidden->gpa : forbidden->gpa;
    pattern_fill(from, EDU_BUFFER_BYTES, life);
    bool ended = edu_dma_read(edu, (uint64_t)from, 0, EDU_BUFFER_BYTES);
    ended &= forbidden->is_write ? edu_dma_write(edu, gpa, 0, EDU_BUFFER_BYTES, false)
                                 : edu_dma_read(edu, gpa, 0, EDU_BUFFER_BYTES);
    report(is_marked() && ended, "I1", forbidden->name, "life %u, at 0x%lx: own memory %s", life,
           gpa, is_marked() ? "is unchanged" : "has changed");
    check_silence(forbidden->name, life);
}

/* All of RAM is marked by then. */
void attack_dma_begin(void)
{
    struct edu last;
    uint64_t page = ram_end() - EDU_BUFFER_BYTES;
    if (edu_find(&last) && edu_dma_read(&last, page, 0, EDU_BUFFER_BYTES)) {
        edu_dma_begin(&last, page, 0, EDU_BUFFER_BYTES);
    }
}

static void settle_probed(void *arg)
{
    (void)arg;
    settle();
}

/* Sends `vector` as four bytes of DMA to the address of a message. */
static bool write_message(uint64_t address, uint32_t vector)
{
    *(volatile uint32_t *)from = vector;
    bool ended =
        edu_dma_read(edu, (uint64_t)from, 0, 4) && edu_dma_write(edu, address, 0, 4, false);
    bool good = probe(settle_probed, NULL) == NO_FAULT;
    interrupts_off();
    return ended && good;
}

/*
 * Not in "all": QEMU delivers messages of the compatibility format whatever the unit says, and
 * does not validate the source of what is written as plain DMA (CAVEATS.md).
 */
void attack_window(void)
{
    edu = own_edu();
    pci_command(edu->function, PCI_COMMAND_MASTER, 0);
    uint32_t before = interrupts_of_all(), nmis = nmis_of_all();
    bool good = true;
    for (uint32_t i = 0; i < cpu_count(); i++) {
        good &= write_message(message_address(cpu_at(i)->apic_id), MESSAGE_VECTOR);
    }
    uint32_t came = interrupts_of_all() - before;
    report(good && came == 0, "I4", "window-compatibility", "%u interrupts", came);
    before = interrupts_of_all();
    uint32_t sent = 0;
    for (uint32_t index = 0; index < IRT_ENTRIES; index += INDEX_STEP, sent++) {
        uint64_t address = irte_message_address(index) | (sent % 2 ? MESSAGE_SUBHANDLE : 0);
        good &= write_message(address, 0);
    }
    report(good && nmis_of_all() == nmis, "I4", "window-remappable",
           "%u indexes, %u interrupts here, %u NMIs", sent, interrupts_of_all() - before,
           nmis_of_all() - nmis);
}
