/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any accesses of a guest to one of its functions: configuration space, a judged page, quarantine
 * and reset, in any order. Each that reaches hardware is looked at (function_world.h), and where
 * the guest may not write, hardware is as before.
 */
#include "fuzz.h"

#include "tests/unit/kernel/function_world.h"

#include "kernel/vm/vfunction.c"
#include "kernel/vm/vmsi.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An access of the guest, as the input has it. */
struct step {
    uint16_t at;
    uint8_t what; /* width, and which of the below */
    uint8_t kind; /* of value */
    uint64_t value;
};
enum { TO_CONFIG, TO_PAGE, TO_TABLE, TO_LIFE };

static void step(struct vfunction *f, struct world_function *w, const struct step *s)
{
    unsigned bytes = 1u << (s->what & 3), at = s->at & 4095;
    uint64_t value = s->kind & 1   ? s->value
                     : s->kind & 2 ? ~0ull
                                   : 0xfee00000 | (s->value & 0xfffff);

    switch (s->what >> 2 & 3) {
    case TO_CONFIG:
        if (at + bytes > 4096)
            break;
        vfunction_write(f, at, bytes, value);
        vfunction_read(f, at, bytes);
        break;
    case TO_TABLE:
        at = TABLE_OFFSET - TRAP_OFFSET + (at & 0xff) * 4;
        __attribute__((fallthrough));
    case TO_PAGE:
        vfunction_write_memory(f, w->trapped + at, BAR0_GPA + TRAP_OFFSET + at, bytes, value);
        vfunction_read_memory(f, w->trapped + at, BAR0_GPA + TRAP_OFFSET + at, bytes);
        break;
    default:
        if (s->kind & 1)
            vfunction_quarantine(f);
        else if (s->kind & 2)
            vfunction_reset(f);
        break;
    }
    fuzz_expect(!f->quarantined || !(w->config[4] & COMMAND_BUS_MASTER), "a quarantine ends");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world_function w;
    struct vfunction f;
    struct step s;

    world_make(&w);
    if (size > 0 && data[0] & 1)
        w.function.legacy_offset = 0;
    if (size > 0 && data[0] & 2)
        w.function.msi_64 = w.function.msi_maskable = 0;
    vfunction_setup(&f, &w.function, w.pages, w.config, w.vectors);
    vfunction_reset(&f);
    for (size_t i = 1; i + sizeof(s) <= size; i += sizeof(s)) {
        memcpy(&s, data + i, sizeof(s));
        step(&f, &w, &s);
    }
    for (unsigned entry = 0; entry < VECTORS; entry++) {
        const uint8_t *hardware = w.trapped + TABLE_OFFSET - TRAP_OFFSET + entry * 16;
        uint32_t open = !(world_get(hardware, 12, 4) & 1);
        fuzz_expect(!open || world_own_message(&w.function, (uint32_t)world_get(hardware, 0, 4)),
                    "an open entry has a message of its own");
    }
    world_free(&w);
    return 0;
}
