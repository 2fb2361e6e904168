/* SPDX-License-Identifier: Apache-2.0 */
/* I6, I8: the console's network by lwIP, tried by netprobe and in what takes an emulator too long.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "guests/console/net.h"
#include "guests/netprobe/netprobe.h"
#include "guests/netprobe/wire.h"
#include "wire_world.h"

#include <cmocka.h>

enum { MINUTE = 60000, WINDOW = 8192 };

static uint16_t port = 20000;

static int start(void **state)
{
    (void)state;
    world_start();
    world_pass(3 * MINUTE); /* what was closed before is gone */
    return 0;
}

static void open_one(struct stream *stream)
{
    assert_null(wire_start(WORLD_OWN, WORLD_SERVED));
    assert_true(wire_find_victim());
    assert_true(stream_open(stream, port++, NULL, 0));
    world_pass(10);
}

static void netprobe_is_satisfied(void **state)
{
    (void)state;
    attack(WORLD_OWN, WORLD_SERVED);
    assert_int_equal(world_failed, 0);
}

/* Without connections there is nothing to wake for; with one there is, until it is gone. */
static void idle_is_idle(void **state)
{
    struct stream stream;
    (void)state;
    assert_int_equal(net_sleep(world_now), NET_NEVER);
    unsigned sent = world_sent;
    world_pass(10 * MINUTE);
    assert_int_equal(world_sent, sent);
    open_one(&stream);
    assert_in_range(net_sleep(world_now), 0, 250);
    assert_true(stream_close(&stream));
    world_pass(10);
    assert_int_equal(net_sleep(world_now), NET_NEVER);
}

/* As many pieces as the window has bytes: they must neither be lost nor take memory of others. */
static void smallest_pieces_fit(void **state)
{
    struct stream stream, other;
    const uint8_t *bytes = NULL;
    (void)state;
    open_one(&stream);
    world_serves = false;
    for (unsigned i = 0; i < WINDOW; i++) {
        const uint8_t data = (uint8_t)(i * 7);
        const struct segment piece = {.from = stream.port,
                                      .to = NET_PORT,
                                      .number = stream.next + i,
                                      .acknowledged = stream.expected,
                                      .flags = TCP_ACK,
                                      .data = &data,
                                      .bytes = 1};
        struct frame frame = wire_tcp(&piece);
        world_put(&frame);
        if (i % 16 == 0)
            world_pass(1);
    }
    assert_int_equal(net_received(0, &bytes), WINDOW);
    for (unsigned i = 0; i < WINDOW; i++)
        assert_int_equal(bytes[i], (uint8_t)(i * 7));
    world_serves = true;
    open_one(&other);
    assert_true(stream_echo(&other, (const uint8_t *)"0123456789", 10));
    stream_reset(&other);
    stream.next += WINDOW;
    stream_reset(&stream);
}

/* More than the window: not taken, and the connection goes on. */
static void window_is_kept(void **state)
{
    static const uint8_t data[WIRE_MSS];
    const uint8_t *bytes = NULL;
    struct stream stream;
    (void)state;
    open_one(&stream);
    world_serves = false;
    for (unsigned i = 0; i < 10; i++) {
        const struct segment piece = {.from = stream.port,
                                      .to = NET_PORT,
                                      .number = stream.next + i * WIRE_MSS,
                                      .acknowledged = stream.expected,
                                      .flags = TCP_ACK,
                                      .data = data,
                                      .bytes = sizeof(data)};
        struct frame frame = wire_tcp(&piece);
        world_put(&frame);
    }
    assert_int_equal(net_received(0, &bytes), WINDOW);
    assert_true(net_is_open(0));
    stream.next += WINDOW;
    stream_reset(&stream);
    world_pass(10);
    assert_false(net_is_open(0));
    world_serves = true;
    world_pass(10);
    assert_int_equal(world_open_connections(), 0);
}

/* Who takes nothing of what is sent, and says nothing more, is forgotten some time after. */
static void closed_ones_do_not_stay(void **state)
{
    static const uint8_t data[16384];
    struct stream stream;
    (void)state;
    open_one(&stream);
    world_serves = false;
    world_is_deaf = true;
    assert_int_equal(net_send(0, data, sizeof(data)), sizeof(data));
    assert_int_equal(net_send(0, data, sizeof(data)), 0); /* no more room */
    net_close(0, false);
    world_pass(5000);
    assert_int_not_equal(net_sleep(world_now), NET_NEVER);
    world_pass(10000);
    assert_int_equal(net_sleep(world_now), NET_NEVER);
    world_serves = true;
}

/* What was sent before a close still arrives, and what the peer says meanwhile is no reason to
 * reset. */
static void close_delivers(void **state)
{
    struct stream stream;
    const uint8_t *bytes = NULL;
    (void)state;
    open_one(&stream);
    world_serves = false;
    const struct segment piece = {.from = stream.port,
                                  .to = NET_PORT,
                                  .number = stream.next,
                                  .acknowledged = stream.expected,
                                  .flags = TCP_ACK,
                                  .data = (const uint8_t *)"unread",
                                  .bytes = 6};
    struct frame frame = wire_tcp(&piece);
    world_put(&frame);
    stream.next += 6;
    assert_int_equal(net_received(0, &bytes), 6);
    assert_int_equal(net_send(0, "answer", 6), 6);
    net_close(0, false);
    world_serves = true;
    assert_true(stream_echo(&stream, (const uint8_t *)"answer", 6));
    world_pass(10);
    assert_int_not_equal(net_sleep(world_now),
                         NET_NEVER); /* it is not gone: it waits for the end */
    assert_true(stream_close(&stream));
    assert_false(stream.reset);
}

static void aborted_ones_are_reset(void **state)
{
    struct stream stream;
    (void)state;
    open_one(&stream);
    world_serves = false;
    net_close(0, true);
    world_serves = true;
    assert_false(stream_echo(&stream, (const uint8_t *)"x", 1));
    assert_true(stream.reset);
    assert_int_equal(net_sleep(world_now), NET_NEVER);
}

static void peers_are_known(void **state)
{
    struct stream stream;
    (void)state;
    open_one(&stream);
    assert_int_equal(net_peer(0), WORLD_OWN);
    assert_int_equal(net_accept(), -1);
    stream_reset(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(idle_is_idle, start),
        cmocka_unit_test_setup(netprobe_is_satisfied, start),
        cmocka_unit_test_setup(smallest_pieces_fit, start),
        cmocka_unit_test_setup(window_is_kept, start),
        cmocka_unit_test_setup(closed_ones_do_not_stay, start),
        cmocka_unit_test_setup(close_delivers, start),
        cmocka_unit_test_setup(aborted_ones_are_reset, start),
        cmocka_unit_test_setup(peers_are_known, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
