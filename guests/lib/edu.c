/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's edu device: registers, transfers, interrupts. */
#include "edu.h"
#include "apic.h"
#include "boot.h"

enum {
    BUFFER = 0x40000, /* where the device has its buffer */
    DMA_START = 1 << 0,
    DMA_FROM_BUFFER = 1 << 1,
    DMA_RAISES = 1 << 2,
    MOST_SECONDS = 5,
    LOOKS_A_SECOND = 10000,
};

bool edu_find(struct edu *edu)
{
    edu->function = pci_find(EDU_ID);
    if (edu->function == PCI_NONE) {
        return false;
    }
    struct pci_bar bar = pci_bar(edu->function, 0);
    if (bar.bytes < BUFFER + EDU_BUFFER_BYTES || bar.base + bar.bytes > GUEST_HOLE_END) {
        return false;
    }
    edu->registers = (volatile uint8_t *)bar.base;
    pci_command(edu->function, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
    return edu_get(edu, EDU_REGISTER_VERSION) == EDU_VERSION;
}

uint32_t edu_get(const struct edu *edu, enum edu_register at)
{
    return *(volatile uint32_t *)(edu->registers + at);
}

void edu_set(const struct edu *edu, enum edu_register at, uint32_t value)
{
    *(volatile uint32_t *)(edu->registers + at) = value;
}

static bool is_running(const struct edu *edu)
{
    return edu_get(edu, EDU_REGISTER_DMA) & DMA_START;
}

/* A transfer takes a tenth of a second. Who asks without a break keeps all of an emulator's machine
 * waiting for the answers, other domains' timers too. */
static bool wait(const struct edu *edu)
{
    uint64_t end = rdtsc() + MOST_SECONDS * boot_info.tsc_hz;
    while (is_running(edu) && rdtsc() < end) {
        for (uint64_t next = rdtsc() + boot_info.tsc_hz / LOOKS_A_SECOND; rdtsc() < next;) {
            cpu_relax();
        }
    }
    return !is_running(edu);
}

static void set_64(const struct edu *edu, enum edu_register at, uint64_t value)
{
    *(volatile uint64_t *)(edu->registers + at) = value;
}

/* The device itself checks nothing: what leaves its buffer would be the emulator's memory. */
static bool fits(uint32_t offset, uint32_t bytes)
{
    return offset <= EDU_BUFFER_BYTES && bytes <= EDU_BUFFER_BYTES - offset;
}

static bool begin(const struct edu *edu, uint64_t source, uint64_t destination, uint32_t bytes,
                  uint32_t command)
{
    if (!wait(edu)) {
        return false;
    }
    set_64(edu, EDU_REGISTER_SOURCE, source);
    set_64(edu, EDU_REGISTER_DESTINATION, destination);
    set_64(edu, EDU_REGISTER_COUNT, bytes);
    set_64(edu, EDU_REGISTER_DMA, command);
    return true;
}

bool edu_dma_read(const struct edu *edu, uint64_t gpa, uint32_t offset, uint32_t bytes)
{
    return fits(offset, bytes) && begin(edu, gpa, BUFFER + offset, bytes, DMA_START) && wait(edu);
}

bool edu_dma_write(const struct edu *edu, uint64_t gpa, uint32_t offset, uint32_t bytes,
                   bool interrupt)
{
    uint32_t command = DMA_START | DMA_FROM_BUFFER | (interrupt ? DMA_RAISES : 0);
    return fits(offset, bytes) && begin(edu, BUFFER + offset, gpa, bytes, command) && wait(edu);
}

bool edu_dma_begin(const struct edu *edu, uint64_t gpa, uint32_t offset, uint32_t bytes)
{
    return fits(offset, bytes) &&
           begin(edu, BUFFER + offset, gpa, bytes, DMA_START | DMA_FROM_BUFFER);
}

void edu_raise(const struct edu *edu)
{
    edu_set(edu, EDU_REGISTER_RAISE, 1);
}

void edu_acknowledge(const struct edu *edu)
{
    edu_set(edu, EDU_REGISTER_ACKNOWLEDGE, 0xffffffff);
}
