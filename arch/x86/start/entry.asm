; SPDX-License-Identifier: Apache-2.0
; Ways into the hypervisor at its start: of the boot processor, and of the others.

default rel
bits 64

extern kernel_main, kernel_ap_main, cpu_stack_top

section .text progbits alloc exec nowrite align=16

; boot/ jumps here with CR3 = the boot page table, interrupts off.
global kernel_entry
kernel_entry:
    cld
    lea rsp, [cpu_stack_top]
    xor ebp, ebp
    call kernel_main
    ud2

; The others come here from the trampoline (kernel/abi/trampoline.h), on the boot page table; RSI =
; the processor's own, EDI = its index.
global kernel_ap_entry
kernel_ap_entry:
    mov cr3, rsi
    cld
    lea rsp, [cpu_stack_top]
    xor ebp, ebp
    call kernel_ap_main
    ud2
