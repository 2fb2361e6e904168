; SPDX-License-Identifier: Apache-2.0
; What the first instruction of a life finds, and instructions around residue that C can't say.

section .bss
align 64
global early_gprs, early_rsp, early_rflags, early_cr2, early_cr3, early_cr8
early_gprs:   resq 15                   ; rax rbx rcx rdx rsi rdi rbp r8-r15
early_rsp:    resq 1
early_rflags: resq 1
early_cr2:    resq 1
early_cr3:    resq 1
early_cr8:    resq 1

section .text
bits 64

global guest_early
guest_early:
    mov [early_gprs], rax
    mov [early_gprs + 8], rbx
    mov [early_gprs + 16], rcx
    mov [early_gprs + 24], rdx
    mov [early_gprs + 32], rsi
    mov [early_gprs + 40], rdi
    mov [early_gprs + 48], rbp
    mov [early_gprs + 56], r8
    mov [early_gprs + 64], r9
    mov [early_gprs + 72], r10
    mov [early_gprs + 80], r11
    mov [early_gprs + 88], r12
    mov [early_gprs + 96], r13
    mov [early_gprs + 104], r14
    mov [early_gprs + 112], r15
    lea rax, [rsp + 8]                  ; before the call
    mov [early_rsp], rax
    pushfq
    pop qword [early_rflags]
    mov rax, cr2
    mov [early_cr2], rax
    mov rax, cr3
    mov [early_cr3], rax
    mov rax, cr8
    mov [early_cr8], rax
    ret

; A qword in text that a dying life changes: the next one must find the payload as it was built.
global text_canary
align 8
text_canary:
    dq 0x1122334455667788

; size_t nonzero_at(const void *from, size_t qwords): how many qwords before the first that is not
; zero, `qwords` if there is none.
global nonzero_at
nonzero_at:
    xor eax, eax
    mov rcx, rsi
    mov rdx, rsi
    test rcx, rcx
    jz .all
    repe scasq
    je .all
    sub rdx, rcx
    dec rdx
.all:
    mov rax, rdx
    ret

; void state_save(void *area, uint64_t components), void state_load(const void *area, uint64_t):
; XSAVE and XRSTOR.
global state_save, state_load
state_save:
    mov rdx, rsi
    shr rdx, 32
    mov eax, esi
    xsave64 [rdi]
    ret
state_load:
    mov rdx, rsi
    shr rdx, 32
    mov eax, esi
    xrstor64 [rdi]
    ret

; void fpu_save(void *area), void fpu_load(const void *area): the same without XSAVE.
global fpu_save, fpu_load
fpu_save:
    fxsave64 [rdi]
    ret
fpu_load:
    fxrstor64 [rdi]
    ret

; uint64_t xcr_read(uint32_t index), void xcr_write(uint32_t index, uint64_t value)
global xcr_read, xcr_write
xcr_read:
    mov ecx, edi
    xgetbv
    shl rdx, 32
    or rax, rdx
    ret
xcr_write:
    mov ecx, edi
    mov rdx, rsi
    shr rdx, 32
    mov eax, esi
    xsetbv
    ret
