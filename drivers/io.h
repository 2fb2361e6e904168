/* SPDX-License-Identifier: Apache-2.0 */
/* Port access. A host test defines BULKHEAD_TEST_IO and brings ports of its own. */
#ifndef BULKHEAD_IO_H
#define BULKHEAD_IO_H

#include <stdint.h>

#ifdef BULKHEAD_TEST_IO
#define PORT_WIDTH(suffix, type)                                                                   \
    type in##suffix(uint16_t port);                                                                \
    void out##suffix(uint16_t port, type value);
#else
#define PORT_WIDTH(suffix, type)                                                                   \
    static inline type in##suffix(uint16_t port)                                                   \
    {                                                                                              \
        type value;                                                                                \
        __asm__ volatile("in" #suffix " %1, %0" : "=a"(value) : "Nd"(port) : "memory");            \
        return value;                                                                              \
    }                                                                                              \
    static inline void out##suffix(uint16_t port, type value)                                      \
    {                                                                                              \
        __asm__ volatile("out" #suffix " %0, %1" : : "a"(value), "Nd"(port) : "memory");           \
    }
#endif

/* inb and outb, inw and outw, inl and outl. */
PORT_WIDTH(b, uint8_t)
PORT_WIDTH(w, uint16_t)
PORT_WIDTH(l, uint32_t)
#undef PORT_WIDTH

#endif
