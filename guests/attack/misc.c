/* SPDX-License-Identifier: Apache-2.0 */
/* I9: caches, hypercalls, single steps over what exits, and all of it from user level. */
#include "attack.h"
#include "guests/lib/boot.h"
#include "guests/lib/memory.h"
#include "guests/lib/x86.h"
#include "instruction.h"
#include "residue.h"
#include <stddef.h>

enum { HYPERCALLS = 64, CR4_UMIP = 1 << 11, CPUID_UMIP = 1 << 2, TF = 1 << 8 };

/* instruction.asm */
extern uint8_t code_page[4096];
extern const uint8_t step_over_cpuid_end[], step_over_out_end[], step_mov_ss_end[], step_int1_end[];
void step_over_cpuid(void);
void step_over_out(void);
void step_mov_ss(void);
void step_int1(void);
void at_user_level(const void *code);

static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint64_t random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void caches(void)
{
    static volatile uint64_t lines[512];
    static const uint8_t codes[][2] = {{0x0f, 0x08}, {0x0f, 0x09}};
    struct code_registers registers = {0};
    unsigned ran = 0;
    bool same = true;
    for (unsigned n = 0; n < 2; n++) {
        for (unsigned i = 0; i < 512; i++) {
            lines[i] = (i ^ 0xabcdef) + n;
        }
        ran += code_try(codes[n], 2, 0, &registers).vector == NO_FAULT;
        for (unsigned i = 0; i < 512; i++) {
            same &= lines[i] == ((i ^ 0xabcdef) + n);
        }
    }
    report(same, "I9", "invd-wbinvd", "%u of 2 ran, memory %s", ran, same ? "kept" : "lost");
}

static bool same_registers(const struct code_registers *a, const struct code_registers *b)
{
    return a->rax == b->rax && a->rbx == b->rbx && a->rcx == b->rcx && a->rdx == b->rdx &&
           a->rsi == b->rsi && a->rdi == b->rdi && a->r8 == b->r8 && a->r10 == b->r10;
}

static void hypercalls(void)
{
    static const uint8_t codes[][3] = {{0x0f, 0x01, 0xc1}, {0x0f, 0x01, 0xd9}};
    unsigned refused = 0;
    for (unsigned i = 0; i < HYPERCALLS; i++) {
        struct code_registers registers = {
            i < 32 ? i : random(),
            random(),
            random(),
            random(),
            random(),
            random(),
            random(),
            0,
            random(),
        };
        struct code_result result = code_try(codes[i & 1], 3, 0, &registers);
        refused += result.vector == VECTOR_UD && result.exact &&
                   same_registers(&registers, &result.registers);
    }
    report(refused == HYPERCALLS, "I5", "hypercalls", "%u of %u refused by #UD", refused,
           HYPERCALLS);
}

static void call(void *arg)
{
    void (*const *function)(void) = arg;
    (*function)();
}

/* The trap of a single step over an instruction that exits comes right behind it. */
static void single_step(const char *name, void (*function)(void), const uint8_t *end)
{
    int vector = probe(call, &function);
    uint64_t rip = cpu_self()->fault.rip;
    bool good = vector == VECTOR_DB && rip == (uint64_t)end;
    report(good, "I9", name, "%s, %ld bytes off", fault_name(vector),
           (int64_t)(rip - (uint64_t)end));
    write_dr6(0xffff0ff0);
}

static void int1(void)
{
    void (*function)(void) = step_int1;
    write_dr6(0xffff0ff0);
    int vector = probe(call, &function);
    uint64_t dr6 = read_dr6();
    int64_t off = (int64_t)(cpu_self()->fault.rip - (uint64_t)step_int1_end);
    report(vector == VECTOR_DB && off == 0 && !(dr6 & 1 << 14), "I9", "step-int1",
           "%s, %ld bytes off, DR6 0x%lx", fault_name(vector), off, dr6);
    write_dr6(0xffff0ff0);
}

struct user_case {
    const char *name;
    uint8_t bytes[4];
    uint8_t count;
    int vector; /* of the instruction; VECTOR_UD behind it if it runs */
    bool runs;
};

static const struct user_case user_cases[] = {
    {"cpuid", {0x0f, 0xa2}, 2, VECTOR_UD, true},
    {"rdtsc", {0x0f, 0x31}, 2, VECTOR_UD, true},
    {"vmcall", {0x0f, 0x01, 0xc1}, 3, VECTOR_UD, false},
    {"vmmcall", {0x0f, 0x01, 0xd9}, 3, VECTOR_UD, false},
    {"rdmsr", {0x0f, 0x32}, 2, VECTOR_GP, false},
    {"wrmsr", {0x0f, 0x30}, 2, VECTOR_GP, false},
    {"in", {0xec}, 1, VECTOR_GP, false},
    {"out", {0xee}, 1, VECTOR_GP, false},
    {"hlt", {0xf4}, 1, VECTOR_GP, false},
    {"invd", {0x0f, 0x08}, 2, VECTOR_GP, false},
    {"wbinvd", {0x0f, 0x09}, 2, VECTOR_GP, false},
    {"rdpmc", {0x0f, 0x33}, 2, VECTOR_GP, false},
    {"mov-cr0", {0x0f, 0x22, 0xc0}, 3, VECTOR_GP, false},
    {"mov-dr7", {0x0f, 0x23, 0xf8}, 3, VECTOR_GP, false},
    {"clts", {0x0f, 0x06}, 2, VECTOR_GP, false},
};

static const struct user_case umip_cases[] = {
    {"sldt", {0x0f, 0x00, 0xc0}, 3, VECTOR_GP, false},
    {"str", {0x0f, 0x00, 0xc8}, 3, VECTOR_GP, false},
    {"smsw", {0x0f, 0x01, 0xe0}, 3, VECTOR_GP, false},
    {"sgdt", {0x0f, 0x01, 0x04, 0x24}, 4, VECTOR_GP, false},
    {"sidt", {0x0f, 0x01, 0x0c, 0x24}, 4, VECTOR_GP, false},
};

static void enter_user(void *arg)
{
    at_user_level(arg);
}

static void try_user(const char *prefix, const struct user_case *user)
{
    uint8_t *out = code_page;
    for (unsigned i = 0; i < user->count; i++) {
        *out++ = user->bytes[i];
    }
    *out++ = 0x0f; /* UD2 */
    *out++ = 0x0b;
    int vector = probe(enter_user, code_page);
    uint64_t at = (uint64_t)code_page + (user->runs ? user->count : 0u);
    bool good = vector == user->vector && cpu_self()->fault.rip == at;
    /* Where the processor has no UMIP, KVM's covers no SMSW: then it is #UD, which tells nothing.
     */
    good |= vector == VECTOR_UD && user->bytes[1] == 0x01 && user->bytes[2] == 0xe0 &&
            cmdline_has("kvm");
    report(good, "I9", prefix, "%s: %s", user->name, fault_name(vector));
}

/* A good value at CPL 3: AMD-V and Bochs exit all the same, and the level is the hypervisor's to
 * check. */
static void user_xsetbv(void)
{
    static const uint8_t code[] = {0x31, 0xc9,             /* xor ecx, ecx */
                                   0x31, 0xd2,             /* xor edx, edx */
                                   0xb8, 1,    0,    0, 0, /* mov eax, 1 */
                                   0x0f, 0x01, 0xd1,       /* xsetbv */
                                   0x0f, 0x0b};            /* ud2 */
    enum { XSETBV_AT = 9 };
    uint64_t cr4 = read_cr4();
    for (unsigned i = 0; i < sizeof(code); i++) {
        code_page[i] = code[i];
    }
    write_cr4(cr4 | CR4_OSXSAVE);
    int vector = probe(enter_user, code_page);
    write_cr4(cr4);
    bool good = vector == VECTOR_GP && cpu_self()->fault.rip == (uint64_t)code_page + XSETBV_AT;
    report(good, "I9", "user-xsetbv", "%s", fault_name(vector));
}

static void user_level(void)
{
    memory_open(true);
    if (cpuid(1, 0).ecx & CPUID_XSAVE) {
        user_xsetbv();
    }
    for (size_t i = 0; i < sizeof(user_cases) / sizeof(user_cases[0]); i++) {
        try_user("user-level", &user_cases[i]);
    }
    if (cpuid(7, 0).ecx & CPUID_UMIP) {
        uint64_t cr4 = read_cr4();
        write_cr4(cr4 | CR4_UMIP);
        for (size_t i = 0; i < sizeof(umip_cases) / sizeof(umip_cases[0]); i++) {
            try_user("user-umip", &umip_cases[i]);
        }
        write_cr4(cr4);
    }
    memory_open(false);
}

void attack_misc(void)
{
    caches();
    hypercalls();
    single_step("step-cpuid", step_over_cpuid, step_over_cpuid_end);
    single_step("step-out", step_over_out, step_over_out_end);
    single_step("step-mov-ss", step_mov_ss, step_mov_ss_end);
    int1();
    user_level();
}
