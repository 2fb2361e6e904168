/* SPDX-License-Identifier: Apache-2.0 */
/* The hypervisor's own words on the first UART. */
#include "log.h"
#include "arch/x86/include/stop.h"
#include "drivers/uart16550.h"
#include "kernel/format.h"

enum { LINE_BYTES = 512 };

static PER_CPU struct uart uart;

void log_open(void)
{
    uart_init(&uart, 1, false);
}

void log_join(void) /* what others left in its FIFO is not known: a byte at a time */
{
    uart = (struct uart){.base = uart_port(1), .depth = 1};
}

void log_write(const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            uart_put_wait(&uart, '\r');
        uart_put_wait(&uart, (uint8_t)*text);
    }
}

void log_print(const char *text, ...)
{
    char line[LINE_BYTES];
    va_list args;
    stop_heed();
    va_start(args, text);
    vformat(line, sizeof(line), text, args);
    va_end(args);
    log_write(line);
}
