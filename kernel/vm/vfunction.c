/* SPDX-License-Identifier: Apache-2.0 */
/* One PCI function of a domain. PCI Express Base Specification, "PCI-Compatible Configuration
 * Registers", "PCI Express Capability Structure"; PCI Bus Power Management Interface
 * Specification, "Power Management Registers". */
#include "vfunction.h"
#include "registers.h"

enum {
    REGISTER_COMMAND = 0x04,
    REGISTER_BARS = 0x10,
    COMMAND_MEMORY = 1 << 1,
    COMMAND_BUS_MASTER = 1 << 2,
    COMMAND_NO_INTX = 1 << 10,
    COMMAND_WRITABLE = COMMAND_MEMORY | COMMAND_BUS_MASTER | COMMAND_NO_INTX,
    POWER_CONTROL = 4,
    POWER_STATE = 3,
    DEVICE_CONTROL = 8,
    DEVICE_STATUS = 10,
    DEVICE_PAYLOAD = 7 << 5, /* Max_Payload_Size: as firmware set it (TRAPS 63) */
    DEVICE_WRITABLE = 7 << 12 | 1 << 8 | 1 << 4, /* read requests, extended tag, relaxed order */
    DEVICE_STATUS_CLEARED = 0xf,                 /* by writing 1 */
    GONE = 0xffff,
    BAR_FLAGS = 0xf,
    LEGACY_CONTROL = 4, /* xHCI, USBLEGCTLSTS: SMIs of whoever has it (TRAPS 44) */
    LEGACY_BYTES = 8,
};
#define NOWHERE (1ull << 63) /* no guest-physical address */

static bool is_bar(unsigned at)
{
    return at - REGISTER_BARS < MAX_BARS * 4;
}

/* Where they are; of a function without, in what lies elsewhere and is looked at before. */
static unsigned power_control(const struct function *function)
{
    return function->power + POWER_CONTROL;
}

static unsigned express_control(const struct function *function)
{
    return function->express + DEVICE_CONTROL;
}

static uint64_t bit_of(unsigned at)
{
    return at < 0x100 ? 1ull << at / 4 : 0;
}

static uint16_t device_control(const struct vfunction *f)
{
    return (uint16_t)registers_read(f->config + f->function->express + DEVICE_CONTROL, 2);
}

/*
 * The quarantine is in every write of Command, or the guest's next one would end it (TRAPS 41). A
 * silent function decodes nothing: nobody judged where its registers lie.
 */
static void apply_command(const struct vfunction *f)
{
    uint32_t master = f->quarantined ? 0 : f->command & COMMAND_BUS_MASTER;
    uint32_t memory = f->function->flags & FUNCTION_SILENT ? 0 : COMMAND_MEMORY;
    registers_write(f->config + REGISTER_COMMAND, 2, memory | COMMAND_NO_INTX | master);
}

/* Error reporting and no-snoop stay 0. A function that is gone has no payload size to keep. */
static void write_device_control(const struct vfunction *f, uint32_t mask, uint32_t value)
{
    uint32_t now = device_control(f);
    if (now != GONE)
        registers_write(f->config + f->function->express + DEVICE_CONTROL, 2,
                        (now & DEVICE_PAYLOAD) |
                            (((now & ~mask) | (value & mask)) & DEVICE_WRITABLE));
}

static uint32_t read_bar(const struct vfunction *f, unsigned n)
{
    const struct function_bar *bar = &f->function->bars[n];
    bool high = n > 0 && bar->bytes == 0 && bar[-1].type & BAR_64;
    if (high)
        bar--;
    if (bar->bytes == 0)
        return 0;
    uint64_t value = f->sizing >> n & 1 ? -bar->bytes : bar->gpa;
    return high ? (uint32_t)(value >> 32)
                : ((uint32_t)value & ~(uint32_t)BAR_FLAGS) |
                      (bar->type & (BAR_64 | BAR_PREFETCHABLE));
}

static uint32_t read_own(const struct vfunction *f, unsigned at, uint32_t plain)
{
    const struct function *function = f->function;
    if (at == REGISTER_COMMAND)
        return (plain & ~0xffffu) | f->command;
    if (is_bar(at))
        return read_bar(f, (at - REGISTER_BARS) / 4);
    if (at == power_control(function))
        return (plain & ~(uint32_t)POWER_STATE) | f->power;
    if (at == express_control(function))
        return (plain & ~0xffffu) | (device_control(f) & (DEVICE_PAYLOAD | DEVICE_WRITABLE));
    return vmsi_read(&f->msi, at, plain);
}

uint32_t vfunction_read_dword(const struct vfunction *f, unsigned at)
{
    uint32_t value = *(const uint32_t *)(f->reads + at);
    uint32_t hardware = *(const uint32_t *)(f->hardware + at);
    if (hardware != 0)
        value = (value & ~hardware) | ((uint32_t)registers_read(f->config + at, 4) & hardware);
    return (f->own & bit_of(at)) != 0 ? read_own(f, at, value) : value;
}

uint64_t vfunction_read_parts(const struct vfunction *f, unsigned offset, unsigned bytes)
{
    unsigned first = offset & ~3u, shift = offset % 4 * 8;
    uint64_t value = (uint64_t)vfunction_read_dword(f, first) >> shift;
    if (shift + bytes * 8 > 32)
        value |= (uint64_t)vfunction_read_dword(f, first + 4) << (32 - shift);
    if (shift + bytes * 8 > 64)
        value |= (uint64_t)vfunction_read_dword(f, first + 8) << (64 - shift);
    return bytes < 8 ? value & ((1ull << bytes * 8) - 1) : value;
}

static void write_dword(struct vfunction *f, unsigned at, uint32_t mask, uint32_t value)
{
    const struct function *function = f->function;
    if (!(f->own & bit_of(at)))
        return;
    if (at == REGISTER_COMMAND) {
        f->command = (f->command & ~mask) | (value & mask & COMMAND_WRITABLE);
        if (mask & 0xffff)
            apply_command(f);
    } else if (is_bar(at)) {
        uint32_t bar = 1u << (at - REGISTER_BARS) / 4;
        bool size = mask == ~0u && (value | BAR_FLAGS) == ~0u;
        f->sizing = size ? f->sizing | bar : f->sizing & ~bar;
    } else if (at == power_control(function)) {
        f->power = (f->power & ~mask) | (value & mask & POWER_STATE);
    } else if (at == express_control(function)) {
        uint32_t cleared = (value & mask) >> 16 & DEVICE_STATUS_CLEARED;
        if (mask & 0xffff)
            write_device_control(f, mask, value);
        if (cleared != 0)
            registers_write(f->config + function->express + DEVICE_STATUS, 2, cleared);
    } else {
        vmsi_write(&f->msi, at, mask, value);
    }
}

void vfunction_write(struct vfunction *f, unsigned offset, unsigned bytes, uint64_t value)
{
    uint64_t mask = ~0ull >> (64 - bytes * 8);
    lock_take(&f->lock);
    while (mask != 0) {
        unsigned shift = offset % 4 * 8, done = 4 - offset % 4;
        write_dword(f, offset & ~3u, (uint32_t)(mask << shift), (uint32_t)(value << shift));
        mask >>= done * 8;
        value >>= done * 8;
        offset += done;
    }
    lock_release(&f->lock);
}

void vfunction_reset(struct vfunction *f)
{
    lock_take(&f->lock);
    f->command = f->power = f->sizing = 0;
    f->quarantined = false;
    apply_command(f);
    vmsi_reset(&f->msi);
    if (f->function->express != 0)
        write_device_control(f, 0, 0);
    lock_release(&f->lock);
}

void vfunction_quarantine(struct vfunction *f)
{
    lock_take(&f->lock);
    f->quarantined = true;
    apply_command(f);
    lock_release(&f->lock);
}

/* The MSI-X table where this processor sees it. */
static void find_table(struct vfunction *f)
{
    const struct function *function = f->function;
    uint64_t bytes = function->vectors * 16ull;
    for (uint32_t i = 0; i < function->trap_count; i++) {
        const struct function_trap *trap = &function->traps[i];
        uint64_t offset = f->table - trap->gpa;
        if (offset >= trap->bytes || bytes > trap->bytes - offset)
            continue;
        f->msi.table = (volatile uint8_t *)(trap->va + offset);
        f->msi.entries = function->vectors;
    }
}

void vfunction_setup(struct vfunction *f, const struct function *function, const uint8_t *pages,
                     volatile uint8_t *config, uint8_t *vectors)
{
    *f = (struct vfunction){
        .function = function,
        .reads = pages,
        .hardware = pages + CONFIG_SPACE_BYTES,
        .config = config,
        .table = NOWHERE,
        .pending = NOWHERE,
        .legacy = NOWHERE,
        .msi = {.function = function, .config = config, .vectors = vectors},
    };
    if (function->msix != 0 && function->vectors != 0) {
        f->table = function->bars[function->table_bar].gpa + function->table_offset;
        f->pending = function->bars[function->pending_bar].gpa + function->pending_offset;
        find_table(f);
    }
    if (function->legacy_offset != 0)
        f->legacy = function->bars[0].gpa + function->legacy_offset;
    f->own = bit_of(REGISTER_COMMAND) | bit_of(power_control(function)) | vmsi_registers(&f->msi);
    for (unsigned n = 0; n < MAX_BARS; n++)
        f->own |= bit_of(REGISTER_BARS + n * 4);
    if (function->express != 0)
        f->own |= bit_of(express_control(function));
}

/* Whole qwords. */
static uint64_t pending_bytes(const struct vfunction *f)
{
    return (f->function->vectors + 63ull) / 64 * 8;
}

static bool in_table(const struct vfunction *f, uint64_t gpa)
{
    return gpa - f->table < f->function->vectors * 16ull;
}

static bool touches(uint64_t gpa, unsigned bytes, uint64_t at, uint64_t end)
{
    return gpa < end && at < gpa + bytes;
}

/*
 * A read of the table reads hardware too: a guest that masks an entry and reads it back relies on
 * no message after that.
 */
uint64_t vfunction_read_memory(const struct vfunction *f, const volatile uint8_t *hardware,
                               uint64_t gpa, unsigned bytes)
{
    if (gpa & (bytes - 1))
        return ~0ull;
    if (in_table(f, gpa)) {
        if (f->msi.entries == 0)
            return ~0ull;
        (void)registers_read(f->msi.table, 4);
        return registers_read(f->msi.vectors + (gpa - f->table), bytes);
    }
    if (touches(gpa, bytes, f->legacy + LEGACY_CONTROL, f->legacy + LEGACY_BYTES))
        return 0;
    return registers_read(hardware, bytes);
}

void vfunction_write_memory(struct vfunction *f, volatile uint8_t *hardware, uint64_t gpa,
                            unsigned bytes, uint64_t value)
{
    if (gpa & (bytes - 1))
        return;
    if (in_table(f, gpa)) {
        if (f->msi.entries == 0)
            return;
        lock_take(&f->lock);
        vmsi_write_table(&f->msi, (uint32_t)(gpa - f->table), bytes, value);
        lock_release(&f->lock);
    } else if (!touches(gpa, bytes, f->legacy, f->legacy + LEGACY_BYTES) &&
               !touches(gpa, bytes, f->pending, f->pending + pending_bytes(f))) {
        registers_write(hardware, bytes, value);
    }
}
