/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of this processor's domain: one loop on each of its processors (I7, I9). A processor
 * does the work of the state, piece by piece, and says when it is done; the first processor alone
 * takes events and decides by step.h which state comes next. Between two pieces, in every wait and
 * after every knock each looks at what others want of it. No other domain's state is in reach.
 */
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/stop.h"
#include "arch/x86/include/trap.h"
#include "arch/x86/include/vcpu.h"
#include "audit.h"
#include "faults.h"
#include "fill.h"
#include "kernel/vm/devices.h"
#include "nmi.h"
#include "recheck.h"
#include "step.h"
#include "tell.h"

struct mailbox {
    volatile uint32_t requests; /* enum life_request */
    volatile uint8_t sipi_vector;
    volatile uint32_t knocks; /* that the domain's processors have sent */
};

static PER_DOMAIN struct {
    struct mailbox mail[MAX_DOMAIN_CPUS];
    volatile uint32_t ending; /* enum life_end: why this life is over; the first cause counts */
    /* Written by each processor, its own. */
    volatile uint32_t done[MAX_DOMAIN_CPUS]; /* the last phase whose work it has done */
    volatile bool failed[MAX_DOMAIN_CPUS];   /* and whether it could not */
    /* Written by the first processor. */
    volatile uint32_t phase; /* enum life_state, and above it a count of the changes: one word */
    bool stay;               /* stopped, when this life is over */
    volatile uint32_t taken; /* ticket of the last request from outside */
    uint32_t restarts;       /* within the window */
    uint64_t window_start;   /* TSC */
} life;

enum { PHASE_STATE = 15, PHASE_COUNT = 16, MOST_EVENTS = 16 };
_Static_assert((int)LIFE_STATES <= PHASE_COUNT, "a state in a phase");

static PER_CPU uint32_t begun; /* the phase that this processor works on */

static uint32_t phase(void)
{
    return __atomic_load_n(&life.phase, __ATOMIC_ACQUIRE);
}

static enum life_state state_of(uint32_t phase)
{
    return (enum life_state)(phase & PHASE_STATE);
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
    uint32_t before = __atomic_fetch_or(&mail->requests, requests, __ATOMIC_ACQ_REL);
    if (before & requests & REQUEST_NMI)
        __atomic_or_fetch(&mail->requests, REQUEST_NMI_AGAIN, __ATOMIC_ACQ_REL);
    __atomic_add_fetch(&mail->knocks, 1, __ATOMIC_RELEASE); /* before it comes (nmi.h) */
    if (local == cpu.local)
        vcpu.knock = 1;
    else
        machine_knock(machine_apic_id(local));
}

static void note_end(enum life_end cause)
{
    uint32_t none = END_NONE;
    __atomic_compare_exchange_n(&life.ending, &none, cause, false, __ATOMIC_ACQ_REL,
                                __ATOMIC_ACQUIRE);
}

_Noreturn void life_end(enum life_end cause)
{
    note_end(cause);
    devices_let_go();
    life_request(0, 0, 0);
    cpu_leave_stack(life_run);
}

static bool limit_is_reached(void)
{
    return cpu.rules->restart_limit != 0 && life.restarts >= cpu.rules->restart_limit;
}

/* What on_exit and its limit say about the life that ended. */
static enum life_event event_of_end(uint32_t cause)
{
    const struct manifest_domain *rules = cpu.rules;
    bool restart = cause == END_DMA_FAULT ? rules->on_dma_fault == MANIFEST_DMA_RESTART
                                          : rules->on_exit == MANIFEST_EXIT_RESTART;
    if (cause == END_POWER_OFF || recheck_found() || !restart)
        return EVENT_STOP;
    uint64_t now = machine_tsc(), window = rules->restart_window * slice()->tsc_hz;
    if (life.restarts == 0 || (window != 0 && now - life.window_start > window)) {
        life.restarts = 0;
        life.window_start = now;
    }
    if (limit_is_reached())
        return EVENT_STOP;
    life.restarts++;
    return EVENT_RESTART;
}

/*
 * A request from outside, which ends a life that runs and begins the count of restarts anew, but
 * for a start of what runs, and what is no event; none that the manifest does not allow, whoever
 * wrote it.
 */
static enum life_event event_of_wish(uint64_t wish)
{
    static const struct {
        uint8_t right, event; /* enum manifest_right, enum life_event */
    } asks[] = {[ASK_START] = {MANIFEST_MAY_START, EVENT_START},
                [ASK_STOP] = {MANIFEST_MAY_STOP, EVENT_STOP},
                [ASK_RESTART] = {MANIFEST_MAY_RESTART, EVENT_RESTART},
                [ASK_POWER_BUTTON] = {MANIFEST_MAY_POWER_BUTTON, EVENT_NONE},
                [ASK_CHECK] = {MANIFEST_MAY_CHECK, EVENT_NONE}};
    uint32_t asked = (uint32_t)wish;
    enum life_state state = state_of(life.phase);
    if (asked == ASK_CHECK && !life_rests(state))
        return EVENT_NONE; /* not yet */
    life.taken = (uint32_t)(wish >> PUBLIC_TICKET);
    if (asked > ASK_CHECK || !(cpu.rules->manage & asks[asked].right))
        return EVENT_NONE;
    if (asked == ASK_POWER_BUTTON && state == LIFE_RUNNING)
        devices_power_button();
    if (asked == ASK_CHECK)
        recheck_ask();
    if (asks[asked].event == EVENT_NONE || (recheck_found() && asked != ASK_STOP))
        return EVENT_NONE;
    if (state == LIFE_RUNNING && asked != ASK_START)
        note_end(END_ASKED);
    if (asked != ASK_START || life_rests(state))
        life.restarts = public_page()->restarts = 0;
    return asks[asked].event;
}

/* Whether every processor has done the work of this phase, and its part of the last check. */
static bool all_done(bool *failed)
{
    *failed = false;
    for (uint32_t local = 0; local < cpu.domain->cpu_count; local++) {
        if (__atomic_load_n(&life.done[local], __ATOMIC_ACQUIRE) != life.phase)
            return false;
        *failed |= life.failed[local];
    }
    return recheck_is_done();
}

/* EVENT_NONE and `all`: there is nothing, and whatever comes from now on knocks. */
static enum life_event next_event(bool *all)
{
    enum life_state state = state_of(life.phase);
    bool failed;
    *all = all_done(&failed);
    if (recheck_found() && state == LIFE_RUNNING) /* a guest without its walls does not run */
        note_end(END_CHECK);
    if (!*all)
        return EVENT_NONE;
    uint64_t wish = __atomic_load_n(&public_page()->wish, __ATOMIC_ACQUIRE);
    if (wish >> PUBLIC_TICKET != life.taken) {
        enum life_event asked = event_of_wish(wish);
        if (asked != EVENT_NONE || !recheck_is_done())
            return asked;
    }
    if (state == LIFE_NEW)
        return __atomic_load_n(&public_page()->go, __ATOMIC_ACQUIRE) && !recheck_found()
                   ? EVENT_START
                   : EVENT_NONE;
    if (state == LIFE_RUNNING)
        return life.ending == END_NONE ? EVENT_NONE : event_of_end(life.ending);
    if (life_rests(state))
        return EVENT_NONE;
    return failed ? EVENT_FAILED : EVENT_DONE;
}

static void act(enum life_action action)
{
    uint32_t cause = life.ending;
    switch (action) {
    case ACTION_SET_UP:
        devices_setup();
        break;
    case ACTION_TELL:
        tell_end(cause, life.restarts, life.stay, limit_is_reached());
        audit_own(AUDIT_END, cause, public_page()->lives, life.stay ? 0 : life.restarts);
        public_page()->last_end = cause;
        public_page()->restarts = life.restarts;
        life.ending = END_NONE;
        break;
    case ACTION_COUNT:
        public_page()->lives++;
        audit_own(AUDIT_START, public_page()->lives, 0, life.restarts);
        faults_forget();
        if (devices_lost(FUNCTION_GO_ON))
            tell_lost(devices_lost(FUNCTION_GO_ON));
        devices_pump(); /* what came meanwhile knocks no second time */
        break;
    case ACTION_REFUSE:
        tell_refusal(state_of(life.phase), devices_lost(0));
        life.ending = END_NONE;
        break;
    case ACTION_CALL:
    case ACTION_NONE:
        break;
    }
}

/* The first processor: what has happened, and what follows from it; false: nothing has. */
static bool advance(bool *all)
{
    enum life_event event = next_event(all);
    enum life_state state = state_of(life.phase);
    struct life_step next = life_next(state, life.stay, event);
    life.stay = next.stay;
    act(next.action);
    if (next.state != state) {
        uint32_t count = life.phase & ~(uint32_t)PHASE_STATE;
        public_page()->since = machine_tsc();
        public_page()->state = next.state;
        if (next.state == LIFE_STOPPED || next.state == LIFE_REFUSED)
            audit_own(AUDIT_REST, next.state, 0, 0);
        __atomic_store_n(&life.phase, count + PHASE_COUNT + next.state, __ATOMIC_SEQ_CST);
        bool calls = next.action == ACTION_CALL || next.action == ACTION_SET_UP;
        for (uint32_t local = 1; calls && local < cpu.domain->cpu_count; local++)
            life_request(local, 0, 0);
    }
    if (life_rests(next.state) && recheck_is_done())
        public_page()->answered = life.taken;
    return event != EVENT_NONE;
}

/*
 * Functions whose DMA was blocked lose their bus mastering, then on_dma_fault counts. While they
 * are brought to rest nobody else writes to them: there they lose it anyway.
 */
static void quarantine(void)
{
    uint32_t functions = faults_taken();
    if (functions == 0)
        return;
    if (state_of(life.phase) != LIFE_RESETTING)
        devices_quarantine(functions);
    for (uint32_t i = 0; i < cpu.domain->function_count; i++)
        if (functions >> i & 1) { /* of several, the last one's fault stands there */
            uint32_t pci = ((const struct function *)VA_DEVICES)[i].pci;
            audit_own(AUDIT_DMA_FAULT, pci, public_page()->fault_reason,
                      public_page()->fault_address);
            audit_own(AUDIT_QUARANTINE, pci, 0, 0);
        }
    faults_answer(functions);
    if (cpu.rules->on_dma_fault != MANIFEST_DMA_LOG && state_of(life.phase) == LIFE_RUNNING)
        note_end(END_DMA_FAULT);
}

/* True: only a knock can bring more. The first processor must not sleep before the others have done
 * their part: what it was asked for meanwhile is not answered yet, and nobody knocks again. */
static bool look(void)
{
    bool knocked = __atomic_exchange_n(&vcpu.knock, 0, __ATOMIC_SEQ_CST), all = true;
    stop_heed(); /* the words are looked at after the knock is taken */
    if (knocked || !faults.begun)
        faults_look();
    audit_heed();
    if (cpu.local != 0)
        return true;
    quarantine();
    uint32_t events = 0;
    for (; events < MOST_EVENTS && advance(&all); events++)
        stop_heed();
    if (events == MOST_EVENTS) /* there may be more: at the next turn */
        vcpu.knock = 1;
    if (knocked && state_of(life.phase) == LIFE_RUNNING) /* perhaps by the line of its UART */
        devices_pump();
    return all && events < MOST_EVENTS;
}

/* What others want: in every loop, and after a knock that came to the guest; true: as look(). What
 * waits for the end of a check waits for no guest. */
static bool heed(bool guest)
{
    uint32_t nmis = vcpu.nmis;
    bool may_sleep = look();
    while (recheck_go_on(guest && life.ending == END_NONE &&
                         public_page()->wish >> PUBLIC_TICKET == life.taken))
        may_sleep = look();
    nmi_look(nmis, life.mail[cpu.local].knocks);
    return may_sleep;
}

/* Waits for a knock, which heed() is still to see. */
static void park(void)
{
    cpu_park();
    vcpu.knock = 1;
}

static bool is_done(void)
{
    return life.done[cpu.local] == phase();
}

/* Waits for SIPI in root mode (the emulators' wait-for-SIPI state is not to be trusted). */
static void wait_for_sipi(void)
{
    struct mailbox *mail = &life.mail[cpu.local];
    for (;;) {
        heed(false);
        if (!is_done())
            cpu_leave_stack(life_run);
        uint32_t requests = __atomic_exchange_n(&mail->requests, 0, __ATOMIC_ACQ_REL);
        if (requests & REQUEST_SIPI) {
            vcpu_set_sipi(mail->sipi_vector);
            return;
        }
        park();
    }
}

void life_knocked(void)
{
    struct mailbox *mail = &life.mail[cpu.local];
    vcpu.knock = 1;
    heed(true);
    if (!is_done())
        cpu_leave_stack(life_run);
    uint32_t requests = __atomic_exchange_n(&mail->requests, 0, __ATOMIC_ACQ_REL);
    if (requests & REQUEST_INIT) {
        if (requests & REQUEST_SIPI) /* came after INIT: a running processor ignores it */
            __atomic_or_fetch(&mail->requests, REQUEST_SIPI, __ATOMIC_ACQ_REL);
        machine_init();
        wait_for_sipi();
        return;
    }
    uint8_t nmis = (requests & REQUEST_NMI ? 1 : 0) + (requests & REQUEST_NMI_AGAIN ? 1 : 0);
    vcpu.nmi_pending = vcpu.nmi_pending + nmis < 2 ? (uint8_t)(vcpu.nmi_pending + nmis) : 2;
}

static enum fill load(void)
{
    if (cpu.local != 0)
        return FILL_DONE;
    enum fill result = fill_load();
    if (result == FILL_DONE)
        devices_reset();
    return result;
}

/* A piece of this processor's work in a state. */
static enum fill work(enum life_state state)
{
    switch (state) {
    case LIFE_RESETTING: /* no knock is held up: it never waits */
        return cpu.local != 0 || devices_calm() ? FILL_DONE : FILL_GOES_ON;
    case LIFE_EMPTYING: /* nobody of the domain runs: no request comes any more */
        life.mail[cpu.local].requests = 0;
        if (cpu.local == 0)
            devices_reset();
        machine_reset();
        return FILL_DONE;
    case LIFE_ZEROING:
        return fill_zero();
    case LIFE_SETTLING:
        return machine_settle() && !devices_lost(0) ? FILL_DONE : FILL_REFUSED;
    case LIFE_LOADING:
        return load();
    default:
        if (state == LIFE_STOPPED || state == LIFE_REFUSED)
            machine_listen();
        return FILL_DONE;
    }
}

static _Noreturn void enter_guest(void)
{
    machine_clear_counts();
    if (cpu.local != 0)
        wait_for_sipi();
    else
        vcpu_set_entry(&cpu.domain->entry);
    vcpu_enter();
}

/* This processor has done its part. */
static void rest(enum life_state state, bool may_sleep)
{
    if (may_sleep && state == LIFE_RUNNING && cpu.local == 0)
        enter_guest();
    else if (may_sleep && (state == LIFE_STOPPED || state == LIFE_REFUSED ||
                           (state == LIFE_NEW && cpu.rules->start_after)))
        park();
    else
        stop_pause();
}

/* One turn of the loop: a piece of work, or a wait. */
static void turn(bool may_sleep)
{
    uint32_t now = phase();
    enum life_state state = state_of(now);
    if (life.done[cpu.local] == now) {
        rest(state, may_sleep);
        return;
    }
    if (begun != now) {
        begun = now;
        fill_begin();
    }
    /* Memory that a machine check lies in is not touched for ever. */
    bool struck =
        life.ending == END_MACHINE_CHECK && state >= LIFE_ZEROING && state <= LIFE_LOADING;
    enum fill result = struck ? FILL_REFUSED : work(state);
    if (result == FILL_GOES_ON)
        return;
    life.failed[cpu.local] = result == FILL_REFUSED;
    __atomic_store_n(&life.done[cpu.local], now, __ATOMIC_RELEASE);
    if (state == LIFE_RUNNING && cpu.local != 0)
        enter_guest();
}

_Noreturn void life_run(void)
{
    cpu.lives = true;
    while (!cpu.domain) {
        uint32_t nmis = vcpu.nmis;
        faults_look();
        nmi_look(nmis, 0);
        cpu_park();
    }
    vcpu_leave();
    for (;;)
        turn(heed(false));
}
