; SPDX-License-Identifier: Apache-2.0
; Last acts: ways to end a life, or to spend it badly, that C can't say.

UNBACKED      equ 0xd0000000
EFER          equ 0xc0000080

section .data
align 8
nothing_descriptor:
    dw 0
    dq 0
unbacked_descriptor:
    dw 0xfff
    dq UNBACKED

; Flat segments of 32-bit mode, kernel and user.
align 8
gdt32:
    dq 0, 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00cffb000000ffff, 0x00cff3000000ffff
gdt32_task:
    dq 0x0000890000000067, 0x0000890000000067 ; TSSs; their bases are filled in
gdt32_end:
FIRST_TASK    equ 0x30
SECOND_TASK   equ 0x38
KERNEL32_CODE equ 0x10
KERNEL32_DATA equ 0x18
USER32_CODE   equ 0x20 | 3
USER32_DATA   equ 0x28 | 3
gdt32_descriptor:
    dw gdt32_end - gdt32 - 1
    dq gdt32

; Gates 0-31 of 32-bit mode; all are absent at first.
align 8
idt32:
    times 32 dq 0
idt32_end:
idt32_descriptor:
    dw idt32_end - idt32 - 1
    dq idt32

; The task of a gate, as far as a processor that switches to it reads it.
align 8
task32:
    times 8 dd 0
    dd task_runs, 2                     ; EIP, EFLAGS
    times 4 dd 0
    dd stack32, 0, 0, 0                 ; ESP
    dd KERNEL32_DATA, KERNEL32_CODE, KERNEL32_DATA, KERNEL32_DATA, 0, 0, 0
    dd 0x680000
first_task32:
    times 26 dd 0

align 32
pdpt32_bad:
    dq 0x21, 0, 0, 0                    ; present, with a reserved bit
saved_cr0:
    dd 0
text_pae:
    db "attack: PASS I9 pae-pointers: #GP, nothing changed", 13, 10, 0
text_pae_wrong:
    db "attack: FAIL I9 pae-pointers: CR0 was changed", 13, 10, 0
text_pae_none:
    db "attack: PASS I9 pae-pointers: looked at when they are used", 13, 10, 0
text_refused:
    db "attack: PASS I9 task-gate: #DF where #GP could not be delivered", 13, 10, 0
text_switched:
    db "attack: PASS I9 task-gate: the emulator switches tasks by itself", 13, 10, 0

section .bss
align 16
    resb 4096
stack32:

section .text
bits 64

; No exception can be delivered: #UD, #DF, shutdown.
global last_triple
last_triple:
    lidt [nothing_descriptor]
    ud2

; All gates in memory that nothing backs, interrupts on.
global last_idt
last_idt:
    lidt [unbacked_descriptor]
    sti
.spin:
    pause
    jmp .spin

; Segments in memory that nothing backs, while interrupts load CS from there.
global last_gdt
last_gdt:
    lgdt [unbacked_descriptor]
    sti
.spin:
    pause
    jmp .spin

; Page tables in memory that nothing backs.
global last_cr3
last_cr3:
    mov eax, UNBACKED
    mov cr3, rax
    jmp $

; An instruction from memory that nothing backs.
global last_fetch
last_fetch:
    mov eax, UNBACKED
    jmp rax

; Interrupts off for ever, at work and asleep.
global last_hang, last_sleep
last_hang:
    cli
    jmp last_hang
last_sleep:
    cli
    hlt
    jmp last_sleep

; A data breakpoint on the slot where delivering #DB itself pushes SS: each delivery hits it again.
; The gate of #DB uses IST 1, so the slot stays the same. rdi = top of that stack.
global last_dbloop
last_dbloop:
    sub rdi, 8
    mov dr0, rdi
    mov eax, 0x00090402                 ; G0, write, 8 bytes
    mov dr7, rax
    mov qword [rdi], 0
.spin:
    pause
    jmp .spin

; #AC whose delivery is misaligned too: only outside IA-32e mode, where the processor doesn't align
; the stack, and only at CPL 3, so the handler runs there as well.
global last_acloop
last_acloop:
    mov edi, acloop32
    jmp go_32

; The gate of #GP is a task gate, and a task switch leaves the guest, which has none: #DF. Then that
; of #DF is one too, and this life is over.
global last_task
last_task:
    mov edi, task_gates32
    jmp go_32

; Leaves IA-32e mode and goes to edi, interrupts off, no paging.
go_32:
    cli
    lgdt [gdt32_descriptor]
    push KERNEL32_CODE
    mov eax, .compatibility
    push rax
    retfq
bits 32
.compatibility:
    mov eax, cr0
    and eax, ~(1 << 31)                 ; PG: leaves IA-32e mode
    mov cr0, eax
    mov ecx, EFER
    rdmsr
    and eax, ~(1 << 8)                  ; LME
    wrmsr
    mov eax, KERNEL32_DATA
    mov ds, eax
    mov es, eax
    mov ss, eax
    mov esp, stack32
    jmp edi

acloop32:
    mov eax, acloop_user
    mov [idt32 + 17 * 8], ax
    mov word [idt32 + 17 * 8 + 2], USER32_CODE
    mov word [idt32 + 17 * 8 + 4], 0xee00 ; present, DPL 3, 32-bit interrupt gate
    shr eax, 16
    mov [idt32 + 17 * 8 + 6], ax
    lidt [idt32_descriptor]
    mov eax, cr0
    or eax, 1 << 18                     ; AM
    mov cr0, eax
    push USER32_DATA
    push stack32 - 1                    ; misaligned
    push 0x40002                        ; EFLAGS.AC
    push USER32_CODE
    push acloop_user
    iretd
acloop_user:
    mov eax, [esp - 64]                 ; misaligned: #AC
    jmp acloop_user

task_gates32:
; PAE paging with a pointer that has a reserved bit, by a MOV that exits for the cache bit in it.
    lidt [idt32_descriptor]
    mov esi, text_pae_none
    xor eax, eax
    cpuid
    cmp ebx, 0x756e6547                 ; "Genu": others read no pointers at a MOV
    jne .said
    mov eax, .refused
    mov [idt32 + 13 * 8], ax
    mov word [idt32 + 13 * 8 + 2], KERNEL32_CODE
    mov word [idt32 + 13 * 8 + 4], 0x8e00
    shr eax, 16
    mov [idt32 + 13 * 8 + 6], ax
    mov eax, pdpt32_bad
    mov cr3, eax
    mov eax, cr0
    mov [saved_cr0], eax
    or eax, 0xc0000000                  ; PG, CD
    mov cr0, eax
.refused:
    mov eax, cr0
    mov esi, text_pae
    cmp eax, [saved_cr0]
    je .said
    mov esi, text_pae_wrong
.said:
    mov esp, stack32
    call say32
    mov eax, first_task32
    mov edi, gdt32_task
    call set_base
    mov eax, task32
    mov edi, gdt32_task + 8
    call set_base
    mov eax, FIRST_TASK
    ltr ax
    mov word [idt32 + 13 * 8 + 2], SECOND_TASK
    mov word [idt32 + 13 * 8 + 4], 0x8500 ; present, task gate
    mov eax, double_fault
    mov [idt32 + 8 * 8], ax
    mov word [idt32 + 8 * 8 + 2], KERNEL32_CODE
    mov word [idt32 + 8 * 8 + 4], 0x8e00 ; present, 32-bit interrupt gate
    shr eax, 16
    mov [idt32 + 8 * 8 + 6], ax
    mov eax, 0xfff8
    mov ds, eax                         ; #GP
    jmp $

set_base:
    mov [edi + 2], ax
    shr eax, 16
    mov [edi + 4], al
    mov [edi + 7], ah
    ret

double_fault:
    mov esi, text_refused
    call say32
    mov word [idt32 + 8 * 8 + 2], SECOND_TASK
    mov word [idt32 + 8 * 8 + 4], 0x8500
    mov eax, 0xfff8
    mov ds, eax
    jmp $

task_runs:
    mov esi, text_switched
    call say32
    lidt [nothing_descriptor]
    ud2

; Text at esi to COM1.
say32:
    mov dx, 0x3fd
    in al, dx
    test al, 0x40                       ; nothing is left to send
    jz say32
    lodsb
    mov dx, 0x3f8
    test al, al
    jz .done
    out dx, al
    jmp say32
.done:
    ret
