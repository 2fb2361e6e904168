/* SPDX-License-Identifier: Apache-2.0 */
/* The end of start-up, in code that stays. */
#include "settle.h"
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/stop.h"
#include "arch/x86/include/trap.h"
#include "arch/x86/include/upcalls.h"
#include "format.h"
#include "kernel/life/memory.h"

PER_CPU struct answer settle_answer;
static PER_CPU struct settle_last last;

void settle_check(uint64_t back)
{
    struct answer *answer = &settle_answer;
    machine_use_page_table(cpu.place->page_table);
    if (answer->text[0] == 0) {
        uint64_t start = machine_tsc();
        separation_begin();
        while (separation_go_on() == CHECK_GOES_ON)
            continue;
        answer->ticks = machine_tsc() - start;
        answer->check = separation_result;
        answer->ok = separation_result.ok;
        if (!answer->ok)
            format(answer->text, sizeof(answer->text), "separation check, %s, processor %u: %s",
                   separation_result.invariant, cpu.apic_id, separation_result.text);
    }
    __atomic_store_n(&answer->ready, 1, __ATOMIC_RELEASE);
    machine_use_page_table(back);
}

_Noreturn void settle(void)
{
    settle_check(cpu.place->page_table);
    cpu_fresh_stack(life_run);
}

/* Of what start-up had, only the page table that this runs on keeps its bytes, with no owner. */
static void let_go(void)
{
    for (unsigned i = 0; i < sizeof(last.zeroed) / sizeof(last.zeroed[0]); i++)
        memory_zero((void *)last.zeroed[i].base, last.zeroed[i].bytes);
    stop_heed();
    for (uint32_t i = 0; i < last.domains; i++)
        __atomic_store_n(last.go[i], 1, __ATOMIC_RELEASE);
    memory_zero(&last, sizeof(last));
    machine_use_page_table(cpu.place->page_table);
    cpu_leave_stack(life_run);
}

_Noreturn void settle_release(const struct settle_last *what)
{
    last = *what;
    cpu_fresh_stack(let_go);
}
