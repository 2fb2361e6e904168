/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile domain. Each attempt that was not stopped, and with `verbose` each, reports one line,
 *   attack: PASS I4 icr-nmi-broadcast: what was seen
 * judged by what a guest can see; the other domains judge by their own counts.
 */
#ifndef GUEST_ATTACK_H
#define GUEST_ATTACK_H

#include "guests/lib/cpu.h"
#include "guests/lib/edu.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    TIMER_VECTOR = 0x40,
    IPI_VECTOR = 0x41,
    UART_VECTOR = 0x42,
    LVT_VECTOR = 0x43,
    RESIDUE_VECTOR = 0x50, /* and some above */
    MESSAGE_VECTOR = 0x60,
};
#define UNBACKED 0xd0000000ull /* in the hole below 4 GiB, mapped by the entry page tables */

/* One line of the report. `invariant` is the one that a failure would break. */
void report(bool pass, const char *invariant, const char *name, const char *text, ...)
    __attribute__((format(printf, 4, 5)));

/* Whether the command line asks for a line an attempt; what was good is only summed up otherwise.
 */
bool attack_is_verbose(void);

/* Interrupts that came at `vector` on processor `index` so far. */
uint32_t interrupts_seen(uint32_t index, uint8_t vector);

/* Lets interrupts in for a while, long enough for any that is on its way. */
void settle(void);

/* Does the timer of this processor interrupt once, as set, within a settled time? */
bool timer_works(void);

/* NMIs, and interrupts at vectors from TIMER_VECTOR on, of all processors so far. */
uint32_t nmis_of_all(void);
uint32_t interrupts_of_all(void);

/* The domain's edu device, NULL: it has none. */
const struct edu *own_edu(void);

/* One past the last byte of RAM. */
uint64_t ram_end(void);

/* Lives before this one, as the edu device has counted them. */
uint32_t count_life(void);

/* Writes a pattern of `bytes` that depends on `seed`; how many bytes are not of it. */
void pattern_fill(volatile uint8_t *at, uint32_t bytes, uint32_t seed);
uint32_t pattern_differences(const volatile uint8_t *at, uint32_t bytes, uint32_t seed);

/* Numbers that are the same in each run. */
uint32_t next_random(void);

/* Makes sibling `index`, which sleeps in attack_sibling(), run function(cpu); waits for its end. */
void sibling_begin(uint32_t index, sibling_function function);
void sibling_wait(uint32_t index);

/* Makes every sibling that sleeps in attack_sibling() run function(cpu), and waits for all. */
void siblings_run(sibling_function function);

/* Starts (or restarts) every sibling; how many came up. */
uint32_t siblings_start(void);

/* A name for what probe() returned: "nothing", "#GP" ... */
const char *fault_name(int vector);

/*
 * Notes what a function's configuration space holds and which bits of it a guest may change. Then:
 * how many words have changed in other bits, and, when all was written back as it was, how many
 * differ still (`left`); `first` is where one of them is.
 */
void config_look(uint32_t function);
uint32_t config_restore(uint32_t function, uint32_t *left, uint32_t *first);

/* The parts. */
void residue_check(void);           /* first of all: is anything of a former life left? */
void residue_look(struct cpu *cpu); /* a sibling calls it before it changes anything */
void residue_check_siblings(void);  /* and this reports what they saw */
void attack_memory(void);
void attack_windows(void); /* local APIC, I/O APIC, ECAM, firmware */
void attack_forms(void);   /* unusual instructions at unbacked memory */
void attack_msr(void);
void attack_x2apic(void);
void attack_port(void);
void attack_string_io(void);
void attack_icr(void);
void attack_nmi(void);
void attack_lvt(void);
void attack_ioapic(void);
void attack_delivery(void);
void attack_prefix(void);
void attack_control(void); /* CR, DR, XCR0 */
void attack_misc(void);    /* caches, hypercalls, single step */

/* These need an edu device. */
void attack_pci(void);     /* configuration space: who is there, BARs, Command */
void attack_config(void);  /* every write to it, and odd accesses */
void attack_message(void); /* MSI */
void attack_soak(void);    /* random operations, only if it is named; see there */
void attack_window(void);  /* DMA to where messages go; not in "all", see there */
void attack_card(void);    /* a network card's descriptors, only if it is named */
void attack_dma(void);     /* last of all: it may cost the device */

/* Lets the device, if there is one, begin to write a page of its buffer, a marker, to own RAM. */
void attack_dma_begin(void);

/* The last act that the command line names, else "triple". It ends this life or never returns. */
typedef void (*last_act)(void);
last_act last_act_find(void);

/* Leaves a marker in all that a domain can write, and interrupts pending; then `act`. */
_Noreturn void residue_plant_and(last_act act);

#endif
