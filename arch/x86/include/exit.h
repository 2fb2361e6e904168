/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done about each thing that makes a guest exit, common to both backends: they decode
 * (kind, operands, instruction length), these decide. Each leaves the guest ready to go on, or
 * ends the domain's life. A guest's mistake never does more than that (I9).
 */
#ifndef BULKHEAD_EXIT_H
#define BULKHEAD_EXIT_H

#include "upcalls.h"
#include "vcpu.h"
#include <stdbool.h>
#include <stdint.h>

void exit_cpuid(uint64_t length);
void exit_rdmsr(uint64_t length);
void exit_wrmsr(uint64_t length);
void exit_xsetbv(uint64_t length);

/* VMCALL or VMMCALL: whether whoever runs here may make the management call; then that call. */
bool exit_may_call(void);
void exit_call(uint64_t length);

/* `bytes` 1, 2 or 4. String forms get #GP (TRAPS 26). */
void exit_io_slow(uint16_t port, unsigned bytes, bool in, bool string, uint64_t length);
static inline void exit_io(uint16_t port, unsigned bytes, bool in, bool string, uint64_t length)
{
    uint8_t status;
    if (in && bytes == 1 && !string && devices_line_status(port, &status)) {
        vcpu.gpr[RAX] = (vcpu.gpr[RAX] & ~0xffull) | status;
        vcpu_skip(length);
        return;
    }
    exit_io_slow(port, bytes, in, string, length);
}

/* MOV to CR0 or CR4, with the value that the guest wants there. */
void exit_write_cr0(uint64_t value, uint64_t length);
void exit_write_cr4(uint64_t value, uint64_t length);

/* An access to guest-physical memory that nothing backs. */
struct exit_memory {
    uint64_t gpa;
    uint64_t linear;
    bool write, fetch;
    bool walk; /* the guest's own page tables lie there */
};
void exit_memory(const struct exit_memory *access);

/* The guest's general register `n` (enum gpr), RSP included. */
uint64_t exit_gpr(unsigned n);

#endif
