/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Test kernels that panic, or refuse, on the processor with APIC id 1, at the place that the linker
 * gives as `panic_place` (tests/boot/rules.mk). The kernel itself is unchanged: the linker leads
 * its calls of some functions here (ld --wrap).
 */
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/machine.h"
#include "arch/x86/include/mce.h"
#include "arch/x86/include/stop.h"
#include "kernel/format.h"
#include "kernel/life/log.h"

enum place {
    AT_ENTRY = 1,     /* it has no interrupt table yet, and its APIC is as firmware left it */
    BEFORE_CHECK = 2, /* in VMX operation; the boot processor waits for its answer */
    AT_RELEASE = 3,   /* it has answered; the boot processor goes on */
    AT_END_OF_LIFE,   /* all domains run */
    NEVER_BUT_INTEL, /* none: machine checks are judged by Intel's rules, in an emulator of AMD's */
    NEVER_BUT_REFUSED, /* none: a processor says that it can't go on */
};
extern const uint8_t panic_place[];

void __real_kernel_ap_main(uint32_t index);
void __wrap_kernel_ap_main(uint32_t index);
const char *__real_machine_setup_guest(void);
const char *__wrap_machine_setup_guest(void);
_Noreturn void __real_life_run(void);
_Noreturn void __wrap_life_run(void);
_Noreturn void __real_life_end(enum life_end cause);
_Noreturn void __wrap_life_end(enum life_end cause);
void __real_mce_setup(struct mce_found *found);
void __wrap_mce_setup(struct mce_found *found);
void __wrap_log_print(const char *text, ...) __attribute__((format(printf, 1, 2)));

static void panic_at(enum place place)
{
    uint32_t leaf[4];
    cpu_cpuid(1, 0, leaf);
    if ((uint64_t)panic_place == place && leaf[1] >> 24 == 1)
        panic("I9: a test at place %u", place);
}

void __wrap_kernel_ap_main(uint32_t index)
{
    panic_at(AT_ENTRY);
    __real_kernel_ap_main(index);
}

const char *__wrap_machine_setup_guest(void)
{
    uint32_t leaf[4];
    panic_at(BEFORE_CHECK);
    cpu_cpuid(1, 0, leaf);
    if ((uint64_t)panic_place == NEVER_BUT_REFUSED && leaf[1] >> 24 == 1)
        return "a test at place 6";
    return __real_machine_setup_guest();
}

void __wrap_mce_setup(struct mce_found *found)
{
    __real_mce_setup(found);
    if ((uint64_t)panic_place == NEVER_BUT_INTEL)
        mce.rules = MCE_RECOVERY;
}

_Noreturn void __wrap_life_run(void)
{
    panic_at(AT_RELEASE);
    __real_life_run();
}

_Noreturn void __wrap_life_end(enum life_end cause)
{
    panic_at(AT_END_OF_LIFE);
    __real_life_end(cause);
}

static void wait_a_second(void)
{
    uint64_t hz = machine.features.tsc_hz ? machine.features.tsc_hz : 50000000;
    for (uint64_t start = cpu_rdtsc(); cpu_rdtsc() - start < hz;)
        stop_pause();
}

/* Before its last line a panic lets the others show whether they have stopped. */
void __wrap_log_print(const char *text, ...)
{
    char line[512];
    va_list args;
    uint32_t leaf[4];
    cpu_cpuid(1, 0, leaf);
    va_start(args, text);
    if (leaf[1] >> 24 == 1) {
        if (text[0] == '\n' && text[11] == 't') { /* "\nbulkhead: the machine is stopped" */
            wait_a_second();
            log_write("\ntest: the others have had a second");
            wait_a_second();
        }
    }
    vformat(line, sizeof(line), text, args);
    va_end(args);
    log_write(line);
}
