/* SPDX-License-Identifier: Apache-2.0 */
/* Instruction decoder: see the header. */
#include "decode.h"

enum {
    MOV_STORE = 0x89,
    MOV_LOAD = 0x8b,
    REX_W = 1 << 3,
    REX_R = 1 << 2,
    REX_B = 1 << 0,
    FLAG_CF = 1 << 0,
    FLAG_PF = 1 << 2,
    FLAG_AF = 1 << 4,
    FLAG_ZF = 1 << 6,
    FLAG_SF = 1 << 7,
    FLAG_OF = 1 << 11,
};

/* What prefixes said, and how far the bytes have been read. */
struct scan {
    const uint8_t *at, *end;
    uint8_t code_bits;
    uint8_t rex;
    bool operand_prefix, address_prefix, lock;
    bool truncated; /* the instruction goes on behind the last byte */
};

static inline unsigned next(struct scan *s)
{
    if (s->at == s->end) {
        s->truncated = true;
        return 0;
    }
    return *s->at++;
}

static int64_t next_signed(struct scan *s, unsigned bytes)
{
    uint64_t value = 0;
    unsigned shift = 0;

    do {
        value |= (uint64_t)next(s) << shift;
        shift += 8;
    } while (shift < 8 * bytes);
    return (int64_t)(value << (64 - shift)) >> (64 - shift);
}

static void skip(struct scan *s, unsigned bytes)
{
    if ((unsigned)(s->end - s->at) < bytes) {
        s->truncated = true;
        bytes = 0;
    }
    s->at += bytes;
}

/* Reads prefixes and returns the first opcode byte. REX counts only as the last of them. */
static inline unsigned scan_opcode(struct scan *s, const uint8_t *bytes, unsigned available,
                                   unsigned code_bits)
{
    *s = (struct scan){.at = bytes, .code_bits = (uint8_t)code_bits};
    s->end = bytes + (available < INSTRUCTION_MAX_BYTES ? available : INSTRUCTION_MAX_BYTES);
    for (;;) {
        unsigned byte = next(s);
        if (code_bits == 64 && (byte & 0xf0) == 0x40) {
            s->rex = (uint8_t)byte;
            continue;
        }
        if (byte == 0x66)
            s->operand_prefix = true;
        else if (byte == 0x67)
            s->address_prefix = true;
        else if (byte == 0xf0)
            s->lock = true;
        else if ((byte & 0xe7) != 0x26 && (byte & 0xfe) != 0x64 && (byte & 0xfe) != 0xf2)
            return byte; /* neither a segment nor F2 or F3, which mean nothing to us */
        s->rex = 0;
    }
}

static unsigned operand_bytes(const struct scan *s)
{
    if (s->rex & REX_W)
        return 8;
    return s->operand_prefix == (s->code_bits == 16) ? 4 : 2;
}

static unsigned address_bytes(const struct scan *s)
{
    if (s->code_bits == 64)
        return s->address_prefix ? 4 : 8;
    return s->address_prefix == (s->code_bits == 16) ? 4 : 2;
}

/* Skips what follows a ModRM byte that names memory: SIB and displacement. */
static void skip_address(struct scan *s, unsigned modrm)
{
    unsigned mod = modrm >> 6, rm = modrm & 7;

    if (address_bytes(s) == 2) {
        skip(s, mod == 0 ? (rm == 6 ? 2 : 0) : mod);
        return;
    }
    if (rm == 4 && (next(s) & 7) == 5 && mod == 0) /* SIB without base */
        rm = 5;
    skip(s, mod == 1 ? 1 : mod == 2 || rm == 5 ? 4 : 0);
}

/* What follows the opcode: ModRM with a register, ModRM with an immediate, or an address alone. */
enum form { FORM_NONE, FORM_REGISTER, FORM_GROUP1, FORM_TEST, FORM_STORE, FORM_OFFSET };

/* Pairs of opcodes whose lowest bit chooses between a byte and the operand size. */
static const struct {
    uint8_t opcode, operation, form;
} pairs[] = {
    {0x8a, MEMORY_LOAD, FORM_REGISTER}, {0x88, MEMORY_STORE, FORM_REGISTER},
    {0xc6, MEMORY_STORE, FORM_STORE},   {0x84, MEMORY_TEST, FORM_REGISTER},
    {0xf6, MEMORY_TEST, FORM_TEST},     {0x86, MEMORY_EXCHANGE, FORM_REGISTER},
    {0xa0, MEMORY_LOAD, FORM_OFFSET},   {0xa2, MEMORY_STORE, FORM_OFFSET},
};

/* Corrects bytes and register_bytes, which are those of a pair beforehand. */
static enum form decode_opcode(struct scan *s, unsigned opcode, struct memory_access *out)
{
    out->operation = MEMORY_LOAD;
    for (unsigned i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (pairs[i].opcode == (opcode & 0xfe)) {
            out->operation = pairs[i].operation;
            return pairs[i].form;
        }
    }
    if (opcode < 0x40 && !(opcode & 4)) {
        out->operation = (uint8_t)(opcode >> 3);
        out->to_register = opcode & 2;
        return FORM_REGISTER;
    }
    if ((opcode & 0xfc) == 0x80)
        return opcode == 0x82 ? FORM_NONE : FORM_GROUP1;
    if (opcode == 0x63 && s->code_bits == 64) {
        out->bytes = out->register_bytes == 2 ? 2 : 4;
        out->sign_extend = true;
        return FORM_REGISTER;
    }
    if (opcode == 0x0f) {
        opcode = next(s);
        out->bytes = opcode & 1 ? 2 : 1;
        out->register_bytes = (uint8_t)operand_bytes(s);
        out->sign_extend = opcode & 8;
        return (opcode & 0xf6) == 0xb6 ? FORM_REGISTER : FORM_NONE;
    }
    return FORM_NONE;
}

static bool may_lock(const struct memory_access *a)
{
    return a->operation == MEMORY_EXCHANGE || (a->operation < MEMORY_CMP && !a->to_register);
}

/* Device access as compilers make it: a 64-bit guest's MOV of a dword or qword, REX at most. */
static inline bool decode_plain_mov(const uint8_t *bytes, struct memory_access *out)
{
    const uint8_t *at = bytes;
    unsigned rex = (*at & 0xf0) == 0x40 ? *at++ : 0;
    if (*at != MOV_LOAD && *at != MOV_STORE)
        return false;
    unsigned modrm = at[1], mod = modrm >> 6, rm = modrm & 7;
    if (mod == 3)
        return false;
    if (rm == 4)
        rm = (at[2] & 7) == 5 && mod == 0 ? 5 : 8; /* SIB without base; with one */
    unsigned displacement = mod == 1 ? 1 : mod == 2 || (mod == 0 && rm == 5) ? 4 : 0;
    *out = (struct memory_access){
        .operation = *at == MOV_LOAD ? MEMORY_LOAD : MEMORY_STORE,
        .register_index = (uint8_t)((modrm >> 3 & 7) | (rex & REX_R ? 8 : 0)),
        .length = (uint8_t)(at - bytes + 2 + ((modrm & 7) == 4) + displacement)};
    out->bytes = out->register_bytes = rex & REX_W ? 8 : 4;
    return true;
}

static __attribute__((noinline)) bool decode_any(const uint8_t *bytes, unsigned available,
                                                 unsigned code_bits, struct memory_access *out)
{
    struct scan s;
    unsigned opcode = scan_opcode(&s, bytes, available, code_bits);
    enum form form;

    *out = (struct memory_access){0};
    out->bytes = out->register_bytes = opcode & 1 ? (uint8_t)operand_bytes(&s) : 1;
    form = decode_opcode(&s, opcode, out);
    if (form == FORM_NONE)
        return false;
    if (form == FORM_OFFSET) {
        skip(&s, address_bytes(&s));
    } else {
        unsigned modrm = next(&s), reg = modrm >> 3 & 7;
        if (modrm >> 6 == 3)
            return false;
        skip_address(&s, modrm);
        if (form == FORM_REGISTER) {
            out->high_byte = out->register_bytes == 1 && !s.rex && reg >= 4;
            reg = out->high_byte ? reg - 4 : reg | (s.rex & REX_R ? 8 : 0);
            out->register_index = (uint8_t)reg;
        } else if (form != FORM_GROUP1 && reg > (form == FORM_TEST)) {
            return false;
        } else {
            unsigned width = opcode == 0x83 ? 1 : out->bytes == 8 ? 4 : out->bytes;
            if (form == FORM_GROUP1)
                out->operation = (uint8_t)reg;
            out->has_immediate = true;
            out->immediate = (uint64_t)next_signed(&s, width);
        }
    }
    out->length = (uint8_t)(s.at - bytes);
    return !s.truncated && (!s.lock || may_lock(out));
}

bool decode_memory_access(const uint8_t *bytes, unsigned available, unsigned code_bits,
                          struct memory_access *out)
{
    if (code_bits == 64 && available == INSTRUCTION_MAX_BYTES && decode_plain_mov(bytes, out))
        return true;
    return decode_any(bytes, available, code_bits, out);
}

static uint64_t low_bytes(uint64_t value, unsigned bytes)
{
    return value << (64 - 8 * bytes) >> (64 - 8 * bytes);
}

/* A 32-bit result clears the upper half of its register, a smaller one keeps the rest. */
static void set_register(const struct memory_access *a, uint64_t registers[16], uint64_t value)
{
    uint64_t *target = &registers[a->register_index];
    unsigned shift = a->high_byte ? 8 : 0;

    if (a->register_bytes >= 4) {
        *target = low_bytes(value, a->register_bytes);
    } else {
        uint64_t mask = low_bytes(~0ull, a->register_bytes) << shift;
        *target = (*target & ~mask) | (value << shift & mask);
    }
}

/* Subtraction is the addition of the complement, with borrows as inverted carries. */
static uint64_t arithmetic(const struct memory_access *a, uint64_t left, uint64_t right,
                           uint64_t *rflags)
{
    bool with_carry = a->operation == MEMORY_ADC || a->operation == MEMORY_SBB;
    bool subtract =
        a->operation == MEMORY_SBB || a->operation == MEMORY_SUB || a->operation == MEMORY_CMP;
    uint64_t term = subtract ? ~right : right, carry = 0, overflow = 0, half_carry = 0;
    uint64_t result = left + term + (subtract ^ (with_carry && *rflags & FLAG_CF));
    unsigned top = 8 * a->bytes - 1;

    if (subtract || with_carry || a->operation == MEMORY_ADD) {
        carry = ((left & term) | ((left | term) & ~result)) >> top & 1;
        overflow = (~(left ^ term) & (left ^ result)) >> top & 1;
        half_carry = (left ^ term ^ result) >> 4 & 1;
    } else {
        result = a->operation == MEMORY_OR    ? left | right
                 : a->operation == MEMORY_XOR ? left ^ right
                                              : left & right;
    }
    *rflags &= ~(uint64_t)(FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF);
    *rflags |= (carry != subtract ? FLAG_CF : 0) | (overflow ? FLAG_OF : 0) |
               (half_carry != subtract ? FLAG_AF : 0) | (result >> top & 1 ? FLAG_SF : 0) |
               (low_bytes(result, a->bytes) ? 0 : FLAG_ZF) |
               (__builtin_parity((uint8_t)result) ? 0 : FLAG_PF);
    return result;
}

bool memory_access_execute(const struct memory_access *a, uint64_t registers[16], uint64_t *rflags,
                           uint64_t memory, uint64_t *store)
{
    unsigned unused = 64 - 8 * a->bytes;
    uint64_t operand;

    if (a->operation == MEMORY_LOAD) {
        memory <<= unused;
        set_register(a, registers,
                     a->sign_extend ? (uint64_t)((int64_t)memory >> unused) : memory >> unused);
        return false;
    }
    operand =
        a->has_immediate ? a->immediate : registers[a->register_index] >> (a->high_byte ? 8 : 0);
    *store = operand;
    if (a->operation == MEMORY_EXCHANGE)
        set_register(a, registers, memory);
    if (a->operation >= MEMORY_EXCHANGE)
        return true;
    if (a->to_register)
        operand = arithmetic(a, operand, memory, rflags);
    else
        *store = arithmetic(a, memory, operand, rflags);
    if (a->operation >= MEMORY_CMP)
        return false;
    if (a->to_register)
        set_register(a, registers, operand);
    return !a->to_register;
}

enum { NO_MODRM, MODRM };

static const struct {
    uint8_t count, opcode[3], modrm;
} instructions[INSTRUCTIONS] = {
    [INSTRUCTION_CPUID] = {2, {0x0f, 0xa2}, NO_MODRM},
    [INSTRUCTION_HLT] = {1, {0xf4}, NO_MODRM},
    [INSTRUCTION_RDMSR] = {2, {0x0f, 0x32}, NO_MODRM},
    [INSTRUCTION_WRMSR] = {2, {0x0f, 0x30}, NO_MODRM},
    [INSTRUCTION_INVD] = {2, {0x0f, 0x08}, NO_MODRM},
    [INSTRUCTION_WBINVD] = {2, {0x0f, 0x09}, NO_MODRM},
    [INSTRUCTION_XSETBV] = {3, {0x0f, 0x01, 0xd1}, NO_MODRM},
    [INSTRUCTION_VMMCALL] = {3, {0x0f, 0x01, 0xd9}, NO_MODRM},
    [INSTRUCTION_CLTS] = {2, {0x0f, 0x06}, NO_MODRM},
    [INSTRUCTION_LMSW] = {2, {0x0f, 0x01}, MODRM},
    [INSTRUCTION_SMSW] = {2, {0x0f, 0x01}, MODRM},
    [INSTRUCTION_MOV_FROM_CR] = {2, {0x0f, 0x20}, MODRM},
    [INSTRUCTION_MOV_TO_CR] = {2, {0x0f, 0x22}, MODRM},
};

bool decode_instruction(const uint8_t *bytes, unsigned available, unsigned code_bits,
                        enum exiting_instruction expected, struct instruction *out)
{
    struct scan s;
    unsigned byte = scan_opcode(&s, bytes, available, code_bits), modrm = 0;

    for (unsigned i = 0; i < instructions[expected].count; i++) {
        if (i > 0)
            byte = next(&s);
        if (byte != instructions[expected].opcode[i])
            return false;
    }
    *out = (struct instruction){0};
    if (instructions[expected].modrm) {
        modrm = next(&s);
        out->modrm_reg = (uint8_t)((modrm >> 3 & 7) | (s.rex & REX_R ? 8 : 0));
        out->modrm_rm = (uint8_t)((modrm & 7) | (s.rex & REX_B ? 8 : 0));
    }
    if (expected == INSTRUCTION_LMSW || expected == INSTRUCTION_SMSW) {
        if ((modrm >> 3 & 7) != (expected == INSTRUCTION_LMSW ? 6 : 4))
            return false;
        out->in_memory = modrm >> 6 != 3;
    }
    out->operand_bytes = (uint8_t)operand_bytes(&s);
    out->length = (uint8_t)(s.at - bytes);
    return !s.truncated;
}
