/* SPDX-License-Identifier: Apache-2.0 */
/* A PCI function's windows, of configuration space and of what firmware says of them. */
#ifndef BULKHEAD_BOOT_SURVEY_BARS_H
#define BULKHEAD_BOOT_SURVEY_BARS_H

#include <stdbool.h>
#include <stdint.h>

enum { BARS_LINES = 6, BARS_WINDOWS = 12 };

/* A window as firmware knows it. */
struct bars_window {
    uint64_t base, bytes;
    bool ports;
};

/* A line of Linux' file `resource`; all zeros: there is none. */
struct bars_line {
    uint64_t start, end, flags;
};

/*
 * Appends the windows of a list of ACPI descriptors to the first `count` of `out`, as far as there
 * is room (BARS_WINDOWS); returns how many there are then. ACPI Specification, "QWord Address Space
 * Descriptor".
 */
uint32_t bars_take(const uint8_t *list, struct bars_window *out, uint32_t count);

/* The buses that such a list of a root bridge has; as they were where it names none. */
void bars_buses(const uint8_t *list, uint32_t *first, uint32_t *last);

/*
 * Fills `lines` for the registers of the header in `config`: of each that is set the window that
 * begins there. False: of one firmware did not say how large it is.
 */
bool bars_match(const uint8_t *config, const struct bars_window *windows, uint32_t count,
                struct bars_line lines[BARS_LINES]);

#endif
