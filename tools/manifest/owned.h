/* SPDX-License-Identifier: Apache-2.0 */
/* The PCI functions that a manifest gives to somebody. */
#ifndef BULKHEAD_OWNED_H
#define BULKHEAD_OWNED_H

#include "check.h"

/* A function with its owner; `domain` NULL: management. */
struct owned {
    const struct model_domain *domain;
    const struct model_device *device;
};

/* The n-th assigned function of the manifest, domains first; false behind the last. */
bool owned_device(const struct model *model, uint32_t n, struct owned *out);

/* A serial number as it is compared: lower case, without blanks, - and :, as people write it. */
const char *serial_key(struct arena *arena, const char *serial);

/* Whether two serial numbers are one, compared so; NULL is none. */
bool same_serial(const char *one, const char *other);

/* "domain office", "management" */
const char *owner_text(struct check *check, const struct owned *owned);

#endif
