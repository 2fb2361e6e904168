/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where state lives. Each processor sees its own copy of PER_CPU objects and its domain's copy of
 * PER_DOMAIN objects at one fixed address (kernel/abi/layout.h), so a plain variable name is
 * enough to reach them and nothing of another domain can be named at all (I11).
 */
#ifndef BULKHEAD_PERCPU_H
#define BULKHEAD_PERCPU_H

#define PER_CPU       __attribute__((section(".cpu")))
#define PER_CPU_PAGES __attribute__((section(".cpu.pages"), aligned(4096)))
/* First of all, at VA_CPU, one behind the other: filled by boot/. */
#define PER_CPU_BITMAPS __attribute__((section(".cpu.bitmaps"), aligned(4096)))
#define PER_CPU_CPUID   __attribute__((section(".cpu.cpuid")))
#define PER_DOMAIN      __attribute__((section(".domain")))

#endif
