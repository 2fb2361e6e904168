/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The separation check, registers: the processor protects itself (I11), the controls make the
 * guest exit where tables and bitmaps rely on it, and the bitmaps open what the policy grants and
 * nothing else (I4).
 */
#include "arch/x86/include/check_controls.h"
#include "arch/x86/include/cr_bits.h"
#include "arch/x86/include/paging.h"
#include "check_parts.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A register and the bits of it that separation depends on. */
struct required {
    const char *name;
    size_t offset; /* of a uint64_t */
    uint64_t ones, zeros;
};

#define HOST(field) offsetof(struct check_host, field)
static const struct required host_required[] = {
    {"CR0", HOST(cr0), CR0_PE | CR0_WP | CR0_PG, CR0_CD | CR0_NW},
    {"CR4", HOST(cr4), CR4_PAE | CR4_MCE, CR4_LA57 | CR4_PCIDE | CR4_PKE | CR4_PKS},
    {"EFER", HOST(efer), EFER_LME | EFER_LMA | EFER_NXE, 0},
    {"PAT", HOST(pat), MEMORY_WB, PAT_ENTRY_0 & ~MEMORY_WB},
};

#define GUEST(field) offsetof(struct check_registers, field)
static const struct required vmx_required[] = {
    {"exception bitmap", GUEST(exceptions), EXCEPTIONS_TAKEN, 0},
    {"pin-based controls", GUEST(controls[0]), VTX_PIN_NMI | VTX_PIN_VIRTUAL_NMI, VTX_PIN_POSTED},
    {"primary controls", GUEST(controls[1]), VTX_IO_ALL | VTX_MSR_BITMAPS | VTX_SECONDARY,
     VTX_IO_BITMAPS | VTX_TPR_SHADOW | VTX_TERTIARY},
    {"secondary controls", GUEST(controls[2]), VTX_EPT | VTX_UNRESTRICTED | VTX_WBINVD,
     VTX_VIRTUALIZE_APIC | VTX_VIRTUALIZE_X2APIC | VTX_APIC_REGISTERS | VTX_INTERRUPT_DELIVERY |
         VTX_VM_FUNCTIONS | VTX_VMCS_SHADOWING | VTX_PAGE_LOG | VTX_EXCEPTION_PAGE},
    {"exit controls", GUEST(controls[3]), VTX_EXIT_HOST_64 | VTX_EXIT_LOAD_PAT | VTX_EXIT_LOAD_EFER,
     0},
    {"CR0 mask", GUEST(controls[4]), CR0_CD | CR0_NW, 0},
    {"CR4 mask", GUEST(controls[5]), VTX_CR4_NEVER | CR4_MCE, 0},
    {"MSRs of entry and exit", GUEST(controls[6]), 0, ~0ull},
};
static const struct required svm_required[] = {
    {"exception intercepts", GUEST(exceptions), EXCEPTIONS_TAKEN, 0},
    {"intercepts at 0xc", GUEST(controls[0]),
     SVM_NMI | SVM_INIT | SVM_INVD | SVM_IO | SVM_MSR | SVM_SHUTDOWN, 0},
    {"intercepts at 0x10", GUEST(controls[1]), SVM_VMRUN_TO_SKINIT | SVM_WBINVD | SVM_XSETBV, 0},
    {"nested control", GUEST(controls[2]), SVM_NESTED, 0},
    {"virtual interrupt control", GUEST(controls[3]), 0, SVM_AVIC},
    {"intercepts at 0x14", GUEST(controls[4]), SVM_INVLPGB | SVM_TLBSYNC, 0},
    {"intercepts at 0x0", GUEST(controls[5]), SVM_WRITE_CR0 | SVM_WRITE_CR4, 0},
};

static bool check_required(const struct check *check, const char *invariant, const char *when,
                           const void *base, const struct required *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value = *(const uint64_t *)((const char *)base + table[i].offset);
        uint64_t wrong = (~value & table[i].ones) | (value & table[i].zeros);
        if (wrong)
            return check_fail(check->result, invariant, "%s%s: %lx, bits %lx must be %s",
                              table[i].name, when, value, wrong, wrong & table[i].ones ? "1" : "0");
    }
    return true;
}

static bool check_host(const struct check *check, const struct check_host *host, const char *when)
{
    uint64_t root = check->cpu->page_table & PAGING_ADDRESS;
    const struct required own[] = {{"CR4", HOST(cr4), check->in->registers->cr4_offered, 0},
                                   {"CR3", HOST(cr3), root, ~root}};
    return check_required(check, "I11", when, host, host_required, COUNT(host_required)) &&
           check_required(check, "I11", when, host, own, COUNT(own));
}

bool check_host_state(const struct check *check)
{
    const struct check_registers *registers = check->in->registers;
    return check_host(check, &registers->now, "") &&
           (!check->domain || check_host(check, &registers->on_exit, " after a VM exit"));
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

/* A page that only the hypervisor reaches: state of this processor or private of its domain. */
static bool check_place(const struct check *check, const char *name, uint64_t hpa)
{
    return (hpa % PAGE_BYTES == 0 && check_own_state(check, hpa)) ||
           check_fail(check->result, "I11", "%s at %lx (%s), expected state of its own", name, hpa,
                      check_owner(check, hpa));
}

static const uint64_t *open_bitmap(const struct check *check, const char *name, uint64_t hpa)
{
    const uint64_t *page = NULL;
    if (check_place(check, name, hpa)) {
        page = check->in->frame(hpa, check->in->context);
        if (!page)
            check_fail(check->result, "I12", "%s at %lx can't be seen", name, hpa);
    }
    return page;
}

/* Compares the bits of one range that have the value `exits` with the policy, counting them. */
/*
 * Writes that must never be open, whatever the policy table says: it was built from that table, so
 * the comparison alone would not see a wrong line in it.
 */
static const struct {
    uint32_t first, last;
} closed_msrs[] = {
    {0x1b, 0x1b},             /* APIC base */
    {0x3a, 0x3a},             /* feature control */
    {0x79, 0x79},             /* microcode update */
    {0x9b, 0x9b},             /* SMM monitor */
    {0x1a0, 0x1a0},           /* miscellaneous enable */
    {0x1d9, 0x1d9},           /* debug control */
    {0x200, 0x26f},           /* MTRRs */
    {0x2ff, 0x2ff},           /* default memory type */
    {0x400, 0x4ff},           /* machine checks, VMX capabilities */
    {0x800, 0x807},           /* x2APIC id */
    {0x82f, 0x830},           /* LVT CMCI, ICR */
    {0x833, 0x836},           /* LVT thermal, performance, LINT0, LINT1 */
    {0xc0000080, 0xc0000080}, /* EFER */
    {0xc0010000, 0xc0011fff}, /* AMD: system configuration, SMM, SVM */
};

static bool must_exit(uint32_t msr)
{
    for (size_t i = 0; i < COUNT(closed_msrs); i++)
        if (msr >= closed_msrs[i].first && msr <= closed_msrs[i].last)
            return true;
    return false;
}

static bool check_range(const struct check *check, const struct msr_range *range, bool exits,
                        uint32_t *count)
{
    const uint64_t *words = open_bitmap(
        check, "MSR bitmap", check->in->registers->msr_bitmap + (range->offset & ~0xfffu));
    if (!words)
        return false;
    words += range->offset % PAGE_BYTES / sizeof *words;
    for (uint32_t i = 0; i < range->bytes / sizeof *words; i++)
        for (uint64_t bits = exits ? words[i] : ~words[i]; bits; bits &= bits - 1) {
            uint32_t bit = i * 64 + (uint32_t)__builtin_ctzll(bits);
            uint32_t msr = range->first + bit / range->per_msr;
            bool write = range->per_msr == 2 ? bit & 1 : range->write;
            if (check->in->granted(msr, write, check->in->policy) == exits)
                return check_fail(
                    check->result, "I4", "MSR bitmap: %s of MSR %x %s", write ? "write" : "read",
                    msr, exits ? "is granted, but exits" : "is not granted, but does not exit");
            if (!exits && write && must_exit(msr))
                return check_fail(check->result, "I4",
                                  "MSR bitmap: write of MSR %x must exit whatever the "
                                  "policy says",
                                  msr);
            *count += 1;
        }
    return true;
}

static bool check_msr_bitmap(const struct check *check, const struct msr_range *ranges,
                             size_t count)
{
    uint32_t open = 0, closed = 0;
    for (size_t i = 0; i < count; i++)
        if (!check_range(check, &ranges[i], false, &open))
            return false;
    for (size_t i = 0; i < count && open != check->in->granted_count; i++)
        if (!check_range(check, &ranges[i], true, &closed))
            return false;
    return true;
}

/* AMD-V: 64 Ki ports and the bytes after the last one, a bit each. */
static bool check_io_bitmap(const struct check *check)
{
    for (uint32_t page = 0; page < 3; page++) {
        const uint64_t *words =
            open_bitmap(check, "I/O bitmap", check->in->registers->io_bitmap + page * PAGE_BYTES);
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
    const struct check_registers *registers = check->in->registers;
    for (uint32_t i = 0; i < CHECK_STRUCTURES; i++)
        if (registers->structures[i].name &&
            !check_place(check, registers->structures[i].name, registers->structures[i].hpa))
            return false;
    if (registers->nested == CHECK_EPT)
        return check_required(check, "I4", "", registers, vmx_required, COUNT(vmx_required)) &&
               check_msr_bitmap(check, vmx_ranges, COUNT(vmx_ranges));
    return check_required(check, "I4", "", registers, svm_required, COUNT(svm_required)) &&
           check_msr_bitmap(check, svm_ranges, COUNT(svm_ranges)) && check_io_bitmap(check);
}
