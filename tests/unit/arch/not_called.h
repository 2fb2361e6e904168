/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the exits of one backend, that include its source: what they do not reach. */
#ifndef BULKHEAD_NOT_CALLED_H
#define BULKHEAD_NOT_CALLED_H

/* It has one body, whatever it takes. */
void not_called(void);
void not_called(void)
{
    fail_msg("something is called that these tests do not reach");
}
#define NOT_CALLED(name) __asm__(".globl " #name "\n.set " #name ", not_called")

NOT_CALLED(exit_cpuid);
NOT_CALLED(exit_rdmsr);
NOT_CALLED(exit_wrmsr);
NOT_CALLED(exit_xsetbv);
NOT_CALLED(exit_may_call);
NOT_CALLED(exit_call);
NOT_CALLED(exit_io_slow);
NOT_CALLED(exit_write_cr0);
NOT_CALLED(exit_write_cr4);
NOT_CALLED(exit_memory);
NOT_CALLED(life_end);
NOT_CALLED(panic);

#endif
