/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a domain: see the header. */
#include "tell.h"
#include "arch/x86/include/upcalls.h"
#include "kernel/format.h"
#include "kernel/vm/devices.h"
#include "log.h"

/* On the domain's port, and whole lines on the boot log's where that is allowed: no lock, so two
 * ends in one moment may mix. */
static void tell(const char *line)
{
    devices_say(line);
    if (!slice()->tells_on_com1)
        return;
    log_join();
    log_write(line + 1);
}

static const char *const end_names[END_KINDS] = {
    [END_NONE] = "none",
    [END_POWER_OFF] = "power off (ACPI S5)",
    [END_RESET] = "reset register",
    [END_TRIPLE_FAULT] = "triple fault",
    [END_MACHINE_CHECK] = "machine check",
    [END_BAD_STATE] = "state that the processor refuses",
    [END_UNEXPECTED_EXIT] = "exit without an answer",
    [END_ASKED] = "management asked for it",
    [END_DMA_FAULT] = "I3, one of its devices reached for what is not its domain's",
    [END_CHECK] = "I12, the separation check found what must not be",
};

/* Why it stays stopped, behind these words. */
static void format_reason(char *out, size_t room, enum life_end cause, bool limit)
{
    const struct manifest_domain *rules = cpu.rules;
    if (cause == END_POWER_OFF)
        format(out, room, " (it switched itself off)");
    else if (cause == END_CHECK)
        format(out, room, " (until a check finds nothing)");
    else if (cause == END_DMA_FAULT && rules->on_dma_fault == MANIFEST_DMA_STOP)
        format(out, room, " (on_dma_fault: stop)");
    else if (cause != END_ASKED && cause != END_DMA_FAULT &&
             rules->on_exit != MANIFEST_EXIT_RESTART)
        format(out, room, " (on_exit: stop)");
    else if (cause == END_ASKED || !limit)
        format(out, room, " (as management asked)");
    else if (rules->restart_window)
        format(out, room, " (limit %u within %u s)", rules->restart_limit, rules->restart_window);
    else
        format(out, room, " (limit %u)", rules->restart_limit);
}

void tell_end(enum life_end cause, uint32_t restarts, bool stay, bool limit)
{
    char line[224], more[48] = "";
    if (stay)
        format_reason(more, sizeof(more), cause, limit);
    else if (cause != END_ASKED && cpu.rules->restart_limit)
        format(more, sizeof(more), " %u of %u", restarts, cpu.rules->restart_limit);
    format(line, sizeof(line), "\nbulkhead: domain %s ended: %s; %s%s\n", cpu.rules->name,
           end_names[cause], stay ? "it stays stopped" : "restart", more);
    tell(line);
}

void tell_found(const char *invariant, const char *text)
{
    char line[288];
    format(line, sizeof(line), "\nbulkhead: domain %s: separation check, %s, processor %u: %s\n",
           cpu.rules->name, invariant, cpu.apic_id, text);
    tell(line);
}

/* One line that ends with `end`, behind what can't be had of a function. */
static void tell_function(const char *verdict, const struct function *lost, const char *end)
{
    char line[224];
    format(
        line, sizeof(line),
        "\nbulkhead: domain %s %s: PCI function %02x:%02x.%x does not come back from a reset; %s\n",
        cpu.rules->name, verdict, lost->pci >> 8, lost->pci >> 3 & 31, lost->pci & 7, end);
    tell(line);
}

void tell_lost(const struct function *lost)
{
    tell_function("goes on", lost, "it stays without DMA");
}

void tell_refusal(enum life_state state, const struct function *lost)
{
    char line[224];
    if (lost) {
        tell_function("refused: I3", lost,
                      "switch the machine off and on, or see on_reset_failure");
        return;
    }
    format(line, sizeof(line), "\nbulkhead: domain %s refused: %s; it stays stopped\n",
           cpu.rules->name,
           state == LIFE_LOADING
               ? "a payload no longer has the manifest's SHA-256, boot the machine anew"
           : state == LIFE_ZEROING ? "I7, a machine check while its memory was zeroed"
                                   : "I7, a processor's local APIC can't be emptied");
    tell(line);
}
