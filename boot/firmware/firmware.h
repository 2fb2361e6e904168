/* SPDX-License-Identifier: Apache-2.0 */
/* The loader's view of UEFI: console, image, memory, processors, TPM. One file a concept. */
#ifndef BULKHEAD_BOOT_FIRMWARE_H
#define BULKHEAD_BOOT_FIRMWARE_H

#include "boot/machine/sections.h"
#include "boot/machine/text.h"
#include "boot/plan/facts.h"
#include <efi.h>

extern EFI_SYSTEM_TABLE *firmware;
extern EFI_HANDLE firmware_image;

/* console.c */

/* Finds the framebuffer and the firmware's glyphs, fills `screen` and `glyphs`, and starts text. */
void console_open(struct handoff_screen *screen, const uint8_t **glyphs);

/* print.c */

/* Shows text where the firmware shows its own. */
void print_by_firmware(const char *text);

/* image.c */

/* Finds the sections of the PE file that this loader is part of; refuses a damaged one. */
void image_open(struct image *image);

/* beside.c */

/* BULKHEAD.TXT beside the image, new and empty; NULL: it can't be made. */
EFI_FILE_HANDLE beside_create(void);

/* refusal.c */

/* Writes why the machine does not start to BULKHEAD.TXT, beside the image; says if it can't. */
void refusal_keep(const char *words);

/* memory.c */

/* Fills facts->free with the conventional memory that is left, sorted. */
void memory_collect(struct facts *facts);
/* Claims every extent that the plan placed; false when the firmware has taken some meanwhile. */
bool memory_claim(const struct handoff *handoff);
void memory_release(const struct handoff *handoff, uint32_t extents);
/* True if the firmware's memory map knows all of the range. */
bool memory_known(uint64_t base, uint64_t bytes);
/*
 * Leaves boot services, with interrupts off, then lists in `handoff` what is to be scrubbed. The
 * firmware is not called any more, nor does it print.
 */
void memory_leave_boot_services(struct handoff *handoff);
void *memory_allocate(uint64_t bytes);

/* boot_function.c */

/* The PCI function that the image's device is, or is behind, or FUNCTION_NONE. */
uint32_t find_boot_function(void);

/* devices.c */

/*
 * Fills functions[], ACS switched on where there is any, boot_function, and the units' registers;
 * the tables' and the processors' facts must be there. Refuses what the firmware says of its
 * windows if it can't be. Memory of the loader holds what configuration space read as.
 */
void devices_collect(const struct manifest *manifest, struct facts *facts);

/* processors.c, clock.c, firmware_tables.c, random.c, measure.c, counter.c */

/* Lists the processors where no table did, and which are threads of one core; refuses if unsure. */
void processors_collect(struct facts *facts);
/* First of all: the TSC counts on from here without a jump (IA32_TSC_ADJUST is cleared). */
void clock_start(void);
void clock_collect(struct facts *facts, uint16_t pm_timer_port);
/* Reads RSDP, MADT, MCFG and FADT where there are any; returns the PM timer's port or 0. */
uint16_t firmware_tables_collect(struct facts *facts);
/* Fills seed[] from the firmware's random numbers or the TPM's; warns where the console is to have
 * a network and there are none. */
void random_collect(const struct manifest *manifest, struct facts *facts);
/*
 * Tells a TPM of the manifest and of each payload, which were checked; warns of one that does not
 * take or log them, or whose PCR shows no change. Where the manifest demands a TPM, refuses then.
 */
void measure_image(const struct image *image, const struct manifest *manifest);
/* Counts this boot in the firmware's store of variables; how that went stands in `facts`. */
void counter_advance(struct facts *facts);
/* Reads where the boot before had what outlives a warm reset, and writes where this one has it. */
void survivors_find(struct facts *facts);
void survivors_follow(const struct facts *facts, const struct handoff *handoff);

#endif
