/* SPDX-License-Identifier: Apache-2.0 */
/* The audit trail and the figures, as the API tells them. */
#include "asked.h"
#include "guests/console/session.h"
#include "kernel/sha256.h"
#include "tests/console/made_machine.h"

static unsigned lines_of(const char *text)
{
    unsigned lines = 0;
    for (; (text = strchr(text, '\n')) != NULL; text++) {
        lines++;
    }
    return lines;
}

static void the_trail(void **state)
{
    (void)state;
    world_start();
    const struct heard *heard = get(MADE_AUDITOR, "/v1/audit", 200);
    assert_non_null(strstr(heard->head, "Content-Type: application/x-ndjson\r\n"));
    assert_int_equal(lines_of(heard->body), 9);
    assert_memory_equal(heard->body,
                        "{\"number\":0,\"time\":\"2026-11-30T10:00:01.000Z\","
                        "\"kind\":\"boot\",\"domain\":null,\"text\":\"boot 41,",
                        85);
    HAS(heard, "\"kind\":\"start\",\"domain\":\"office\",\"text\":\"office: life 1 begins\"");
    heard = get(MADE_AUDITOR, "/v1/audit?from=8", 200);
    assert_int_equal(lines_of(heard->body), 1);
    HAS(heard, "{\"number\":8,");
    assert_string_equal(get(MADE_AUDITOR, "/v1/audit?from=9", 200)->body, "");
    assert_string_equal(get(MADE_AUDITOR, "/v1/audit?from=18446744073709551615", 200)->body, "");
}

static void queries_of_the_trail(void **state)
{
    static const char *const bad[] = {
        "?",         "?from",       "?from=", "?from=x",
        "?from=-1",  "?from=1&x=2", "?to=1",  "?from=18446744073709551616",
        "?from=0x1", "?from=1.5"};
    char target[64];
    (void)state;
    world_start();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(target, sizeof(target), "/v1/audit%s", bad[i]);
        expect_json(get(MADE_AUDITOR, target, 400)->body);
    }
}

/* Each line is JSON, each number follows the former, and the chain holds. */
static void the_chain_can_be_checked(void **state)
{
    uint8_t hash[DIGEST_BYTES] = {0};
    char hex[2 * AUDIT_RECORD_BYTES + 64];
    (void)state;
    world_start();
    for (unsigned i = 0; i < 200; i++) {
        made_record(AUDIT_NMI, AUDIT_NOBODY, i, 0, 0);
    }
    const char *line = get(MADE_AUDITOR, "/v1/audit", 200)->body;
    for (unsigned i = 0; i < 209; i++) {
        uint8_t body[AUDIT_BODY_BYTES];
        struct sha256 sum;
        const char *end = strchr(line, '\n'), *record = strstr(line, "\"record\":\"");
        assert_non_null(end);
        assert_int_equal(strtoul(line + strlen("{\"number\":"), NULL, 10), i);
        for (unsigned k = 0; k < sizeof(body); k++) {
            unsigned byte;
            assert_int_equal(sscanf(record + 10 + 2 * k, "%2x", &byte), 1);
            body[k] = (uint8_t)byte;
        }
        sha256_init(&sum);
        sha256_update(&sum, hash, sizeof(hash));
        sha256_update(&sum, body, sizeof(body));
        sha256_final(&sum, hash);
        int used = snprintf(hex, sizeof(hex), "\"hash\":\"");
        for (unsigned k = 0; k < sizeof(hash); k++) {
            used += snprintf(hex + used, sizeof(hex) - (size_t)used, "%02x", hash[k]);
        }
        snprintf(hex + used, sizeof(hex) - (size_t)used, "\"}\n");
        assert_memory_equal(end + 1 - strlen(hex), hex, strlen(hex));
        line = end + 1;
    }
    assert_string_equal(line, "");
}

static void records_that_are_gone(void **state)
{
    (void)state;
    world_start();
    for (unsigned i = 0; i < AUDIT_KEPT + 100; i++) {
        made_record(AUDIT_NMI, AUDIT_NOBODY, i, 0, 0);
    }
    const struct heard *heard = get(MADE_AUDITOR, "/v1/audit?from=5", 200);
    assert_memory_equal(heard->body, "{\"lost\":104}\n{\"number\":109,", 27);
    assert_int_equal(lines_of(heard->body), AUDIT_KEPT + 1);
    heard = get(MADE_AUDITOR, "/v1/audit?from=109", 200);
    assert_memory_equal(heard->body, "{\"number\":109,", 14);
}

/* What the hypervisor copied from a panic, or a console before wrote, is text here. */
static void odd_records(void **state)
{
    (void)state;
    world_start();
    made_record(AUDIT_PANIC, AUDIT_NOBODY, 0x3c5b1b22ff0a5c22, 0, 0);
    made_record(AUDIT_CALL, 77, 99, 12345, 0);
    made_record((enum audit_kind)999, 1u << 31, 0, 0, 0);
    const struct heard *heard = get(MADE_AUDITOR, "/v1/audit?from=8", 200);
    assert_int_equal(lines_of(heard->body), 4);
    HAS(heard, "panic: \\u0022\\u005c??\\u0022?[\\u003c\"");
    HAS(heard, "the console itself asked: unknown of domain 77");
    HAS(heard, "\"kind\":\"unknown\",\"domain\":null");
}

/* Names that are all escapes: as long as a record can be, and a piece holds fewer of them. */
static void long_records(void **state)
{
    struct console_info *info = made_info();
    (void)state;
    world_start();
    memset(made_domain(MADE_OFFICE)->name, '"', NAME_BYTES - 1);
    memset(info->admins[MADE_OPERATOR].name, '"', NAME_BYTES);
    session_start(info);
    for (unsigned i = 0; i < 200; i++) {
        made_record(AUDIT_CALL, MADE_OFFICE, MANAGEMENT_POWER_BUTTON, MADE_OPERATOR, UINT32_MAX);
    }
    const struct heard *heard = get(MADE_AUDITOR, "/v1/audit", 200);
    assert_int_equal(lines_of(heard->body), 209);
    expect_json(get(MADE_AUDITOR, "/v1/domains", 200)->body);
    expect_json(get(MADE_OPERATOR, "/v1/machine", 200)->body);
    assert_non_null(
        strstr(get(MADE_OPERATOR, "/metrics", 200)->body,
               "bulkhead_domain_lives_total{domain=\"???????????????????????????????\"}"));
}

static void the_metrics(void **state)
{
    (void)state;
    world_start();
    made_counters(MADE_OFFICE, 1)->refused_interrupts = 4;
    const struct heard *heard = get(MADE_AUDITOR, "/metrics", 200);
    assert_non_null(strstr(heard->head, "Content-Type: application/openmetrics-text; "
                                        "version=1.0.0; charset=utf-8\r\n"));
    HAS(heard, "# TYPE bulkhead_domain_state stateset\n");
    HAS(heard, "\nbulkhead_domain_state{domain=\"office\",bulkhead_domain_state=\"running\"} 1\n");
    HAS(heard, "\nbulkhead_domain_state{domain=\"office\",bulkhead_domain_state=\"stopped\"} 0\n");
    HAS(heard, "\nbulkhead_domain_lives_total{domain=\"plant\"} 1\n");
    HAS(heard, "\nbulkhead_domain_restarts_left{domain=\"office\"} 3\n");
    HAS_NOT(heard, "bulkhead_domain_restarts_left{domain=\"plant\"}");
    HAS(heard, "\nbulkhead_domain_refused_interrupts_total{domain=\"office\"} 4\n");
    HAS(heard,
        "\nbulkhead_domain_exits_total{domain=\"office\",processor=\"1\",reason=\"CPUID\"} 97\n");
    HAS_NOT(heard, "bulkhead_domain_exits_total{domain=\"secrets\"");
    HAS(heard, "\nbulkhead_console_connections 1\n");
    HAS(heard, "bulkhead_machine_info{host=\"gate-7\",manifest=\"d1d1");
    HAS_NOT(heard, "console\"");
    assert_string_equal(heard->body + strlen(heard->body) - 6, "# EOF\n");
    assert_null(strstr(heard->body, "\n\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_trail),
        cmocka_unit_test(queries_of_the_trail),
        cmocka_unit_test(the_chain_can_be_checked),
        cmocka_unit_test(records_that_are_gone),
        cmocka_unit_test(odd_records),
        cmocka_unit_test(long_records),
        cmocka_unit_test(the_metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
