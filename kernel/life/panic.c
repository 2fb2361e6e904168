/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the machine. */
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/stop.h"
#include "kernel/format.h"
#include "log.h"

PER_CPU void (*panic_tell)(void);
PER_CPU uint64_t panic_table;

_Noreturn void panic_halt(void)
{
    if (panic_tell) {
        machine_use_page_table(panic_table);
        panic_tell();
    }
    for (;;)
        __asm__ volatile("cli; hlt");
}

void panic_keep(const char *text, va_list args)
{
    vformat(panic_record.text, sizeof(panic_record.text), text, args);
    panic_record.crc = record_crc(&panic_record);
    machine_write_back(&panic_record, sizeof(panic_record));
}

_Noreturn void panic(const char *text, ...)
{
    static PER_CPU bool panicking;
    va_list args;
    if (panicking)
        panic_halt();
    panicking = true;
    bool first = stop_others();
    panic_record.rip = (uint64_t)__builtin_return_address(0);
    panic_record.rsp = (uint64_t)__builtin_frame_address(0);
    va_start(args, text);
    panic_keep(text, args);
    va_end(args);
    if (!first)
        panic_halt();
    log_open();
    log_print("\nbulkhead: panic on processor %u: %s", cpu.apic_id, panic_record.text);
    log_print("\nbulkhead: the machine is stopped\n");
    panic_halt();
}
