/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PCI functions that an image's manifest assigns, as devices of QEMU's q35 machine.
 *
 * Addresses are as the loader sees them. A function on bus 00 is plugged in where the manifest
 * says; of any other bus the function is behind a root port of its own, so that it can be reset by
 * the port and has room for what it brings along. OVMF numbers buses in the order of the ports'
 * device numbers (seen with OVMF 2022.11, `info pci` of QEMU's monitor): port n, counted from 1,
 * leads to bus n. Ports are at 00:10.0, 00:11.0 ..., those that the manifest has something else at
 * left out; there are as many as the highest bus needs, and those that nobody asked for are empty.
 * The disk that the firmware boots from is at 00:1e.0, the chipset at 00:00.0 and 00:1f.x.
 *
 * Network cards of one network are on one hub; each network is 10.0.N.0/24, N being its place in
 * `networks:`, from 1. QEMU lends DHCP there, and at 10.0.N.4 HTTP: /data is 64 MiB,
 * 4 MiB again and again, /sum the SHA-256 of these 4 MiB. Nothing else can be reached: neither this
 * host nor what is behind it. A card that is on no network has one of its own. The address of a
 * card at BB:DD.F is 52:54:00:00:BB and a byte of DD << 3 | F.
 *
 * Management's card is on a network of its own: that of its address in the manifest, with QEMU as
 * its gateway. One port of this host can lead to its port 443; nothing leads anywhere else. With it
 * comes a virtio-rng-pci, which the firmware has random numbers from: at 00:1d.0, or the next lower
 * device number that is free.
 *
 * Disks are files of the run's folder, kept from one run to the next: disk-BB-DD.F.img, and
 * stick-BB-DD.F.img for what is plugged into a USB controller, with a partition in FAT.
 */
#ifndef BULKHEAD_RUN_DEVICES_H
#define BULKHEAD_RUN_DEVICES_H

#include "machine.h"

enum { BOOT_DISK_SLOT = 0x1e };

/* Whether the machine can have these devices; else `why` names the first that it can't have. */
bool devices_possible(const struct machine_device *devices, unsigned count, char *why, size_t room);

/* Whether one of them has a disk of its own, which is a file. */
bool devices_have_disks(const struct machine_device *devices, unsigned count);

/* Makes the files that they need in the run's folder. Returns 0, or -1, said on stderr. */
int devices_files(const struct machine_options *options);

/* QEMU's arguments for them; devices_possible() holds. */
void devices_command(const struct machine_options *options, struct machine_command *command);

#endif
