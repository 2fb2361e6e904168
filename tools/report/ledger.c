/* SPDX-License-Identifier: Apache-2.0 */
/* What domains share in hardware, what an image answers to them, and how much code that takes. */
#include "report.h"

#include "kernel/abi/manifest_policy.h"
#include "shared.h"
#include "surface.h"
#include "tools/hw/inventory.h"
#include "tools/manifest/owned.h"

struct resource {
    const char *resource, *owner, *barrier, *remains;
};

/* In the words of CAVEATS.md, which has to change with these. */
static const struct resource ledger[] = {
    {"Last-level cache", "nobody: shared by all",
     "nothing; hits and misses show timing, not contents",
     "open: domains can be watched, slowed and, if two conspire, can talk through it"},
    {"Ring or mesh of the processor", "nobody: shared by all", "nothing", "open: a timing channel"},
    {"Power and frequency", "firmware and processor",
     "their MSRs and ports are on no allow-list, MONITOR and MWAIT are hidden",
     "open: load of one domain shows in clock, heat and power of the others"},
    {"TPM", "firmware, loader for measuring", "its memory window and ports are no domain's",
     "no domain can use it; nobody locks it"},
    {"RTC and CMOS", "hypervisor", "ports 70h and 71h are a model for each domain",
     "no domain reads or sets the real clock"},
    {"Microcode and chipset", "whoever made them", "loading microcode is denied to domains",
     "trusted"},
    {"Machine checks", "hypervisor", "a recoverable one ends the domain of its processor",
     "a fatal one stops all domains"},
    {"Power supply, case", "the site", "nothing", "physical access is not covered"},
};

static void row(struct report *out, bool is_unsafe, struct resource resource)
{
    page_cell(&out->page, MARK_HEAD, resource.resource);
    page_cell(&out->page, MARK_PLAIN, resource.owner);
    page_cell(&out->page, is_unsafe ? MARK_UNSAFE : MARK_PLAIN, resource.barrier);
    page_cell(&out->page, MARK_PLAIN, resource.remains);
}

static void cores_row(struct report *out)
{
    if (may_split_cores(out->check))
        row(out, true,
            (struct resource){
                "Cores and threads", "a thread is one domain's, for ever",
                "nothing between threads of one core that the manifest gives to two domains "
                "(split-core); this version refuses that all the same where it sees the threads",
                "open: the threads share L1, predictors and execution units"});
    else
        row(out, false,
            (struct resource){"Cores and threads", "the domain, for ever",
                              "one domain a core; threads of one core stay together where the "
                              "loader can see them",
                              "no rest is known where the loader sees the threads"});
}

/* Whether `unsafe` allows this of devices, and there are some. */
static bool devices_may(const struct model *model, uint64_t kind)
{
    struct owned owned;

    return unsafe_allows(model, kind) && owned_device(model, 0, &owned);
}

static void memory_row(struct report *out)
{
    const struct model *model = &out->check->model;
    uint64_t guard = model->platform.memory_guard.value;
    bool dma = devices_may(model, MANIFEST_NO_DMA_REMAPPING);
    const char *gap = guard > 0 ? say(out->arena,
                                      "at least %s lie unowned between two domains' "
                                      "memory",
                                      size_text(out->arena, guard))
                                : "nothing lies between two domains' memory (memory_guard: 0)";

    row(out, dma,
        (struct resource){
            "Memory controller, bandwidth and rows", "nobody: shared by all",
            say(out->arena, "%s, and %s",
                dma ? "nothing keeps devices from any frame (no-dma-remapping); for processors "
                      "frames have one owner"
                    : "frames have one owner",
                gap),
            guard > 0 ? "open: bandwidth is without limits; rows are not kept apart, rowhammer "
                        "included"
                      : "open: bandwidth is without limits; neighbouring rows may be two "
                        "domains', rowhammer included"});
}

/* Whatever an interrupt reaches, SMM among it. */
static void interrupt_rows(struct report *out)
{
    const struct model *model = &out->check->model;
    bool any = devices_may(model, MANIFEST_NO_DMA_REMAPPING) ||
               devices_may(model, MANIFEST_NO_INTERRUPT_REMAPPING);

    row(out, any,
        (struct resource){"Interval timer, interrupt controllers", "hypervisor",
                          any ? "a model for each domain, but a device can raise any interrupt on "
                                "any processor"
                              : "a model for each domain; interrupts of a processor reach its "
                                "owner only",
                          any ? "open: storms, and interrupts that nobody sent" : "none is known"});
    row(out, any,
        (struct resource){"Firmware and SMM", "whoever made the board",
                          any ? "no domain has a run-time service or raises an SMI by a port or "
                                "its processor, but a device can raise one"
                              : "no domain can raise an SMI by a port or an interrupt, and none "
                                "has a run-time service",
                          "trusted: SMM can do anything at any time"});
}

/* Root ports and IOMMU units. */
static void device_rows(struct report *out)
{
    const struct model *model = &out->check->model;
    bool split = devices_may(model, MANIFEST_SPLIT_IOMMU_GROUP);
    bool no_dma = devices_may(model, MANIFEST_NO_DMA_REMAPPING);
    bool no_interrupts = devices_may(model, MANIFEST_NO_INTERRUPT_REMAPPING);
    struct owned owned;
    uint32_t functions = 0;

    while (owned_device(model, functions, &owned))
        functions++;
    row(out, split,
        (struct resource){
            "Root ports and bridges", "hypervisor",
            functions == 0
                ? "no domain has a PCI function; configuration space is empty for it; "
                  "every endpoint's bus mastering is cleared at boot"
                : say(out->arena,
                      "they are no domain's, but %u PCI function%s behind them %s%s; "
                      "what goes from one to another passes the IOMMU",
                      functions, functions == 1 ? "" : "s", functions == 1 ? "is" : "are",
                      split ? ", and those of one IOMMU group may go to two "
                              "(split-iommu-group)"
                            : ""),
            functions == 0 ? "what firmware or a device does behind that bit's back"
                           : "functions below one port slow each other, and reach each other "
                             "where it has no ACS"});
    row(out, no_dma || no_interrupts,
        (struct resource){
            "IOMMU units", "hypervisor",
            no_dma          ? "nothing: DMA of devices needs no remapping (no-dma-remapping)"
            : no_interrupts ? "nothing keeps devices from raising any interrupt "
                              "(no-interrupt-remapping)"
                            : "their registers lie in no domain's memory, their tables are "
                              "written at boot and checked",
            no_dma ? "open: a device reaches the memory of all domains and of the hypervisor"
            : functions == 0
                ? "where the machine has none, DMA is held off by the bus-master bits alone"
                : "units are trusted; run on AMD-V with VT-d in QEMU, on VT-x with VT-d nested"});
}

/* Whether everything that somebody owns is known not to be an organ; what is, check refuses. */
static bool organs_are_nobodys(struct report *out)
{
    const struct hw *hw = inventory(out->check);
    struct owned owned;
    bool known = true;

    for (uint32_t i = 0; known && owned_device(&out->check->model, i, &owned); i++) {
        const struct hw_function *function = hw ? inventory_function(hw, &owned.device->pci) : NULL;

        known = function && !hw_organ(hw, function);
    }
    return known;
}

/* What a function of the chipset would give its owner. */
static void organ_rows(struct report *out)
{
    bool known = organs_are_nobodys(out);
    const char *not_known =
        "not known: functions are given away, and no inventory says that it is none of them";

    row(out, false,
        (struct resource){"SPI flash", known ? "firmware" : "not known",
                          known ? "neither its controller's memory nor its function is a domain's"
                                : not_known,
                          "what the firmware itself lets happen; its contents are not examined"});
    row(out, false,
        (struct resource){"SMBus", known ? "firmware" : "not known",
                          known ? "neither its ports nor its function is a domain's" : not_known,
                          "what the firmware itself does with it"});
    row(out, false,
        (struct resource){"Management engine", known ? "firmware" : "not known",
                          known ? "none of its functions is a domain's" : not_known,
                          "trusted: it reaches memory and, where it shares a card, a network"});
}

void report_ledger(struct report *out)
{
    static const char *const heads[] = {"Resource", "Owner", "What keeps domains from it",
                                        "What remains"};
    const struct model *model = &out->check->model;
    uint32_t count = partition_count(out->check);
    bool ways = false;

    page_section(&out->page, "Shared resources");
    page_say(&out->page, MARK_PLAIN,
             count < 2 ? "There is one domain, so no pair of domains shares anything. What it "
                         "shares with the hypervisor and the firmware:"
                       : say(out->arena,
                             "All are on one board. What holds for each pair of domains%s, %u in "
                             "all:",
                             is_written(model->management.at) ? ", management among them" : "",
                             count * (count - 1) / 2));
    for (uint32_t i = 0; i < model->domains.count; i++)
        ways |= model_domain(model, i)->cache_ways.valid;
    if (ways)
        page_say(&out->page, MARK_NOTE,
                 "The manifest gives domains ways of the cache of their own; this version checks "
                 "that, does not set it, and refuses to start such an image.");
    page_table(&out->page, 4, heads);
    cores_row(out);
    memory_row(out);
    device_rows(out);
    interrupt_rows(out);
    organ_rows(out);
    for (size_t i = 0; i < sizeof(ledger) / sizeof(ledger[0]); i++)
        row(out, false, ledger[i]);
    report_pairs(out);
}

static void figure(struct report *out, const char *what, uint32_t count, const char *remark)
{
    page_cell(&out->page, MARK_HEAD, what);
    page_cell(&out->page, MARK_NUMBER, report_count(out, count));
    page_cell(&out->page, MARK_PLAIN, remark);
}

void report_surface(struct report *out)
{
    static const char *const heads[] = {"What a guest can address", "Count", "The rest"};
    uint64_t vendor = out->check->model.platform.cpu.value;
    struct surface surface = surface_of(vendor);

    page_section(&out->page, "Attack surface");
    page_say(&out->page, MARK_PLAIN,
             say(out->arena,
                 "Counted in the tables of the backend for %s, from which the "
                 "hypervisor is built too. A processor that lacks a feature has fewer. %s",
                 vendor == MANIFEST_CPU_AMD ? "AMD-V" : "VT-x (Intel)",
                 is_written(out->check->model.management.at)
                     ? "One hypercall exists, for the management domain alone."
                     : "No hypercall exists."));
    page_table(&out->page, 3, heads);
    figure(out, "MSRs that exist", surface.msrs, "#GP for all others");
    figure(out, "MSRs read without an exit", surface.msrs_read, "its own processor's registers");
    figure(out, "MSRs written without an exit", surface.msrs_write,
           "reset whenever the domain starts again");
    figure(out, "MSRs whose access the hypervisor answers", surface.msrs_answered, "");
    figure(out, "I/O ports with a virtual device", surface.ports,
           "all others of 65,536 read all ones and ignore writes");
    figure(out, "I/O ports known and empty", surface.ports_quiet, "read all ones");
    figure(out, "CPUID leaves that are not all zero", surface.cpuid_leaves,
           "at most, on a processor that has everything; zero for all others");
    figure(out, "Exit reasons that are handled", surface.exits,
           "any other ends the domain, not the machine");
}

void report_lines(struct report *out)
{
    static const char *const heads[] = {"Part", "Lines", "Remark"};
    struct surface surface = surface_of(out->check->model.platform.cpu.value);

    page_section(&out->page, "Lines of code");
    page_say(&out->page, MARK_PLAIN,
             "Without blanks and comments, headers and tables included, counted when this tool was "
             "built. A header that two parts use counts in both.");
    page_table(&out->page, 3, heads);
    figure(out, "Resident hypervisor", surface.resident,
           "kernel, arch and drivers of this backend: what runs beside the domains");
    figure(out, "Its start-up code", surface.start,
           "sets up and checks each processor, is gone before the first domain runs");
    figure(out, "Loader", surface.loader, "gone before the first domain runs");
    figure(out, "Compiler", surface.compiler, "the host tool, on the build host only");
    figure(out, "Console, own", surface.console,
           "in a domain of its own, with what bare guests have in common");
    page_cell(&out->page, MARK_HEAD, "Console, libraries");
    page_cell(&out->page, MARK_NUMBER, "not counted");
    page_cell(&out->page, MARK_PLAIN,
              "lwIP, BearSSL, http-parser and jsmn, as Debian has them, in the same domain");
}
