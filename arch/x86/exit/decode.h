/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instruction decoder, for two purposes: an access to memory that exited by a nested page fault,
 * and the length of an instruction that exited on a processor without next-RIP (TRAPS 37). It
 * reads only the bytes given; what it does not know it refuses, and the guest gets #GP. Encodings:
 * Intel SDM, Instruction Format; AMD APM, Instruction Encoding.
 */
#ifndef BULKHEAD_DECODE_H
#define BULKHEAD_DECODE_H

#include <stdbool.h>
#include <stdint.h>

enum { INSTRUCTION_MAX_BYTES = 15 };

/* The first eight are numbered as in the opcodes. */
enum memory_operation {
    MEMORY_ADD,
    MEMORY_OR,
    MEMORY_ADC,
    MEMORY_SBB,
    MEMORY_AND,
    MEMORY_SUB,
    MEMORY_XOR,
    MEMORY_CMP,
    MEMORY_TEST,
    MEMORY_EXCHANGE,
    MEMORY_LOAD,
    MEMORY_STORE,
};

struct memory_access {
    uint64_t immediate;     /* sign-extended */
    uint8_t length;         /* of the instruction, bytes */
    uint8_t operation;      /* enum memory_operation */
    uint8_t bytes;          /* of the memory operand: 1, 2, 4, 8 */
    uint8_t register_bytes; /* of the register operand; a load may extend */
    uint8_t register_index; /* 0..15, in the order of the encoding: rax rcx rdx rbx rsp .. r15 */
    bool high_byte;         /* the register is bits 8-15 of register_index: AH, CH, DH, BH */
    bool sign_extend;       /* MOVSX, MOVSXD */
    bool has_immediate;     /* in place of a register */
    bool to_register;       /* the register is the destination; memory is read only */
};

/*
 * Decodes the instruction at `bytes` (`available` of them), fetched in a code segment of
 * `code_bits` (16, 32, 64), as one that accesses memory: MOV in all forms with memory but segment
 * registers, MOVZX, MOVSX, MOVSXD, XCHG, TEST, ADD, OR, ADC, SBB, AND, SUB, XOR, CMP. String
 * instructions are refused: they would need a second address or unbounded work.
 */
bool decode_memory_access(const uint8_t *bytes, unsigned available, unsigned code_bits,
                          struct memory_access *out);

/* Whether the instruction reads its memory operand; a store alone does not. */
static inline bool memory_access_reads(const struct memory_access *access)
{
    return access->operation != MEMORY_STORE;
}

/* A whole register is loaded from as many bytes: nothing of the old value stays. */
static inline bool memory_access_is_plain_load(const struct memory_access *access)
{
    return access->operation == MEMORY_LOAD && access->bytes >= 4 &&
           access->bytes == access->register_bytes;
}

/*
 * Carries the decoded instruction out on `registers` (16, in the order of the encoding) and
 * `rflags`, with `memory` as what the memory operand read as. Returns whether `*store` (its low
 * `bytes`) is to be written to memory. RIP is the caller's.
 */
bool memory_access_execute(const struct memory_access *access, uint64_t registers[16],
                           uint64_t *rflags, uint64_t memory, uint64_t *store);

/* Exiting instructions that are carried out and stepped over; the others get an exception. */
enum exiting_instruction {
    INSTRUCTION_CPUID,
    INSTRUCTION_HLT,
    INSTRUCTION_RDMSR,
    INSTRUCTION_WRMSR,
    INSTRUCTION_INVD,
    INSTRUCTION_WBINVD, /* and WBNOINVD */
    INSTRUCTION_XSETBV,
    INSTRUCTION_VMMCALL,
    INSTRUCTION_CLTS,
    INSTRUCTION_LMSW,        /* modrm_rm is the source */
    INSTRUCTION_SMSW,        /* modrm_rm is the destination */
    INSTRUCTION_MOV_FROM_CR, /* modrm_reg is the control register, modrm_rm the other */
    INSTRUCTION_MOV_TO_CR,
    INSTRUCTIONS,
};

struct instruction {
    uint8_t length;
    uint8_t operand_bytes;       /* by prefixes and code segment: 2, 4, 8 */
    uint8_t modrm_reg, modrm_rm; /* 0..15; 0 where the instruction has no ModRM byte */
    bool in_memory; /* LMSW, SMSW: the other operand is, and neither modrm_rm nor length counts */
};

/* Whether the bytes are the instruction that the exit names, prefixes included. Fills `out`. */
bool decode_instruction(const uint8_t *bytes, unsigned available, unsigned code_bits,
                        enum exiting_instruction expected, struct instruction *out);

#endif
