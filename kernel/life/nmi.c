/* SPDX-License-Identifier: Apache-2.0 */
/* NMIs that are no knock: see the header. */
#include "nmi.h"
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/upcalls.h"
#include "arch/x86/include/vcpu.h"
#include "audit.h"
#include "faults.h"
#include "kernel/format.h"
#include "kernel/vm/devices.h"
#include "log.h"

static PER_CPU struct {
    uint32_t seen;
    uint64_t words;     /* as the last look found them */
    uint64_t explained; /* TSC until which any NMI is */
    uint64_t count, told, told_at;
} nmi;

/* A number that changes, but by a rare chance, with each word that somebody changes and knocks. */
static uint64_t words_of_knocks(uint32_t knocks)
{
    struct public_page *page = (struct public_page *)VA_PUBLIC;
    uint64_t sum = knocks + (uint64_t)faults_knocks() * 31;
    if (!cpu.domain)
        return sum;
    sum = ((sum * 31 + page->ticket) * 31 + page->in_head) * 31 + page->faulted;
    return slice()->auditor == cpu.apic_id
               ? sum * 31 + public_trail(page, cpu.domain->public_bytes)->next
               : sum;
}

/* At most once a second, the rest at a later look. All processors may see what one event was. */
static void tell(uint64_t now)
{
    char line[96];
    if (nmi.count == nmi.told || now - nmi.told_at < slice()->tsc_hz)
        return;
    nmi.told = nmi.count;
    nmi.told_at = now;
    if (cpu.domain)
        audit_own(AUDIT_NMI, nmi.count, 0, 0);
    if (!slice()->tells_on_com1 || !(cpu.place->sources & HANDOFF_STARTED))
        return;
    format(line, sizeof(line), "bulkhead: processor %u: NMIs that nobody explains: %lu or more\n",
           cpu.apic_id, nmi.count);
    log_join();
    log_write(line);
}

void nmi_look(uint32_t knocks)
{
    uint32_t nmis = __atomic_load_n(&vcpu.nmis, __ATOMIC_ACQUIRE); /* before what explains them */
    uint64_t words = words_of_knocks(knocks), now = machine_tsc(), until = nmi.explained;
    if (cpu.domain && cpu.local == 0 && devices_may_have_knocked())
        until = now + slice()->tsc_hz / 10;
    if (words != nmi.words || vcpu.nmi_pending)
        until = now + slice()->tsc_hz;
    if ((int64_t)(until - nmi.explained) > 0)
        nmi.explained = until;
    if ((int64_t)(now - nmi.explained) > 0)
        nmi.count += nmis - nmi.seen;
    nmi.words = words;
    nmi.seen = nmis;
    if (cpu.domain)
        ((struct public_page *)VA_PUBLIC)->nmis[cpu.local] = nmi.count;
    tell(now);
}
