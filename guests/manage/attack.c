/* SPDX-License-Identifier: Apache-2.0 */
/* I6, I8: what a hostile management domain tries. */
#include "guests/lib/boot.h"
#include "guests/lib/call.h"
#include "guests/lib/cpu.h"
#include "guests/lib/memory.h"
#include "guests/lib/x86.h"
#include "manage.h"
#include <stddef.h>

enum { KNOCKS_A_SECOND = 50, CALLS_A_READING = 1000 /* so that no record is gone unread */ };

static uint64_t seed, random_state;

void chance_begin(uint64_t first)
{
    seed = first;
    random_state = first * 0x9e3779b97f4a7c15 | 1; /* a state of 0 stays one */
}

uint64_t chance(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void expect(const char *name, uint64_t result, enum management_result due)
{
    report(result == due, "I6", name, "result %lu, expected %u", result, due);
}

void try_refused(const struct management_machine *machine, uint32_t target, uint32_t other)
{
    struct management_request *request = (void *)call_page;
    uint32_t domains = machine->counts[MANAGEMENT_DOMAIN];
    uint64_t results = 0;
    expect("stop without a right", call_patiently(MANAGEMENT_STOP, other), MANAGEMENT_NO_RIGHT);
    expect("restart without a right", call_make(MANAGEMENT_RESTART, other, 0), MANAGEMENT_NO_RIGHT);
    expect("counters without a right", call_make(MANAGEMENT_COUNTERS, other, 0),
           MANAGEMENT_NO_RIGHT);
    expect("power button without a right", call_make(MANAGEMENT_POWER_BUTTON, other, 0),
           MANAGEMENT_NO_RIGHT);
    expect("check without a right", call_make(MANAGEMENT_CHECK, other, 0), MANAGEMENT_NO_RIGHT);
    expect("serial read without a right", call_make(MANAGEMENT_SERIAL_READ, other, 0),
           MANAGEMENT_NO_RIGHT);
    expect("serial write without a right", call_make(MANAGEMENT_SERIAL_WRITE, other, 0),
           MANAGEMENT_NO_RIGHT);
    expect("serial read of itself", call_make(MANAGEMENT_SERIAL_READ, machine->own, 0),
           MANAGEMENT_BAD_DOMAIN);
    expect("status of itself", call_make(MANAGEMENT_STATUS, machine->own, 0),
           MANAGEMENT_BAD_DOMAIN);
    expect("stop of itself", call_make(MANAGEMENT_STOP, machine->own, 0), MANAGEMENT_BAD_DOMAIN);
    expect("stop of nobody", call_make(MANAGEMENT_STOP, domains, 0), MANAGEMENT_BAD_DOMAIN);
    expect("status of nobody", call_make(MANAGEMENT_STATUS, ~0u, 0), MANAGEMENT_BAD_DOMAIN);
    expect("a processor too many", call_make(MANAGEMENT_COUNTERS, target, 1),
           MANAGEMENT_BAD_ARGUMENT);
    expect("a detail of nothing", call_make(MANAGEMENT_STATUS, target, 1), MANAGEMENT_BAD_ARGUMENT);
    expect("another machine", call_make(MANAGEMENT_DESCRIBE, 1, MANAGEMENT_MACHINE),
           MANAGEMENT_BAD_ARGUMENT);
    expect("a domain too many", call_make(MANAGEMENT_DESCRIBE, domains, MANAGEMENT_DOMAIN),
           MANAGEMENT_BAD_ARGUMENT);
    expect("an unknown subject", call_make(MANAGEMENT_DESCRIBE, 0, MANAGEMENT_SUBJECTS),
           MANAGEMENT_BAD_ARGUMENT);
    for (uint32_t call = MANAGEMENT_CALLS; call < 64; call++) {
        results += call_make(call, target, 0) == MANAGEMENT_BAD_CALL;
    }
    report(results == 64 - MANAGEMENT_CALLS, "I6", "unknown calls", "%lu refused", results);
    expect("a check too soon", call_patiently(MANAGEMENT_CHECK, target), MANAGEMENT_TOO_OFTEN);
    *request = (struct management_request){.version = MANAGEMENT_VERSION,
                                           .call = MANAGEMENT_SERIAL_WRITE,
                                           .index = target,
                                           .admin = MANAGEMENT_NO_ADMIN,
                                           .bytes = PAGE_BYTES};
    expect("bytes beyond the page", call_at((uint64_t)call_page), MANAGEMENT_BAD_ARGUMENT);
    request->bytes = MANAGEMENT_WRITE_BYTES + 1;
    expect("a byte too many", call_at((uint64_t)call_page), MANAGEMENT_BAD_ARGUMENT);
    request->call = MANAGEMENT_SERIAL_READ;
    request->bytes = 1;
    expect("bytes of a call without", call_at((uint64_t)call_page), MANAGEMENT_BAD_ARGUMENT);
    request->call = MANAGEMENT_STOP;
    request->bytes = 0;
    request->from = 1;
    expect("a place of a call without", call_at((uint64_t)call_page), MANAGEMENT_BAD_ARGUMENT);
    *request = (struct management_request){.version = MANAGEMENT_VERSION + 1};
    expect("another version", call_at((uint64_t)call_page), MANAGEMENT_BAD_VERSION);
    *request = (struct management_request){.version = MANAGEMENT_VERSION, .reserved = {[3] = 1}};
    expect("reserved bytes", call_at((uint64_t)call_page), MANAGEMENT_BAD_ARGUMENT);
}

void try_pages(void)
{
    uint64_t last = boot_info.memory[0].base + boot_info.memory[0].bytes;
    for (uint32_t i = 0; i < boot_info.memory_count; i++) {
        uint64_t end = boot_info.memory[i].base + boot_info.memory[i].bytes;
        last = end > last ? end : last;
    }
    const uint64_t pages[] = {(uint64_t)call_page + 8,
                              (uint64_t)call_page + PAGE_BYTES - 8,
                              (uint64_t)call_page + 1,
                              last,
                              last - 8,
                              GUEST_HOLE_BASE,
                              GUEST_IOAPIC,
                              GUEST_ECAM,
                              GUEST_HOLE_END,
                              1ull << 46,
                              1ull << 63,
                              ~0xfffull,
                              ~0ull};
    uint64_t refused = 0;
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        refused += call_at(pages[i]) == MANAGEMENT_BAD_PAGE;
    }
    report(refused == sizeof(pages) / sizeof(pages[0]), "I1", "pages", "%lu refused", refused);
}

static void call_other(void *arg)
{
    (void)arg;
    if (is_intel()) {
        __asm__ volatile("vmmcall" ::"a"(call_page) : "memory");
    } else {
        __asm__ volatile("vmcall" ::"a"(call_page) : "memory");
    }
}

/* At CPL 3, with no more than the stack that it is on. */
#define CALL_BY_USER(instruction)                                                                  \
    __asm__ volatile("pushq %0\n\tpushq %1\n\tpushq $2\n\tpushq %2\n\tleaq 1f(%%rip), %%rcx\n\t"   \
                     "pushq %%rcx\n\tiretq\n1:\t" instruction "\n\tud2\n"                          \
                     :                                                                             \
                     : "i"(GUEST_USER_DATA | 3), "r"(stack + sizeof(stack)),                       \
                       "i"(GUEST_USER_CODE | 3), "a"(call_page)                                    \
                     : "rcx", "memory")

static void call_by_user(void *arg)
{
    static uint8_t stack[1024] __attribute__((aligned(16)));
    (void)arg;
    if (is_intel()) {
        CALL_BY_USER("vmcall");
    } else {
        CALL_BY_USER("vmmcall");
    }
}

/* In compatibility mode, which knows no upper half of RAX. */
#define CALL_BY_32(instruction)                                                                    \
    __asm__ volatile("pushq %0\n\tleaq 1f(%%rip), %%rcx\n\tpushq %%rcx\n\tlretq\n1:\t" instruction \
                     "\n\tud2\n"                                                                   \
                     :                                                                             \
                     : "i"(GUEST_CODE_32), "a"(call_page)                                          \
                     : "rcx", "memory")

static void call_by_32(void *arg)
{
    (void)arg;
    if (is_intel()) {
        CALL_BY_32("vmcall");
    } else {
        CALL_BY_32("vmmcall");
    }
}

/* Where the call is made the vector is #UD at its first byte, and RAX is untouched. */
void try_instructions(void)
{
    const struct fault *fault = &cpu_self()->fault;
    int vector = probe(call_other, NULL);
    report(vector == VECTOR_UD, "I6", "the other instruction", "vector %d", vector);
    memory_open(true);
    vector = probe(call_by_user, NULL);
    memory_open(false);
    const uint8_t *at = (const uint8_t *)fault->rip;
    report(vector == VECTOR_UD && at[0] == 0x0f && at[1] == 0x01, "I6", "user level",
           "vector %d at %02x %02x", vector, at[0], at[1]);
    vector = probe(call_by_32, NULL);
    at = (const uint8_t *)fault->rip;
    report(vector == VECTOR_UD && at[0] == 0x0f && at[1] == 0x01, "I6", "compatibility mode",
           "vector %d at %02x %02x", vector, at[0], at[1]);
}

void try_flood(uint32_t other)
{
    uint64_t done = 0, late = 0, wrong = 0, end = rdtsc() + boot_info.tsc_hz;
    while (rdtsc() < end) {
        uint64_t result = call_make(MANAGEMENT_START, other, 0);
        done += result == MANAGEMENT_DONE;
        late += result == MANAGEMENT_TOO_OFTEN;
        wrong += result != MANAGEMENT_DONE && result != MANAGEMENT_TOO_OFTEN;
    }
    report(done >= 1 && done <= KNOCKS_A_SECOND + 1 && late > 0 && wrong == 0, "I8", "flood",
           "%lu knocks, %lu too often, %lu other results", done, late, wrong);
}

/* Mostly near what is good: else nothing would come further than the first test. */
static uint64_t make_up(struct management_request *request, uint32_t domains)
{
    uint64_t dice = chance();
    for (size_t i = 0; i < sizeof(*request) / sizeof(uint64_t); i++) {
        ((uint64_t *)request)[i] = chance();
    }
    if (dice & 7) {
        request->version = MANAGEMENT_VERSION;
    }
    if (dice & 0x70) {
        request->call = (dice >> 8) % (MANAGEMENT_CALLS + 2);
    }
    if (dice & 0x3000) {
        request->index = (uint32_t)(dice >> 20) % (domains + 2);
    }
    if (dice & 0xc000) {
        request->detail = (uint32_t)(dice >> 30) % 8;
    }
    if (dice & 0x70000) {
        request->admin = (uint32_t)(dice >> 40) % (MAX_ADMINS + 1);
        request->from = request->bytes = 0;
        for (size_t i = 0; i < sizeof(request->reserved) / sizeof(request->reserved[0]); i++) {
            request->reserved[i] = 0;
        }
    }
    return dice >> 40 & 15 ? (uint64_t)request : chance() >> (dice >> 50 & 63);
}

void try_random(uint32_t domains, uint64_t count)
{
    struct management_request *request = (void *)call_page, asked;
    uint64_t results[MANAGEMENT_RESULTS] = {0}, odd = 0, changed = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (i % CALLS_A_READING == 0) {
            trail_read(NULL);
        }
        uint64_t at = make_up(request, domains);
        asked = *request;
        if (at != (uint64_t)request && at % PAGE_BYTES == 0) {
            at++; /* a page of ours may be anything, this payload too */
        }
        uint64_t result = call_at(at);
        *(result < MANAGEMENT_RESULTS ? &results[result] : &odd) += 1;
        for (size_t k = 0; result != MANAGEMENT_DONE && k < sizeof(asked); k++) {
            changed += ((const uint8_t *)request)[k] != ((const uint8_t *)&asked)[k];
        }
    }
    report(odd == 0 && changed == 0, "I6", "random",
           "%lu calls, seed %lu: %lu done, %lu bad pages, %lu without a right, %lu too often, "
           "%lu odd",
           count, seed, results[MANAGEMENT_DONE], results[MANAGEMENT_BAD_PAGE],
           results[MANAGEMENT_NO_RIGHT], results[MANAGEMENT_TOO_OFTEN], odd);
}
