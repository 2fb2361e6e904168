/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nested machine: VT-x and VT-d together on a host that lends neither. Bochs emulates a
 * processor with VT-x, a Linux with KVM runs on it, QEMU in that Linux with its intel-iommu, and
 * the image in QEMU. The Linux has two disks, which `make nested` makes (tests/nested/disks); the
 * third is the image's, which QEMU boots from, and the fourth holds QEMU's command line. QEMU's
 * serial ports are Bochs'.
 */
#ifndef BULKHEAD_RUN_NESTED_H
#define BULKHEAD_RUN_NESTED_H

#include "machine.h"
#include <stdio.h>

/* Whether the machine's Linux has been made; `why` says so, or what is missing. */
bool nested_possible(char *why, size_t room);

/* Bochs' processor, memory and disks for it. */
void nested_configuration(const struct machine_options *options, FILE *file);

/* Makes the disk with QEMU's command line in the run's folder. Returns 0, or -1, said on stderr. */
int nested_files(const struct machine_options *options);

#endif
