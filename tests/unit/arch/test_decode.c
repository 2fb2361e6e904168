/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The instruction decoder: against a table of encodings, against the processor that runs the
 * test, and against garbage that ends at an unmapped page.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "arch/x86/exit/decode.c"
#include "decode_cases.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

enum { CASES = sizeof cases / sizeof cases[0], PAGE = 4096 };

static uint8_t *page; /* writable and executable; the next page is not mapped */

static uint64_t random64(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15ull;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* The bytes end where the page ends: a read beyond them faults. */
static uint8_t *at_page_end(const void *bytes, unsigned count)
{
    /* cppcheck-suppress uninitvar */
    return memcpy(page + PAGE - count, bytes, count);
}

static void table_decodes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CASES; i++) {
        struct memory_access a;
        unsigned length = cases[i].length;
        const uint8_t *code = at_page_end(cases[i].code, length);
        if (!decode_memory_access(code, length, cases[i].bits, &a))
            fail_msg("%s", cases[i].text);
        if (a.length != length || a.operation != cases[i].operation || a.bytes != cases[i].bytes ||
            a.register_bytes != cases[i].register_bytes || a.register_index != cases[i].index ||
            (int64_t)a.immediate != cases[i].immediate ||
            a.high_byte != !!(cases[i].flags & HIGH) ||
            a.sign_extend != !!(cases[i].flags & SIGN) ||
            a.has_immediate != !!(cases[i].flags & IMMEDIATE) ||
            a.to_register != !!(cases[i].flags & TO_REGISTER))
            fail_msg("%s: length %u operation %u bytes %u/%u register %u immediate %lx",
                     cases[i].text, a.length, a.operation, a.bytes, a.register_bytes,
                     a.register_index, (unsigned long)a.immediate);
        assert_int_equal(memory_access_reads(&a), a.operation != MEMORY_STORE);
    }
}

static void truncated_bytes_are_refused(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CASES; i++) {
        for (unsigned n = 0; n < cases[i].length; n++) {
            struct memory_access a;
            if (decode_memory_access(at_page_end(cases[i].code, n), n, cases[i].bits, &a))
                fail_msg("%s cut to %u bytes", cases[i].text, n);
        }
    }
}

static void others_are_refused(void **state)
{
    static const struct {
        const char *text;
        unsigned bits;
        const char *code;
    } refused[] = {
        {"mov eax, ebx", 64, "\x8b\xc3"},
        {"movzx eax, bl", 64, "\x0f\xb6\xc3"},
        {"rep stosd", 64, "\xf3\xab"},
        {"rep movsb", 64, "\xf3\xa4"},
        {"lodsb", 64, "\xac"},
        {"cmpsb", 64, "\xa6"},
        {"push [rdi]", 64, "\xff\x37"},
        {"push rax", 64, "\x50"},
        {"call [rdi]", 64, "\xff\x17"},
        {"inc dword [rdi]", 64, "\xff\x07"},
        {"inc byte [rdi]", 64, "\xfe\x07"},
        {"not dword [rdi]", 64, "\xf7\x17"},
        {"mul dword [rdi]", 64, "\xf7\x27"},
        {"mov [rdi], ds", 64, "\x8c\x1f"},
        {"mov ds, [rdi]", 64, "\x8e\x1f"},
        {"pop [rdi]", 64, "\x8f\x07"},
        {"c7 /1", 64, "\xc7\x0f\x01\x02\x03\x04"},
        {"xbegin", 64, "\xc7\xf8\x01\x02\x03\x04"},
        {"82 /0 in 64-bit mode", 64, "\x82\x07\x01"},
        {"arpl [bx], dx", 16, "\x63\x17"},
        {"inc eax; mov", 32, "\x40\x8b\x07"},
        {"cmpxchg [rdi], ecx", 64, "\x0f\xb1\x0f"},
        {"xadd [rdi], ecx", 64, "\x0f\xc1\x0f"},
        {"bts [rdi], ecx", 64, "\x0f\xab\x0f"},
        {"movaps xmm0, [rdi]", 64, "\x0f\x28\x07"},
        {"movdqu xmm0, [rdi]", 64, "\xf3\x0f\x6f\x07"},
        {"vmovups", 64, "\xc5\xf8\x10\x07"},
        {"popcnt", 64, "\xf3\x0f\xb8\x07"},
        {"lock mov [rdi], eax", 64, "\xf0\x89\x07"},
        {"lock mov eax, [rdi]", 64, "\xf0\x8b\x07"},
        {"lock add eax, [rdi]", 64, "\xf0\x03\x07"},
        {"lock cmp [rdi], eax", 64, "\xf0\x39\x07"},
        {"lock test [rdi], eax", 64, "\xf0\x85\x07"},
        {"sixteen bytes", 64, "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x8b\x07"},
        {"prefixes only", 64, "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct memory_access a;
        uint8_t code[32] = {0};
        strcpy((char *)code, refused[i].code);
        if (decode_memory_access(code, sizeof code, refused[i].bits, &a))
            fail_msg("%s", refused[i].text);
    }
}

/* I9: whatever a guest puts there, nothing beyond `available` is read, and lengths are honest. */
static void garbage_is_harmless(void **state)
{
    static const uint8_t likely[] = {0x66, 0x67, 0xf0, 0xf3, 0x48, 0x44, 0x0f, 0x8b,
                                     0x89, 0xc7, 0x81, 0x04, 0x05, 0x84, 0xa1, 0xf7};
    static const unsigned bits[] = {16, 32, 64};
    unsigned accepted = 0;

    (void)state;
    for (unsigned round = 0; round < 2000000; round++) {
        struct memory_access a;
        struct instruction instruction;
        unsigned count = random64() % 18, mode = bits[random64() % 3];
        uint8_t bytes[18], *code;
        for (unsigned i = 0; i < count; i++)
            bytes[i] = random64() & 1 ? likely[random64() % sizeof likely] : (uint8_t)random64();
        code = at_page_end(bytes, count);
        decode_instruction(code, count, mode, random64() % INSTRUCTIONS, &instruction);
        if (!decode_memory_access(code, count, mode, &a))
            continue;
        accepted++;
        count = a.length;
        assert_in_range(count, 2, 15);
        code = at_page_end(bytes, count);
        assert_true(decode_memory_access(code, count, mode, &a));
        assert_int_equal(a.length, count);
        code = at_page_end(bytes, count - 1);
        assert_false(decode_memory_access(code, count - 1, mode, &a));
    }
    assert_true(accepted > 10000);
}

/* Operands of an instruction under test; the offsets stand in run(). */
struct machine {
    uint64_t rax, rcx, rdx, rbx, r8, r9, memory, rflags;
};

/* Runs the code at `page`, which accesses [rdi], on `m`. */
static void run(struct machine *m)
{
    __asm__ volatile("sub $128, %%rsp\n\t" /* the compiler's red zone */
                     "push %%rbp\n\t"
                     "push %%rbx\n\t"
                     "mov %[m], %%rbp\n\t"
                     "mov %[code], %%r11\n\t"
                     "lea 48(%%rbp), %%rdi\n\t"
                     "push 56(%%rbp)\n\t"
                     "mov (%%rbp), %%rax\n\t"
                     "mov 8(%%rbp), %%rcx\n\t"
                     "mov 16(%%rbp), %%rdx\n\t"
                     "mov 24(%%rbp), %%rbx\n\t"
                     "mov 32(%%rbp), %%r8\n\t"
                     "mov 40(%%rbp), %%r9\n\t"
                     "popf\n\t"
                     "call *%%r11\n\t"
                     "pushf\n\t"
                     "mov %%rax, (%%rbp)\n\t"
                     "mov %%rcx, 8(%%rbp)\n\t"
                     "mov %%rdx, 16(%%rbp)\n\t"
                     "mov %%rbx, 24(%%rbp)\n\t"
                     "mov %%r8, 32(%%rbp)\n\t"
                     "mov %%r9, 40(%%rbp)\n\t"
                     "pop 56(%%rbp)\n\t"
                     "pop %%rbx\n\t"
                     "pop %%rbp\n\t"
                     "add $128, %%rsp\n\t"
                     :
                     : [m] "r"(m), [code] "r"(page)
                     : "rax", "rcx", "rdx", "rdi", "r8", "r9", "r11", "cc", "memory");
}

static uint64_t interesting(void)
{
    static const uint64_t edges[] = {0,
                                     1,
                                     0x7f,
                                     0x80,
                                     0xff,
                                     0x7fff,
                                     0x8000,
                                     0x7fffffff,
                                     0x80000000,
                                     ~0ull,
                                     0x7fffffffffffffffull,
                                     1ull << 63};
    return random64() & 1 ? random64() : edges[random64() % (sizeof edges / sizeof edges[0])];
}

/* Decodes and executes in software what the processor then does: all must be equal. */
static void compare(const uint8_t *code, unsigned length, const char *what)
{
    enum { AF = 1 << 4, ARITHMETIC = 0x8d5 };
    struct machine m = {interesting(), interesting(), interesting(), interesting(),
                        interesting(), interesting(), interesting(), 2 | (random64() & ARITHMETIC)};
    uint64_t registers[16] = {m.rax, m.rcx, m.rdx, m.rbx, [8] = m.r8, [9] = m.r9};
    uint64_t rflags = m.rflags, memory = m.memory, store;
    struct memory_access a;
    unsigned flags = ARITHMETIC;

    if (!decode_memory_access(code, length, 64, &a) || a.length != length)
        fail_msg("%s not decoded", what);
    if (memory_access_execute(&a, registers, &rflags, memory, &store))
        memcpy(&memory, &store, a.bytes);
    if (a.operation == MEMORY_AND || a.operation == MEMORY_OR || a.operation == MEMORY_XOR ||
        a.operation == MEMORY_TEST)
        flags &= ~AF; /* undefined */
    memcpy(page, code, length);
    page[length] = 0xc3;
    run(&m);
    if (registers[0] != m.rax || registers[1] != m.rcx || registers[2] != m.rdx ||
        registers[3] != m.rbx || registers[8] != m.r8 || registers[9] != m.r9 ||
        memory != m.memory || (rflags & flags) != (m.rflags & flags))
        fail_msg("%s: %u bytes from %02x: memory %lx, here %lx; flags %lx, here %lx", what, length,
                 code[0], (unsigned long)m.memory, (unsigned long)memory, (unsigned long)m.rflags,
                 (unsigned long)rflags);
}

/* Prefixes, opcode, ModRM for [rdi], immediate. */
static void compare_forms(unsigned opcode, bool two_bytes, int digit, unsigned immediate_bytes)
{
    static const uint8_t prefixes[][2] = {{0, 0},    {0x66, 0},    {0x48, 0}, {0x40, 0},
                                          {0x44, 0}, {0x66, 0x4c}, {0x4c, 0}};

    for (unsigned round = 0; round < 60; round++) {
        for (unsigned p = 0; p < sizeof prefixes / sizeof prefixes[0]; p++) {
            bool rex = prefixes[p][0] >= 0x40 && prefixes[p][0] < 0x50;
            bool rex_r = prefixes[p][0] == 0x44 || prefixes[p][0] == 0x4c || prefixes[p][1];
            bool byte_register = !two_bytes && !(opcode & 1) && digit < 0;
            unsigned registers = rex_r ? 2 : byte_register && !rex ? 8 : 4, bytes;
            uint8_t code[15];
            unsigned n = 0, reg = digit < 0 ? (unsigned)(random64() % registers) : (unsigned)digit;
            for (unsigned i = 0; i < 2 && prefixes[p][i]; i++)
                code[n++] = prefixes[p][i];
            if (two_bytes)
                code[n++] = 0x0f;
            code[n++] = (uint8_t)opcode;
            code[n++] = (uint8_t)(reg << 3 | 7);
            bytes = immediate_bytes == 4 && prefixes[p][0] == 0x66 && !prefixes[p][1]
                        ? 2
                        : immediate_bytes;
            for (uint64_t value = interesting(); bytes; bytes--, value >>= 8)
                code[n++] = (uint8_t)value;
            compare(code, n, "on this processor");
        }
    }
}

static void same_as_this_processor(void **state)
{
    (void)state;
    for (unsigned operation = 0; operation < 8; operation++) {
        for (unsigned form = 0; form < 4; form++)
            compare_forms(operation << 3 | form, false, -1, 0);
        compare_forms(0x80, false, (int)operation, 1);
        compare_forms(0x81, false, (int)operation, 4);
        compare_forms(0x83, false, (int)operation, 1);
    }
    for (unsigned opcode = 0x84; opcode <= 0x8b; opcode++)
        compare_forms(opcode, false, -1, 0);
    compare_forms(0xc6, false, 0, 1);
    compare_forms(0xc7, false, 0, 4);
    compare_forms(0xf6, false, 0, 1);
    compare_forms(0xf7, false, 0, 4);
    compare_forms(0x63, false, -1, 0);
    compare_forms(0xb6, true, -1, 0);
    compare_forms(0xb7, true, -1, 0);
    compare_forms(0xbe, true, -1, 0);
    compare_forms(0xbf, true, -1, 0);
}

/* The length of an exiting instruction, whatever prefixes a guest puts before it (TRAPS 37). */
static void exiting_instructions_have_lengths(void **state)
{
    static const struct {
        enum exiting_instruction kind;
        unsigned length;
        const char *code;
    } known[] = {
        {INSTRUCTION_CPUID, 2, "\x0f\xa2"},         {INSTRUCTION_HLT, 1, "\xf4"},
        {INSTRUCTION_RDMSR, 2, "\x0f\x32"},         {INSTRUCTION_WRMSR, 2, "\x0f\x30"},
        {INSTRUCTION_INVD, 2, "\x0f\x08"},          {INSTRUCTION_WBINVD, 2, "\x0f\x09"},
        {INSTRUCTION_XSETBV, 3, "\x0f\x01\xd1"},    {INSTRUCTION_VMMCALL, 3, "\x0f\x01\xd9"},
        {INSTRUCTION_CLTS, 2, "\x0f\x06"},          {INSTRUCTION_LMSW, 3, "\x0f\x01\xf0"},
        {INSTRUCTION_SMSW, 3, "\x0f\x01\xe3"},      {INSTRUCTION_MOV_FROM_CR, 3, "\x0f\x20\xc0"},
        {INSTRUCTION_MOV_TO_CR, 3, "\x0f\x22\xe3"},
    };
    static const char *const prefixes[] = {"",
                                           "\x66",
                                           "\x67\x2e",
                                           "\xf3",
                                           "\x48",
                                           "\x66\x48",
                                           "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"};
    struct instruction out;

    (void)state;
    assert_int_equal(sizeof known / sizeof known[0], INSTRUCTIONS);
    for (unsigned i = 0; i < INSTRUCTIONS; i++) {
        for (unsigned p = 0; p < sizeof prefixes / sizeof prefixes[0]; p++) {
            unsigned extra = (unsigned)strlen(prefixes[p]), length = extra + known[i].length;
            uint8_t code[32];
            memcpy(code, prefixes[p], extra);
            memcpy(code + extra, known[i].code, known[i].length);
            for (unsigned kind = 0; kind < INSTRUCTIONS; kind++) {
                bool found = decode_instruction(at_page_end(code, length), length, 64, kind, &out);
                assert_int_equal(found, kind == known[i].kind);
                if (found)
                    assert_int_equal(out.length, length);
            }
            assert_false(decode_instruction(at_page_end(code, length - 1), length - 1, 64,
                                            known[i].kind, &out));
        }
    }
    assert_true(
        decode_instruction((const uint8_t *)"\x0f\x22\xe3", 3, 32, INSTRUCTION_MOV_TO_CR, &out));
    assert_int_equal(out.modrm_reg, 4);
    assert_int_equal(out.modrm_rm, 3);
    assert_int_equal(out.operand_bytes, 4);
    assert_true(
        decode_instruction((const uint8_t *)"\x66\x0f\x01\xe0", 4, 64, INSTRUCTION_SMSW, &out));
    assert_int_equal(out.operand_bytes, 2);
    assert_true(decode_instruction((const uint8_t *)"\x45\x0f\x20\xc7", 4, 64,
                                   INSTRUCTION_MOV_FROM_CR, &out));
    assert_int_equal(out.modrm_reg, 8);
    assert_int_equal(out.modrm_rm, 15);
    assert_false(out.in_memory);
    assert_true(decode_instruction((const uint8_t *)"\x0f\x01\x30", 3, 64, INSTRUCTION_LMSW,
                                   &out)); /* lmsw [rax] */
    assert_true(out.in_memory);
    assert_true(decode_instruction((const uint8_t *)"\x0f\x01\x63\x10", 4, 64, INSTRUCTION_SMSW,
                                   &out)); /* smsw [rbx + 16] */
    assert_true(out.in_memory);
    assert_false(
        decode_instruction((const uint8_t *)"\x0f\x01\x63\x10", 4, 64, INSTRUCTION_LMSW, &out));
    assert_false(decode_instruction((const uint8_t *)"\x0f\x01\x38", 3, 64, INSTRUCTION_SMSW,
                                    &out)); /* invlpg [rax] */
    assert_false(decode_instruction((const uint8_t *)"\x48\x0f\xa2", 3, 32, INSTRUCTION_CPUID,
                                    &out)); /* dec eax */
}

static int map_page(void **state)
{
    (void)state;
    page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0);
    return page == MAP_FAILED || mprotect(page + PAGE, PAGE, PROT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_decodes),
        cmocka_unit_test(truncated_bytes_are_refused),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(garbage_is_harmless),
        cmocka_unit_test(same_as_this_processor),
        cmocka_unit_test(exiting_instructions_have_lengths),
    };
    return cmocka_run_group_tests(tests, map_page, NULL);
}
