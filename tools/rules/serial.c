/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about UARTs. */
#include "rules.h"
#include "tools/hw/hw.h"

uint32_t serial_line(const struct model_serial *serial)
{
    return serial->irq.valid ? (uint32_t)serial->irq.value : uart_default_line(serial->port.value);
}

void rule_serial_boot_log(struct check *check)
{
    const struct number *com1 = &check->model.platform.com1;

    for (uint32_t i = 0; i < partition_count(check); i++) {
        const struct model_domain *domain = partition(check, i);

        if (domain->serial.port.valid && domain->serial.port.value == 1 &&
            com1->value != COM1_DOMAIN)
            report(check, domain->serial.port.at,
                   say(&check->arena, "%s asks for com1, which the hypervisor's boot log has (%s)",
                       domain_of(check, domain),
                       is_written(com1->at) ? line_of(check, com1->at)
                                            : "platform.com1 is not written: boot-log"),
                   "use com2, com3 or com4, or hand com1 over with `platform: {com1: domain}`");
    }
}

/* The domain before `index` for which `shares` holds, or NULL. */
static const struct model_domain *earlier(struct check *check, uint32_t index,
                                          bool (*shares)(const struct model_serial *one,
                                                         const struct model_serial *other))
{
    const struct model_serial *serial = &partition(check, index)->serial;

    for (uint32_t i = 0; i < index && serial->port.valid; i++) {
        const struct model_domain *other = partition(check, i);

        if (other->serial.port.valid && shares(serial, &other->serial))
            return other;
    }
    return NULL;
}

static bool shares_port(const struct model_serial *one, const struct model_serial *other)
{
    return one->port.value == other->port.value;
}

void rule_serial_twice(struct check *check)
{
    for (uint32_t i = 1; i < partition_count(check); i++) {
        const struct model_domain *domain = partition(check, i);
        const struct model_domain *other = earlier(check, i, shares_port);

        if (other)
            report(check, domain->serial.port.at,
                   say(&check->arena, "%s asks for com%llu, which %s has (%s)",
                       domain_of(check, domain), (unsigned long long)domain->serial.port.value,
                       domain_of(check, other), line_of(check, other->serial.port.at)),
                   "a UART belongs to one domain: give it another port, or none");
    }
}

/* Two different ports that both use one interrupt line. */
static bool shares_irq(const struct model_serial *one, const struct model_serial *other)
{
    return one->port.value != other->port.value && serial_line(one) == serial_line(other) &&
           !one->polled.value && !other->polled.value;
}

void rule_serial_irq(struct check *check)
{
    for (uint32_t i = 1; i < partition_count(check); i++) {
        const struct model_domain *domain = partition(check, i);
        const struct model_domain *other = earlier(check, i, shares_irq);

        if (other)
            report(check, domain->serial.port.at,
                   say(&check->arena,
                       "com%llu of %s and com%llu of %s (%s) share ISA IRQ %u, and a line has one "
                       "owner",
                       (unsigned long long)domain->serial.port.value, domain_of(check, domain),
                       (unsigned long long)other->serial.port.value, domain_of(check, other),
                       line_of(check, other->serial.port.at), serial_line(&other->serial)),
                   say(&check->arena,
                       "let %s do without it: `serial: {port: com%llu, polled: true}`, or use a "
                       "port with another line",
                       domain_of(check, domain), (unsigned long long)domain->serial.port.value));
    }
}

void rule_serial_ends(struct check *check)
{
    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        const struct model_domain *domain = model_domain(&check->model, i);
        const struct model_serial *serial = &domain->serial;
        bool reads = serial->read.count > 0;
        struct place other = reads ? serial->read.at : serial->write.at;

        if (serial->port.valid && (reads || serial->write.count > 0))
            report(check, other,
                   say(&check->arena,
                       "the serial port of %s leads to com%llu (%s) and, by `%s`, to management: "
                       "its bytes go one way only",
                       domain_of(check, domain), (unsigned long long)serial->port.value,
                       line_of(check, serial->port.at), reads ? "read" : "write"),
                   "keep `port`, or what is granted to management");
    }
}
