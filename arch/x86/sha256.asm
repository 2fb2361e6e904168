; SPDX-License-Identifier: Apache-2.0
; SHA-256 with the processor's own instructions. Intel SDM, "SHA256RNDS2", "SHA256MSG1",
; "SHA256MSG2". The vector registers used are given back as they were: they may be a guest's.

default rel
bits 64

section .text progbits alloc exec nowrite align=16

%define ABEF xmm1
%define CDGH xmm2

; One group of four rounds: group %1 of the schedule lies in xmm(3 + %1 % 4), and is replaced by
; the group four further on.
%macro FOUR_ROUNDS 1
    %assign now 3 + (%1) % 4
    %assign next1 3 + (%1 + 1) % 4
    %assign next2 3 + (%1 + 2) % 4
    %assign next3 3 + (%1 + 3) % 4
    movdqu xmm0, [rcx + 16 * (%1)]
    paddd xmm0, xmm %+ now
    sha256rnds2 CDGH, ABEF
    %if %1 < 12
    sha256msg1 xmm %+ now, xmm %+ next1
    movdqa xmm7, xmm %+ next3
    palignr xmm7, xmm %+ next2, 4
    paddd xmm %+ now, xmm7
    sha256msg2 xmm %+ now, xmm %+ next3
    %endif
    pshufd xmm0, xmm0, 0x0e
    sha256rnds2 ABEF, CDGH
%endmacro

; void sha256_blocks_by_processor(uint32_t state[8], const uint8_t *data, size_t blocks,
;                                 const uint32_t constants[64])
global sha256_blocks_by_processor
sha256_blocks_by_processor:
    sub rsp, 11 * 16 + 8
%assign i 0
%rep 11
    movups [rsp + 16 * i], xmm %+ i
%assign i i + 1
%endrep
    movdqu ABEF, [rdi]
    movdqu CDGH, [rdi + 16]
    pshufd ABEF, ABEF, 0xb1
    pshufd CDGH, CDGH, 0x1b
    movdqa xmm0, ABEF
    palignr ABEF, CDGH, 8
    pblendw CDGH, xmm0, 0xf0
    movdqu xmm10, [byte_order]
.block:
    movdqa xmm8, ABEF
    movdqa xmm9, CDGH
%assign i 0
%rep 4
    %assign r 3 + i
    movdqu xmm %+ r, [rsi + 16 * i]
    pshufb xmm %+ r, xmm10
%assign i i + 1
%endrep
%assign group 0
%rep 16
    FOUR_ROUNDS group
%assign group group + 1
%endrep
    paddd ABEF, xmm8
    paddd CDGH, xmm9
    add rsi, 64
    dec rdx
    jnz .block
    pshufd ABEF, ABEF, 0x1b
    pshufd CDGH, CDGH, 0xb1
    movdqa xmm0, ABEF
    pblendw ABEF, CDGH, 0xf0
    palignr CDGH, xmm0, 8
    movdqu [rdi], ABEF
    movdqu [rdi + 16], CDGH
%assign i 0
%rep 11
    movups xmm %+ i, [rsp + 16 * i]
%assign i i + 1
%endrep
    add rsp, 11 * 16 + 8
    ret

section .rodata progbits alloc noexec nowrite align=16
byte_order: db 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12
