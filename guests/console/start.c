/* SPDX-License-Identifier: Apache-2.0 */
/* The stack and its canary, and the end. */
#include "start.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/cpu.h"
#include "guests/lib/memory.h"
#include "guests/lib/x86.h"
#include "protect.h"
#include "random.h"

enum { STACK_PAGES = 64, MSR_FS_BASE = 0xc0000100, CANARY_OFFSET = 0x28 };

/* What compilers expect behind FS (System V ABI for x86-64, glibc's TLS layout). */
static struct {
    uint8_t other[CANARY_OFFSET];
    uint64_t canary;
} thread;

static uint8_t stack[STACK_PAGES][PAGE_BYTES] __attribute__((aligned(4096)));
static void (*run)(void *);

_Noreturn void console_end(const char *why)
{
    print("%s: ended: %s\n", boot_info.domain, why);
    domain_reset();
}

static _Noreturn void on_stack(void)
{
    int vector = probe(run, NULL);
    const struct fault *fault = &cpu_self()->fault;
    if (vector != NO_FAULT) {
        print("%s: exception %d, error 0x%lx, rip 0x%lx, cr2 0x%lx\n", boot_info.domain, vector,
              fault->error, fault->rip, fault->cr2);
    }
    console_end(vector == NO_FAULT ? "it came to its end" : "unexpected exception");
}

/* Of the window's pages the first stays empty, so that a stack that is too deep is an exception. */
__attribute__((no_stack_protector)) _Noreturn void start(void (*program)(void *))
{
    if (!random_hardware(&thread.canary)) {
        console_end("this processor has no random numbers (RDRAND)");
    }
    wrmsr(MSR_FS_BASE, (uint64_t)&thread);
    protect();
    uint8_t *lowest = memory_page(0, MEMORY_NOTHING);
    for (uint32_t i = 0; i < STACK_PAGES; i++) {
        memory_page(i + 1, (uint64_t)stack[i]);
    }
    run = program;
    __asm__ volatile("mov %0, %%rsp; xor %%ebp, %%ebp; call *%1"
                     :
                     : "r"(lowest + (STACK_PAGES + 1) * PAGE_BYTES), "r"(on_stack)
                     : "memory");
    __builtin_unreachable();
}
