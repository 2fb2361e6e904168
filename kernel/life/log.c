/* SPDX-License-Identifier: Apache-2.0 */
/* The boot log. */
#include "log.h"
#include "drivers/screen.h"
#include "drivers/uart16550.h"
#include "kernel/format.h"
#include "arch/x86/include/upcalls.h"

enum { LINE_BYTES = 512 };
#define SCREEN_LIMIT 0x100000000ull /* the boot page table maps at least this much one to one */

static PER_CPU struct uart uart;
static PER_CPU struct screen screen;

void log_open_uart(void)
{
    screen = (struct screen){0};
    uart_init(&uart, 1, false);
}

void log_open(void)
{
    const struct handoff_screen *facts = &handoff()->screen;
    log_open_uart();
    if (facts->base < SCREEN_LIMIT && facts->bytes <= SCREEN_LIMIT - facts->base)
        screen_open(&screen, facts, (const uint8_t *)handoff() + facts->glyph_offset,
                    (void *)facts->base, handoff()->text_row);
}

void log_vprint(const char *text, va_list args)
{
    char line[LINE_BYTES];
    vformat(line, sizeof(line), text, args);
    for (const char *at = line; *at; at++) {
        if (*at == '\n')
            uart_put_wait(&uart, '\r');
        uart_put_wait(&uart, (uint8_t)*at);
        screen_put(&screen, *at);
    }
}

void log_print(const char *text, ...)
{
    va_list args;
    va_start(args, text);
    log_vprint(text, args);
    va_end(args);
}
