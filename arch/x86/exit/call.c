/* SPDX-License-Identifier: Apache-2.0 */
/* The management call's way in. What it names is guest-physical: no walk through tables that
 * change meanwhile. */
#include "arch/x86/include/exit.h"
#include "arch/x86/include/guest_memory.h"

bool exit_may_call(void)
{
    return cpu.rules->flags & MANIFEST_IS_MANAGEMENT && vcpu_cpl() == 0 && guest_is_64();
}

void exit_call(uint64_t length)
{
    uint64_t gpa = vcpu.gpr[RAX];
    vcpu.gpr[RAX] = management_call(gpa % PAGE_BYTES ? NULL : guest_ram(gpa, PAGE_BYTES));
    vcpu_skip(length);
}
