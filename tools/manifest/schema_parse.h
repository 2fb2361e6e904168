/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are written in a form of their own: dates, PCI functions, addresses, digests. */
#ifndef BULKHEAD_SCHEMA_PARSE_H
#define BULKHEAD_SCHEMA_PARSE_H

#include "schema.h"

/*
 * Each turns text into the number that kernel/abi/manifest.h stores and returns true, or returns
 * false: "0x2b000571"; "2026-10-01", days since 1970-01-01; "00:1f.2" or "0001:00:1f.2", segment,
 * bus, device and function; "8086:10d3", vendor and device; "10.0.2.15/24", address << 8 | prefix;
 * "10.0.2.1", address; "#c8102e", red, green and blue.
 */
bool parse_hex(const char *text, uint64_t *value);
bool parse_date(const char *text, uint64_t *value);
bool parse_pci(const char *text, uint64_t *value);
bool parse_pci_id(const char *text, uint64_t *value);
bool parse_address(const char *text, uint64_t *value);
bool parse_ip(const char *text, uint64_t *value);
bool parse_colour(const char *text, uint64_t *value);

/* 64 hexadecimal digits into 32 bytes. */
bool parse_digest(const char *text, uint8_t digest[32]);

/* The other way round; "?" for what no manifest can hold. */
char *date_text(struct arena *arena, uint64_t days);
char *pci_text(struct arena *arena, uint64_t pci);
char *pci_id_text(struct arena *arena, uint64_t id);
char *address_text(struct arena *arena, uint64_t address);
char *ip_text(struct arena *arena, uint64_t ip);
const char *digest_text(struct arena *arena, const uint8_t digest[32]);

#endif
