/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I9: every instruction that leaves the guest, behind every prefix. Whoever works out its length
 * by himself must get it right: the guest goes on behind the instruction, or an exception points
 * at its first byte.
 */
#include "instruction.h"
#include "attack.h"
#include "guests/lib/apic.h"
#include "guests/lib/x86.h"
#include "residue.h"
#include <stddef.h>

enum { DONE = 0x600d600d, INSTRUCTION_BYTES_MAX = 15, STI = 0xfb };

extern uint8_t code_page[4096];
void code_run(struct code_registers *registers);

static void do_run(void *arg)
{
    code_run(arg);
}

struct code_result code_try(const uint8_t *bytes, unsigned count, unsigned lead,
                            const struct code_registers *registers)
{
    /* mov r9d, DONE; ret, then nothing but returns */
    static const uint8_t tail[] = {0x41, 0xb9, 0x0d, 0x60, 0x0d, 0x60, 0xc3};
    struct code_result result = {.registers = *registers};
    uint8_t *out = code_page;
    for (unsigned i = 0; i < count; i++) {
        *out++ = bytes[i];
    }
    for (unsigned i = 0; i < 64; i++) {
        *out++ = i < sizeof(tail) ? tail[i] : 0xc3;
    }
    result.registers.r9 = 0;
    result.vector = probe(do_run, &result.registers);
    interrupts_off();
    result.exact = result.vector == NO_FAULT ? (uint32_t)result.registers.r9 == DONE
                                             : cpu_self()->fault.rip == (uint64_t)code_page + lead;
    return result;
}

enum kind {
    EXITS,  /* may run or fault */
    WAITS,  /* needs an interrupt to go on */
    ABSENT, /* belongs to a feature that no domain has: must fault in every form */
};

struct instruction {
    const char *name;
    uint8_t bytes[8];
    uint8_t count;
    enum kind kind;
    uint64_t rax, rcx, rdx;
};

enum { PORT_HARMLESS = 0x80, MSR_ABSENT = 0x480 };
static uint64_t operand[64] __attribute__((aligned(64)));
#define MEMORY ((uint64_t)operand)

static const struct instruction instructions[] = {
    {"cpuid", {0x0f, 0xa2}, 2, EXITS, 0, 0, 0},
    {"rdmsr", {0x0f, 0x32}, 2, EXITS, 0, MSR_APIC_BASE, 0},
    {"rdmsr-denied", {0x0f, 0x32}, 2, EXITS, 0, MSR_ABSENT, 0},
    {"wrmsr-denied", {0x0f, 0x30}, 2, EXITS, 0, MSR_ABSENT, 0},
    {"wrmsr-icr", {0x0f, 0x30}, 2, EXITS, 0x44000 | IPI_VECTOR, APIC_ICR, 0},
    {"in-byte", {0xec}, 1, EXITS, 0, 0, PORT_HARMLESS},
    {"in", {0xed}, 1, EXITS, 0, 0, PORT_HARMLESS},
    {"in-immediate", {0xe5, PORT_HARMLESS}, 2, EXITS, 0, 0, 0},
    {"out-byte", {0xee}, 1, EXITS, 0, 0, PORT_HARMLESS},
    {"out", {0xef}, 1, EXITS, 0, 0, PORT_HARMLESS},
    {"out-immediate", {0xe7, PORT_HARMLESS}, 2, EXITS, 0, 0, 0},
    {"ins", {0x6c}, 1, EXITS, 0, 1, PORT_HARMLESS},
    {"outs", {0x6f}, 1, EXITS, 0, 1, PORT_HARMLESS},
    {"hlt", {0xf4}, 1, WAITS, 0, 0, 0},
    {"invd", {0x0f, 0x08}, 2, EXITS, 0, 0, 0},
    {"wbinvd", {0x0f, 0x09}, 2, EXITS, 0, 0, 0},
    {"rdtsc", {0x0f, 0x31}, 2, EXITS, 0, 0, 0},
    {"rdtscp", {0x0f, 0x01, 0xf9}, 3, EXITS, 0, 0, 0},
    {"rdpmc", {0x0f, 0x33}, 2, EXITS, 0, 0, 0},
    {"rdpmc-fixed", {0x0f, 0x33}, 2, EXITS, 0, 0x40000000, 0},
    {"xgetbv", {0x0f, 0x01, 0xd0}, 3, EXITS, 0, 0, 0},
    {"xsetbv", {0x0f, 0x01, 0xd1}, 3, EXITS, 0, 0, 0},
    {"monitor", {0x0f, 0x01, 0xc8}, 3, EXITS, MEMORY, 0, 0},
    {"mwait", {0x0f, 0x01, 0xc9}, 3, WAITS, 0, 0, 0},
    {"monitorx", {0x0f, 0x01, 0xfa}, 3, EXITS, MEMORY, 0, 0},
    {"mwaitx", {0x0f, 0x01, 0xfb}, 3, WAITS, 0, 0, 0},
    {"umonitor", {0xf3, 0x0f, 0xae, 0xf0}, 4, EXITS, MEMORY, 0, 0},
    {"umwait", {0xf2, 0x0f, 0xae, 0xf1}, 4, WAITS, 0, 0, 0},
    {"tpause", {0x66, 0x0f, 0xae, 0xf1}, 4, WAITS, 0, 0, 0},
    {"pause", {0xf3, 0x90}, 2, EXITS, 0, 0, 0},
    {"rdrand", {0x0f, 0xc7, 0xf0}, 3, EXITS, 0, 0, 0},
    {"rdseed", {0x0f, 0xc7, 0xf8}, 3, EXITS, 0, 0, 0},
    {"invlpg", {0x0f, 0x01, 0x38}, 3, EXITS, MEMORY, 0, 0},
    {"invpcid", {0x66, 0x0f, 0x38, 0x82, 0x08}, 5, EXITS, MEMORY, 2, 0},
    {"clts", {0x0f, 0x06}, 2, EXITS, 0, 0, 0},
    {"smsw", {0x0f, 0x01, 0xe0}, 3, EXITS, 0, 0, 0},
    {"sgdt", {0x0f, 0x01, 0x00}, 3, EXITS, MEMORY, 0, 0},
    {"sidt", {0x0f, 0x01, 0x08}, 3, EXITS, MEMORY, 0, 0},
    {"sldt", {0x0f, 0x00, 0xc0}, 3, EXITS, 0, 0, 0},
    {"str", {0x0f, 0x00, 0xc8}, 3, EXITS, 0, 0, 0},
    {"mov-from-cr8", {0x44, 0x0f, 0x20, 0xc0}, 4, EXITS, 0, 0, 0},
    {"mov-to-cr8", {0x44, 0x0f, 0x22, 0xc0}, 4, EXITS, 0, 0, 0},
    {"mov-from-cr4", {0x0f, 0x20, 0xe0}, 3, EXITS, 0, 0, 0},
    {"mov-from-dr7", {0x0f, 0x21, 0xf8}, 3, EXITS, 0, 0, 0},
    {"mov-to-dr7", {0x0f, 0x23, 0xf8}, 3, EXITS, 0x400, 0, 0},
    {"rsm", {0x0f, 0xaa}, 2, ABSENT, 0, 0, 0},
    {"getsec", {0x0f, 0x37}, 2, ABSENT, 0, 0, 0},
    {"vmcall", {0x0f, 0x01, 0xc1}, 3, ABSENT, 0, 0, 0},
    {"vmlaunch", {0x0f, 0x01, 0xc2}, 3, ABSENT, 0, 0, 0},
    {"vmresume", {0x0f, 0x01, 0xc3}, 3, ABSENT, 0, 0, 0},
    {"vmxoff", {0x0f, 0x01, 0xc4}, 3, ABSENT, 0, 0, 0},
    {"vmfunc", {0x0f, 0x01, 0xd4}, 3, ABSENT, 0, 0, 0},
    {"vmread", {0x0f, 0x78, 0xc1}, 3, ABSENT, 0, 0, 0},
    {"vmwrite", {0x0f, 0x79, 0xc1}, 3, ABSENT, 0, 0, 0},
    {"vmptrld", {0x0f, 0xc7, 0x30}, 3, ABSENT, MEMORY, 0, 0},
    {"vmptrst", {0x0f, 0xc7, 0x38}, 3, ABSENT, MEMORY, 0, 0},
    {"vmclear", {0x66, 0x0f, 0xc7, 0x30}, 4, ABSENT, MEMORY, 0, 0},
    {"vmxon", {0xf3, 0x0f, 0xc7, 0x30}, 4, ABSENT, MEMORY, 0, 0},
    {"invept", {0x66, 0x0f, 0x38, 0x80, 0x08}, 5, ABSENT, MEMORY, 2, 0},
    {"invvpid", {0x66, 0x0f, 0x38, 0x81, 0x08}, 5, ABSENT, MEMORY, 2, 0},
    {"vmrun", {0x0f, 0x01, 0xd8}, 3, ABSENT, MEMORY, 0, 0},
    {"vmmcall", {0x0f, 0x01, 0xd9}, 3, ABSENT, 0, 0, 0},
    {"vmload", {0x0f, 0x01, 0xda}, 3, ABSENT, MEMORY, 0, 0},
    {"vmsave", {0x0f, 0x01, 0xdb}, 3, ABSENT, MEMORY, 0, 0},
    {"stgi", {0x0f, 0x01, 0xdc}, 3, ABSENT, 0, 0, 0},
    {"clgi", {0x0f, 0x01, 0xdd}, 3, ABSENT, 0, 0, 0},
    {"skinit", {0x0f, 0x01, 0xde}, 3, ABSENT, 0, 0, 0},
    {"invlpga", {0x0f, 0x01, 0xdf}, 3, ABSENT, MEMORY, 0, 0},
    {"encls", {0x0f, 0x01, 0xcf}, 3, ABSENT, 0, 0, 0},
    {"enclv", {0x0f, 0x01, 0xc0}, 3, ABSENT, 0, 0, 0},
    {"enclu", {0x0f, 0x01, 0xd7}, 3, ABSENT, 0, 0, 0},
    {"pconfig", {0x0f, 0x01, 0xc5}, 3, ABSENT, 0, 0, 0},
};

struct prefix {
    uint8_t bytes[14];
    uint8_t count;
};

static const struct prefix prefixes[] = {
    {{0}, 0},
    {{0x66}, 1},
    {{0xf2}, 1},
    {{0xf3}, 1},
    {{0x67}, 1},
    {{0x2e}, 1},
    {{0x36}, 1},
    {{0x3e}, 1},
    {{0x26}, 1},
    {{0x64}, 1},
    {{0x65}, 1},
    {{0xf0}, 1},
    {{0x40}, 1},
    {{0x41}, 1},
    {{0x42}, 1},
    {{0x44}, 1},
    {{0x48}, 1},
    {{0x4f}, 1},
    {{0x66, 0x48}, 2},
    {{0x66, 0xf2}, 2},
    {{0xf2, 0xf3}, 2},
    {{0xf3, 0xf2}, 2},
    {{0x66, 0x67}, 2},
    {{0x48, 0x66}, 2},
    {{0x2e, 0x3e, 0x26, 0x64}, 4},
    {{0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66}, 10},
    {{0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e}, 13},
    {{0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e}, 14},
};

/*
 * The same bytes behind a prefix may be another instruction, one that the processor has: RDRAND or
 * AMD's EXTRQ. Where there never was VT-x (QEMU with AMD-V), they need no prefix for that.
 */
static bool another_instruction(const struct instruction *instruction, const struct prefix *prefix)
{
    const uint8_t *opcode = instruction->bytes + (instruction->bytes[0] != 0x0f);
    bool shared =
        opcode[0] == 0x0f && (opcode[1] == 0xc7 || opcode[1] == 0x78 || opcode[1] == 0x79);
    return shared && ((prefix->count && opcode == instruction->bytes) || !is_intel());
}

static struct code_result try_prefixed(const struct instruction *instruction,
                                       const struct prefix *prefix)
{
    uint8_t code[32];
    unsigned count = 0, lead = 0;
    struct code_registers registers = {
        .rax = instruction->rax,
        .rcx = instruction->rcx,
        .rdx = instruction->rdx,
        .rsi = MEMORY,
        .rdi = MEMORY,
        .r8 = instruction->rax,
    };
    for (unsigned i = 0; i < sizeof(operand) / 8; i++) {
        operand[i] = 0;
    }
    if (instruction->kind == WAITS) {
        code[count++] = STI;
        lead = 1;
        timer_at(rdtsc() + 3000);
    }
    for (unsigned i = 0; i < prefix->count; i++) {
        code[count++] = prefix->bytes[i];
    }
    for (unsigned i = 0; i < instruction->count; i++) {
        code[count++] = instruction->bytes[i];
    }
    return code_try(code, count, lead, &registers);
}

static void try_instruction(const struct instruction *instruction)
{
    unsigned ran = 0, faulted = 0, inexact = 0, unexpected = 0;
    const struct prefix *first_bad = NULL;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        const struct prefix *prefix = &prefixes[i];
        struct code_result result = try_prefixed(instruction, prefix);
        bool another = instruction->kind == ABSENT && another_instruction(instruction, prefix);
        bool bad = instruction->kind == ABSENT && result.vector == NO_FAULT && !another;
        bool wrong_place = !result.exact && !another;
        *(result.vector == NO_FAULT ? &ran : &faulted) += 1;
        inexact += wrong_place;
        unexpected += bad;
        if ((bad || wrong_place) && !first_bad) {
            first_bad = prefix;
        }
    }
    char name[32] = "prefix-";
    for (unsigned i = 0; instruction->name[i]; i++) {
        name[7 + i] = instruction->name[i];
    }
    if (first_bad) {
        report(false, "I9", name,
               "%u forms inexact, %u ran that should fault; first behind %u "
               "prefixes, 0x%x",
               inexact, unexpected, first_bad->count, first_bad->bytes[0]);
    } else {
        report(true, "I9", name, "%u forms ran, %u faulted", ran, faulted);
    }
}

void attack_prefix(void)
{
    bool xsave = cpuid(1, 0).ecx & CPUID_XSAVE;
    uint64_t cr4 = read_cr4();
    if (xsave) {
        write_cr4(cr4 | CR4_OSXSAVE);
    }
    timer_init(TIMER_VECTOR);
    for (size_t i = 0; i < sizeof(instructions) / sizeof(instructions[0]); i++) {
        try_instruction(&instructions[i]);
    }
    timer_stop();
    settle();
    write_cr4(cr4);
}
