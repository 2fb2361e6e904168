/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU's edu device (its documentation: docs/specs/edu): DMA between memory and a buffer of its
 * own, and an interrupt on demand. A transfer takes it a tenth of a second. Out of the box its
 * addresses have 28 bits; the runner gives it dma_mask=0xffffffffffffffff.
 */
#ifndef GUEST_EDU_H
#define GUEST_EDU_H

#include "pci.h"

#define EDU_ID 0x11e81234u

enum {
    EDU_VERSION = 0x010000ed, /* its register 0 */
    EDU_BUFFER_BYTES = 4096,
    EDU_DMA_INTERRUPT = 0x100, /* in the interrupt status */
};

/* Offsets of registers. */
enum edu_register {
    EDU_REGISTER_VERSION = 0x00,
    EDU_REGISTER_LIVENESS = 0x04, /* reads as what was written, inverted */
    EDU_REGISTER_FACTORIAL = 0x08,
    EDU_REGISTER_STATUS = 0x20,
    EDU_REGISTER_INTERRUPTS = 0x24,
    EDU_REGISTER_RAISE = 0x60,
    EDU_REGISTER_ACKNOWLEDGE = 0x64,
    EDU_REGISTER_SOURCE = 0x80, /* these four are of 64 bits */
    EDU_REGISTER_DESTINATION = 0x88,
    EDU_REGISTER_COUNT = 0x90,
    EDU_REGISTER_DMA = 0x98,
};

struct edu {
    uint32_t function;
    volatile uint8_t *registers;
};

/* Finds the first one, and lets it decode memory and do DMA. False: none, or it doesn't answer. */
bool edu_find(struct edu *edu);

uint32_t edu_get(const struct edu *edu, enum edu_register at);
void edu_set(const struct edu *edu, enum edu_register at, uint32_t value);

/*
 * Copies `bytes` at `gpa` into the device's buffer at `offset`, or back, and waits up to five
 * seconds for the end. False: it did not end, or the buffer is shorter. Where a transfer was
 * blocked the device ends it all the same. `interrupt`: its end raises one.
 */
bool edu_dma_read(const struct edu *edu, uint64_t gpa, uint32_t offset, uint32_t bytes);
bool edu_dma_write(const struct edu *edu, uint64_t gpa, uint32_t offset, uint32_t bytes,
                   bool interrupt);

/* As edu_dma_write(), without waiting for the end. */
bool edu_dma_begin(const struct edu *edu, uint64_t gpa, uint32_t offset, uint32_t bytes);

/* Raises an interrupt, and acknowledges all that it has raised. */
void edu_raise(const struct edu *edu);
void edu_acknowledge(const struct edu *edu);

#endif
