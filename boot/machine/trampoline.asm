; SPDX-License-Identifier: Apache-2.0
; The trampoline: copied to a page below 1 MiB. The other processors enter it by SIPI in real mode
; at offset 0, CS = the page, and wait in it. Nothing in it can fail: an NMI, that is a panic, halts.
; The boot processor's way into the kernel is text of the loader's own: firmware that enforces NX
; lets no page run that was allocated (TRAPS 52).

WORDS         equ 0x800                 ; kernel/abi/trampoline.h
WORD_BOOT_CR3 equ WORDS
WORD_CR3      equ WORDS + 8
WORD_INDEX    equ WORDS + 16
WORD_ARRIVED  equ WORDS + 20
WORD_RELEASE  equ WORDS + 24
STACK         equ 0x1000                ; for an NMI's frame, which nobody reads
VECTOR_NMI    equ 2
%define AT(label) (label - trampoline_begin)

section .rodata progbits alloc noexec nowrite align=16

global trampoline_begin:data hidden, trampoline_end:data hidden
trampoline_begin:
bits 16
    cli
    cld
    mov ax, cs
    mov ds, ax
    xor ebx, ebx
    mov bx, ax
    shl ebx, 4                          ; EBX = linear address of this page
    lea eax, [ebx + AT(gdt)]
    mov [AT(gdt_pointer) + 2], eax
    lea eax, [ebx + AT(idt)]
    mov [AT(idt_pointer) + 2], eax
    lea eax, [ebx + AT(halt)]
    mov [AT(idt) + 16 * VECTOR_NMI], ax
    shr eax, 16
    mov [AT(idt) + 16 * VECTOR_NMI + 6], ax
    lea eax, [ebx + AT(long_mode)]
    mov [AT(far_pointer)], eax
    o32 lgdt [AT(gdt_pointer)]
    mov eax, 0x20                       ; CR4.PAE
    mov cr4, eax
    mov eax, [WORD_BOOT_CR3]
    mov cr3, eax
    mov ecx, 0xc0000080                 ; IA32_EFER: LME, NXE
    mov eax, 0x900
    xor edx, edx
    wrmsr
    mov eax, 0x80010033                 ; PG, WP, NE, ET, MP, PE
    mov cr0, eax
    o32 jmp far [AT(far_pointer)]
bits 64
long_mode:
    lidt [rbx + AT(idt_pointer)]
    lea rsp, [rbx + STACK]
    mov edi, [rbx + WORD_INDEX]
    mov rsi, [rbx + WORD_CR3]
    mov dword [rbx + WORD_ARRIVED], 1
wait_for_release:
    pause
    mov rax, [rbx + WORD_RELEASE]
    test rax, rax
    jz wait_for_release
    jmp rax
halt:
    cli
    hlt
    jmp halt

align 16
idt:
    times VECTOR_NMI dq 0, 0
    dw 0, 8, 0x8e00, 0                  ; interrupt gate, 64-bit code
    dd 0, 0
idt_end:
gdt:
    dq 0
    dq 0x00af9b000000ffff               ; 64-bit code
    dq 0x00cf93000000ffff
gdt_pointer:
    dw 23
    dd 0
idt_pointer:
    dw idt_end - idt - 1
    dq 0
far_pointer:
    dd 0
    dw 8
trampoline_end:

; _Noreturn void loader_jump(uint64_t page_table, uint64_t entry): in one page, which both page
; tables map. A shadow stack that firmware has set up ends here, before the kernel's first CALL.
section .text progbits alloc exec nowrite align=64

CR4_CET equ 23

global loader_jump:function hidden
loader_jump:
    mov rax, cr4
    btr rax, CR4_CET
    mov cr4, rax
    mov cr3, rdi
    jmp rsi
