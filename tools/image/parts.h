/* SPDX-License-Identifier: Apache-2.0 */
/* What an image is made of beside its manifest: where it is found, and what of it the manifest
 * seals. */
#ifndef BULKHEAD_TOOL_PARTS_H
#define BULKHEAD_TOOL_PARTS_H

#include "compile.h"
#include "tools/mapped.h"

/*
 * A part of images by its name in the build tree ("boot/loader.efi"): beside the executable there,
 * in ../lib/bulkhead when installed.
 */
const char *part_path(struct arena *arena, const char *name);

/* The management console, among the parts. */
#define PART_CONSOLE "guests/console.elf"

/* What the application of `bulkhead survey` is told by: a section of its own. */
#define PART_SURVEY_SECTION ".survey"

/* The file at `path`, seen from the current folder, wherever payloads would be looked for. */
const char *part_file(struct arena *arena, const char *path);

/* The hypervisor for the processors that a checked manifest is for. */
const char *part_kernel(struct check *check);

/*
 * The hypervisor's ELF file without what only debuggers read: everything behind the last loaded
 * byte is cut off, and the section table with it. Returns NULL, or why it is none as the rest of a
 * sentence; `out`, in the arena, has `bytes` bytes.
 */
const char *part_strip_kernel(struct arena *arena, const struct mapped *file, uint8_t **out,
                              uint64_t *bytes);

/* Puts the stripped hypervisor's digest into the manifest, and with it the manifest's own. */
void part_seal_kernel(const struct compiled *compiled, const uint8_t *kernel, uint64_t bytes);

/*
 * What shim holds against the list of revoked generations before it starts an image, the section
 * .sbat: lines of comma-separated values. Shim, "SBAT: UEFI Secure Boot Advanced Targeting".
 */
extern const char part_sbat[];

#endif
