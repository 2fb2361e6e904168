/* SPDX-License-Identifier: Apache-2.0 */
/* Generated code: one instruction with chosen bytes and registers. */
#ifndef GUEST_INSTRUCTION_H
#define GUEST_INSTRUCTION_H

#include <stdbool.h>
#include <stdint.h>

struct code_registers {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, r8, r9, r10;
};

/* How an instruction ended. */
struct code_result {
    int vector; /* or NO_FAULT */
    bool exact; /* it went on right behind itself, or faulted right at its first byte */
    struct code_registers registers;
};

/*
 * Runs `count` bytes (at most 32) as one instruction. `lead` bytes in front of it belong to an
 * instruction before it (STI).
 */
struct code_result code_try(const uint8_t *bytes, unsigned count, unsigned lead,
                            const struct code_registers *registers);

#endif
