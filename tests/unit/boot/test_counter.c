/* SPDX-License-Identifier: Apache-2.0 */
/* I6: the counter of boots over stores that are good, absent, full, broken, and not ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "boot/firmware/counter.c"

enum { OURS = KEPT, RUNTIME = KEPT | EFI_VARIABLE_RUNTIME_ACCESS };

/* The firmware's store of one variable. */
static struct {
    EFI_STATUS read, write;
    UINT32 attributes;
    UINTN bytes;
    UINT64 value[2];
} store;

static EFI_STATUS EFIAPI get(CHAR16 *name, EFI_GUID *guid, UINT32 *attributes, UINTN *bytes,
                             VOID *data)
{
    UINTN room = *bytes;
    assert_int_equal(name[0], 'B');
    assert_ptr_equal(guid, &vendor);
    if (store.read != EFI_SUCCESS)
        return store.read;
    if (store.bytes == 0)
        return EFI_NOT_FOUND;
    *attributes = store.attributes;
    *bytes = store.bytes;
    if (store.bytes > room)
        return EFI_BUFFER_TOO_SMALL;
    memcpy(data, store.value, store.bytes);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set(CHAR16 *name, EFI_GUID *guid, UINT32 attributes, UINTN bytes,
                             VOID *data)
{
    assert_int_equal(name[0], 'B');
    assert_ptr_equal(guid, &vendor);
    if (store.write != EFI_SUCCESS)
        return store.write;
    if (bytes && store.bytes && attributes != store.attributes)
        return EFI_INVALID_PARAMETER;
    store.attributes = attributes;
    store.bytes = bytes;
    if (bytes)
        memcpy(store.value, data, bytes);
    return EFI_SUCCESS;
}

static EFI_RUNTIME_SERVICES services = {.GetVariable = get, .SetVariable = set};
static EFI_SYSTEM_TABLE table = {.RuntimeServices = &services};
EFI_SYSTEM_TABLE *firmware = &table;

/* What is counted over a store as it is now. */
static void advance(uint64_t boots, uint32_t how)
{
    struct facts facts = {0};
    counter_advance(&facts);
    assert_int_equal(facts.boots, boots);
    assert_int_equal(facts.boot_store, how);
}

static int setup(void **state)
{
    (void)state;
    memset(&store, 0, sizeof store);
    return 0;
}

static void each_boot_counts(void **state)
{
    (void)state;
    for (uint64_t n = 1; n < 5; n++)
        advance(n, AUDIT_STORE_GOOD);
    assert_int_equal(store.attributes, OURS);
    store.value[0] = UINT64_MAX; /* no number follows: it is not known */
    advance(0, AUDIT_STORE_GOOD);
}

static void what_is_not_ours_counts_nothing(void **state)
{
    static const UINTN sizes[] = {1, 7, 9, 16};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        store.attributes = OURS;
        store.bytes = sizes[i];
        store.value[0] = 77;
        advance(1, AUDIT_STORE_GOOD);
        advance(2, AUDIT_STORE_GOOD);
    }
    store.attributes = RUNTIME; /* an operating system's */
    store.value[0] = 77;
    advance(1, AUDIT_STORE_GOOD);
    assert_int_equal(store.attributes, OURS);
}

/* It says so, and the next boot that can goes on from what is there. */
static void what_fails_sets_nothing_back(void **state)
{
    static const struct {
        EFI_STATUS read, write;
        uint32_t how;
    } cases[] = {{EFI_SUCCESS, EFI_OUT_OF_RESOURCES, AUDIT_STORE_FULL},
                 {EFI_SUCCESS, EFI_WRITE_PROTECTED, AUDIT_STORE_READ_ONLY},
                 {EFI_SUCCESS, EFI_UNSUPPORTED, AUDIT_STORE_ABSENT},
                 {EFI_DEVICE_ERROR, EFI_SUCCESS, AUDIT_STORE_ABSENT},
                 {EFI_UNSUPPORTED, EFI_UNSUPPORTED, AUDIT_STORE_ABSENT},
                 {EFI_SECURITY_VIOLATION, EFI_SUCCESS, AUDIT_STORE_READ_ONLY}};
    (void)state;
    for (uint64_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        store.read = store.write = EFI_SUCCESS;
        advance(i + 1, AUDIT_STORE_GOOD);
        store.read = cases[i].read;
        store.write = cases[i].write;
        advance(0, cases[i].how);
    }
    store.read = store.write = EFI_SUCCESS;
    advance(sizeof cases / sizeof cases[0] + 1, AUDIT_STORE_GOOD);
}

/* Where the boot before had it: read if it is ours, written if it is another place now. */
static void the_place_of_what_survives_follows(void **state)
{
    struct facts facts = {.survivors = 5};
    struct handoff handoff = {.stop_hpa = 0x123000};
    (void)state;
    survivors_find(&facts);
    assert_int_equal(facts.survivors, 0);
    survivors_follow(&facts, &handoff);
    survivors_find(&facts);
    assert_int_equal(facts.survivors, 0x123000);
    assert_int_equal(store.attributes, OURS);
    store.write = EFI_DEVICE_ERROR; /* the same place: nothing is written */
    survivors_follow(&facts, &handoff);
    store.write = EFI_SUCCESS;
    handoff.stop_hpa = 0x456000;
    survivors_follow(&facts, &handoff);
    survivors_find(&facts);
    assert_int_equal(facts.survivors, 0x456000);
    store.attributes = RUNTIME; /* an operating system's */
    survivors_find(&facts);
    assert_int_equal(facts.survivors, 0);
    survivors_follow(&facts, &handoff);
    assert_int_equal(store.attributes, OURS);
    store.bytes = 16;
    survivors_find(&facts);
    assert_int_equal(facts.survivors, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_boot_counts, setup),
        cmocka_unit_test_setup(what_is_not_ours_counts_nothing, setup),
        cmocka_unit_test_setup(what_fails_sets_nothing_back, setup),
        cmocka_unit_test_setup(the_place_of_what_survives_follows, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
