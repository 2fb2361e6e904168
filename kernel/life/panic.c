/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the machine. */
#include "arch/x86/include/stop.h"
#include "log.h"

_Noreturn void panic_halt(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
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
    log_open();
    log_print("\nbulkhead: panic on processor %u: ", cpu.apic_id);
    va_start(args, text);
    log_vprint(text, args);
    va_end(args);
    log_print("\nbulkhead: the machine is stopped\n");
    panic_halt();
}
