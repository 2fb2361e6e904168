/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a survey: each asks firmware and processor for one thing, and writes it (report.h).
 * None changes anything. */
#ifndef BULKHEAD_BOOT_SURVEY_H
#define BULKHEAD_BOOT_SURVEY_H

#include <stdbool.h>
#include <stdint.h>

/* Who the processors are, what they can do, which share a core or a cache. */
void survey_processors(void);

/* The firmware's map of memory, and then whether it has all of a range. */
void survey_memory(void);
bool survey_memory_known(uint64_t base, uint64_t bytes);

/* Its tables, behind the map of memory: ACPI's, as far as they are looked at, and SMBIOS'. */
void survey_tables(void);

/* Each PCI function with its registers' places and its capabilities; from which one it was booted.
 */
void survey_functions(void);

/* UARTs, TPM, Secure Boot, the day. */
void survey_platform(void);

#endif
