/* SPDX-License-Identifier: Apache-2.0 */
/* Message interrupts. PCI Local Bus Specification, "MSI and MSI-X Operation"; Intel SDM, "Message
 * Signalled Interrupts"; VT-d specification, "Interrupt Remapping". */
#include "vmsi.h"
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/upcalls.h"
#include "registers.h"

enum {
    ADDRESS_LOGICAL = 1 << 2,
    ADDRESS_DESTINATION_SHIFT = 12,
    ADDRESS_DESTINATION = 0xff,
    CAPABILITIES = 0x40,
    CAPABILITIES_END = 0x100,
    CONTROL = 2, /* offset of both control registers, the upper half of their dword */
    CONTROL_SHIFT = 16,
    ENTRY_BYTES = 16,
    ENTRY_CONTROL = 12,
    ENTRY_MASKED = 1,
};
/* What an address looks like: no extended destination, not remappable format. */
#define ADDRESS_FIXED 0xfff00ff3u
#define ADDRESS_BASE  0xfee00000u
/* Level-triggered, delivery but fixed and lowest priority, and what lies above. */
#define DATA_REFUSED 0xffff8600u

bool vmsi_translate(const struct function *function, const uint32_t message[3], uint32_t *address)
{
    uint32_t low = message[0], vector = message[2] & 0xff;
    uint32_t destination = low >> ADDRESS_DESTINATION_SHIFT & ADDRESS_DESTINATION;

    if ((low & ADDRESS_FIXED) != ADDRESS_BASE || message[1] != 0 || message[2] & DATA_REFUSED ||
        vector < IRTE_FIRST_VECTOR)
        return false;
    for (uint32_t local = 0; local < cpu.domain->cpu_count; local++) {
        uint32_t id = machine_apic_id(local);
        if (low & ADDRESS_LOGICAL ? id >> 4 == 0 && destination >> id & 1 : destination == id) {
            *address = irte_message_address(function_irte(function, local, vector));
            return true;
        }
    }
    return false;
}

/* Bits that the guest has of each word, and those that aren't read from its plain dword. */
static const struct {
    uint32_t writable, hidden;
} words[MSI_WORDS] = {
    [MSI_CONTROL] = {1 << 16, 0x71 << 16}, /* enable; more messages than one: never */
    [MSI_ADDRESS] = {~3u, ~0u},
    [MSI_UPPER] = {~0u, ~0u},
    [MSI_DATA] = {0xffff, ~0u},
    [MSI_MASK] = {1, ~0u},
    [MSIX_CONTROL] = {3u << 30, 3u << 30}, /* enable and function mask */
};

/* Only asked of the space of capabilities, where a capability that it lacks isn't found. */
static enum msi_word word_at(const struct vmsi *msi, unsigned at)
{
    const struct function *function = msi->function;
    unsigned first = function->msi, data = first + (function->msi_64 ? 12 : 8);

    if (at == first)
        return MSI_CONTROL;
    if (at == first + 4)
        return MSI_ADDRESS;
    if (at == data)
        return MSI_DATA;
    if (at == first + 8)
        return MSI_UPPER;
    if (function->msi_maskable && at == data + 4)
        return MSI_MASK;
    return at == function->msix && msi->entries != 0 ? MSIX_CONTROL : MSI_WORDS;
}

uint64_t vmsi_registers(const struct vmsi *msi)
{
    uint64_t registers = 0;
    for (unsigned at = CAPABILITIES; at < CAPABILITIES_END; at += 4)
        registers |= (uint64_t)(word_at(msi, at) != MSI_WORDS) << at / 4;
    return registers;
}

uint32_t vmsi_read(const struct vmsi *msi, unsigned at, uint32_t plain)
{
    enum msi_word word = word_at(msi, at);
    return (plain & ~words[word].hidden) | msi->words[word];
}

/*
 * Data is always 0, so that one write of the address changes from one entry to another even while
 * MSI is on.
 */
static void apply(const struct vmsi *msi)
{
    const struct function *function = msi->function;
    volatile uint8_t *at = msi->config + function->msi;
    volatile uint8_t *data = at + (function->msi_64 ? 12 : 8);
    uint32_t address, enable = msi->words[MSI_CONTROL] >> CONTROL_SHIFT;
    uint32_t message[3] = {msi->words[MSI_ADDRESS], msi->words[MSI_UPPER], msi->words[MSI_DATA]};
    bool good = vmsi_translate(function, message, &address);

    if (enable && !good)
        machine_refused_interrupts(1);
    if (!enable || !good)
        registers_write(at + CONTROL, 2, 0);
    if (function->msi_maskable)
        registers_write(data + 4, 4, msi->words[MSI_MASK]);
    if (!good)
        return;
    registers_write(at + 4, 4, address);
    if (function->msi_64)
        registers_write(at + 8, 4, 0);
    registers_write(data, 2, 0);
    registers_write(at + CONTROL, 2, enable);
}

void vmsi_write(struct vmsi *msi, unsigned at, uint32_t mask, uint32_t value)
{
    enum msi_word word = word_at(msi, at);

    msi->words[word] = (msi->words[word] & ~mask) | (value & mask & words[word].writable);
    if (word == MSIX_CONTROL)
        registers_write(msi->config + at + CONTROL, 2, msi->words[word] >> CONTROL_SHIFT);
    else
        apply(msi);
}

/*
 * Masked, then changed, then unmasked: an entry that may send is always whole. The message in
 * hardware is that of the guest whenever that is good, so a change of the mask alone is one write,
 * and masking needs no look at the message.
 */
static void apply_entry(const struct vmsi *msi, uint32_t entry, bool changed)
{
    const uint32_t *message = (const uint32_t *)(msi->vectors + entry * ENTRY_BYTES);
    volatile uint8_t *hardware = msi->table + entry * ENTRY_BYTES;
    uint32_t address, masked = message[ENTRY_CONTROL / 4];

    if ((changed || !masked) && !vmsi_translate(msi->function, message, &address)) {
        if (!masked)
            machine_refused_interrupts(1);
        masked = ENTRY_MASKED;
    } else if (changed) {
        registers_write(hardware + ENTRY_CONTROL, 4, ENTRY_MASKED);
        registers_write(hardware, 4, address);
        registers_write(hardware + 4, 4, 0);
        registers_write(hardware + 8, 4, 0);
    }
    registers_write(hardware + ENTRY_CONTROL, 4, masked);
}

void vmsi_write_table(struct vmsi *msi, uint32_t offset, unsigned bytes, uint64_t value)
{
    uint32_t entry = offset / ENTRY_BYTES;

    if (bytes < 4)
        return;
    registers_write(msi->vectors + offset, bytes, value);
    *(uint32_t *)(msi->vectors + entry * ENTRY_BYTES + ENTRY_CONTROL) &= ENTRY_MASKED;
    apply_entry(msi, entry, offset % ENTRY_BYTES != ENTRY_CONTROL);
}

void vmsi_reset(struct vmsi *msi)
{
    const struct function *function = msi->function;

    for (unsigned word = 0; word < MSI_WORDS; word++)
        msi->words[word] = 0;
    if (function->msi != 0)
        apply(msi);
    if (function->msix != 0)
        registers_write(msi->config + function->msix + CONTROL, 2, 0);
    for (uint32_t entry = 0; entry < msi->entries; entry++) {
        uint32_t *message = (uint32_t *)(msi->vectors + entry * ENTRY_BYTES);
        message[0] = message[1] = message[2] = 0;
        message[ENTRY_CONTROL / 4] = ENTRY_MASKED;
        apply_entry(msi, entry, false);
    }
}
