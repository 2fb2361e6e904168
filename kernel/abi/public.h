/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A domain's public pages (TRAPS 27): the only memory that its processors and management's both
 * see. Each word has one writer, and no reader takes it for more than a number: indexes are masked,
 * counts bounded.
 */
#ifndef BULKHEAD_ABI_PUBLIC_H
#define BULKHEAD_ABI_PUBLIC_H

#include "audit.h"
#include "limits.h"
#include "manifest_domain.h"
#include <stdint.h>

enum life_state {
    LIFE_NEW,       /* waits for the boot processor, or for those that it starts after */
    LIFE_RESETTING, /* PCI functions brought to rest */
    LIFE_EMPTYING,  /* local APICs drained, registers at reset values */
    LIFE_ZEROING,   /* RAM */
    LIFE_SETTLING,  /* what was still in flight to the local APICs is drained */
    LIFE_LOADING,   /* payloads hashed, then copied */
    LIFE_RUNNING,
    LIFE_LEAVING, /* the life is over, its processors come out of the guest */
    LIFE_STOPPED,
    LIFE_REFUSED, /* stopped, for a reason that its UART has told */
    LIFE_STATES,
};

/* Why a life ended. */
enum life_end {
    END_NONE,
    END_POWER_OFF, /* ACPI S5 */
    END_RESET,     /* reset register */
    END_TRIPLE_FAULT,
    END_MACHINE_CHECK,
    END_BAD_STATE, /* the processor refused the guest's state */
    END_UNEXPECTED_EXIT,
    END_ASKED, /* for from outside */
    END_DMA_FAULT,
    END_CHECK, /* the separation check found something */
    END_KINDS,
};

/* Of `fault_reason`: beside what the unit gave, that it tells no more while this life lasts, as a
   function went on after its quarantine. */
#define FAULT_DEAF 0x100u

/* What management may ask of a domain, and nobody does unless the manifest grants it. */
enum life_ask {
    ASK_NOTHING,
    ASK_START,
    ASK_STOP,
    ASK_RESTART,
    ASK_POWER_BUTTON,
    ASK_CHECK, /* of every of its processors' part of the separation check */
};

enum { PUBLIC_IN_BYTES = 1024, PUBLIC_OUT_BYTES = 16384 }; /* powers of two */

struct public_page {
    /* Written by the boot processor; if it starts after others by management's first processor. */
    volatile uint32_t go; /* processors may enter their domain */
    /* Written by management, then a knock at the first processor. */
    volatile uint32_t in_head; /* bytes sent to its serial port so far */
    /* enum life_ask, and above it a ticket, another number than before: one word, so that of two
       who ask at once nobody's wish gets the other's ticket. */
    volatile uint64_t wish;
    uint8_t in[PUBLIC_IN_BYTES];
    /* Written by the reader of IOMMU faults: a bit a function, that it changes at a fault. */
    volatile uint32_t faulted;
    volatile uint32_t fault_reason; /* of the last one, FAULT_DEAF; and its address */
    volatile uint64_t fault_address;
    /* Written by the domain's first processor. */
    volatile uint32_t quarantined; /* `faulted`, of which the bus mastering is off */
    volatile uint32_t answered;    /* the last ticket whose request has come to rest */
    volatile uint32_t state;       /* enum life_state */
    volatile uint32_t lives;       /* starts so far */
    volatile uint32_t last_end;    /* enum life_end */
    volatile uint32_t restarts;    /* within the window of on_exit's limit */
    volatile uint64_t since;       /* TSC when `state` began; 0: never */
    volatile uint32_t checks;      /* separation checks that were asked for and are done */
    volatile uint32_t
        check_failed; /* what the last one found: the invariant's number; 0: nothing */
    /* Written by whoever of the domain's processors has its devices' lock. */
    volatile uint32_t in_tail; /* bytes of `in` that the serial port took */
    volatile uint64_t printed; /* bytes that went out of it since boot: public_out() */
    /* Written by each of the domain's processors, its own. */
    volatile uint64_t refused_interrupts[MAX_DOMAIN_CPUS]; /* destination outside (I4) */
    volatile uint64_t machine_checks[MAX_DOMAIN_CPUS];     /* errors seen since start-up */
    volatile uint64_t nmis[MAX_DOMAIN_CPUS];               /* that nobody explains, at least */
};

/*
 * Behind it, a row for each of the domain's processors: exits of this life by the number that the
 * processor gives (VT-x: the basic exit reason; AMD-V: the exit code, and those below).
 */
enum {
    PUBLIC_EXIT_KINDS = 160,
    PUBLIC_EXIT_SVM_MEMORY = 0x90, /* nested page faults, 0x400 */
    PUBLIC_EXIT_SVM_WRMSR,         /* of 0x7c, those that write */
    PUBLIC_EXIT_SVM_OTHER,         /* every other code */
};

/*
 * Behind these, in pages of their own, a ring for each: what it has for the audit trail. It has one
 * writer, that processor, and `head` counts its events since boot; the reader is management's first
 * processor.
 */
enum { AUDIT_RING = 32, AUDIT_EVENT_VALUES = 4 };
struct audit_event {
    uint64_t tsc;
    uint32_t kind;   /* enum audit_kind */
    uint32_t domain; /* it is about: from management's processors only */
    uint64_t value[AUDIT_EVENT_VALUES];
};
struct audit_ring {
    volatile uint64_t head;
    struct audit_event events[AUDIT_RING]; /* number n at n % AUDIT_RING */
};

/* The exits of the domain's processor `local`. */
static inline uint64_t *public_exits(struct public_page *page, uint32_t local)
{
    return (uint64_t *)(page + 1) + (uint64_t)local * PUBLIC_EXIT_KINDS;
}

static inline uint64_t public_pages(uint64_t bytes)
{
    return (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

static inline uint64_t public_counted(uint32_t cpu_count)
{
    return public_pages(sizeof(struct public_page) +
                        (uint64_t)cpu_count * PUBLIC_EXIT_KINDS * sizeof(uint64_t));
}

/* Bytes of the rings, at public_counted(). */
static inline uint64_t public_rings(uint32_t cpu_count)
{
    return public_pages(cpu_count * sizeof(struct audit_ring));
}

/* The ring of the processor `local` of a domain that has `cpu_count`. */
static inline struct audit_ring *public_audit(struct public_page *page, uint32_t cpu_count,
                                              uint32_t local)
{
    return (struct audit_ring *)((char *)page + public_counted(cpu_count)) + local;
}

/*
 * Behind these, in pages of their own, the last bytes that it printed, if the manifest lets anybody
 * read them: byte n at n % PUBLIC_OUT_BYTES.
 */
static inline uint8_t *public_out(struct public_page *page, uint32_t cpu_count)
{
    return (uint8_t *)page + public_counted(cpu_count) + public_rings(cpu_count);
}

/*
 * The trail, which nobody but management's processors sees: the last of the pages of management's
 * own. Written by its first processor; all zeros before the first record.
 */
struct audit_trail {
    volatile uint64_t next;                         /* number of the next record */
    uint64_t drained[MAX_DOMAINS][MAX_DOMAIN_CPUS]; /* events taken from each ring */
    struct audit_record records[AUDIT_KEPT];        /* number n at n % AUDIT_KEPT */
};

/* `bytes`: of all its public pages. */
static inline struct audit_trail *public_trail(struct public_page *page, uint64_t bytes)
{
    return (struct audit_trail *)((char *)page + bytes - public_pages(sizeof(struct audit_trail)));
}

static inline uint64_t public_bytes(const struct manifest_domain *rules)
{
    uint64_t trail = public_pages(sizeof(struct audit_trail));
    return public_counted(rules->cpu_count) + public_rings(rules->cpu_count) +
           (rules->serial_read ? PUBLIC_OUT_BYTES : 0) +
           (rules->flags & MANIFEST_IS_MANAGEMENT ? trail : 0);
}

enum { PUBLIC_TICKET = 32 }; /* where in `wish` */

/* Whether management's processors map it whole, to ask or to let it start; else its rings only. */
static inline uint32_t public_is_seen(const struct manifest_domain *rules)
{
    return rules->manage || rules->serial_read || rules->serial_write || rules->start_after;
}

_Static_assert(sizeof(struct public_page) <= PAGE_BYTES, "one page");

#endif
