; SPDX-License-Identifier: Apache-2.0
; Runs generated code with chosen registers, and a few sequences that need exact instructions.

section .bss
align 4096
global code_page
code_page: resb 4096

section .text
bits 64

; void code_run(struct code_registers *): loads the registers, calls code_page, stores them. The
; structure: rax rbx rcx rdx rsi rdi r8 r9 r10.
global code_run
code_run:
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    push rdi
    mov rax, [rdi]
    mov rbx, [rdi + 8]
    mov rcx, [rdi + 16]
    mov rdx, [rdi + 24]
    mov rsi, [rdi + 32]
    mov r8, [rdi + 48]
    mov r9, [rdi + 56]
    mov r10, [rdi + 64]
    mov r11, rax
    mov r12, rax
    mov r13, rax
    mov r14, rax
    mov r15, rax
    mov rbp, rax
    mov rdi, [rdi + 40]
    call code_page
    xchg rdi, [rsp]                     ; the structure; its rdi on the stack
    mov [rdi], rax
    mov [rdi + 8], rbx
    mov [rdi + 16], rcx
    mov [rdi + 24], rdx
    mov [rdi + 32], rsi
    mov [rdi + 48], r8
    mov [rdi + 56], r9
    mov [rdi + 64], r10
    pop rax
    mov [rdi + 40], rax
    cld
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret

; Waits on the stack rdi for an interrupt that can't be delivered; #UD if it never comes.
global spin_on_stack
spin_on_stack:
    mov rsp, rdi
    sti
    mov ecx, 4000000
.spin:
    pause
    dec ecx
    jnz .spin
    ud2

; A single step over an instruction that exits: the trap belongs behind it.
global step_over_cpuid, step_over_cpuid_end, step_over_out, step_over_out_end
step_over_cpuid:
    push rbx
    xor eax, eax
    xor ecx, ecx
    pushfq
    or qword [rsp], 0x100               ; TF
    popfq
    cpuid
step_over_cpuid_end:
    nop
    nop
    pop rbx
    ret

step_over_out:
    pushfq
    or qword [rsp], 0x100
    popfq
    out 0x80, al
step_over_out_end:
    nop
    nop
    ret

; Blocking by MOV SS ends with the instruction behind it, if that exits too: the pending trap of
; the single step must not be lost nor come early.
global step_mov_ss, step_mov_ss_end
step_mov_ss:
    push rbx
    xor ecx, ecx
    mov edx, ss
    pushfq
    or qword [rsp], 0x100
    xor eax, eax
    popfq
    mov ss, edx
    cpuid
step_mov_ss_end:
    nop
    nop
    pop rbx
    ret

; INT1 in that place is a trap of its own and no single step.
global step_int1, step_int1_end
step_int1:
    mov edx, ss
    pushfq
    or qword [rsp], 0x100
    popfq
    mov ss, edx
    db 0xf1
step_int1_end:
    nop
    nop
    ret

; void sti_cli(volatile uint32_t *word, uint32_t value, uint32_t turns): `sti; cli` for so many turns,
; or until the word has another value. An NMI may come in the shadow of STI, an interrupt never.
global sti_cli
sti_cli:
    sti
    cli
    cmp [rdi], esi
    jne .out
    dec edx
    jnz sti_cli
.out:
    ret

; An NMI's gate whose IRET faults: its code selector lies beyond the GDT.
global nmi_bad_iret, nmi_bad_iret_at
nmi_bad_iret:
    mov qword [rsp + 8], 0xfff8
nmi_bad_iret_at:
    iretq

; void at_user_level(const void *code): runs `code` at CPL 3 on a stack of its own; it ends by an
; exception, which probe() takes.
USER_CODE equ 0x30 | 3
USER_DATA equ 0x28 | 3
global at_user_level
at_user_level:
    push USER_DATA
    push user_stack_end
    push 2
    push USER_CODE
    push rdi
    iretq
section .bss
align 16
    resb 1024
user_stack_end:
