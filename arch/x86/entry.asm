; SPDX-License-Identifier: Apache-2.0
; Ways into the hypervisor other than a VM exit: host exceptions, NMI, and the stubs that drain a
; local APIC.

default rel
bits 64

%include "arch/x86/vcpu.inc"

extern trap_panic, mce_look
extern stop_page, stop_own, panic_halt
extern cpu_stack, cpu_stack_top, vcpu_restart_begin, vcpu_restart_end

section .text progbits alloc exec nowrite align=16

; void cpu_leave_stack(void (*function)(void)): goes on with `function` on an empty stack.
global cpu_leave_stack
cpu_leave_stack:
    lea rsp, [cpu_stack_top]
    call rdi
    ud2

; void cpu_fresh_stack(void (*function)(void)): the same, after the stack is zeroed.
global cpu_fresh_stack
cpu_fresh_stack:
    mov rdx, rdi
    lea rdi, [cpu_stack]
    lea rcx, [cpu_stack_top]
    sub rcx, rdi
    xor eax, eax
    rep stosb
    mov rdi, rdx
    jmp cpu_leave_stack

; void cpu_unblock_nmi(void): an IRET, which ends the blocking that an NMI exit leaves (TRAPS 11).
global cpu_unblock_nmi
cpu_unblock_nmi:
    mov rax, rsp
    mov ecx, ss
    push rcx
    push rax
    pushfq
    mov ecx, cs
    push rcx
    lea rax, [.out]
    push rax
    iretq
.out:
    ret

; void cpu_park(void): waits until a knock has come, and takes it. `test, hlt` is restartable.
global cpu_park
cpu_park:
park_test:
    cmp byte [vcpu + VCPU_KNOCK], 0
    jne park_knocked
    hlt
park_end:
    jmp park_test
park_knocked:
    mov byte [vcpu + VCPU_KNOCK], 0
    ret

; An instruction with each of some operands.
%macro EACH 2-*
%xdefine instruction %1
%rep %0 - 1
%rotate 1
    instruction %1
%endrep
%endmacro

; Whoever was about to enter the guest or to rest tests again: a knock may have come. Takes RAX.
%macro REWIND 1                         ; where the RIP lies
    mov rax, [vcpu_restart_begin]
    cmp [%1], rax
    jb %%not_entry
    mov rax, [vcpu_restart_end]
    cmp [%1], rax
    jae %%not_entry
    mov rax, [vcpu_restart_begin]
    mov [%1], rax
%%not_entry:
    lea rax, [park_test]
    cmp [%1], rax
    jb %%out
    lea rax, [park_end]
    cmp [%1], rax
    jae %%out
    lea rax, [park_test]
    mov [%1], rax
%%out:
%endmacro

; A knock, the board's own (kernel/life/nmi.h), or another processor panics
; (arch/x86/include/stop.h).
nmi_entry:
    cmp dword [stop_page], 0
    je .knock
    cmp byte [stop_own], 0
    je panic_halt
.knock:
    inc dword [vcpu + VCPU_NMIS]
    mov byte [vcpu + VCPU_KNOCK], 1
    push rax
    REWIND rsp + 8
    pop rax
    iretq

; An interrupt that a stopped domain left pending in the local APIC: acknowledge it, and leave
; interrupts off, so that none comes upon another and the stack has an end.
drain_entry:
    push rax
    push rcx
    push rdx
drain:
    mov ecx, 0x80b                      ; IA32_X2APIC_EOI
    xor eax, eax
    xor edx, edx
    wrmsr
    pop rdx
    pop rcx
    pop rax
spurious_entry:                         ; there was none: nothing to acknowledge
    and dword [rsp + 16], ~0x200        ; IF of the RFLAGS that IRET loads
    iretq

; #MC; or, with no machine check in progress, an interrupt of that vector, which a stopped domain
; may have left like any other from 16 on. It goes back without IRET, which would let an NMI in where
; the stack of one is in use, and by way of the stack that it came from: all is the hypervisor's.
machine_check_entry:
    EACH push, rax, rcx, rdx
    mov ecx, 0x17a                      ; IA32_MCG_STATUS
    rdmsr
    test al, 4                          ; MCIP
    jz drain
    EACH push, rsi, rdi, r8, r9, r10, r11, rbp
    mov rbp, rsp
    and rsp, -16
    call mce_look
    REWIND rbp + 80                     ; a knock that came meanwhile saw another RIP
    mov rsp, [rbp + 104]
    EACH push, qword [rbp + 80], qword [rbp + 96] ; RIP, RFLAGS
%assign saved 72
%rep 10
    push qword [rbp + saved]
%assign saved saved - 8
%endrep
    mov ecx, 0x17a                      ; the next one may come: the stack for it is free
    xor eax, eax
    xor edx, edx
    wrmsr
    EACH pop, rbp, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax
    popfq
    ret

%assign vector 0
%rep 32
exception_ %+ vector:
%if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
    push 0
%endif
    push vector
    jmp exception_common
%assign vector vector + 1
%endrep

exception_common:                       ; vector, error code, RIP, CS, RFLAGS, RSP, SS
    mov rdi, rsp
    and rsp, -16
    call trap_panic
    ud2

; void fpu_reset(void *image, uint64_t components): XRSTOR of an area that says "all initial".
global fpu_reset
fpu_reset:
    mov rax, rsi
    mov rdx, rsi
    shr rdx, 32
    xrstor64 [rdi]
    ret

section .rodata progbits alloc noexec nowrite align=16

global trap_entries, trap_nmi_entry, trap_drain_entry, trap_spurious_entry
trap_entries:
%assign vector 0
%rep 32
%if vector == 18
    dq machine_check_entry
%else
    dq exception_ %+ vector
%endif
%assign vector vector + 1
%endrep
trap_nmi_entry: dq nmi_entry
trap_drain_entry: dq drain_entry
trap_spurious_entry: dq spurious_entry
