/* SPDX-License-Identifier: Apache-2.0 */
/* guests/console/platform.h on a host: the made-up machine, which judges as the hypervisor does. */
#include "guests/console/platform.h"
#include "made_parts.h"
#include <string.h>
#include <time.h>

enum { KNOCK_MS = 20, CHECK_EVERY_MS = 60000 };

struct made made;
static struct {
    uint64_t host_start;
    uint64_t knocked[MADE_DOMAINS], checked[MADE_DOMAINS]; /* milliseconds, 0: never */
} own;

static uint64_t host_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void made_start(void)
{
    memset(&own, 0, sizeof(own));
    own.host_start = host_milliseconds();
    made = (struct made){.unix_time = MADE_BOOT_TIME, .now = 1000};
    made_parts_start();
    made_audit_start();
    made_serial_start();
    made_lives_start();
}

bool platform_is_intel(void)
{
    return !made.is_amd;
}

uint64_t platform_milliseconds(void)
{
    return made.follows_host ? host_milliseconds() - own.host_start + 1000 : made.now;
}

uint64_t platform_tsc(void)
{
    return MADE_TSC_AT_BOOT + platform_milliseconds() * (MADE_HZ / 1000);
}

uint64_t platform_unix_time(void)
{
    return made.unix_time ? made.unix_time + platform_milliseconds() / 1000 : 0;
}

static const struct {
    uint32_t right; /* enum manifest_right; 0: judged by itself */
    bool knocks;
} calls[MANAGEMENT_CALLS] = {
    [MANAGEMENT_STATUS] = {MANIFEST_MAY_STATUS, false},
    [MANAGEMENT_COUNTERS] = {MANIFEST_MAY_COUNTERS, false},
    [MANAGEMENT_START] = {MANIFEST_MAY_START, true},
    [MANAGEMENT_STOP] = {MANIFEST_MAY_STOP, true},
    [MANAGEMENT_RESTART] = {MANIFEST_MAY_RESTART, true},
    [MANAGEMENT_POWER_BUTTON] = {MANIFEST_MAY_POWER_BUTTON, true},
    [MANAGEMENT_CHECK] = {MANIFEST_MAY_CHECK, true},
    [MANAGEMENT_SERIAL_WRITE] = {0, true},
};

static enum management_result judge(const struct management_request *request)
{
    const struct manifest_domain *rules = made_domain(request->index);
    uint32_t details = request->call == MANAGEMENT_COUNTERS ? rules->cpu_count : 1;
    bool granted = request->call == MANAGEMENT_SERIAL_READ ? rules->serial_read
                   : request->call == MANAGEMENT_SERIAL_WRITE
                       ? rules->serial_write
                       : rules->manage & calls[request->call].right;
    if (!granted) {
        return MANAGEMENT_NO_RIGHT;
    }
    return request->detail < details ? MANAGEMENT_DONE : MANAGEMENT_BAD_ARGUMENT;
}

static bool is_too_often(const struct management_request *request)
{
    uint64_t now = platform_milliseconds(), *knocked = &own.knocked[request->index];
    uint64_t *checked = &own.checked[request->index];
    if (!calls[request->call].knocks) {
        return false;
    }
    if ((*knocked && now - *knocked < KNOCK_MS) ||
        (request->call == MANAGEMENT_CHECK && *checked && now - *checked < CHECK_EVERY_MS)) {
        return true;
    }
    *knocked = now;
    *checked = request->call == MANAGEMENT_CHECK ? now : *checked;
    return false;
}

static enum management_result answer_about(const struct management_request *request,
                                           const void *data, void *page)
{
    struct management_ticket *ticket = page;
    struct management_written *written = page;
    switch (request->call) {
    case MANAGEMENT_STATUS:
        memcpy(page, made_status(request->index), sizeof(struct management_status));
        break;
    case MANAGEMENT_COUNTERS:
        memcpy(page, made_counters(request->index, request->detail),
               sizeof(struct management_counters));
        break;
    case MANAGEMENT_SERIAL_READ:
        made_serial_read(request->index, request->from, page);
        break;
    case MANAGEMENT_SERIAL_WRITE:
        written->bytes = made_serial_write(request->index, data, request->bytes);
        break;
    default:
        ticket->ticket = made_ask(request->index, request->call, request->admin);
    }
    return MANAGEMENT_DONE;
}

static enum management_result call(const struct management_request *request, const void *data,
                                   void *page)
{
    struct management_time *time = page;
    switch (request->call) {
    case MANAGEMENT_DESCRIBE:
        return made_describe(request, page, PAGE_BYTES);
    case MANAGEMENT_TIME:
        *time = (struct management_time){platform_tsc(), MADE_HZ, made.unix_time, MADE_TSC_AT_BOOT};
        return MANAGEMENT_DONE;
    case MANAGEMENT_AUDIT_READ:
        made_audit_read(request->from, page);
        return MANAGEMENT_DONE;
    case MANAGEMENT_AUDIT_NOTE:
        made_record(AUDIT_CONSOLE, request->from ? request->index : AUDIT_NOBODY, request->detail,
                    request->admin, request->from);
        return MANAGEMENT_DONE;
    }
    if (request->index >= MADE_CONSOLE) {
        return MANAGEMENT_BAD_DOMAIN;
    }
    enum management_result result = judge(request);
    if (result == MANAGEMENT_DONE && is_too_often(request)) {
        result = MANAGEMENT_TOO_OFTEN;
    }
    if (result != MANAGEMENT_DONE) {
        made_record(AUDIT_REFUSED, request->index, request->call, request->admin, result);
        return result;
    }
    return answer_about(request, data, page);
}

enum management_result platform_call(const struct management_request *request, const void *data,
                                     void *answer, size_t room)
{
    static uint64_t page[PAGE_BYTES / sizeof(uint64_t)];
    if (request->call >= MANAGEMENT_CALLS) {
        return MANAGEMENT_BAD_CALL;
    }
    made.calls[request->call]++;
    if (made.silent && request->call == MANAGEMENT_DESCRIBE) {
        return MANAGEMENT_BAD_VERSION;
    }
    if (made.refuses && request->call != MANAGEMENT_DESCRIBE) {
        return made.refuses;
    }
    made_lives_go_on(platform_milliseconds());
    made_serial_go_on(platform_milliseconds());
    memset(page, 0, sizeof(page));
    enum management_result result = call(request, data, page);
    if (result == MANAGEMENT_DONE && room > 0) {
        memcpy(answer, page, room < sizeof(page) ? room : sizeof(page));
    }
    return result;
}
