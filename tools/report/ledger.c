/* SPDX-License-Identifier: Apache-2.0 */
/* What domains share in hardware, what an image answers to them, and how much code that takes. */
#include "report.h"

#include "surface.h"

/* In the words of CAVEATS.md, which has to change with this table. */
static const struct {
    const char *resource, *owner, *barrier, *remains;
} ledger[] = {
    {"Cores and threads", "the domain, for ever",
     "one domain a core; threads of one core stay together where the loader can see them",
     "no rest is known where the loader sees the threads"},
    {"Last-level cache", "nobody: shared by all",
     "nothing; hits and misses show timing, not contents",
     "open: domains can be watched, slowed and, if two conspire, can talk through it"},
    {"Memory controller, bandwidth and rows", "nobody: shared by all",
     "frames have one owner, and a guard gap lies between two domains' memory",
     "open: bandwidth is without limits; rows are not kept apart, rowhammer included"},
    {"Ring or mesh of the processor", "nobody: shared by all", "nothing", "open: a timing channel"},
    {"Root ports and bridges", "hypervisor",
     "no domain has a PCI function; configuration space is empty for it; every endpoint's bus "
     "mastering is cleared at boot",
     "what firmware or a device does behind that bit's back"},
    {"IOMMU units", "nobody yet: there is no IOMMU driver",
     "their registers lie in no domain's memory", "DMA is held off by the bus-master bits alone"},
    {"Power and frequency", "firmware and processor",
     "their MSRs and ports are on no allow-list, MONITOR and MWAIT are hidden",
     "open: load of one domain shows in clock, heat and power of the others"},
    {"SPI flash", "firmware", "neither its controller's memory nor its function is a domain's",
     "what the firmware itself lets happen; its contents are not examined"},
    {"SMBus", "firmware", "neither its ports nor its function is a domain's",
     "what the firmware itself does with it"},
    {"TPM", "firmware, loader for measuring", "its memory window and ports are no domain's",
     "no domain can use it; nobody locks it"},
    {"RTC and CMOS", "hypervisor", "ports 70h and 71h are a model for each domain",
     "no domain reads or sets the real clock"},
    {"Interval timer, interrupt controllers", "hypervisor",
     "a model for each domain; interrupts of a processor reach its owner only", "none is known"},
    {"Firmware and SMM", "whoever made the board",
     "no domain can raise an SMI by a port or an interrupt, and none has a run-time service",
     "trusted: SMM can do anything at any time"},
    {"Microcode and chipset", "whoever made them", "loading microcode is denied to domains",
     "trusted"},
    {"Machine checks", "hypervisor", "a recoverable one ends the domain of its processor",
     "a fatal one stops all domains"},
    {"Power supply, case", "the site", "nothing", "physical access is not covered"},
};

void report_ledger(struct report *out)
{
    static const char *const heads[] = {"Resource", "Owner", "What keeps domains from it",
                                        "What remains"};
    const struct model *model = &out->check->model;
    const char *pairs = "";
    bool ways = false;
    uint32_t count = model->domains.count + is_written(model->management.at);

    page_section(&out->page, "Shared resources");
    if (count < 2) {
        page_say(&out->page, MARK_PLAIN,
                 "There is one domain, so no pair of domains shares anything. What it shares with "
                 "the hypervisor and the firmware:");
    } else {
        for (uint32_t i = 0; i < count; i++) {
            for (uint32_t j = 0; j < i; j++)
                pairs = say(out->arena, "%s%s%s and %s", pairs, *pairs ? "; " : "",
                            model_domain(model, j)->name.value,
                            i < model->domains.count ? model_domain(model, i)->name.value
                                                     : "management");
        }
        page_say(&out->page, MARK_PLAIN,
                 say(out->arena, "All are on one board, and the rows below hold for each pair: %s.",
                     pairs));
    }
    for (uint32_t i = 0; i < model->domains.count; i++)
        ways |= model_domain(model, i)->cache_ways.valid;
    if (ways)
        page_say(&out->page, MARK_NOTE,
                 "The manifest gives domains ways of the cache of their own; this version checks "
                 "that, does not set it, and refuses to start such an image.");
    page_table(&out->page, 4, heads);
    for (size_t i = 0; i < sizeof(ledger) / sizeof(ledger[0]); i++) {
        page_cell(&out->page, MARK_HEAD, ledger[i].resource);
        page_cell(&out->page, MARK_PLAIN, ledger[i].owner);
        page_cell(&out->page, MARK_PLAIN, ledger[i].barrier);
        page_cell(&out->page, MARK_PLAIN, ledger[i].remains);
    }
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
                 "hypervisor is built too. A processor that lacks a feature has fewer. No "
                 "hypercall exists.",
                 vendor == MANIFEST_CPU_AMD ? "AMD-V" : "VT-x (Intel)"));
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
    figure(out, "Loader", surface.loader, "gone before the first domain runs");
    figure(out, "Compiler", surface.compiler, "the host tool, on the build host only");
    page_cell(&out->page, MARK_HEAD, "Console, own");
    page_cell(&out->page, MARK_NUMBER, "none yet");
    page_cell(&out->page, MARK_PLAIN, "this version has no management console");
    page_cell(&out->page, MARK_HEAD, "Console, libraries");
    page_cell(&out->page, MARK_NUMBER, "none yet");
    page_cell(&out->page, MARK_PLAIN, "this version has no management console");
}
