/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I6, I8: what management reads of another domain's serial port is what that printed, however fast
 * it prints and whatever it counts; what it writes goes as far as there is room.
 */
#include "manage_world.h"
#include <pthread.h>

static void print_bytes(struct public_page *other, uint32_t cpus, uint64_t from, uint64_t to)
{
    for (; from < to; from++) {
        public_out(other, cpus)[from % PUBLIC_OUT_BYTES] = (uint8_t)(from * 7 + from / 4096);
        __atomic_store_n(&other->printed, from + 1, __ATOMIC_RELEASE);
    }
}

static const struct management_serial *read_from(uint64_t from)
{
    struct management_request request = made(MANAGEMENT_SERIAL_READ, ALL, 0);
    request.from = from;
    memset(page, 0xa5, sizeof page);
    memcpy(page, &request, sizeof request);
    assert_int_equal(management_call(page), MANAGEMENT_DONE);
    return (const void *)page;
}

static bool text_is_right(const struct management_serial *serial)
{
    for (uint64_t i = 0, n = serial->from; i < serial->bytes; i++, n++)
        if (serial->text[i] != (uint8_t)(n * 7 + n / 4096))
            return false;
    return serial->bytes <= sizeof serial->text && serial->reserved == 0;
}

static void serial_read_goes_on_where_it_ended(void **state)
{
    struct public_page *other = page_of(ALL);
    uint64_t at = 0, printed = 0;
    (void)state;
    assert_int_equal(read_from(0)->bytes + read_from(0)->next, 0);
    for (uint32_t i = 0; i < 100; i++) {
        print_bytes(other, 1, printed, printed + 97 * i);
        printed += 97 * i;
        while (at < printed) {
            const struct management_serial *serial = read_from(at);
            assert_int_equal(serial->from, at);
            assert_int_equal(serial->next, printed);
            assert_true(serial->bytes > 0 && text_is_right(serial));
            at += serial->bytes;
        }
        assert_int_equal(at, printed);
    }
    const struct management_serial *serial = read_from(0); /* what is gone is gone, and said */
    assert_int_equal(serial->from, printed - (PUBLIC_OUT_BYTES - PAGE_BYTES));
    assert_int_equal(serial->bytes, sizeof serial->text);
    assert_true(text_is_right(serial));
    serial = read_from(printed + 1); /* what is to come is not there */
    assert_int_equal(serial->from, printed);
    assert_int_equal(serial->bytes, 0);
    assert_int_equal(page[sizeof(struct management_request)], 0xa5);
    assert_int_equal(knocks, 0);
}

/* Whatever the other domain's count says: bytes of its ring, or none. */
static void serial_read_trusts_no_count(void **state)
{
    static const uint64_t counts[] = {UINT64_MAX, 1ull << 63, PUBLIC_OUT_BYTES - 1,
                                      PUBLIC_OUT_BYTES, PUBLIC_OUT_BYTES + 1};
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
            page_of(ALL)->printed = counts[i];
            const struct management_serial *serial = read_from(counts[k] - 1);
            assert_true(serial->bytes <= sizeof serial->text);
            assert_true(serial->next == counts[i] && serial->from <= counts[i]);
        }
}

static volatile bool stop_printing;

static void *printer(void *arg)
{
    struct public_page *other = page_of(ALL);
    (void)arg;
    for (uint64_t at = other->printed; !stop_printing; at += 64)
        print_bytes(other, 1, at, at + 64);
    return NULL;
}

/* Who prints does not wait: no byte is told as one that it is not, though some are lost. */
static void serial_read_beside_a_flood(void **state)
{
    pthread_t thread;
    uint64_t at = 0, told = 0;
    (void)state;
    stop_printing = false;
    assert_int_equal(pthread_create(&thread, NULL, printer, NULL), 0);
    while (told < 4 << 20) {
        const struct management_serial *serial = read_from(at);
        assert_true(serial->from >= at && text_is_right(serial));
        told += serial->bytes;
        at = serial->from + serial->bytes;
    }
    stop_printing = true;
    pthread_join(thread, NULL);
}

static uint32_t write_bytes(uint32_t bytes, uint8_t first)
{
    struct management_request request = made(MANAGEMENT_SERIAL_WRITE, ALL, 0);
    request.bytes = bytes;
    memcpy(page, &request, sizeof request);
    for (uint32_t i = 0; i < bytes; i++)
        page[sizeof request + i] = (uint8_t)(first + i);
    tsc += HZ;
    assert_int_equal(management_call(page), MANAGEMENT_DONE);
    return ((const struct management_written *)(const void *)page)->bytes;
}

static void serial_write_takes_what_there_is_room_for(void **state)
{
    struct public_page *other = page_of(ALL);
    (void)state;
    other->state = LIFE_RUNNING;
    other->in_head = other->in_tail = UINT32_MAX - 9;
    assert_int_equal(write_bytes(100, 3), 100);
    assert_int_equal(other->in_head, 90);
    assert_int_equal(sent_at_knock, 90);
    assert_int_equal(record.taken, 1);
    assert_int_equal(knocked, SEEN_APIC + ALL);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(other->in[(UINT32_MAX - 9 + i) % PUBLIC_IN_BYTES], 3 + i);
    assert_int_equal(write_bytes(1024, 0), PUBLIC_IN_BYTES - 100);
    assert_int_equal(write_bytes(1, 0), 0);
    other->in_tail += 5;
    assert_int_equal(write_bytes(9, 0), 5);
    other->in_tail = other->in_head + 1; /* as no guest could have it */
    assert_int_equal(write_bytes(9, 0), 0);
    other->in_tail = other->in_head;
    assert_int_equal(write_bytes(1024, 0), 1024);
    other->in_tail = other->in_head;
    uint32_t head = other->in_head;
    for (uint32_t other_state = 0; other_state < LIFE_STATES + 2; other_state++)
        if (other_state != LIFE_RUNNING) {
            other->state = other_state;
            assert_int_equal(write_bytes(1, 0), 0);
        }
    assert_int_equal(other->in_head, head);
    assert_int_equal(other->wish, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(serial_read_goes_on_where_it_ended, setup),
        cmocka_unit_test_setup(serial_read_trusts_no_count, setup),
        cmocka_unit_test_setup(serial_read_beside_a_flood, setup),
        cmocka_unit_test_setup(serial_write_takes_what_there_is_room_for, setup),
    };
    return cmocka_run_group_tests_name("manage_serial", tests, NULL, NULL);
}
