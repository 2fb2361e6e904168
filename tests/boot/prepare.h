/* SPDX-License-Identifier: Apache-2.0 */
/* What a boot test boots: its image, and the machine that this wants. */
#ifndef BULKHEAD_TESTS_PREPARE_H
#define BULKHEAD_TESTS_PREPARE_H

#include "spec.h"
#include "tools/run/image.h"

/* Builds and damages the image; false: `why`. */
bool prepare_image(const struct spec *spec, const char *image, char *why, size_t room);

/*
 * Size and devices of the machine, as the image has them and the test wants them otherwise. False:
 * it can't have them, said on stdout.
 */
bool prepare_devices(struct spec *spec, const char *image, struct run_image *facts);

#endif
