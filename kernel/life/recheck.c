/* SPDX-License-Identifier: Apache-2.0 */
/* The separation check, once more: see the header. */
#include "recheck.h"
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/upcalls.h"
#include "arch/x86/include/vcpu.h"
#include "audit.h"
#include "kernel/check/separation.h"
#include "tell.h"

static PER_DOMAIN struct {
    volatile uint32_t asked; /* number of the last one */
    volatile uint32_t found;
    volatile uint32_t done[MAX_DOMAIN_CPUS]; /* by each processor: the last one that it has done */
} recheck;
static PER_CPU volatile bool under_way;

/*
 * After a piece the guest goes on for so many times as long as that took: it keeps seven eighths of
 * its processor on every machine, and the whole takes eight times as long as the work alone, which
 * is a few milliseconds a GiB with the smallest pages.
 */
enum { GUEST_SHARE = 7 };

void recheck_ask(void)
{
    recheck.found = 0;
    __atomic_store_n(&recheck.asked, recheck.asked + 1, __ATOMIC_RELEASE);
    for (uint32_t local = 0; local < cpu.domain->cpu_count; local++)
        life_request(local, 0, 0);
}

bool recheck_go_on(bool guest)
{
    uint32_t asked = __atomic_load_n(&recheck.asked, __ATOMIC_ACQUIRE);
    if (recheck.done[cpu.local] == asked)
        return false;
    uint64_t began = machine_tsc();
    /* What a machine check breaks off in a piece begins anew. */
    if (!__atomic_exchange_n(&under_way, false, __ATOMIC_RELAXED))
        separation_begin();
    under_way = separation_go_on() == CHECK_GOES_ON;
    if (under_way)
        return !guest || !vcpu_come_back((machine_tsc() - began) * GUEST_SHARE);
    if (!separation_result.ok) {
        const char *broken = separation_result.invariant; /* "I1" to "I12" */
        tell_found(broken, separation_result.text);
        recheck.found = (uint32_t)(broken[2] ? 10 + broken[2] - '0' : broken[1] - '0');
    }
    __atomic_store_n(&recheck.done[cpu.local], asked, __ATOMIC_RELEASE);
    life_request(0, 0, 0);
    return true;
}

bool recheck_is_done(void)
{
    struct public_page *page = public_page();
    for (uint32_t local = 0; local < cpu.domain->cpu_count; local++)
        if (__atomic_load_n(&recheck.done[local], __ATOMIC_ACQUIRE) != recheck.asked)
            return false;
    if (page->checks != recheck.asked)
        audit_own(AUDIT_CHECK, recheck.found, 0, 0);
    page->check_failed = recheck.found;
    page->checks = recheck.asked;
    return true;
}

uint32_t recheck_found(void)
{
    return recheck.found;
}
