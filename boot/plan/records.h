/* SPDX-License-Identifier: Apache-2.0 */
/* What the boot before left in the processors' pages: hostile bytes until they are judged here. */
#ifndef BULKHEAD_BOOT_RECORDS_H
#define BULKHEAD_BOOT_RECORDS_H

#include "kernel/abi/survivor.h"
#include <stdbool.h>

/*
 * Copies the record at `page` to `out`, its texts ended and plain. False: there is none, as its
 * CRC or its counter is not right. `boots` is the number of this boot, 0: not known.
 */
bool record_read(const struct panic_record *page, uint64_t boots, struct panic_record *out);

#endif
