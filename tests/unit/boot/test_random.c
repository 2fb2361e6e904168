/* SPDX-License-Identifier: Apache-2.0 */
/* I10: the console's seed, of firmware and TPMs that are good, absent, broken and worse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "boot/firmware/random.c"

/* What there is, and how it behaves. */
static struct {
    bool rng, tpm;
    EFI_STATUS rng_status, tpm_status;
    bool rng_repeats, tpm_repeats;
    uint32_t most;        /* bytes that the TPM gives at a time */
    uint32_t code;        /* of its answers */
    uint16_t tag;         /* likewise */
    int lies;             /* added to the bytes that its first answer says it gives */
    bool lies_twice;      /* and to the bytes of the answer, too */
    unsigned asked;       /* it was */
    unsigned gives_up_at; /* it gives nothing from this command on; 0: never */
} world;
static uint8_t next_byte;
static char said[1024];
static struct manifest_management management;

static EFI_STATUS EFIAPI get_rng(EFI_RNG_PROTOCOL *this, EFI_RNG_ALGORITHM *algorithm, UINTN bytes,
                                 UINT8 *out)
{
    (void)this;
    assert_null(algorithm);
    for (UINTN i = 0; i < bytes && world.rng_status == EFI_SUCCESS; i++)
        out[i] = world.rng_repeats ? 0x77 : ++next_byte;
    return world.rng_status;
}
static EFI_RNG_PROTOCOL rng = {.GetRNG = get_rng};

static EFI_STATUS EFIAPI submit(struct tcg2 *this, UINT32 bytes, UINT8 *command, UINT32 room,
                                UINT8 *answer)
{
    static const uint8_t head[] = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0};
    (void)this;
    assert_int_equal(bytes, 12);
    assert_memory_equal(command, head, sizeof head);
    uint32_t given = command[11] < world.most ? command[11] : world.most;
    assert_true(room >= 12u + command[11]);
    world.asked++;
    if (world.gives_up_at && world.asked >= world.gives_up_at)
        given = 0;
    for (uint32_t i = 0; i < given; i++)
        answer[12 + i] = world.tpm_repeats ? 0x77 : ++next_byte;
    uint32_t told = given + (world.asked == 1 ? (uint32_t)world.lies : 0);
    uint32_t all = 12 + (world.lies_twice ? told : given);
    const uint8_t front[] = {(uint8_t)(world.tag >> 8),
                             (uint8_t)world.tag,
                             0,
                             0,
                             (uint8_t)(all >> 8),
                             (uint8_t)all,
                             (uint8_t)(world.code >> 24),
                             (uint8_t)(world.code >> 16),
                             (uint8_t)(world.code >> 8),
                             (uint8_t)world.code,
                             (uint8_t)(told >> 8),
                             (uint8_t)told};
    memcpy(answer, front, sizeof front);
    return world.tpm_status;
}
static struct tcg2 tpm = {.submit_command = submit};

static EFI_STATUS EFIAPI locate(EFI_GUID *guid, VOID *registration, VOID **out)
{
    static const EFI_GUID rng_guid = EFI_RNG_PROTOCOL_GUID;
    bool is_rng = memcmp(guid, &rng_guid, sizeof *guid) == 0;
    assert_null(registration);
    *out = is_rng ? (void *)&rng : (void *)&tpm;
    return (is_rng ? world.rng : world.tpm) ? EFI_SUCCESS : EFI_NOT_FOUND;
}
static EFI_BOOT_SERVICES services = {.LocateProtocol = locate};
static EFI_SYSTEM_TABLE table = {.BootServices = &services};
EFI_SYSTEM_TABLE *firmware = &table;

const void *manifest_entries(const struct manifest *manifest, enum manifest_table_id id,
                             uint32_t *count)
{
    (void)manifest;
    assert_int_equal(id, MANIFEST_MANAGEMENT);
    *count = 1;
    return &management;
}

void text_print(const char *format, ...)
{
    assert_true(snprintf(said, sizeof said, "%s", format) < (int)sizeof said);
}

static int setup(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.most = 64;
    world.tag = 0x8001;
    next_byte = 0;
    said[0] = 0;
    management.address = 0x0a00090f;
    return 0;
}

/* The seed's first byte counts up from the first that was drawn of what gave it. */
static void collect(bool there, uint8_t first)
{
    static const uint8_t zeros[CONSOLE_SEED_BYTES];
    static struct facts facts;
    memset(&facts, 0, sizeof facts);
    said[0] = 0;
    random_collect(NULL, &facts);
    assert_int_equal(facts.seed_bytes, there ? CONSOLE_SEED_BYTES : 0);
    if (!there)
        assert_memory_equal(facts.seed, zeros, sizeof zeros);
    for (unsigned i = 0; i < CONSOLE_SEED_BYTES && there; i++)
        assert_int_equal(facts.seed[i], (uint8_t)(first + i));
    assert_int_equal(strstr(said, "no random numbers") != NULL, !there);
}

static void the_firmwares_first(void **state)
{
    (void)state;
    world.rng = world.tpm = true;
    collect(true, 1);
    assert_int_equal(world.asked, 0);
    world.tpm = false;
    collect(true, 65);
}

static void else_the_tpms(void **state)
{
    (void)state;
    world.tpm = true;
    collect(true, 1);
    world.most = 20; /* as one with SHA-1 alone does */
    world.asked = 0;
    collect(true, 65);
    assert_int_equal(world.asked, 4);
    world.rng = true;
    world.rng_status = EFI_NOT_READY;
    collect(true, 129);
    world.rng_status = EFI_SUCCESS;
    world.rng_repeats = true;
    collect(true, 193);
}

static void none_is_said(void **state)
{
    (void)state;
    collect(false, 0);
    assert_non_null(strstr(said, "warning"));
    assert_non_null(strstr(said, "open no network"));
    world.rng = world.tpm = world.rng_repeats = world.tpm_repeats = true;
    collect(false, 0);
    /* A console without a network needs none. */
    management.address = 0;
    static struct facts facts;
    said[0] = 0;
    random_collect(NULL, &facts);
    assert_int_equal(facts.seed_bytes, 0);
    assert_string_equal(said, "");
}

static void a_tpm_that_does_not_answer_right(void **state)
{
    (void)state;
    world.tpm = true;
    world.tpm_status = EFI_DEVICE_ERROR;
    collect(false, 0);
    setup(NULL);
    world.tpm = true;
    world.code = 0x101; /* TPM_RC_FAILURE */
    collect(false, 0);
    setup(NULL);
    world.tpm = true;
    world.tag = 0x8002;
    collect(false, 0);
    static const int lies[] = {1, -1, 64, 65535 - 64};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        setup(NULL);
        world.tpm = true;
        world.lies = lies[i];
        collect(false, 0);
        setup(NULL);
        world.tpm = true;
        world.lies = lies[i];
        world.lies_twice = true;
        collect(lies[i] < 0, 1);
    }
    setup(NULL);
    world.tpm = true;
    world.most = 20;
    world.gives_up_at = 3;
    collect(false, 0);
    assert_int_equal(world.asked, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_firmwares_first, setup),
        cmocka_unit_test_setup(else_the_tpms, setup),
        cmocka_unit_test_setup(none_is_said, setup),
        cmocka_unit_test_setup(a_tpm_that_does_not_answer_right, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
