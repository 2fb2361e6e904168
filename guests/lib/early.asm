; SPDX-License-Identifier: Apache-2.0
; The guest_early of payloads that don't look at their first registers.
section .text
bits 64
global guest_early
guest_early:
    ret
