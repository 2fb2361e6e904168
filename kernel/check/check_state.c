/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The separation check, registers: the processor protects itself (I11), the controls make the
 * guest exit where tables and bitmaps rely on it, and the bitmaps open what the policy grants and
 * nothing else (I4). Each word is compared as a whole: a bit that nobody named is wrong too.
 */
#include "arch/x86/include/check_controls.h"
#include "arch/x86/include/cr_bits.h"
#include "arch/x86/include/paging.h"
#include "check_parts.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A word and what it must be. Bits of `wanted` are 1 where they are offered. */
struct word {
    const char *name;
    size_t offset; /* of a uint64_t */
    uint64_t required, wanted;
    uint64_t either;         /* bits that come and go, or that separation does not depend on */
    const uint64_t *offered; /* as in struct check_registers; NULL: all bits, none demanded */
};

#define HOST(field) offsetof(struct check_host, field)
#define HOST_CR0    (CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG)
#define HOST_EFER   (EFER_LME | EFER_LMA | EFER_NXE)

#define WORD(index) offsetof(struct check_registers, controls[index])

static bool check_words(const struct check *check, const char *invariant, const char *when,
                        const void *base, const struct word *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct word *word = &table[i];
        uint64_t value = *(const uint64_t *)((const char *)base + word->offset);
        uint64_t must = word->offered ? (uint32_t)*word->offered : 0;
        uint64_t may = word->offered ? *word->offered >> 32 : ~0ull;
        uint64_t due = word->required | (word->wanted & may) | must;
        uint64_t wrong = (value ^ due) & ~word->either;
        if (wrong)
            return check_fail(check->result, invariant, "%s%s: %lx, bits %lx must be %s",
                              word->name, when, value, wrong & due ? wrong & due : wrong,
                              wrong & due ? "1" : "0");
    }
    return true;
}

static bool check_host(const struct check *check, const struct check_host *host, const char *when)
{
    const struct word words[] = {
        {"CR0", HOST(cr0), HOST_CR0, 0, 0, NULL},
        {"CR4", HOST(cr4), CR4_PAE | CR4_MCE | CR4_OSFXSR | check->in->registers->cr4_offered, 0,
         CR4_VMXE | CR4_OSXSAVE, NULL},
        {"EFER", HOST(efer), HOST_EFER, 0, EFER_SVME, NULL},
        {"PAT", HOST(pat), MEMORY_WB, 0, ~PAT_ENTRY_0, NULL},
        {"CR3", HOST(cr3), check->cpu->page_table & PAGING_ADDRESS, 0, 0, NULL},
    };
    return check_words(check, "I11", when, host, words, COUNT(words));
}

bool check_host_state(const struct check *check)
{
    const struct check_registers *registers = check->in->registers;
    if (registers->apic_id != check->cpu->apic_id)
        return check_fail(check->result, "I2", "APIC id %u, expected %u", registers->apic_id,
                          check->cpu->apic_id);
    return check_host(check, &registers->now, "") &&
           (!check->domain || check_host(check, &registers->on_exit, " after a VM exit"));
}

/* VPID is on only where what it tags can be flushed. */
static bool check_vmx_controls(const struct check *check)
{
    const struct check_registers *registers = check->in->registers;
    const uint64_t *offered = registers->offered;
    uint64_t flushes = registers->ept_vpid & VTX_INVVPID;
    uint64_t second = offered[2] & (flushes == VTX_INVVPID ? ~0ull : ~((uint64_t)VTX_VPID << 32));
    const struct word words[CHECK_CONTROLS] = {
        {"pin-based controls", WORD(0), VTX_PIN, 0, 0, &offered[0]},
        {"primary controls", WORD(1), VTX_PRIMARY, 0, VTX_PRIMARY_WINDOWS, &offered[1]},
        {"secondary controls", WORD(2), VTX_SECONDARY, VTX_SECONDARY_WANTED, 0, &second},
        {"exit controls", WORD(3), VTX_EXIT, 0, 0, &offered[3]},
        {"entry controls", WORD(4), VTX_ENTRY, 0, VTX_ENTRY_GUEST_64, &offered[4]},
        {"exception bitmap", WORD(5), EXCEPTIONS_TAKEN, 0, 0, NULL},
        {"CR0 mask", WORD(6), CR0_NE | CR0_CD | CR0_NW, 0, 0, NULL},
        {"CR4 mask", WORD(7), ~CR4_GUEST, 0, CR4_GUEST, NULL},
        {"MSRs of entry and exit", WORD(8), 0, 0, 0, NULL},
    };
    return check_words(check, "I4", "", registers, words, COUNT(words));
}

/* Reads the VMCB itself, by the manual's offsets. */
static bool check_vmcb(const struct check *check)
{
    const struct check_registers *registers = check->in->registers;
    const void *vmcb =
        check->in->frame(registers->structures[CHECK_CONTROL_BLOCK], check->in->context);
    const struct word words[] = {
        {"CR and DR intercepts", 0x0, SVM_AT_0, 0, SVM_AT_0_READS, NULL},
        {"exceptions, intercepts at 0xc", 0x8, SVM_AT_8, 0, SVM_AT_8_WINDOWS, NULL},
        {"intercepts at 0x10", 0x10, SVM_AT_10, 0, 0, NULL},
        {"TSC offset", 0x50, 0, 0, 0, NULL},
        {"ASID", 0x58, SVM_ASID, 0, SVM_TLB_CONTROL, NULL},
        {"virtual interrupt control", 0x60, 0, SVM_VIRTUAL_NMI, SVM_VIRTUAL_NOW,
         &registers->offered[0]},
        {"nested control", 0x90, SVM_NESTED, 0, 0, NULL},
        {"virtual VMLOAD, branch records", 0xb8, 0, 0, 0, NULL},
        {"clean bits", 0xc0, 0, 0, 0, NULL},
    };
    if (!vmcb)
        return check_fail(check->result, "I12", "VMCB at %lx can't be seen",
                          registers->structures[CHECK_CONTROL_BLOCK]);
    return check_words(check, "I4", "", vmcb, words, COUNT(words));
}

/* Pages that the hardware uses; 0 pages: this kind has none. */
static const struct structure {
    const char *name;
    uint32_t pages;
} structures[][CHECK_STRUCTURES] = {
    [CHECK_EPT] = {[CHECK_CONTROL_BLOCK] = {"VMCS", 1},
                   [CHECK_SAVE_AREA] = {"VMXON region", 1},
                   [CHECK_MSR_BITMAP] = {"MSR bitmap", 1}},
    [CHECK_NPT] = {[CHECK_CONTROL_BLOCK] = {"VMCB", 1},
                   [CHECK_SAVE_AREA] = {"host save area", 1},
                   [CHECK_MSR_BITMAP] = {"MSR bitmap", 2},
                   [CHECK_IO_BITMAP] = {"I/O bitmap", 3},
                   [CHECK_HOST_STATE] = {"VMCB of the host", 1}},
};

/* Only the hypervisor reaches them, on this processor. */
static bool check_structures(const struct check *check)
{
    const struct structure *all = structures[check->in->registers->nested];
    const uint64_t *hpa = check->in->registers->structures;
    for (uint32_t i = 0; i < CHECK_STRUCTURES; i++) {
        uint64_t bytes = all[i].pages * PAGE_BYTES;
        for (uint64_t at = 0; at < bytes; at += PAGE_BYTES)
            if (hpa[i] % PAGE_BYTES || !check_cpu_state(check, hpa[i] + at))
                return check_fail(check->result, "I11", "%s at %lx (%s), expected state of its own",
                                  all[i].name, hpa[i] + at, check_owner(check, hpa[i] + at));
        for (uint32_t k = 0; k < i; k++)
            if (hpa[i] < hpa[k] + all[k].pages * PAGE_BYTES && hpa[k] < hpa[i] + bytes)
                return check_fail(check->result, "I11", "%s at %lx: in use as %s too", all[i].name,
                                  hpa[i], all[k].name);
    }
    return true;
}

/* Bits of an MSR bitmap: `per_msr` for each; with two the second is for writing. */
struct msr_range {
    uint32_t offset, bytes, first, per_msr;
    bool write;
};
static const struct msr_range vmx_ranges[] = {
    {0x000, 0x400, 0, 1, false},
    {0x400, 0x400, 0xc0000000, 1, false},
    {0x800, 0x400, 0, 1, true},
    {0xc00, 0x400, 0xc0000000, 1, true},
};
static const struct msr_range svm_ranges[] = {
    {0x0000, 0x800, 0, 2, false},
    {0x0800, 0x800, 0xc0000000, 2, false},
    {0x1000, 0x800, 0xc0010000, 2, false},
};

/*
 * What may be open at most, whatever the policy's table says: the bitmap was built from that table,
 * so a comparison with it alone would not see a wrong line in it. All that names another processor,
 * outlives a restart, counts what others do or moves a clock, a voltage or a cache is not here.
 */
enum { OPEN_READ = 1, OPEN_WRITE = 2, OPEN_WRITE_VTX = 4, OPEN_BOTH = OPEN_READ | OPEN_WRITE };
static const struct {
    uint32_t first, last, access;
} open_msrs[] = {
    {0x10, 0x10, OPEN_READ},                    /* time stamp counter */
    {0x3b, 0x3b, OPEN_READ},                    /* its adjustment */
    {0x48, 0x48, OPEN_BOTH},                    /* speculation control */
    {0x49, 0x49, OPEN_WRITE},                   /* prediction command */
    {0x8b, 0x8b, OPEN_READ},                    /* microcode revision */
    {0xe1, 0xe1, OPEN_BOTH},                    /* UMWAIT control */
    {0x10b, 0x10b, OPEN_WRITE},                 /* flush command */
    {0x174, 0x176, OPEN_BOTH},                  /* SYSENTER */
    {0x277, 0x277, OPEN_BOTH},                  /* PAT */
    {0x6e0, 0x6e0, OPEN_BOTH},                  /* deadline timer */
    {0x802, 0x802, OPEN_READ},                  /* x2APIC id */
    {0x808, 0x808, OPEN_BOTH},                  /* task priority */
    {0x80a, 0x80a, OPEN_READ},                  /* processor priority */
    {0x80b, 0x80b, OPEN_WRITE},                 /* EOI */
    {0x80d, 0x80d, OPEN_READ},                  /* logical destination */
    {0x80f, 0x80f, OPEN_READ},                  /* spurious vector */
    {0x810, 0x827, OPEN_READ},                  /* ISR, TMR, IRR */
    {0x828, 0x828, OPEN_BOTH},                  /* error status */
    {0x832, 0x832, OPEN_READ | OPEN_WRITE_VTX}, /* LVT timer: QEMU's AMD heeds a delivery mode */
    {0x837, 0x837, OPEN_READ | OPEN_WRITE_VTX}, /* LVT error: likewise */
    {0x838, 0x838, OPEN_BOTH},                  /* initial count */
    {0x839, 0x839, OPEN_READ},                  /* current count */
    {0x83e, 0x83e, OPEN_BOTH},                  /* divide configuration */
    {0x83f, 0x83f, OPEN_WRITE},                 /* self IPI */
    {0xc0000081, 0xc0000084, OPEN_BOTH},        /* SYSCALL */
    {0xc0000100, 0xc0000103, OPEN_BOTH},        /* FS and GS bases, TSC_AUX */
    {0xc0011029, 0xc0011029, OPEN_READ},        /* AMD: whether LFENCE serialises */
};

static bool may_be_open(uint32_t msr, bool write, enum check_nested nested)
{
    uint32_t wanted = !write                ? OPEN_READ
                      : nested == CHECK_EPT ? OPEN_WRITE | OPEN_WRITE_VTX
                                            : OPEN_WRITE;
    for (size_t i = 0; i < COUNT(open_msrs); i++)
        if (msr >= open_msrs[i].first && msr <= open_msrs[i].last)
            return open_msrs[i].access & wanted;
    return false;
}

static const uint64_t *open_bitmap(const struct check *check, enum check_structure which,
                                   uint32_t offset)
{
    uint64_t hpa = check->in->registers->structures[which] + (offset & ~0xfffu);
    const uint64_t *page = check->in->frame(hpa, check->in->context);
    if (!page)
        check_fail(check->result, "I12", "bitmap at %lx can't be seen", hpa);
    return page;
}

/* Compares the bits of one range with the policy. */
static bool check_range(const struct check *check, const struct msr_range *range)
{
    const uint64_t *words = open_bitmap(check, CHECK_MSR_BITMAP, range->offset);
    if (!words)
        return false;
    words += range->offset % PAGE_BYTES / sizeof *words;
    for (uint32_t bit = 0; bit < range->bytes * 8; bit++) {
        uint32_t msr = range->first + bit / range->per_msr;
        bool write = range->per_msr == 2 ? bit & 1 : range->write;
        bool exits = words[bit / 64] >> bit % 64 & 1;
        if (check->in->granted(msr, write) == exits)
            return check_fail(
                check->result, "I4", "MSR bitmap: %s of MSR %x %s", write ? "write" : "read", msr,
                exits ? "is granted, but exits" : "is not granted, but does not exit");
        if (!exits && !may_be_open(msr, write, check->in->registers->nested))
            return check_fail(check->result, "I4",
                              "MSR bitmap: %s of MSR %x must exit whatever the policy says",
                              write ? "write" : "read", msr);
    }
    return true;
}

static bool check_msr_bitmap(const struct check *check, const struct msr_range *ranges,
                             size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!check_range(check, &ranges[i]))
            return false;
    return true;
}

/* AMD-V: 64 Ki ports and the bytes after the last one, a bit each. */
static bool check_io_bitmap(const struct check *check)
{
    for (uint32_t page = 0; page < 3; page++) {
        const uint64_t *words = open_bitmap(check, CHECK_IO_BITMAP, page << 12);
        if (!words)
            return false;
        for (uint32_t i = 0; i < PAGE_BYTES / sizeof *words; i++)
            if (~words[i])
                return check_fail(check->result, "I4", "I/O bitmap: port %x does not exit",
                                  page * 0x8000 + i * 64 + (uint32_t)__builtin_ctzll(~words[i]));
    }
    return true;
}

bool check_guest_state(const struct check *check)
{
    if (!check_structures(check))
        return false;
    if (check->in->registers->nested == CHECK_EPT)
        return check_vmx_controls(check) && check_msr_bitmap(check, vmx_ranges, COUNT(vmx_ranges));
    return check_vmcb(check) && check_msr_bitmap(check, svm_ranges, COUNT(svm_ranges)) &&
           check_io_bitmap(check);
}
