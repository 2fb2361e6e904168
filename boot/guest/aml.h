/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the few AML terms that a guest's DSDT is made of. ACPI Specification, "AML Grammar
 * Definition" and "Resource Data Types for ACPI".
 */
#ifndef BULKHEAD_BOOT_AML_H
#define BULKHEAD_BOOT_AML_H

#include <stddef.h>
#include <stdint.h>

/* Text grows behind `used`; bytes beyond `room` are counted and not written. */
struct aml {
    uint8_t *out;
    size_t used, room;
};

/* Each block returns where it starts; aml_close() with that fills in its length. */
size_t aml_scope(struct aml *aml, const char *name);
size_t aml_device(struct aml *aml, const char *name);
size_t aml_method(struct aml *aml, const char *name, uint8_t arguments);
size_t aml_resources(struct aml *aml); /* Name (_CRS, ResourceTemplate () {...}) */
void aml_close(struct aml *aml, size_t block);
void aml_close_resources(struct aml *aml, size_t block);

/* Name (NAME, value). Names have four characters; `id` is an EISA id such as "PNP0501". */
void aml_name_integer(struct aml *aml, const char *name, uint8_t value);
void aml_name_text(struct aml *aml, const char *name, const char *text);
void aml_name_eisa_id(struct aml *aml, const char *name, const char *id);
void aml_name_bytes(struct aml *aml, const char *name, const uint8_t *values, uint8_t count);

/* Notify (OBJECT, value), inside a method. */
void aml_notify(struct aml *aml, const char *object, uint8_t value);

/* Descriptors, inside aml_resources(). */
void aml_io(struct aml *aml, uint16_t base, uint8_t bytes);
void aml_edge_interrupt(struct aml *aml, uint32_t gsi);
void aml_memory32(struct aml *aml, uint32_t base, uint32_t bytes);
void aml_memory_window(struct aml *aml, uint64_t base, uint64_t bytes);
void aml_buses(struct aml *aml, uint16_t first, uint16_t last);

#endif
