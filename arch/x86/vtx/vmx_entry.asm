; SPDX-License-Identifier: Apache-2.0
; VM exit and entry. Intel SDM, "VM Exits", "VM Entries".
;
; The guest's general registers lie in this processor's `vcpu` at a fixed address, so they are
; saved without a free register and without touching the stack. The three instructions before the
; guest runs are a restartable sequence (TRAPS 10): an NMI in it sets `knock` and goes back to the
; test, so that no knock is lost. VMRESUME fails before the first entry, then VMLAUNCH does it.

%include "arch/x86/vcpu.inc"

default rel
bits 64

extern vmx_exit, vmx_knocked, vmx_entry_failed, cpu_stack_top

section .text.hot progbits alloc exec nowrite align=16

global vmx_exit_stub, vcpu_enter
vmx_exit_stub:
    GUEST SAVE
    call vmx_exit
resume:
    GUEST LOAD
restart_test:
    cmp byte [vcpu + VCPU_KNOCK], 0
    jne knocked
    vmresume
    vmlaunch
restart_end:
    lea rsp, [cpu_stack_top]
    call vmx_entry_failed

knocked:                                ; the guest's registers are still in `vcpu`
    call vmx_knocked
    jmp resume

vcpu_enter:
    lea rsp, [cpu_stack_top]
    jmp resume

section .rodata progbits alloc noexec nowrite align=8
global vcpu_restart_begin, vcpu_restart_end
vcpu_restart_begin: dq restart_test
vcpu_restart_end: dq restart_end
