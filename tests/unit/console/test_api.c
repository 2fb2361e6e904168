/* SPDX-License-Identifier: Apache-2.0 */
/* I6: each request of docs/console-api.md, with the right and without. */
#include "asked.h"
#include "guests/console/page.h"
#include "guests/console/session.h"
#include "tests/console/made_machine.h"

static void the_page(void **state)
{
    (void)state;
    world_start();
    const struct heard *heard = get(MADE_AUDITOR, "/", 200);
    assert_int_equal(strlen(heard->body), page_html_bytes);
    assert_memory_equal(heard->body, page_html, page_html_bytes);
    assert_non_null(strstr(heard->head, page_policy));
    get(MADE_AUDITOR, "/?x=1", 400);
}

static void the_machine(void **state)
{
    (void)state;
    world_start();
    const struct heard *heard = get(MADE_AUDITOR, "/v1/machine", 200);
    expect_json(heard->body);
    assert_non_null(strstr(heard->head, "Content-Type: application/json\r\n"));
    HAS(heard, "{\"host\":\"gate-7\",\"manifest\":\"d1d1");
    HAS(heard, "\"classification\":\"SECRET//CRYPTO,PLANT\",\"lab\":true");
    HAS(heard, "{\"name\":\"restricted\",\"colour\":\"#00a1b2\"}");
    HAS(heard, "{\"name\":\"secret\",\"colour\":\"#c8102e\"}");
    HAS(heard, "{\"name\":\"internet\",\"level\":\"public\",\"exposed\":true}");
    HAS(heard, "\"you\":{\"name\":\"audit\",\"role\":\"auditor\",\"expires\":\"2027-01-31\"}");
    HAS(heard, "\"believed\":true");
    HAS(heard, "\"server_key\":\"5e5e");
}

static void the_domains(void **state)
{
    (void)state;
    world_start();
    const struct heard *heard = get(MADE_OPERATOR, "/v1/domains", 200);
    expect_json(heard->body);
    HAS(heard, "{\"domains\":[{\"name\":\"office\",");
    HAS(heard, "\"name\":\"plant\"");
    HAS_NOT(heard, "\"name\":\"console\"");
    HAS_NOT(heard, "counters\":{");
    HAS(heard, "\"level\":\"secret\",\"categories\":[\"crypto\",\"plant\"],"
               "\"label\":\"secret (crypto, plant)\"");
    HAS(heard, "{\"pci\":\"02:01.0\",\"id\":\"8086:10c9\",\"network\":\"plant-bus\"}");
    HAS(heard, "\"network\":null}");
    HAS(heard, "\"start_after\":[\"office\"]");
    HAS(heard, "\"may\":[\"status\",\"counters\",\"start\",\"stop\",\"restart\",\"power-button\","
               "\"check\",\"serial-read\",\"serial-write\"]");
    HAS(heard, "\"state\":\"running\",\"since\":1,\"lives\":1,\"last_end\":null,"
               "\"restarts_left\":3,\"ticket\":0,\"answered\":0,\"stop_in\":null,\"checks\":0,"
               "\"check_failed\":null,\"fault\":null");
    heard = get(MADE_AUDITOR, "/v1/domains", 200);
    HAS(heard, "\"may\":[\"status\",\"counters\",\"serial-read\"]");
    HAS_NOT(heard, "\"stop\"");
}

static void one_domain(void **state)
{
    (void)state;
    world_start();
    made_counters(MADE_OFFICE, 0)->refused_interrupts = 3;
    made_counters(MADE_OFFICE, 1)->refused_interrupts = 4;
    made_counters(MADE_OFFICE, 1)->exits[PUBLIC_EXIT_KINDS - 1] = 1ull << 60;
    made_status(MADE_OFFICE)->fault_reason = 6;
    made_status(MADE_OFFICE)->last_end = END_DMA_FAULT;
    made_status(MADE_OFFICE)->check_failed = 4;
    const struct heard *heard = get(MADE_OPERATOR, "/v1/domains/office", 200);
    expect_json(heard->body);
    HAS(heard, "\"counters\":{\"exits\":[{\"processor\":0,\"reasons\":{\"CPUID\":96}},"
               "{\"processor\":1,\"reasons\":{\"CPUID\":97,\"159\":\"0x1000000000000000\"}}],"
               "\"refused_interrupts\":7}}");
    HAS(heard, "\"fault\":{\"reason\":6,\"address\":\"0x7000\",\"deaf\":false}");
    HAS(heard, "\"last_end\":\"dma-fault\"");
    HAS(heard, "\"check_failed\":4");
    made_status(MADE_SECRETS)->fault_reason = 6 | FAULT_DEAF;
    heard = get(MADE_OPERATOR, "/v1/domains/secrets", 200);
    expect_json(heard->body);
    HAS(heard, "\"counters\":null");
    HAS(heard, "\"fault\":{\"reason\":6,\"address\":null,\"deaf\":true}");
    made.is_amd = true;
    heard = get(MADE_AUDITOR, "/v1/domains/office", 200);
    HAS(heard, "\"reasons\":{\"CR10_READ\":96}");
}

/* The manifest gives nobody the right, or the hypervisor does not let the console. */
static void what_may_not_be_read_is_null(void **state)
{
    static const char nothing[] =
        "\"may\":[],\"state\":null,\"since\":null,\"lives\":null,\"last_end\":null,"
        "\"restarts_left\":null,\"ticket\":null,\"answered\":null,\"stop_in\":null,"
        "\"checks\":null,\"check_failed\":null,\"fault\":null,\"counters\":null}";
    (void)state;
    world_start();
    made_domain(MADE_PLANT)->manage = 0;
    session_start(made_info());
    HAS(get(MADE_OPERATOR, "/v1/domains/plant", 200), nothing);
    assert_int_equal(made.calls[MANAGEMENT_STATUS], 0);
    world_start();
    made_domain(MADE_PLANT)->manage = 0;
    HAS(get(MADE_OPERATOR, "/v1/domains/plant", 200), nothing + strlen("\"may\":[],"));
    made_status(MADE_OFFICE)->state = 200;
    made_status(MADE_OFFICE)->last_end = 200;
    HAS(get(MADE_OPERATOR, "/v1/domains/office", 200), "\"state\":\"unknown\"");
    HAS(get(MADE_OPERATOR, "/v1/domains/office", 200), "\"last_end\":\"unknown\"");
}

static void no_such_thing(void **state)
{
    static const char *const nowhere[] = {"/v1",
                                          "/v1/",
                                          "/v1/machine/",
                                          "/v1/domains/",
                                          "/favicon.ico",
                                          "/v1/domains/nobody",
                                          "/v1/domains/console",
                                          "/v1/domains/office/",
                                          "/v1/domains/office/halt",
                                          "/v1/domains/office/stop/now",
                                          "//",
                                          "/v1/domains/../machine",
                                          "/v1/domains/console/stop",
                                          "/v1/domains//stop",
                                          "/Metrics"};
    (void)state;
    world_start();
    for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
        expect_json(get(MADE_OPERATOR, nowhere[i], 404)->body);
    }
    HAS(get(MADE_OPERATOR, "/v1/domains/a-name-that-is-longer-than-a-name-may-be-x", 404),
        "\"domain\":\"a-name-that-is-longer-than-a-na\"");
}

static void other_methods(void **state)
{
    static const char *const readable[] = {
        "/",         "/v1/machine", "/v1/domains", "/v1/domains/office",
        "/v1/audit", "/v1/events",  "/metrics"};
    (void)state;
    world_start();
    for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++) {
        const struct heard *heard = post(MADE_OPERATOR, readable[i], "", 405);
        assert_non_null(strstr(heard->head, "Allow: GET\r\n"));
    }
    assert_non_null(
        strstr(get(MADE_OPERATOR, "/v1/domains/office/stop", 405)->head, "Allow: POST\r\n"));
    assert_non_null(
        strstr(get(MADE_OPERATOR, "/v1/domains/office/serial", 405)->head, "Allow: POST\r\n"));
    assert_int_equal(world_ask(0, "HEAD /", "", "")->status, 405);
    assert_int_equal(world_ask(0, "DELETE /v1/domains/office", "", "")->status, 405);
    assert_int_equal(world_ask(0, "OPTIONS /v1/domains/office/stop", "", "")->status, 405);
    assert_int_equal(made.calls[MANAGEMENT_STOP], 0);
}

static void acts(void **state)
{
    static const struct {
        const char *target;
        enum management_call call;
    } all[] = {{"/v1/domains/office/start", MANAGEMENT_START},
               {"/v1/domains/office/stop", MANAGEMENT_STOP},
               {"/v1/domains/office/restart", MANAGEMENT_RESTART},
               {"/v1/domains/office/power-button", MANAGEMENT_POWER_BUTTON},
               {"/v1/domains/office/check", MANAGEMENT_CHECK}};
    char ticket[32];
    (void)state;
    world_start();
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        const struct heard *heard = post(MADE_OPERATOR, all[i].target, i % 2 ? "{}" : "", 202);
        snprintf(ticket, sizeof(ticket), "{\"ticket\":%u}\n", i + 1);
        assert_string_equal(heard->body, ticket);
        for (unsigned k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
            assert_int_equal(made.calls[all[k].call], k <= i);
        }
        world_turn(1000);
    }
    HAS(get(MADE_OPERATOR, "/v1/audit", 200), "\"text\":\"ops asked: stop of office, ticket 2\"");
}

/* The console does not even ask for what the key may not. */
static void acts_without_a_right(void **state)
{
    (void)state;
    world_start();
    const struct heard *heard = post(MADE_OPERATOR, "/v1/domains/plant/stop", "", 403);
    assert_string_equal(heard->body,
                        "{\"type\":\"about:blank\",\"title\":\"Forbidden\",\"status\":403,"
                        "\"detail\":\"the manifest does not grant `stop` for plant; add it to "
                        "manage:\",\"right\":\"stop\",\"domain\":\"plant\"}\n");
    HAS(get(MADE_AUDITOR, "/v1/audit", 200), /* by the hypervisor */
        "ops asked: stop of plant; refused: the manifest does not grant it");
    made.calls[MANAGEMENT_STOP] = 0;
    heard = post(MADE_AUDITOR, "/v1/domains/office/stop", "", 403);
    HAS(heard, "an auditor only reads: `stop` is for operators");
    HAS(heard, "\"right\":\"stop\",\"domain\":\"office\"");
    post(MADE_AUDITOR, "/v1/domains/office/stop", "", 403);
    assert_int_equal(made.calls[MANAGEMENT_STOP], 0);
    heard = get(MADE_AUDITOR, "/v1/audit", 200);
    const char *note = strstr(heard->body, "console: audit was refused stop of office: not for "
                                           "the key's role\"");
    assert_non_null(note);
    assert_null(strstr(note + 10, "audit was refused"));
}

static void what_the_hypervisor_refuses(void **state)
{
    static const struct {
        enum management_result result;
        int status;
    } refusals[] = {{MANAGEMENT_NO_RIGHT, 403},     {MANAGEMENT_TOO_OFTEN, 429},
                    {MANAGEMENT_BAD_CALL, 501},     {MANAGEMENT_BAD_DOMAIN, 500},
                    {MANAGEMENT_BAD_ARGUMENT, 500}, {MANAGEMENT_BAD_VERSION, 500}};
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        world_start();
        made.refuses = refusals[i].result;
        HAS(post(MADE_OPERATOR, "/v1/domains/office/stop", "", refusals[i].status),
            "\"domain\":\"office\"");
        post(MADE_OPERATOR, "/v1/domains/office/serial", "{\"base64\":\"Zg==\"}",
             refusals[i].status);
        get(MADE_OPERATOR, "/v1/audit", 501);
        HAS(get(MADE_OPERATOR, "/v1/domains/office", 200), "\"state\":null");
        get(MADE_OPERATOR, "/v1/domains", 200);
        get(MADE_OPERATOR, "/metrics", 200);
    }
    world_start();
    post(MADE_OPERATOR, "/v1/domains/office/stop", "", 202);
    const struct heard *heard = post(MADE_OPERATOR, "/v1/domains/office/stop", "", 429);
    assert_non_null(strstr(heard->head, "Retry-After: 1\r\n"));
}

static void bodies_of_acts(void **state)
{
    (void)state;
    world_start();
    post(MADE_OPERATOR, "/v1/domains/office/stop", "{\"force\":true}", 400);
    post(MADE_OPERATOR, "/v1/domains/office/stop", "[]", 400);
    post(MADE_OPERATOR, "/v1/domains/office/stop", "x", 400);
    assert_int_equal(world_ask(0, "POST /v1/domains/office/stop",
                               "Bulkhead-Request: 1\r\nContent-Type: text/plain\r\n"
                               "Content-Length: 2\r\n",
                               "{}")
                         ->status,
                     415);
    assert_int_equal(made.calls[MANAGEMENT_STOP], 0);
}

static void serial_writes(void **state)
{
    char written[64];
    (void)state;
    world_start();
    assert_string_equal(
        post(MADE_OPERATOR, "/v1/domains/office/serial", "{\"base64\":\"bHMNCg==\"}", 200)->body,
        "{\"written\":4}\n");
    assert_int_equal(made_written(MADE_OFFICE, written, sizeof(written)), 4);
    assert_memory_equal(written, "ls\r\n", 4);
    world_turn(100);
    assert_int_equal(world_ask(0, "POST /v1/domains/office/serial",
                               "Bulkhead-Request: 1\r\nContent-Length: 17\r\n"
                               "Content-Type: Application/JSON ; charset=utf-8\r\n",
                               "{\"base64\":\"Zm9v\"}")
                         ->status,
                     200);
    assert_int_equal(made_written(MADE_OFFICE, written, sizeof(written)), 3);
    world_turn(100);
    /* The domain does not read: fewer are taken than were sent. */
    char body[512];
    unsigned left = 0;
    for (unsigned i = 0; i < 3; i++) {
        snprintf(body, sizeof(body), "{\"base64\":\"%0132d\"}", 0);
        left = (unsigned)strtoul(
            post(MADE_OPERATOR, "/v1/domains/office/serial", body, 200)->body + 11, NULL, 10);
        world_turn(100);
    }
    assert_int_equal(left, 256 - 2 * 99);
}

static void serial_writes_that_are_none(void **state)
{
    static char large[1500];
    (void)state;
    world_start();
    const char *good = "{\"base64\":\"Zg==\"}";
    HAS(post(MADE_AUDITOR, "/v1/domains/office/serial", good, 403), "\"right\":\"serial-write\"");
    HAS(post(MADE_OPERATOR, "/v1/domains/secrets/serial", good, 403), "serial.write");
    post(MADE_OPERATOR, "/v1/domains/office/serial", "", 400);
    post(MADE_OPERATOR, "/v1/domains/office/serial", "{\"base64\":\"Zg\"}", 400);
    post(MADE_OPERATOR, "/v1/domains/office/serial", "{\"text\":\"Zg==\"}", 400);
    assert_int_equal(
        world_ask(0, "POST /v1/domains/office/serial", "Bulkhead-Request: 1\r\n", "")->status, 411);
    assert_int_equal(world_ask(0, "POST /v1/domains/office/serial",
                               "Bulkhead-Request: 1\r\nContent-Length: 17\r\n", good)
                         ->status,
                     415);
    /* 1024 bytes are taken, 1025 are not. */
    memset(large, 'A', sizeof(large));
    memcpy(large, "{\"base64\":\"", 11);
    snprintf(large + 11 + 1366, 8, "==\"}");
    post(MADE_OPERATOR, "/v1/domains/office/serial", large, 200);
    world_turn(100);
    snprintf(large + 11 + 1366, 8, "A=\"}");
    post(MADE_OPERATOR, "/v1/domains/office/serial", large, 413);
    assert_int_equal(made.calls[MANAGEMENT_SERIAL_WRITE], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page),
        cmocka_unit_test(the_machine),
        cmocka_unit_test(the_domains),
        cmocka_unit_test(one_domain),
        cmocka_unit_test(what_may_not_be_read_is_null),
        cmocka_unit_test(no_such_thing),
        cmocka_unit_test(other_methods),
        cmocka_unit_test(acts),
        cmocka_unit_test(acts_without_a_right),
        cmocka_unit_test(what_the_hypervisor_refuses),
        cmocka_unit_test(bodies_of_acts),
        cmocka_unit_test(serial_writes),
        cmocka_unit_test(serial_writes_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
