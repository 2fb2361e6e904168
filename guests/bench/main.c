/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a round trip through the hypervisor costs, in ticks of the TSC (in Bochs: instructions),
 * and 1,000 timer interrupts in a loop and in HLT, for the exit counts that the hypervisor
 * says at each write to port 0x80 (kernels built with -DBENCH): numbers 1 to 3 around the spinning
 * timer, 4 to 6 around HLT, others in device.c.
 *
 * Command line: bench= phases (all), count= samples a phase, each of 100 operations.
 */
#include "bench.h"
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/cpu.h"
#include "guests/lib/x86.h"

enum {
    IPI_VECTOR = 0x50,
    SIBLING_VECTOR = 0x51,
    TIMER_VECTOR = 0x52,
    SAMPLES = 32,
    SAMPLES_MAX = 4096,
    LOOPS = 100,
    TEXT_LOOPS = 8, /* characters on the console, as many as any FIFO takes */
    TIMER_INTERRUPTS = 1000,
    TIMER_GAP = 2000, /* TSC ticks */
    SIBLING_SETTLES = 20000,
    MARKS = 3, /* a timer phase */
};

extern uint32_t bench_loops, bench_command, bench_destination, bench_vector, bench_events;
extern volatile uint32_t bench_sibling_sleeps;
extern const uint8_t bench_gp[], bench_interrupt[], bench_sibling_interrupt[];
void bench_sibling_wait(void);

typedef uint64_t (*sample_function)(void);

enum phase_kind {
    PLAIN,
    TEXT,
    DENIED,
    SELF,
    SELF_BY_ID,
    SIBLING_SPINS,
    SIBLING_SLEEPS,
    DEVICE,
    CALL
};

struct phase {
    const char *word; /* on the command line */
    const char *key;
    enum phase_kind kind;
    sample_function sample, base;
};

#define SAMPLE(name) uint64_t sample_##name(void), base_##name(void)
SAMPLE(cpuid);
SAMPLE(io_in);
SAMPLE(io_out);
SAMPLE(io_out_thr);
SAMPLE(mmio_read);
SAMPLE(mmio_write);
SAMPLE(rdmsr_denied);
SAMPLE(wrmsr_denied);
SAMPLE(icr_self_ipi);
SAMPLE(self_ipi_msr);
SAMPLE(icr_sibling_ipi);
SAMPLE(config_read_ecam);
SAMPLE(config_write_ecam);
SAMPLE(config_read_port);
SAMPLE(config_write_port);
SAMPLE(msix_mask);
#define BOTH(name) sample_##name, base_##name

static const struct phase phases[] = {
    {"cpuid", "cpuid_exit_instructions", PLAIN, BOTH(cpuid)},
    {"in", "io_in_exit_instructions", PLAIN, BOTH(io_in)},
    {"out", "io_out_exit_instructions", PLAIN, BOTH(io_out)},
    {"thr", "io_out_thr_exit_instructions", TEXT, BOTH(io_out_thr)},
    {"mmio-read", "mmio_read_exit_instructions", PLAIN, BOTH(mmio_read)},
    {"mmio-write", "mmio_write_exit_instructions", PLAIN, BOTH(mmio_write)},
    {"rdmsr", "rdmsr_denied_exit_instructions", DENIED, BOTH(rdmsr_denied)},
    {"wrmsr", "wrmsr_denied_exit_instructions", DENIED, BOTH(wrmsr_denied)},
    {"self-ipi", "icr_self_ipi_instructions", SELF, BOTH(icr_self_ipi)},
    {"self-id", "icr_self_id_ipi_instructions", SELF_BY_ID, BOTH(icr_self_ipi)},
    {"self-msr", "self_ipi_msr_instructions", SELF, BOTH(self_ipi_msr)},
    {"sibling", "icr_sibling_ipi_instructions", SIBLING_SPINS, BOTH(icr_sibling_ipi)},
    {"sibling-hlt", "icr_sibling_ipi_hlt_instructions", SIBLING_SLEEPS, BOTH(icr_sibling_ipi)},
    {"config-read-ecam", "config_read_ecam_exit_instructions", DEVICE, BOTH(config_read_ecam)},
    {"config-write-ecam", "config_write_ecam_exit_instructions", DEVICE, BOTH(config_write_ecam)},
    {"config-read-port", "config_read_port_exit_instructions", DEVICE, BOTH(config_read_port)},
    {"config-write-port", "config_write_port_exit_instructions", DEVICE, BOTH(config_write_port)},
    {"msix-mask", "msix_mask_exit_instructions", DEVICE, BOTH(msix_mask)},
    {"status", "management_status_call_instructions", CALL, BOTH(status)},
    {"counters", "management_counters_call_instructions", CALL, BOTH(counters)},
};

static uint64_t samples[SAMPLES_MAX];
static unsigned sample_count;
static bool have_sibling;
static volatile uint32_t timer_hits;

static void sort_samples(unsigned n)
{
    for (unsigned i = 1; i < n; i++) {
        uint64_t value = samples[i];
        unsigned at = i;
        for (; at > 0 && samples[at - 1] > value; at--) {
            samples[at] = samples[at - 1];
        }
        samples[at] = value;
    }
}

/* The median without the operation: what loop and TSC readings cost. */
static uint64_t overhead(const struct phase *phase, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        samples[i] = phase->base();
    }
    sort_samples(n);
    return samples[n / 2];
}

static bool expects_handler(enum phase_kind kind)
{
    return kind == DENIED || kind == SELF || kind == SELF_BY_ID;
}

static void prepare(const struct phase *phase)
{
    bool to_sibling = phase->kind == SIBLING_SPINS || phase->kind == SIBLING_SLEEPS;
    bench_loops = phase->kind == TEXT ? TEXT_LOOPS : phase->kind == SIBLING_SLEEPS ? 1 : LOOPS;
    bench_vector = IPI_VECTOR;
    bench_command = IPI_VECTOR | APIC_FIXED | APIC_ASSERT;
    bench_destination = cpu_self()->apic_id;
    if (phase->kind == SELF) {
        bench_command |= APIC_TO_SELF;
        bench_destination = 0;
    } else if (to_sibling) {
        bench_command = SIBLING_VECTOR | APIC_FIXED | APIC_ASSERT;
        bench_destination = cpu_at(1)->apic_id;
        bench_sibling_sleeps = phase->kind == SIBLING_SLEEPS;
        if (phase->kind == SIBLING_SPINS) { /* it may sleep still: wake it to look */
            apic_send(bench_destination, bench_command);
        }
        tsc_wait(SIBLING_SETTLES);
    }
}

/* Mean of the middle half, per operation: outliers don't count, a coarse TSC averages out. */
static uint64_t middle_mean(unsigned n)
{
    unsigned first = n / 4, last = n - n / 4;
    uint64_t sum = 0;
    for (unsigned i = first; i < last; i++) {
        sum += samples[i];
    }
    uint64_t operations = (uint64_t)(last - first) * bench_loops;
    return operations ? (sum + operations / 2) / operations : 0;
}

/* Takes `n` samples; returns how many handlers ran in them. */
static unsigned take(const struct phase *phase, unsigned n)
{
    uint64_t base = overhead(phase, n);
    unsigned handled = 0;
    interrupt_gate(VECTOR_GP, bench_gp, 0);
    for (unsigned i = 0; i < n; i++) {
        if (phase->kind == TEXT) {
            console_drain();
        } else if (phase->kind == SIBLING_SLEEPS) {
            tsc_wait(SIBLING_SETTLES);
        }
        uint64_t ticks = phase->sample();
        samples[i] = ticks > base ? ticks - base : 0;
        handled += bench_events;
    }
    interrupt_gate_default(VECTOR_GP);
    return handled;
}

static void measure(const struct phase *phase)
{
    print("bench: phase %s begin\n", phase->word);
    prepare(phase);
    unsigned n = sample_count;
    unsigned handled = take(phase, n);
    print(phase->kind == TEXT ? "\n" : "");
    if (expects_handler(phase->kind) && handled != n * bench_loops) {
        print("bench: skipped %s: %u of %u handlers ran\n", phase->key, handled, n * bench_loops);
    } else {
        sort_samples(n);
        print("bench: %s %lu\n", phase->key, middle_mean(n));
        print("bench: detail %s min %lu median %lu max %lu ticks for %u, %u samples\n", phase->key,
              samples[0], samples[n / 2], samples[n - 1], bench_loops, n);
    }
    print("bench: phase %s end\n", phase->word);
}

static void timer_interrupt(struct frame *frame)
{
    (void)frame;
    timer_hits++;
    apic_eoi();
}

void mark(uint8_t number)
{
    outb(MARK_PORT, number);
}

void mark_begin(uint8_t first)
{
    mark(first);
    tsc_wait(boot_info.tsc_hz / QUIET_PARTS);
    mark((uint8_t)(first + 1));
}

bool phase_asked(const char *word)
{
    return cmdline_lists("bench", word, cmdline_lists("bench", "all", true));
}

static void measure_timer(const char *word, const char *key, bool sleep)
{
    uint8_t first_mark = sleep ? MARKS + 1 : 1;
    uint32_t wanted = (uint32_t)cmdline_number("interrupts", TIMER_INTERRUPTS);
    print("bench: phase %s begin\n", word);
    timer_hits = 0;
    timer_init(TIMER_VECTOR);
    mark_begin(first_mark);
    uint64_t start = rdtsc();
    for (uint32_t i = 0; i < wanted; i++) {
        timer_at(rdtsc() + TIMER_GAP);
        while (timer_hits == i) {
            if (sleep) {
                wait_for_interrupt();
            } else {
                interrupts_on();
                cpu_relax();
                interrupts_off();
            }
        }
    }
    uint64_t ticks = rdtsc() - start;
    mark((uint8_t)(first_mark + 2));
    timer_stop();
    print("bench: %s %u\n", key, timer_hits);
    print("bench: detail %s by %s, %lu ticks each\n", key,
          timer_has_deadline() ? "TSC deadline" : "APIC counter", wanted ? ticks / wanted : 0);
    print("bench: phase %s end\n", word);
}

static void sibling(struct cpu *cpu)
{
    (void)cpu;
    apic_enable();
    bench_sibling_wait();
}

void guest_main(void)
{
    sample_count = (unsigned)cmdline_number("count", SAMPLES);
    sample_count = sample_count < 1 ? 1 : sample_count > SAMPLES_MAX ? SAMPLES_MAX : sample_count;
    apic_enable();
    interrupt_gate(IPI_VECTOR, bench_interrupt, 0);
    interrupt_gate(SIBLING_VECTOR, bench_sibling_interrupt, 0);
    interrupt_set(TIMER_VECTOR, timer_interrupt);
    device_fault_reader();
    mark(MARK_LIFE);
    bool have_device = device_find();
    have_sibling = cpu_count() > 1 && sibling_start(1, sibling);
    print("bench: this is domain %s: %u processors\n", boot_info.domain, cpu_count());
    for (unsigned i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        if (!phase_asked(phases[i].word)) {
            continue;
        }
        bool sibling_phase = phases[i].kind == SIBLING_SPINS || phases[i].kind == SIBLING_SLEEPS;
        if (sibling_phase && !have_sibling) {
            print("bench: skipped %s: no second processor\n", phases[i].key);
        } else if (phases[i].kind == DEVICE && !have_device) {
            print("bench: skipped %s: no function with MSI-X\n", phases[i].key);
        } else if (phases[i].kind == CALL && !cmdline_has("management")) {
            print("bench: skipped %s: not the management domain\n", phases[i].key);
        } else {
            measure(&phases[i]);
        }
    }
    if (phase_asked("timer-spin")) {
        measure_timer("timer-spin", "timer_spin_interrupts", false);
    }
    if (phase_asked("timer-hlt")) {
        measure_timer("timer-hlt", "timer_hlt_interrupts", true);
    }
    device_interrupts();
    print("bench: done\n");
    device_restart();
}
