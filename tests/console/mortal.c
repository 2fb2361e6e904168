/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For a console that can be killed: the usual objects, linked anew so that requests go through here
 * (--wrap). Who has a key may have it die, by GET /v1/die/HOW.
 */
#include "guests/console/api.h"
#include "guests/console/start.h"
#include "guests/lib/boot.h"
#include "guests/lib/x86.h"
#include <string.h>

/* The linker's names. */
void __wrap_api_answer(struct reply *reply, const struct request *request, struct span body,
                       uint64_t now);
void __real_api_answer(struct reply *reply, const struct request *request, struct span body,
                       uint64_t now);

enum { SMASHED_BYTES = 64 };

static void reset(void)
{
    console_end("it was asked to");
}

static void exception(void)
{
    __asm__ volatile("ud2");
}

static void triple_fault(void)
{
    static const struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) nothing;
    __asm__ volatile("lidt %0; ud2" : : "m"(nothing));
}

/* Until the page below the stack, which is none. */
static void deep_stack(void)
{
    __asm__ volatile("1: push %rax; jmp 1b");
}

static void smashed_stack(void)
{
    uint8_t frame[8];
    volatile uint8_t *at = frame;
    for (unsigned i = 0; i < SMASHED_BYTES; i++) {
        at[i] = 0x55;
    }
}

static void code_written(void)
{
    *(volatile uint8_t *)image_start = 0;
}

static void data_run(void)
{
    static uint8_t data[] = {0xc3};
    ((void (*)(void))(uintptr_t)data)();
}

void __wrap_api_answer(struct reply *reply, const struct request *request, struct span body,
                       uint64_t now)
{
    static const struct {
        const char *path;
        void (*die)(void);
    } ways[] = {
        {"/v1/die/reset", reset},
        {"/v1/die/exception", exception},
        {"/v1/die/triple-fault", triple_fault},
        {"/v1/die/deep-stack", deep_stack},
        {"/v1/die/smashed-stack", smashed_stack},
        {"/v1/die/code-written", code_written},
        {"/v1/die/data-run", data_run},
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (span_is(request->path, ways[i].path)) {
            ways[i].die();
        }
    }
    __real_api_answer(reply, request, body, now);
}
