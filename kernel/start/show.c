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

static void draw(const char *line)
{
    for (; *line; line++)
        screen_put(&screen, *line);
}

/* The cause of a panic, wherever that is. A record is whole soon after the others were stopped. */
static void show_panic(void)
{
    const struct handoff *all = handoff();
    const struct panic_record *record = NULL;
    char line[LINE_BYTES];
    panic_tell = NULL;
    for (uint32_t i = 0; !record || !record->text[0] || record->crc != record_crc(record); i++)
        record = (void *)handoff_record(&all->cpus[i % all->cpu_count], all->stop_hpa);
    format(line, sizeof(line), "\nbulkhead: panic on processor %u: %s\n", record->processor,
           record->text);
    draw(line);
}

void show_open(void)
{
    const struct handoff_screen *facts = &handoff()->screen;
    panic_table = handoff()->boot_page_table;
    panic_tell = show_panic;
    log_open();
    screen_open(&screen, facts, (const uint8_t *)handoff() + facts->glyph_offset,
                (void *)facts->base, handoff()->text_row);
}

void show_close(void)
{
    panic_tell = NULL;
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
    draw(line);
}
