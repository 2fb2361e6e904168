/* SPDX-License-Identifier: Apache-2.0 */
/* NMIs that are no knock: see the header. */
#include "nmi.h"
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/upcalls.h"
#include "arch/x86/include/vcpu.h"
#include "audit.h"
#include "faults.h"
#include "kernel/vm/vuart.h"
#include "log.h"

static PER_CPU struct {
    uint32_t seen, moved; /* bytes through the UART, as the last look found them, */
    uint64_t words;       /* and the words of knocks */
    uint64_t explained;   /* TSC until which any NMI is */
    uint64_t count, told, told_at;
} nmi;

/* A number that changes, but by a rare chance, with each word that somebody changes and knocks. */
static uint64_t words_of_knocks(uint32_t knocks)
{
    struct public_page *page = public_page();
    uint64_t sum = knocks + (faults_knocks() * 31ull + audit_knocks()) * 31;
    if (cpu.domain)
        sum = (((sum * 31 + page->go) * 31 + page->wish) * 31 + page->in_head) * 31 + page->faulted;
    return sum;
}

/* The line of the UART tells itself by bytes, and is not looked after while no guest runs. */
static bool line_may_have_knocked(void)
{
    const struct vuart *uart = &devices_uart;
    uint32_t before = nmi.moved;
    nmi.moved = (uint32_t)uart->in_head << 16 | uart->out_tail;
    return nmi.moved != before || (uart->uart.base && uart->page->state != LIFE_RUNNING);
}

/* At most once a second, the rest at a later look. All processors may see what one event was. */
static void tell(uint64_t now)
{
    if (nmi.count == nmi.told || now - nmi.told_at < slice()->tsc_hz)
        return;
    nmi.told = nmi.count;
    nmi.told_at = now;
    if (cpu.domain) {
        public_page()->nmis[cpu.local] = nmi.count;
        audit_own(AUDIT_NMI, nmi.count, 0, 0);
    }
    if (!slice()->tells_on_com1 || !(cpu.place->sources & HANDOFF_STARTED))
        return;
    log_join();
    log_print("bulkhead: processor %u: NMIs that nobody explains: %lu or more\n", cpu.apic_id,
              nmi.count);
}

void nmi_look(uint32_t nmis, uint32_t knocks)
{
    uint64_t words = words_of_knocks(knocks), now = machine_tsc(), grace = 0;
    if (cpu.domain && line_may_have_knocked())
        grace = slice()->tsc_hz / 10;
    if (words != nmi.words || vcpu.nmi_pending)
        grace = slice()->tsc_hz;
    if (grace && (int64_t)(now + grace - nmi.explained) > 0)
        nmi.explained = now + grace;
    if ((int64_t)(now - nmi.explained) > 0)
        nmi.count += nmis - nmi.seen;
    nmi.words = words;
    nmi.seen = nmis;
    tell(now);
}
