/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I9: unusual instructions at memory that nothing backs. Whether they are emulated or refused by an
 * exception, the guest goes on exactly, and what they read is all ones.
 */
#include "attack.h"
#include "guests/lib/x86.h"
#include "instruction.h"
#include <stddef.h>

enum form_kind {
    LOADS, /* if it runs, RAX then holds all ones */
    CHANGES,
    JUMPS, /* if it runs, the code behind it does not */
};

struct form {
    const char *name;
    uint8_t bytes[10];
    uint8_t count;
    enum form_kind kind;
    uint8_t width; /* LOADS: bytes */
};

/* RBX holds the unbacked address, RSI and RDI backed ones, RCX 2. */
static const struct form forms[] = {
    {"mov-load", {0x48, 0x8b, 0x03}, 3, LOADS, 8},
    {"mov-load-32", {0x8b, 0x03}, 2, LOADS, 4},
    {"mov-load-16", {0x66, 0x8b, 0x03}, 3, LOADS, 2},
    {"mov-load-8", {0x8a, 0x03}, 2, LOADS, 1},
    {"mov-load-disp32", {0x8b, 0x83, 0x10, 0, 0, 0}, 6, LOADS, 4},
    {"mov-load-sib", {0x8b, 0x04, 0x4b}, 3, LOADS, 4},
    {"mov-store", {0x89, 0x03}, 2, CHANGES, 0},
    {"mov-immediate", {0xc7, 0x03, 1, 2, 3, 4}, 6, CHANGES, 0},
    {"mov-immediate-16", {0x66, 0xc7, 0x03, 1, 2}, 5, CHANGES, 0},
    {"mov-immediate-8", {0xc6, 0x03, 1}, 3, CHANGES, 0},
    {"movzx", {0x0f, 0xb7, 0x03}, 3, LOADS, 2},
    {"movsx", {0x48, 0x0f, 0xbf, 0x03}, 4, LOADS, 8},
    {"movsxd", {0x48, 0x63, 0x03}, 3, LOADS, 8},
    {"movbe", {0x0f, 0x38, 0xf0, 0x03}, 4, LOADS, 4},
    {"movnti", {0x0f, 0xc3, 0x03}, 3, CHANGES, 0},
    {"add-memory", {0x01, 0x03}, 2, CHANGES, 0},
    {"add-register", {0x03, 0x03}, 2, CHANGES, 0},
    {"cmp", {0x39, 0x03}, 2, CHANGES, 0},
    {"test", {0x85, 0x03}, 2, CHANGES, 0},
    {"inc", {0xff, 0x03}, 2, CHANGES, 0},
    {"not", {0xf7, 0x13}, 2, CHANGES, 0},
    {"neg", {0xf7, 0x1b}, 2, CHANGES, 0},
    {"mul", {0xf7, 0x23}, 2, CHANGES, 0},
    {"div", {0xf7, 0x33}, 2, CHANGES, 0},
    {"shl", {0xd3, 0x23}, 2, CHANGES, 0},
    {"bts", {0x0f, 0xba, 0x2b, 5}, 4, CHANGES, 0},
    {"bts-register", {0x0f, 0xab, 0x03}, 3, CHANGES, 0},
    {"xchg", {0x87, 0x03}, 2, LOADS, 4},
    {"lock-xadd", {0xf0, 0x0f, 0xc1, 0x03}, 4, LOADS, 4},
    {"lock-cmpxchg", {0xf0, 0x0f, 0xb1, 0x0b}, 4, CHANGES, 0},
    {"cmpxchg16b", {0x48, 0x0f, 0xc7, 0x0b}, 4, CHANGES, 0},
    {"setz", {0x0f, 0x94, 0x03}, 3, CHANGES, 0},
    {"cmovz", {0x0f, 0x44, 0x03}, 3, CHANGES, 0},
    {"push-memory", {0xff, 0x33}, 2, JUMPS, 0},
    {"pop-memory", {0x8f, 0x03}, 2, JUMPS, 0},
    {"call-memory", {0xff, 0x13}, 2, JUMPS, 0},
    {"jmp-memory", {0xff, 0x23}, 2, JUMPS, 0},
    {"lldt", {0x0f, 0x00, 0x13}, 3, CHANGES, 0},
    {"movs-from", {0x48, 0x87, 0xde, 0xa4}, 4, CHANGES, 0},
    {"movs-to", {0x48, 0x87, 0xdf, 0xa4}, 4, CHANGES, 0},
    {"rep-stos", {0x48, 0x87, 0xdf, 0xf3, 0xaa}, 5, CHANGES, 0},
    {"rep-lods", {0x48, 0x87, 0xde, 0xf3, 0xac}, 5, CHANGES, 0},
    {"scas", {0x48, 0x87, 0xdf, 0xae}, 4, CHANGES, 0},
    {"movups-load", {0x0f, 0x10, 0x03}, 3, CHANGES, 0},
    {"movups-store", {0x0f, 0x11, 0x03}, 3, CHANGES, 0},
    {"movq-load", {0xf3, 0x0f, 0x7e, 0x03}, 4, CHANGES, 0},
    {"fld", {0xd9, 0x03}, 2, CHANGES, 0},
    {"fxsave", {0x0f, 0xae, 0x03}, 3, CHANGES, 0},
    {"clflush", {0x0f, 0xae, 0x3b}, 3, CHANGES, 0},
    {"prefetch", {0x0f, 0x18, 0x0b}, 3, CHANGES, 0},
    {"load-too-long", {0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x8b, 0x03}, 10, LOADS, 4},
};

static bool ones(uint64_t value, unsigned width)
{
    uint64_t mask = width == 8 ? ~0ull : (1ull << 8 * width) - 1;
    return (value & mask) == mask;
}

static void try_form(const struct form *form, uint64_t address, unsigned *ran, unsigned *faulted)
{
    static uint64_t backed[8];
    struct code_registers registers = {.rbx = address,
                                       .rcx = 2,
                                       .rdx = 0,
                                       .rsi = (uint64_t)backed,
                                       .rdi = (uint64_t)backed,
                                       .rax = 0x1234};
    /* the forms behind an exchange of registers fault at their second instruction */
    unsigned lead = form->bytes[0] == 0x48 && form->bytes[1] == 0x87 ? 3 : 0;
    struct code_result result = code_try(form->bytes, form->count, lead, &registers);
    bool runs = result.vector == NO_FAULT;
    *(runs ? ran : faulted) += 1;
    bool good = form->kind == JUMPS ? !runs || result.exact : result.exact;
    if (runs && form->kind == LOADS && !ones(result.registers.rax, form->width)) {
        good = false;
    }
    if (!good) {
        report(false, "I9", form->name, "at 0x%lx: %s, exact %u, RAX 0x%lx", address,
               fault_name(result.vector), result.exact, result.registers.rax);
    }
}

static void fetch(void *arg)
{
    (void)arg;
    __asm__ volatile("jmp *%0" : : "r"(UNBACKED));
}

void attack_forms(void)
{
    static const uint64_t addresses[] = {UNBACKED, UNBACKED + 0xffe, UNBACKED + 0x1ffffc};
    unsigned ran = 0, faulted = 0;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        for (size_t n = 0; n < sizeof(addresses) / sizeof(addresses[0]); n++) {
            try_form(&forms[i], addresses[n], &ran, &faulted);
        }
    }
    report(true, "I9", "forms", "%u ran, %u refused by an exception", ran, faulted);
    int vector = probe(fetch, NULL);
    report(vector != NO_FAULT, "I1", "fetch-unbacked", "%s", fault_name(vector));
}
