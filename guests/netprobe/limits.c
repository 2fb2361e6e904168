/* SPDX-License-Identifier: Apache-2.0 */
/* What the console's code may not do to itself: each try must end in a page fault. */
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/x86.h"
#include "netprobe.h"

enum { DEPTH_BYTES = 4096, RETURN = 0xc3, LOW_MEMORY = 0x30000 };

static uint8_t data_code[16];
static const uint8_t constant[16] = {RETURN};

static void write_text(void *arg)
{
    (void)arg;
    *(volatile uint8_t *)image_start = RETURN;
}

static void write_constant(void *arg)
{
    (void)arg;
    *(volatile uint8_t *)(uint64_t)constant = 0;
}

static void read_first_page(void *arg)
{
    (void)*(volatile uint8_t *)arg;
}

static void run_data(void *arg)
{
    (void)arg;
    data_code[0] = RETURN;
    ((void (*)(void))(uint64_t)data_code)();
}

static void run_constant(void *arg)
{
    (void)arg;
    ((void (*)(void))(uint64_t)constant)();
}

static void run_stack(void *arg)
{
    volatile uint8_t code[16] = {RETURN};
    (void)arg;
    ((void (*)(void))(uint64_t)code)();
}

static void run_low_memory(void *arg)
{
    (void)arg;
    *(volatile uint8_t *)LOW_MEMORY = RETURN;
    ((void (*)(void))(uint64_t)LOW_MEMORY)();
}

static void fill_stack(void *arg)
{
    volatile uint8_t local[DEPTH_BYTES];
    local[0] = (uint8_t)(uint64_t)arg;
    if (local[0] != 1) {
        fill_stack(arg);
    }
    local[1] = local[0];
}

void try_limits(void)
{
    static const struct {
        const char *name;
        void (*run)(void *);
    } tries[] = {
        {"write-text", write_text},         {"write-constant", write_constant},
        {"null", read_first_page},          {"run-data", run_data},
        {"run-constant", run_constant},     {"run-stack", run_stack},
        {"run-low-memory", run_low_memory}, {"deep-stack", fill_stack},
    };
    for (unsigned i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        int vector = probe(tries[i].run, 0);
        report(vector == VECTOR_PF, tries[i].name, "vector %d", vector);
    }
}
