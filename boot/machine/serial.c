/* SPDX-License-Identifier: Apache-2.0 */
/* The serial ports that the manifest gives away: see the header. */
#include "serial.h"
#include "drivers/uart16550.h"
#include "text.h"
#include <stddef.h>

static bool uart_answers(unsigned com)
{
    uint16_t scratch = (uint16_t)(uart_port(com) + UART_SCR);
    outb(scratch, 0x5a);
    bool first = inb(scratch) == 0x5a;
    outb(scratch, 0xa5);
    return first && inb(scratch) == 0xa5;
}

unsigned serial_line(const struct manifest_domain *domain)
{
    return domain->serial_irq != 0 ? domain->serial_irq : uart_irq(domain->serial_port);
}

void serial_check(const struct manifest *manifest)
{
    const struct manifest_domain *owner[ISA_LINES] = {NULL};
    for (uint32_t i = 0; i < manifest->domain_count; i++) {
        const struct manifest_domain *domain = &manifest->domains[i];
        if (domain->serial_port == 0)
            continue;
        if (!uart_answers(domain->serial_port))
            refuse(
                "domain %s is to have com%u, and the machine has no UART there: enable it in the "
                "firmware or take another port",
                domain->name, domain->serial_port);
        if (domain->flags & MANIFEST_SERIAL_POLLED)
            continue;
        const struct manifest_domain **line = &owner[serial_line(domain)];
        if (*line)
            refuse("I4: com%u of domain %s and com%u of domain %s share an interrupt line: one of "
                   "them must be `polled: true`",
                   (*line)->serial_port, (*line)->name, domain->serial_port, domain->name);
        *line = domain;
    }
}

void serial_quiet(void)
{
    for (unsigned com = 1; com <= 4; com++)
        outb((uint16_t)(uart_port(com) + UART_IER), 0);
}
