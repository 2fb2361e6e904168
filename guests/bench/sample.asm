; SPDX-License-Identifier: Apache-2.0
; One measured operation a function: sample_NAME() runs it bench_loops times between two readings
; of the TSC, base_NAME() everything but the operation. Both return the difference of the readings.

APIC_EOI     equ 0x80b
APIC_ICR     equ 0x830
SELF_IPI     equ 0x83f
TSC_DEADLINE equ 0x6e0
DENIED_MSR   equ 0x480                  ; IA32_VMX_BASIC: no domain is granted VMX
UART_THR     equ 0x3f8
UART_LSR     equ 0x3fd
UART_SCR     equ 0x3ff
CONFIG_DATA  equ 0xcfc
UNBACKED     equ 0xd0000000             ; in the hole below 4 GiB, mapped by the entry page tables

section .bss
global bench_register, bench_register_value, bench_vector_control
bench_register:       resq 1            ; where a function's Command is in the ECAM window
bench_vector_control: resq 1            ; of an entry of its MSI-X table
bench_register_value: resd 1            ; what Command is written
global bench_loops, bench_command, bench_destination, bench_vector, bench_hits, bench_events
bench_loops:       resd 1
bench_command:     resd 1               ; ICR, low half
bench_destination: resd 1               ; ICR, high half
bench_vector:      resd 1
bench_events:      resd 1               ; handlers that ran in the last sample
bench_hits:        resq 1               ; interrupts that a sibling's handler has counted

section .text
bits 64

%macro now 0
    lfence
    rdtsc
    lfence
%endmacro

; r10 counts the handlers that ran on this processor, r8d holds the first reading.
%macro timed 2
    push rbx
    xor r10d, r10d
    mov r11d, [bench_loops]
    now
    mov r8d, eax
%%loop:
    setup_%2
%ifidn %1, sample
    op_%2
%endif
    dec r11d
    jnz %%loop
    now
    sub eax, r8d
    cli
    mov [bench_events], r10d
    pop rbx
    ret
%endmacro

%macro measured 1
global sample_%1, base_%1
align 16
sample_%1:
    timed sample, %1
align 16
base_%1:
    timed base, %1
%endmacro

%macro setup_cpuid 0
    xor eax, eax
    xor ecx, ecx
%endmacro
%macro op_cpuid 0
    cpuid
%endmacro
measured cpuid

%macro setup_io_in 0
    mov edx, UART_LSR
%endmacro
%macro op_io_in 0
    in al, dx
%endmacro
measured io_in

%macro setup_io_out 0
    mov edx, UART_SCR
%endmacro
%macro op_io_out 0
    out dx, al
%endmacro
measured io_out

%macro setup_io_out_thr 0
    mov edx, UART_THR
    mov al, '.'
%endmacro
%macro op_io_out_thr 0
    out dx, al
%endmacro
measured io_out_thr

%macro setup_mmio_read 0
    mov edx, UNBACKED
%endmacro
%macro op_mmio_read 0
    mov eax, [rdx]
%endmacro
measured mmio_read

%macro setup_mmio_write 0
    mov edx, UNBACKED
%endmacro
%macro op_mmio_write 0
    mov [rdx], eax
%endmacro
measured mmio_write

%macro setup_rdmsr_denied 0
    mov ecx, DENIED_MSR
%endmacro
%macro op_rdmsr_denied 0
    rdmsr
%endmacro
measured rdmsr_denied

%macro setup_wrmsr_denied 0
    mov ecx, DENIED_MSR
%endmacro
%macro op_wrmsr_denied 0
    wrmsr
%endmacro
measured wrmsr_denied

; Command of a function, as drivers write it: 16 bits.
%macro setup_config_read_ecam 0
    mov rdx, [bench_register]
%endmacro
%macro op_config_read_ecam 0
    mov eax, [rdx]
%endmacro
measured config_read_ecam

%macro setup_config_write_ecam 0
    mov rdx, [bench_register]
    mov eax, [bench_register_value]
%endmacro
%macro op_config_write_ecam 0
    mov [rdx], ax
%endmacro
measured config_write_ecam

%macro setup_config_read_port 0
    mov edx, CONFIG_DATA
%endmacro
%macro op_config_read_port 0
    in eax, dx
%endmacro
measured config_read_port

%macro setup_config_write_port 0
    mov edx, CONFIG_DATA
    mov eax, [bench_register_value]
%endmacro
%macro op_config_write_port 0
    out dx, ax
%endmacro
measured config_write_port

; In turns masked and not.
%macro setup_msix_mask 0
    mov rdx, [bench_vector_control]
    mov eax, r11d
    and eax, 1
%endmacro
%macro op_msix_mask 0
    mov [rdx], eax
%endmacro
measured msix_mask

; Until the handler has run and sent its EOI.
%macro setup_icr_self_ipi 0
    mov ecx, APIC_ICR
    mov eax, [bench_command]
    mov edx, [bench_destination]
    mov r9d, r10d
    sti
%endmacro
%macro op_icr_self_ipi 0
    wrmsr
%%wait:
    cmp r10d, r9d
    je %%wait
%endmacro
measured icr_self_ipi

%macro setup_self_ipi_msr 0
    mov ecx, SELF_IPI
    mov eax, [bench_vector]
    xor edx, edx
    mov r9d, r10d
    sti
%endmacro
%macro op_self_ipi_msr 0
    op_icr_self_ipi
%endmacro
measured self_ipi_msr

; Until the sibling's handler has counted, which is before its EOI.
%macro setup_icr_sibling_ipi 0
    mov ecx, APIC_ICR
    mov eax, [bench_command]
    mov edx, [bench_destination]
    mov r9, [bench_hits]
%endmacro
%macro op_icr_sibling_ipi 0
    wrmsr
%%wait:
    cmp [bench_hits], r9
    je %%wait
%endmacro
measured icr_sibling_ipi

; #GP at RDMSR or WRMSR, both two bytes long.
global bench_gp
align 16
bench_gp:
    add rsp, 8
    add qword [rsp], 2
    inc r10d
    iretq

; An interrupt on the measuring processor: its code expects rax, rcx and rdx to change.
global bench_interrupt
align 16
bench_interrupt:
    mov ecx, APIC_EOI
    xor eax, eax
    xor edx, edx
    wrmsr
    inc r10d
    iretq

; An interrupt on the sibling, which runs nothing but bench_sibling_spin or bench_sibling_sleep.
global bench_sibling_interrupt
align 16
bench_sibling_interrupt:
    inc qword [bench_hits]
    mov ecx, APIC_EOI
    xor eax, eax
    xor edx, edx
    wrmsr
    iretq

; Until [bench_sibling_sleeps] changes: the sibling waits in a loop, or in HLT.
section .bss
global bench_sibling_sleeps
bench_sibling_sleeps: resd 1
section .text
global bench_sibling_wait
align 16
bench_sibling_wait:
    sti
.spin:
    cmp dword [bench_sibling_sleeps], 0
    je .spin
.sleep:
    hlt
    cmp dword [bench_sibling_sleeps], 0
    jne .sleep
    jmp .spin
