; SPDX-License-Identifier: Apache-2.0
; Entry of a payload, start of siblings, interrupt stubs and the landing of probe().

CPU_BYTES      equ 24 << 10             ; as in cpu.h
CPU_RECOVER    equ 0
FIRST_TSS      equ 0x40                 ; selector of processor 0's TSS
CODE_SELECTOR  equ 0x10
DATA_SELECTOR  equ 0x18
EFER           equ 0xc0000080

extern cpus, gdt_descriptor, idt_descriptor
extern guest_early, guest_start, interrupt_dispatch, sibling_enter

section .text
bits 64

; Nothing has changed a register yet when guest_early runs: a payload that looks for residue
; records it there. guest_early preserves RDI.
global _start
_start:
    call guest_early
    mov rsp, cpus + CPU_BYTES
    xor ebp, ebp
    call guest_start
.halt:
    cli
    hlt
    jmp .halt

; rax = this processor's struct cpu; the task register says which one that is.
%macro this_cpu 0
    xor eax, eax
    str ax
    sub eax, FIRST_TSS
    shr eax, 4
    imul rax, rax, CPU_BYTES
    add rax, cpus
%endmacro

; int probe(void (*function)(void *), void *arg)
global probe, probe_landing
probe:
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    pushfq
    this_cpu
    push qword [rax + CPU_RECOVER]
    mov [rax + CPU_RECOVER], rsp
    mov rax, rdi
    mov rdi, rsi
    sub rsp, 8                          ; as the ABI wants it before a call
    call rax
    add rsp, 8
    mov eax, -1                         ; NO_FAULT
; An exception ends here, with its vector in eax and rsp as probe() left it in the struct cpu.
probe_landing:
    mov edx, eax
    this_cpu
    pop qword [rax + CPU_RECOVER]
    popfq
    mov eax, edx
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    cld
    ret

; Exceptions that push an error code.
%define HAS_ERROR(v) ((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17 || (v) == 21 || \
                      (v) == 29 || (v) == 30)
STUB_BYTES equ 16

global interrupt_stubs
align 16
interrupt_stubs:
%assign vector 0
%rep 256
    align STUB_BYTES
%if !HAS_ERROR(vector)
    push 0
%endif
    push strict dword vector
    jmp strict near interrupt_common
%assign vector vector + 1
%endrep

align 16
interrupt_common:
    push rax
    push rbx
    push rcx
    push rdx
    push rsi
    push rdi
    push rbp
    push r8
    push r9
    push r10
    push r11
    push r12
    push r13
    push r14
    push r15
    cld
    mov rdi, rsp
    mov rbp, rsp
    and rsp, -16
    call interrupt_dispatch
    mov rsp, rbp
    pop r15
    pop r14
    pop r13
    pop r12
    pop r11
    pop r10
    pop r9
    pop r8
    pop rbp
    pop rdi
    pop rsi
    pop rdx
    pop rcx
    pop rbx
    pop rax
    add rsp, 16
    iretq

; A sibling arrives here from the trampoline, in 64-bit mode, rdi = its struct cpu.
sibling_long:
    mov eax, DATA_SELECTOR
    mov ds, eax
    mov es, eax
    mov ss, eax
    xor eax, eax
    mov fs, eax
    mov gs, eax
    lea rsp, [rdi + CPU_BYTES]
    lgdt [gdt_descriptor]
    lidt [idt_descriptor]
    mov eax, [rdi + 48]                 ; struct cpu's index
    shl eax, 4
    add eax, FIRST_TSS
    ltr ax
    xor ebp, ebp
    call sibling_enter
.halt:
    sti
    hlt
    jmp .halt

; Copied to a page below 1 MiB. cpu.c fills the fields at its end.
global trampoline, trampoline_end, trampoline_fields
bits 16
trampoline:
    cli
    mov ax, cs
    mov ds, ax
    mov eax, [trampoline_fields - trampoline + 8]
    mov cr4, eax
    mov eax, [trampoline_fields - trampoline + 4]
    mov cr3, eax
    mov ecx, EFER
    mov eax, [trampoline_fields - trampoline + 12]
    xor edx, edx
    wrmsr
    mov edi, [trampoline_fields - trampoline + 16]
    o32 lgdt [trampoline_fields - trampoline + 24]
    mov eax, [trampoline_fields - trampoline]
    mov cr0, eax
    jmp dword CODE_SELECTOR:sibling_long
align 8, db 0
trampoline_fields:                      ; struct trampoline of cpu.c
    times 32 db 0
trampoline_end:
