/* SPDX-License-Identifier: Apache-2.0 */
/* platform.h and clock.h on the bare machine. */
#include "platform.h"
#include "clock.h"
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/call.h"
#include "net.h"
#include "start.h"

enum { TIMER_VECTOR = 0x40, LONGEST_MS = 3600000 };

static uint64_t began;

void clock_start(void)
{
    if (!boot_info.tsc_hz) {
        console_end("the boot information has no rate of the TSC");
    }
    began = rdtsc();
    apic_enable();
    timer_init(TIMER_VECTOR);
}

/*
 * What came between the last look and here is pending, as interrupts are off, and ends the HLT at
 * once: STI lets none in before the instruction behind it.
 */
void clock_sleep(uint64_t milliseconds)
{
    if (milliseconds == 0) {
        return;
    }
    if (milliseconds != NET_NEVER) {
        uint64_t ms = milliseconds < LONGEST_MS ? milliseconds : LONGEST_MS;
        timer_at(rdtsc() + ms / 1000 * boot_info.tsc_hz + ms % 1000 * boot_info.tsc_hz / 1000);
    }
    wait_for_interrupt();
}

enum management_result platform_call(const struct management_request *request, const void *data,
                                     void *answer, size_t room)
{
    struct management_request *page = (void *)call_page;
    if (request->bytes > MANAGEMENT_WRITE_BYTES) {
        return MANAGEMENT_BAD_ARGUMENT;
    }
    *page = *request;
    page->version = MANAGEMENT_VERSION;
    __builtin_memcpy(page + 1, data, data ? request->bytes : 0);
    uint64_t result = call_at((uint64_t)call_page);
    if (result == MANAGEMENT_DONE) {
        __builtin_memcpy(answer, call_page, room < PAGE_BYTES ? room : PAGE_BYTES);
    }
    return result < MANAGEMENT_RESULTS ? (enum management_result)result : MANAGEMENT_BAD_CALL;
}

bool platform_is_intel(void)
{
    return is_intel();
}

uint64_t platform_milliseconds(void)
{
    uint64_t ticks = rdtsc() - began, hz = boot_info.tsc_hz;
    return ticks / hz * 1000 + ticks % hz * 1000 / hz;
}

uint64_t platform_unix_time(void)
{
    uint64_t since = rdtsc() - boot_info.unix_time_tsc;
    return boot_info.unix_time ? boot_info.unix_time + since / boot_info.tsc_hz : 0;
}

uint64_t platform_tsc(void)
{
    return rdtsc();
}
