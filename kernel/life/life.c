/* SPDX-License-Identifier: Apache-2.0 */
/* The life of this processor's domain: start, end, restart (I7, I9). */
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/stop.h"
#include "arch/x86/include/trap.h"
#include "arch/x86/include/upcalls.h"
#include "arch/x86/include/vcpu.h"
#include "kernel/format.h"
#include "kernel/sha256.h"
#include "kernel/vm/devices.h"
#include "memory.h"

struct mailbox {
    volatile uint32_t requests; /* enum life_request */
    volatile uint8_t sipi_vector;
};

static PER_DOMAIN struct {
    struct mailbox mail[MAX_DOMAIN_CPUS];
    volatile uint32_t arrived, generation; /* barrier */
    volatile uint32_t ending;              /* enum life_end: this life is over */
    volatile uint32_t state;               /* enum life_state */
    volatile bool unclean;                 /* a processor could not be brought to reset state */
    uint32_t restarts;                     /* within the window */
    uint64_t window_start;                 /* TSC */
} life;

static const char *const end_names[END_KINDS] = {
    [END_NONE] = "none",
    [END_POWER_OFF] = "power off (ACPI S5)",
    [END_RESET] = "reset register",
    [END_TRIPLE_FAULT] = "triple fault",
    [END_MACHINE_CHECK] = "machine check",
    [END_BAD_STATE] = "state that the processor refuses",
    [END_UNEXPECTED_EXIT] = "exit without an answer",
};

static struct public_page *public_page(void)
{
    return (struct public_page *)VA_PUBLIC;
}

/* All processors of the domain meet here, in root mode. */
static void barrier(void)
{
    uint32_t generation = life.generation;
    if (__atomic_add_fetch(&life.arrived, 1, __ATOMIC_ACQ_REL) == cpu.domain->cpu_count) {
        life.arrived = 0;
        __atomic_store_n(&life.generation, generation + 1, __ATOMIC_RELEASE);
        return;
    }
    while (__atomic_load_n(&life.generation, __ATOMIC_ACQUIRE) == generation)
        stop_pause();
}

void life_request(uint32_t local, uint32_t requests, uint8_t sipi_vector)
{
    struct mailbox *mail = &life.mail[local];
    if (requests & REQUEST_SIPI) {
        if (mail->requests & REQUEST_SIPI)
            return; /* the second SIPI of the start-up algorithm */
        mail->sipi_vector = sipi_vector;
    }
    if (requests & REQUEST_INIT) /* a SIPI before it counts no more */
        __atomic_and_fetch(&mail->requests, ~(uint32_t)REQUEST_SIPI, __ATOMIC_ACQ_REL);
    __atomic_or_fetch(&mail->requests, requests, __ATOMIC_ACQ_REL);
    if (local == cpu.local)
        vcpu.knock = 1;
    else
        machine_knock(machine_apic_id(local));
}

_Noreturn void life_end(enum life_end cause)
{
    uint32_t none = END_NONE;
    if (__atomic_compare_exchange_n(&life.ending, &none, cause, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        for (uint32_t local = 0; local < cpu.domain->cpu_count; local++)
            if (local != cpu.local)
                life_request(local, REQUEST_END, 0);
    cpu_leave_stack(life_run);
}

/* Waits for SIPI in root mode (the emulators' wait-for-SIPI state is not to be trusted). */
static void wait_for_sipi(void)
{
    struct mailbox *mail = &life.mail[cpu.local];
    for (;;) {
        if (life.ending)
            cpu_leave_stack(life_run);
        if (cpu.local == 0) /* the line's knock may have come together with the request's */
            devices_pump();
        uint32_t requests = __atomic_exchange_n(&mail->requests, 0, __ATOMIC_ACQ_REL);
        if (requests & REQUEST_SIPI) {
            vcpu_set_sipi(mail->sipi_vector);
            return;
        }
        cpu_park();
    }
}

void life_knocked(void)
{
    struct mailbox *mail = &life.mail[cpu.local];
    stop_heed();
    if (life.ending)
        cpu_leave_stack(life_run);
    uint32_t requests = __atomic_exchange_n(&mail->requests, 0, __ATOMIC_ACQ_REL);
    if (requests & REQUEST_INIT) {
        if (requests & REQUEST_SIPI) /* came after INIT: a running processor ignores it */
            __atomic_or_fetch(&mail->requests, REQUEST_SIPI, __ATOMIC_ACQ_REL);
        machine_init();
        wait_for_sipi();
        return;
    }
    if (requests & REQUEST_NMI)
        vcpu.nmi_pending = true;
    if (cpu.local == 0)
        devices_pump();
}

/* Zeroes this processor's share of the domain's RAM: the processors share the work by pieces. */
static void zero_ram(void)
{
    uint64_t piece = 0;
    for (uint32_t i = 0; i < cpu.domain->ram_count; i++) {
        const struct handoff_ram *ram = &cpu.domain->ram[i];
        for (uint64_t at = 0; at < ram->bytes; at += LARGE_PAGE_BYTES, piece++)
            if (piece % cpu.domain->cpu_count == cpu.local)
                memory_zero((void *)(VA_RAM + ram->gpa + at), LARGE_PAGE_BYTES);
    }
}

/* Payloads as the manifest has them, or the domain does not start. */
static bool payloads_intact(void)
{
    for (uint32_t i = 0; i < cpu.domain->digest_count; i++) {
        const struct handoff_digest *run = &cpu.domain->digest[i];
        uint8_t digest[DIGEST_BYTES];
        sha256((const void *)(VA_PAYLOAD + run->from), run->bytes, digest);
        if (!memory_equal(digest, run->digest, DIGEST_BYTES))
            return false;
    }
    return true;
}

static void load_payloads(void)
{
    for (uint32_t i = 0; i < cpu.domain->load_count; i++) {
        const struct handoff_load *load = &cpu.domain->load[i];
        memory_copy((void *)(VA_RAM + load->gpa), (const void *)(VA_PAYLOAD + load->from),
                    load->bytes);
    }
}

/* What on_exit and its limit say about the life that just ended. */
static bool may_restart(uint32_t cause)
{
    const struct manifest_domain *rules = cpu.rules;
    if (cause == END_POWER_OFF || rules->on_exit != MANIFEST_EXIT_RESTART)
        return false;
    uint64_t now = machine_tsc();
    uint64_t window = rules->restart_window * slice()->tsc_hz;
    if (life.restarts == 0 || (window != 0 && now - life.window_start > window)) {
        life.restarts = 0;
        life.window_start = now;
    }
    if (rules->restart_limit != 0 && life.restarts == rules->restart_limit)
        return false;
    life.restarts++;
    return true;
}

#ifdef BENCH
/* A line of "kind count" pairs, all processors together. */
void life_mark(uint32_t mark)
{
    char line[512];
    size_t length =
        format(line, sizeof(line), "\nbulkhead: mark %u, tsc %lu:", mark, machine_tsc());
    for (uint32_t kind = 0; kind < PUBLIC_EXIT_KINDS; kind++) {
        uint64_t sum = 0;
        for (uint32_t local = 0; local < cpu.domain->cpu_count; local++)
            sum += public_exits(public_page(), local)[kind];
        if (sum)
            length += format(line + length, sizeof(line) - length, " %u %lu", kind, sum);
    }
    format(line + length, sizeof(line) - length, "\n");
    devices_say(line);
}
#endif

static void say_end(uint32_t cause, bool restarts)
{
    char line[160];
    size_t length = format(line, sizeof(line), "\nbulkhead: domain %s ended: %s; ", cpu.rules->name,
                           end_names[cause]);
    if (restarts)
        format(line + length, sizeof(line) - length, "restart %u of %u\n", life.restarts,
               cpu.rules->restart_limit);
    else
        format(line + length, sizeof(line) - length, "it stays stopped\n");
    devices_say(line);
}

/* First processor: what becomes of the domain, all of whose processors are at rest. */
static void decide(void)
{
    uint32_t cause = life.ending;
    if (life.state == LIFE_NEW) {
        devices_setup();
        life.state = LIFE_RUNNING;
    } else {
        bool restarts = may_restart(cause);
        say_end(cause, restarts);
        public_page()->last_end = cause;
        life.state = restarts ? LIFE_RUNNING : LIFE_STOPPED;
    }
    if (life.state == LIFE_RUNNING && life.unclean) {
        life.state = LIFE_REFUSED;
        devices_say("bulkhead: I7: a processor's local APIC can't be emptied; the domain stays "
                    "stopped\n");
    }
    if (life.state == LIFE_RUNNING && !payloads_intact()) {
        life.state = LIFE_REFUSED;
        devices_say("bulkhead: a payload no longer has the manifest's SHA-256; the domain stays "
                    "stopped: boot the machine anew\n");
    }
    for (uint32_t local = 0; local < cpu.domain->cpu_count; local++)
        life.mail[local].requests = 0;
    life.ending = END_NONE;
    public_page()->state = life.state;
}

static _Noreturn void stay_stopped(void)
{
    for (;;) {
        cpu_park();
        if (cpu.local == 0)
            devices_pump();
    }
}

_Noreturn void life_run(void)
{
    if (!cpu.domain)
        for (;;)
            cpu_park();
    vcpu_leave();
    barrier();
    if (!machine_reset())
        life.unclean = true;
    barrier();
    zero_ram();
    barrier();
    if (cpu.local == 0)
        decide();
    barrier();
    machine_clear_counts();
    if (life.state != LIFE_RUNNING)
        stay_stopped();
    if (cpu.local != 0) {
        wait_for_sipi();
        vcpu_enter();
    }
    load_payloads();
    devices_reset();
    public_page()->lives++;
    vcpu_set_entry(&cpu.domain->entry);
    vcpu_enter();
}
