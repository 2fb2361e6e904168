/* SPDX-License-Identifier: Apache-2.0 */
/* The loader's own words: see the header. */
#include "text.h"
#include "drivers/screen.h"
#include "drivers/uart16550.h"
#include "kernel/format.h"

static struct uart uart;
static struct screen screen;
static void (*last_resort)(const char *text), (*keep_refusal)(const char *words);

void text_open(const struct handoff_screen *facts, const uint8_t *glyphs)
{
    uart_init(&uart, 1, false);
    screen_open(&screen, facts, glyphs, (void *)facts->base, 0);
    for (uint64_t i = 0; screen.pixels && i < (uint64_t)screen.pitch * facts->height; i++)
        screen.pixels[i] = 0;
}

void text_by_firmware(void (*print)(const char *text), void (*keep)(const char *words))
{
    last_resort = print;
    keep_refusal = keep;
}

uint32_t text_row(void)
{
    return screen.row;
}

static void print_text(const char *text)
{
    for (const char *at = text; *at; at++) {
        if (*at == '\n')
            uart_put_wait(&uart, '\r');
        uart_put_wait(&uart, (uint8_t)*at);
        screen_put(&screen, *at);
    }
    if (uart.base == 0 && !screen.pixels && last_resort)
        last_resort(text);
}

void text_print(const char *text, ...)
{
    char line[256];
    va_list args;
    va_start(args, text);
    vformat(line, sizeof(line), text, args);
    va_end(args);
    print_text(line);
}

_Noreturn void refuse(const char *text, ...)
{
    char line[1536];
    va_list args;
    va_start(args, text);
    vformat(line, sizeof(line), text, args);
    va_end(args);
    print_text("bulkhead: refused: ");
    print_text(line);
    print_text("\nbulkhead: no domain was started\n");
    void (*keep)(const char *words) = keep_refusal;
    keep_refusal = NULL; /* once, should it be refused itself */
    if (keep)
        keep(line);
    for (;;)
        __asm__ volatile("cli; hlt");
}
