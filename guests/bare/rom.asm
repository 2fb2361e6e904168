; SPDX-License-Identifier: Apache-2.0
; Firmware of 64 KiB that starts an elf64 payload on a bare emulator in the state that
; kernel/abi/guest.h promises, so that payloads can be tried without the hypervisor. The runner
; puts the ELF file and a configuration block into memory; there is no error handling.

PAYLOAD        equ 0x06000000           ; the ELF file
CONFIG         equ 0x07000000           ; see the fields below
CONFIG_CPUS    equ CONFIG
CONFIG_TSC_HZ  equ CONFIG + 8
CONFIG_RAM     equ CONFIG + 16          ; bytes, a multiple of 2 MiB
CONFIG_CMDLINE equ CONFIG + 24

GDT            equ 0x1000               ; addresses of guest.h
CMDLINE        equ 0x3000
BOOT_INFO      equ 0x4000
PAGE_TABLES    equ 0x10000
STACK_TOP      equ 0x10000

org 0xffff0000

gdt_image:
    dq 0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cf9b000000ffff
GDT_BYTES equ $ - gdt_image
CODE32    equ 0x20

bits 16
start16:
    cli
    o32 lgdt [cs:rom_gdt - gdt_image]
    mov eax, cr0
    and eax, ~0x60000000                ; CD, NW
    or al, 1
    mov cr0, eax
    jmp dword CODE32:start32
align 4
rom_gdt:
    dw GDT_BYTES - 1
    dd gdt_image

bits 32
start32:
    mov eax, 0x18
    mov ds, eax
    mov es, eax
    mov ss, eax
    mov al, 0xff                        ; both interrupt controllers masked
    out 0x21, al
    out 0xa1, al
    mov esi, gdt_image
    mov edi, GDT
    mov ecx, GDT_BYTES
    rep movsb
    ; PML4, PDPT and four page directories that map 4 GiB
    mov edi, PAGE_TABLES
    mov dword [edi], PAGE_TABLES + 0x1003
    mov eax, PAGE_TABLES + 0x2003
    lea edi, [edi + 0x1000]
    mov ecx, 4
.pdpt:
    mov [edi], eax
    add eax, 0x1000
    add edi, 8
    loop .pdpt
    mov edi, PAGE_TABLES + 0x2000
    mov eax, 0x83
    mov ecx, 4 * 512
.directory:
    mov [edi], eax
    add eax, 0x200000
    add edi, 8
    loop .directory
    mov eax, 0x620                      ; PAE, OSFXSR, OSXMMEXCPT
    mov cr4, eax
    mov eax, PAGE_TABLES
    mov cr3, eax
    mov ecx, 0xc0000080
    rdmsr
    or eax, 1 << 8                      ; LME
    wrmsr
    mov eax, 0x80000033                 ; PG, NE, ET, MP, PE
    mov cr0, eax
    mov esp, STACK_TOP
    call pci
    lgdt [ram_gdt]
    jmp 0x10:start64

; QEMU's q35: ECAM (PCIEXBAR, 64 MiB) and BAR 0 of a device at 00:01.0 are where guest.h says.
PCI_ADDRESS equ 0xcf8
PCI_DATA    equ 0xcfc
Q35_BRIDGE  equ 0x29c08086
pci:
    mov ebx, pci_image
.next:
    mov dx, PCI_ADDRESS
    mov eax, 0x80000000
    out dx, eax
    mov dx, PCI_DATA
    in eax, dx
    cmp eax, Q35_BRIDGE
    jne .done
    mov dx, PCI_ADDRESS
    mov eax, [ebx]
    test eax, eax
    jz .done
    out dx, eax
    mov dx, PCI_DATA
    mov eax, [ebx + 4]
    out dx, eax
    add ebx, 8
    jmp .next
.done:
    ret
align 4
pci_image:
    dd 0x80000060, 0xe0000005           ; PCIEXBAR
    dd 0x80000810, 0xc0000000           ; 00:01.0: BAR 0,
    dd 0x80000804, 2                    ; memory decoding on
    dd 0
align 4
ram_gdt:
    dw GDT_BYTES - 1
    dd GDT

bits 64
start64:
    fninit
    mov esp, STACK_TOP
    mov ecx, 0x1b                       ; x2APIC mode; twice, else Bochs' LDR stays 0
    rdmsr
    or eax, 0xc00
    wrmsr
    wrmsr
    ; the payload's segments
    mov ebx, PAYLOAD
    movzx r8d, word [rbx + 56]          ; e_phnum
    mov r9, [rbx + 32]                  ; e_phoff
    add r9, rbx
.segment:
    mov rsi, [r9 + 8]                   ; p_offset
    add rsi, rbx
    mov rdi, [r9 + 24]                  ; p_paddr
    mov rcx, [r9 + 32]                  ; p_filesz
    mov rdx, [r9 + 40]                  ; p_memsz
    sub rdx, rcx
    rep movsb
    mov rcx, rdx
    xor eax, eax
    rep stosb
    add r9, 56
    dec r8d
    jnz .segment
    mov esi, CONFIG_CMDLINE
    mov edi, CMDLINE
    mov ecx, 2048
    rep movsb
    call boot_info
    mov r15, [rbx + 24]                 ; e_entry
    xor eax, eax
    xor ebx, ebx
    xor ecx, ecx
    xor edx, edx
    xor esi, esi
    xor ebp, ebp
    xor r8d, r8d
    xor r9d, r9d
    xor r10d, r10d
    xor r11d, r11d
    xor r12d, r12d
    xor r13d, r13d
    xor r14d, r14d
    mov edi, BOOT_INFO
    mov rsp, STACK_TOP
    push r15
    xor r15d, r15d
    push 2
    popfq
    ret

; Fills struct guest_boot_info; memory as a domain's, without the ACPI range.
boot_info:
    mov esi, info_image
    mov edi, BOOT_INFO
    mov ecx, INFO_BYTES
    rep movsb
    mov edi, BOOT_INFO
    mov rax, [CONFIG_TSC_HZ]
    mov [rdi + info_tsc_hz - info_image], rax
    mov eax, [CONFIG_CPUS]
    mov [rdi + info_cpu_count - info_image], eax
    mov rax, [CONFIG_RAM]
    sub rax, 0x100000
    mov [rdi + info_high_bytes - info_image], rax
    ret

align 8
info_image:
    dq 0x4f464e49544f4f42               ; magic
    dd 1, 4096                          ; version, bytes
.name:
    db "bare"
    times 32 - ($ - .name) db 0
info_tsc_hz:
    dq 0
    dq 0, 0, 0                          ; time, its TSC, RSDP
    dq CMDLINE
info_cpu_count:
    dd 0
    dd 2                                ; ranges of memory
    dd 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    dq 0, 0xa0000
    dd 1, 0
    dq 0x100000
info_high_bytes:
    dq 0
    dd 1, 0
INFO_BYTES equ $ - info_image

times 0xfff0 - ($ - $$) db 0xff
bits 16
    jmp near start16
times 0x10000 - ($ - $$) db 0xff
