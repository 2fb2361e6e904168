/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that compare the UARTs of domains with those of the inventory. */
#include "rules.h"
#include "tools/hw/inventory.h"

/* Which of com1 to com4 the inventory has, for whom the one that he wanted is not there. */
static const char *ports_text(struct check *check, const struct hw *hw)
{
    const char *text = NULL;

    for (uint64_t com = 1; com <= UARTS; com++) {
        if (hw_uart_at(hw, com))
            text = say(&check->arena, "%s%scom%llu", text ? text : "", text ? ", " : "",
                       (unsigned long long)com);
    }
    if (text)
        return say(&check->arena, "it has %s", text);
    return hw->uart_count > 0 ? "its UARTs are elsewhere, in memory or on a card, where Bulkhead "
                                "drives none"
                              : "it shows none at all";
}

void rule_uart_missing(struct check *check)
{
    const struct hw *hw = inventory(check);

    for (uint32_t i = 0; hw && i < partition_count(check); i++) {
        const struct model_domain *domain = partition(check, i);
        const struct number *port = &domain->serial.port;

        if (port->valid && !hw_uart_at(hw, port->value))
            report(check, port->at,
                   say(&check->arena,
                       "%s asks for com%llu, but %s has no UART at port 0x%llx, where it would be: "
                       "%s",
                       domain_of(check, domain), (unsigned long long)port->value,
                       inventory_text(check), (unsigned long long)uart_ports[port->value - 1],
                       ports_text(check, hw)),
                   "use a port that the machine has, or turn this one on in firmware and save the "
                   "inventory anew");
    }
}

void rule_uart_irq(struct check *check)
{
    const struct hw *hw = inventory(check);

    for (uint32_t i = 0; hw && i < partition_count(check); i++) {
        const struct model_domain *domain = partition(check, i);
        const struct model_serial *serial = &domain->serial;
        uint32_t there = serial->port.valid ? hw_uart_line(hw_uart_at(hw, serial->port.value)) : 0;
        uint32_t line = serial_line(serial);

        if (there == 0 || there == line || serial->polled.value)
            continue;
        report(check, is_written(serial->irq.at) ? serial->irq.at : serial->port.at,
               say(&check->arena, "com%llu of %s has interrupt line %u in %s, not %u%s",
                   (unsigned long long)serial->port.value, domain_of(check, domain), there,
                   inventory_text(check), line,
                   is_written(serial->irq.at) ? "" : ", which it usually has"),
               say(&check->arena, "write `serial: {port: com%llu, irq: %u}`",
                   (unsigned long long)serial->port.value, there));
    }
}
