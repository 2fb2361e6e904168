/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the machine. */
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/stop.h"
#include "kernel/format.h"
#include "log.h"

_Noreturn void panic_halt(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* The beginning of the text, for the next boot's audit trail. */
static void survive(const char *text, va_list args)
{
    uint64_t words[SURVIVOR_PANIC_WORDS] = {0};
    vformat((char *)words, sizeof(words), text, args);
    for (uint32_t i = 0; i < SURVIVOR_PANIC_WORDS; i++) {
        stop_page.survivor.word[SURVIVOR_PANIC + i] = words[i];
        stop_page.survivor.complement[SURVIVOR_PANIC + i] = ~words[i];
    }
    machine_write_back(&stop_page.survivor, sizeof(stop_page.survivor));
}

_Noreturn void panic(const char *text, ...)
{
    static PER_CPU bool panicking;
    va_list args;
    if (panicking)
        panic_halt();
    panicking = true;
    if (!stop_others())
        panic_halt();
    va_start(args, text);
    survive(text, args);
    va_end(args);
    log_open();
    log_print("\nbulkhead: panic on processor %u: ", cpu.apic_id);
    va_start(args, text);
    log_vprint(text, args);
    va_end(args);
    log_print("\nbulkhead: the machine is stopped\n");
    panic_halt();
}
