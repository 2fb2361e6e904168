/* SPDX-License-Identifier: Apache-2.0 */
/* A watchdog that firmware left: see the header. Nobody here would heed it, and stopping one by
 * instructions of a table is more than a machine's owner asked for: he is told. */
#include "watchdog.h"
#include "drivers/io.h"
#include "text.h"

static uint32_t read_register(const struct fact_watchdog *watchdog)
{
    switch (watchdog->bytes) {
    case 1:
        return inb(watchdog->port);
    case 2:
        return inw(watchdog->port);
    default:
        return inl(watchdog->port);
    }
}

void watchdog_tell(const struct fact_watchdog *watchdog)
{
    if (!watchdog->there)
        return;
    if (watchdog->bytes == 0)
        text_print("  the firmware has a watchdog that can't be asked whether it runs\n");
    else if ((read_register(watchdog) >> watchdog->shift & watchdog->mask) == watchdog->value)
        text_print("  warning: the firmware's watchdog runs and will reset the machine: switch it "
                   "off in the firmware's setup\n");
}
