/* SPDX-License-Identifier: Apache-2.0 */
/* What the processor says of itself. */
#ifndef BULKHEAD_BOOT_CPUID_H
#define BULKHEAD_BOOT_CPUID_H

#include <stdbool.h>
#include <stdint.h>

/* A word, EAX to EDX, of a leaf of CPUID; 0 where there is no such leaf. */
uint32_t cpuid_word(uint32_t leaf, uint32_t subleaf, unsigned word);

/* Whether it is of "GenuineIntel", or of another maker. */
bool cpuid_vendor_is(const char *vendor);

/* Whether executable memory in large pages may stop it (CVE-2018-12207). Intel's only. */
bool cpuid_large_executable_unsafe(void);

#endif
