/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intel's network cards that the console drives, by their PCI device ids: X(id, family). The tool
 * holds a manifest against the same list.
 */
#ifndef BULKHEAD_CONSOLE_CARDS_H
#define BULKHEAD_CONSOLE_CARDS_H

#define CONSOLE_CARDS(X)                                                                           \
    X(0x10d3, I82574)                                                                              \
    X(0x10c9, I82576)                                                                              \
    X(0x1521, I350)                                                                                \
    X(0x1533, I210)                                                                                \
    X(0x1536, I210)                                                                                \
    X(0x1537, I210)                                                                                \
    X(0x1538, I210)                                                                                \
    X(0x157b, I210)                                                                                \
    X(0x1539, I210)                                                                                \
    X(0x15f2, I225)                                                                                \
    X(0x15f3, I225)                                                                                \
    X(0x125b, I225)                                                                                \
    X(0x125c, I225)                                                                                \
    X(0x125d, I225)

#endif
