/* SPDX-License-Identifier: Apache-2.0 */
/* The boot log, on the first UART and the framebuffer. */
#include "show.h"
#include "arch/x86/include/start.h"
#include "arch/x86/include/stop.h"
#include "drivers/screen.h"
#include "kernel/abi/handoff.h"
#include "kernel/format.h"
#include "kernel/life/log.h"

enum { LINE_BYTES = 512 };

static PER_CPU struct screen screen;

void show_open(void)
{
    const struct handoff_screen *facts = &handoff()->screen;
    log_open();
    if (facts->base)
        screen_open(&screen, facts, (const uint8_t *)handoff() + facts->glyph_offset,
                    (void *)facts->base, handoff()->text_row);
}

void show_close(void)
{
    screen = (struct screen){0};
}

void show(const char *text, ...)
{
    char line[LINE_BYTES];
    va_list args;
    stop_heed();
    va_start(args, text);
    vformat(line, sizeof(line), text, args);
    va_end(args);
    log_write(line);
    for (const char *at = line; *at; at++)
        screen_put(&screen, *at);
}
