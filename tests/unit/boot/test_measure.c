/* SPDX-License-Identifier: Apache-2.0 */
/* I10: what TPMs that are good, absent, broken or full are told, and what follows where the
 * manifest demands one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "boot/firmware/measure.c"
#include "boot/firmware/pcr.c"

enum { EVENTS = 3 };

/* What there is, and how it behaves. */
static struct {
    bool protocol, present;
    EFI_STATUS capability;
    EFI_STATUS takes[EVENTS]; /* one for each measurement */
    unsigned told;            /* measurements that it was asked to take */
    uint16_t bank;            /* the algorithm of the only active one; 0: there is none */
    uint8_t lacks;            /* one that it does not know, which is an error */
    unsigned takes_none;      /* the first measurement, from 1, that it only says that it takes */
    unsigned answers;         /* commands that it answers, if not 0: then no more */
    unsigned submitted;       /* commands so far */
    EFI_STATUS submit;        /* what its commands end with */
    unsigned bad_at;          /* 0, or the byte of its answers that is not right */
    uint8_t pcr;              /* every byte of its value */
} world;
static char said[2048];
static jmp_buf end;

static uint8_t manifest_bytes[100], payload_bytes[0x3000];
static struct manifest_header header;
static const struct manifest_payload payloads[] = {{.offset = 0, .bytes = 0x1001},
                                                   {.offset = 0x2000, .bytes = 7}};
static const struct manifest manifest = {
    .header = &header, .payloads = payloads, .payload_count = EVENTS - 1};
static const struct image image = {.manifest = {manifest_bytes, sizeof manifest_bytes},
                                   .payload = {payload_bytes, sizeof payload_bytes}};

static EFI_STATUS EFIAPI get_capability(struct tcg2 *this, struct tcg2_capability *capability)
{
    (void)this;
    assert_int_equal(capability->bytes, 28);
    assert_int_equal(sizeof *capability, 28);
    assert_int_equal(offsetof(struct tcg2_capability, present), 16);
    capability->present = world.present;
    return world.capability;
}

static EFI_STATUS EFIAPI hash_log_extend(struct tcg2 *this, UINT64 flags, EFI_PHYSICAL_ADDRESS data,
                                         UINT64 bytes, struct tcg2_event *event)
{
    static const struct {
        const char *name;
        const uint8_t *data;
        uint64_t bytes;
    } wanted[EVENTS] = {{"manifest", manifest_bytes, sizeof manifest_bytes},
                        {"payload 0", payload_bytes, 0x1001},
                        {"payload 1", payload_bytes + 0x2000, 7}};
    (void)this;
    assert_true(world.told < EVENTS);
    assert_int_equal(flags, 0);
    assert_int_equal(data, (uintptr_t)wanted[world.told].data);
    assert_int_equal(bytes, wanted[world.told].bytes);
    assert_string_equal(event->name, wanted[world.told].name);
    assert_int_equal(event->bytes, sizeof *event);
    assert_int_equal(event->header_bytes, 14);
    assert_int_equal(event->pcr, 11);
    if (world.takes_none != world.told + 1 && world.takes[world.told] != EFI_DEVICE_ERROR)
        world.pcr++;
    return world.takes[world.told++];
}

/* TPM2_PCR_Read of one bank. */
static EFI_STATUS EFIAPI submit_command(struct tcg2 *this, UINT32 bytes, UINT8 *command,
                                        UINT32 room, UINT8 *answer)
{
    static const uint8_t head[] = {0x80, 1, 0, 0, 0, 20, 0, 0, 1, 0x7e, 0, 0, 0, 1, 0};
    const uint8_t length = command[15] == 0x0b ? 32 : command[15] == 0x0c ? 48 : 64;
    (void)this;
    assert_int_equal(bytes, 20);
    assert_memory_equal(command, head, sizeof head);
    assert_memory_equal(command + 16, "\3\0\10\0", 4); /* PCR 11 of three bytes of such */
    assert_int_equal(room, 94);
    uint8_t text[94] = {0x80, 1, 0, 0, 0, 28, 0, 0, 0, 0, 0, 0, 0, 9};
    if (command[15] == world.lacks) {
        text[5] = 10;
        memcpy(text + 8, "\2\xc3", 2); /* TPM_RC_HASH, first parameter */
    } else if (command[15] == world.bank) {
        text[5] = (uint8_t)(30 + length);
        memcpy(text + 14, command + 10, 10);
        text[27] = 1;
        text[29] = length;
        memset(text + 30, world.pcr, length);
    }
    if (world.bad_at)
        text[world.bad_at]++;
    memcpy(answer, text, sizeof text);
    return world.answers && world.submitted++ >= world.answers ? EFI_DEVICE_ERROR : world.submit;
}
static struct tcg2 tcg2 = {.get_capability = get_capability,
                           .hash_log_extend = hash_log_extend,
                           .submit_command = submit_command};

static EFI_STATUS EFIAPI locate(EFI_GUID *guid, VOID *registration, VOID **out)
{
    assert_int_equal(guid->Data1, 0x607f766c);
    assert_null(registration);
    *out = world.protocol ? &tcg2 : NULL;
    return world.protocol ? EFI_SUCCESS : EFI_NOT_FOUND;
}
static EFI_BOOT_SERVICES services = {.LocateProtocol = locate};
static EFI_SYSTEM_TABLE table = {.BootServices = &services};
EFI_SYSTEM_TABLE *firmware = &table;

static void add(const char *text, va_list values)
{
    size_t used = strlen(said);
    int length = vsnprintf(said + used, sizeof said - used, text, values);
    assert_true(length >= 0 && used + (size_t)length < sizeof said);
}

void text_print(const char *text, ...)
{
    va_list values;
    va_start(values, text);
    add(text, values);
    va_end(values);
}

_Noreturn void refuse(const char *text, ...)
{
    va_list values;
    va_start(values, text);
    add(text, values);
    va_end(values);
    longjmp(end, 1);
}

static int setup(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.protocol = world.present = true;
    world.bank = 0x0b;
    return 0;
}

/* True if the boot goes on. */
static bool goes_on(uint32_t flags)
{
    header.flags = flags;
    said[0] = 0;
    world.told = 0;
    if (setjmp(end))
        return false;
    measure_image(&image, &manifest);
    return true;
}

/* With words for both: a warning, and the end only where one is demanded. */
static void expect(const char *cause, unsigned told_without)
{
    assert_true(goes_on(MANIFEST_LAB));
    assert_non_null(strstr(said, "bulkhead: warning: "));
    assert_non_null(strstr(said, cause));
    assert_int_equal(world.told, told_without);
    assert_false(goes_on(MANIFEST_TPM));
    assert_non_null(strstr(said, "I10: "));
    assert_non_null(strstr(said, cause));
    assert_non_null(strstr(said, "in the firmware's set-up"));
    assert_non_null(strstr(said, "remove `tpm: required`"));
    assert_null(strstr(said, "are measured"));
}

static void one_that_takes_all(void **state)
{
    (void)state;
    for (uint32_t flags = 0; flags <= MANIFEST_FLAGS; flags++) {
        assert_true(goes_on(flags));
        assert_int_equal(world.told, EVENTS);
        assert_string_equal(said,
                            "bulkhead: manifest and payloads are measured into the TPM's PCR 11\n");
    }
}

static void no_protocol(void **state)
{
    (void)state;
    world.protocol = false;
    assert_true(goes_on(MANIFEST_LAB));
    assert_string_equal(said, "");
    assert_false(goes_on(MANIFEST_TPM | MANIFEST_LAB));
    assert_non_null(strstr(said, "shows no TPM 2.0"));
    assert_non_null(strstr(said, "remove `tpm: required`"));
}

static void none_behind_the_protocol(void **state)
{
    (void)state;
    world.present = false;
    expect("its TPM is absent", 0);
    world.present = true;
    world.capability = EFI_DEVICE_ERROR;
    expect("its TPM is absent", 0);
}

static void one_that_fails(void **state)
{
    static const char *const causes[EVENTS] = {"does not take the measurement of the manifest",
                                               "does not take the measurement of the payload 0",
                                               "does not take the measurement of the payload 1"};
    (void)state;
    for (unsigned i = 0; i < EVENTS; i++) {
        setup(NULL);
        world.takes[i] = EFI_DEVICE_ERROR;
        expect(causes[i], i + 1);
        assert_true(goes_on(0));
        assert_null(strstr(said, "are measured"));
    }
}

/* Its PCR has all, and without a demand that is enough. */
static void a_full_log(void **state)
{
    static const char *const causes[EVENTS] = {"this boot finds there no manifest",
                                               "finds there no payload 0",
                                               "finds there no payload 1"};
    (void)state;
    for (unsigned i = 0; i < EVENTS; i++) {
        setup(NULL);
        world.takes[i] = EFI_VOLUME_FULL;
        expect(causes[i], EVENTS);
        assert_true(goes_on(0));
        assert_non_null(strstr(said, "are measured"));
    }
}

/* Firmware takes the measurements, and the TPM keeps none that anyone believes. */
static void no_active_bank(void **state)
{
    static const uint16_t none[] = {0, 4}; /* or SHA-1 alone */
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        world.bank = none[i];
        expect("none of these banks is active", EVENTS);
        assert_true(goes_on(MANIFEST_LAB));
        assert_null(strstr(said, "are measured"));
    }
    world.bank = 0x0b;
    world.submit = EFI_DEVICE_ERROR;
    expect("none of these banks is active", EVENTS);
}

static void other_banks(void **state)
{
    (void)state;
    for (world.bank = 0x0c; world.bank <= 0x0d; world.bank++)
        for (unsigned i = 0; i < 2; i++) {
            world.lacks = i ? 0x0b : 0;
            assert_true(goes_on(MANIFEST_TPM));
            assert_non_null(strstr(said, "are measured"));
        }
}

/* Of any of them, as those before it have changed the PCR. */
static void one_that_only_says_so(void **state)
{
    static const char *const names[] = {"the manifest", "the payload 0", "the payload 1"};
    (void)state;
    for (unsigned i = 0; i < EVENTS; i++) {
        world.takes_none = i + 1;
        expect("PCR is as it was before", i + 1);
        assert_non_null(strstr(said, names[i]));
        assert_true(goes_on(MANIFEST_LAB));
        assert_null(strstr(said, "are measured"));
    }
}

static void one_that_falls_silent(void **state)
{
    (void)state;
    for (world.answers = 1; world.answers <= EVENTS; world.answers++) {
        world.submitted = 0;
        assert_false(goes_on(MANIFEST_TPM));
        assert_non_null(strstr(said, "none of these banks is active"));
        assert_int_equal(world.told, world.answers);
    }
}

/* Every byte of an answer in which there is but one right value. */
static void damaged_answers(void **state)
{
    (void)state;
    for (world.bad_at = 1; world.bad_at < 30; world.bad_at++)
        if (world.bad_at < 10 || world.bad_at > 13) /* how often it was changed: of no interest */
            expect("none of these banks is active", EVENTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_that_takes_all, setup),
        cmocka_unit_test_setup(no_protocol, setup),
        cmocka_unit_test_setup(none_behind_the_protocol, setup),
        cmocka_unit_test_setup(one_that_fails, setup),
        cmocka_unit_test_setup(a_full_log, setup),
        cmocka_unit_test_setup(no_active_bank, setup),
        cmocka_unit_test_setup(other_banks, setup),
        cmocka_unit_test_setup(one_that_only_says_so, setup),
        cmocka_unit_test_setup(one_that_falls_silent, setup),
        cmocka_unit_test_setup(damaged_answers, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
