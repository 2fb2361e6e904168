; SPDX-License-Identifier: Apache-2.0
; VM exit and entry on AMD-V. AMD APM, "VMRUN Instruction", "Global Interrupt Flag".
;
; From an exit to the next entry the global interrupt flag is clear: an NMI that comes meanwhile
; stays pending and VMRUN exits with it at once, so the test for a knock needs no restartable
; sequence (TRAPS 10). What VMRUN does not switch (FS, GS, TR, LDTR, system call registers) is the
; host's while C runs (TRAPS 38). RAX travels in the VMCB; VMLOAD, VMSAVE and VMRUN take the
; physical address from it.

%include "arch/x86/vcpu.inc"

default rel
bits 64

extern svm_exit, svm_knocked, cpu_stack_top, vmcb, svm

VMCB_RAX equ 0x5f8
SVM_VMCB_HPA equ 0
SVM_HOST_HPA equ 8

section .text.hot progbits alloc exec nowrite align=16

global vcpu_enter
vcpu_enter:
    lea rsp, [cpu_stack_top]
    clgi
resume:
    cmp byte [vcpu + VCPU_KNOCK], 0
    jne knocked
    mov rax, [vcpu]
    mov [vmcb + VMCB_RAX], rax
    mov rax, [svm + SVM_VMCB_HPA]
    vmload
    GUEST_BUT_RAX LOAD
    vmrun
    GUEST_BUT_RAX SAVE
    mov rcx, [vmcb + VMCB_RAX]
    mov [vcpu], rcx
    vmsave                              ; after an exit RAX is what it was before VMRUN
    mov rax, [svm + SVM_HOST_HPA]
    vmload
    call svm_exit
    jmp resume

knocked:
    call svm_knocked
    jmp resume

; void vcpu_leave(void): interrupts and NMIs are taken again.
global vcpu_leave
vcpu_leave:
    stgi
    ret

section .rodata progbits alloc noexec nowrite align=8
global vcpu_restart_begin, vcpu_restart_end
vcpu_restart_begin: dq 0
vcpu_restart_end: dq 0
