/* SPDX-License-Identifier: Apache-2.0 */
/* Stopping all processors: see the header. */
#include "arch/x86/include/stop.h"
#include "arch/x86/include/lapic.h"

PER_CPU volatile bool stop_own;
static PER_CPU bool takes_nmi;

/*
 * Either the panicking processor sees this word and sends its NMI, or this one sees the stop word:
 * both write theirs before they read the other's.
 */
void stop_take_nmi(void)
{
    takes_nmi = true;
    __atomic_store_n(&stop_page.takes_nmi[cpu.index], cpu.apic_id + 1, __ATOMIC_SEQ_CST);
    lapic_put_back();
    stop_heed();
}

/*
 * A processor that panics before its own set-up can't send: its APIC is in no known mode. All
 * others are then still in theirs, or wait for its answer, and look at the word.
 */
bool stop_others(void)
{
    stop_own = true;
    if (__atomic_exchange_n(&stop_page.stop, 1, __ATOMIC_SEQ_CST)) {
        stop_own = false;
        return false;
    }
    for (uint32_t i = 0; takes_nmi && i < MAX_CPUS; i++)
        if (i != cpu.index && stop_page.takes_nmi[i])
            lapic_send(stop_page.takes_nmi[i] - 1, LAPIC_NMI, 0);
    return true;
}
