/* SPDX-License-Identifier: Apache-2.0 */
/* USB controllers that the firmware drives behind our back (TRAPS 43). */
#ifndef BULKHEAD_BOOT_USB_H
#define BULKHEAD_BOOT_USB_H

#include "boot/plan/facts.h"
#include "drivers/pci.h"

/* PCI_CLASS >> 8 of the controllers that have an owner's semaphore. */
enum usb_class { USB_EHCI = 0x0c0320, USB_XHCI = 0x0c0330 };

/*
 * Asks the firmware (SMM) for the controller and waits for at most a second; then its SMIs are off.
 * False: the firmware keeps it, or its registers are out of reach or where memory is. EHCI
 * Specification, "USB Legacy Support Extended Capability"; xHCI Specification, "USB Legacy Support
 * Capability".
 */
bool usb_take(const struct facts *facts, const struct pci *pci, uint32_t function);

/*
 * Where the legacy support capability of the xHCI with `bytes` of `registers` is, from their first;
 * 0: it has none. False: its list leaves the registers, their first page excepted, or has no end.
 */
bool usb_xhci_legacy(volatile uint8_t *registers, uint64_t bytes, uint32_t *found);

#endif
