/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The number of this boot, and where the last one had what outlives a warm reset, in variables that
 * the firmware keeps and no operating system sees: they have no runtime access. UEFI Specification,
 * "Variable Services".
 */
#include "firmware.h"

static EFI_GUID vendor = {
    0x8d1a6fd0, 0x3c1e, 0x4e0b, {0x9c, 0x57, 0x21, 0x6b, 0x0e, 0x4d, 0xa8, 0x13}};

enum { KEPT = EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS };

static uint32_t store_of(EFI_STATUS status)
{
    switch (status) {
    case EFI_SUCCESS:
        return AUDIT_STORE_GOOD;
    case EFI_OUT_OF_RESOURCES:
        return AUDIT_STORE_FULL;
    case EFI_WRITE_PROTECTED:
    case EFI_ACCESS_DENIED:
    case EFI_SECURITY_VIOLATION:
        return AUDIT_STORE_READ_ONLY;
    default:
        return AUDIT_STORE_ABSENT;
    }
}

/*
 * What is there and not ours by its size or attributes is nothing that was counted. What can't be
 * read may be: it is left alone, or a counter would go back that nobody has set back.
 */
void counter_advance(struct facts *facts)
{
    EFI_RUNTIME_SERVICES *services = firmware->RuntimeServices;
    UINT64 boots = 0;
    UINTN bytes = sizeof(boots);
    UINT32 attributes = 0;
    EFI_STATUS status =
        services->GetVariable(L"BulkheadBoots", &vendor, &attributes, &bytes, &boots);
    if (status == EFI_SUCCESS && bytes == sizeof(boots) && attributes == KEPT)
        facts->boots = boots;
    else if (status == EFI_SUCCESS || status == EFI_BUFFER_TOO_SMALL)
        services->SetVariable(L"BulkheadBoots", &vendor, 0, 0, NULL);
    boots = facts->boots + 1;
    if (status == EFI_SUCCESS || status == EFI_BUFFER_TOO_SMALL || status == EFI_NOT_FOUND)
        status = services->SetVariable(L"BulkheadBoots", &vendor, KEPT, sizeof(boots), &boots);
    facts->boot_store = store_of(status);
    facts->boots = status == EFI_SUCCESS ? boots : 0;
}

/* Whatever it says: the plan takes the place only if it is free. */
void survivors_find(struct facts *facts)
{
    UINT64 place = 0;
    UINTN bytes = sizeof(place);
    UINT32 attributes = 0;
    EFI_STATUS status = firmware->RuntimeServices->GetVariable(L"BulkheadSurvivors", &vendor,
                                                               &attributes, &bytes, &place);
    facts->survivors =
        status == EFI_SUCCESS && bytes == sizeof(place) && attributes == KEPT ? place : 0;
}

/* What of that name is not ours can't be written over with other attributes. */
void survivors_follow(const struct facts *facts, const struct handoff *handoff)
{
    EFI_RUNTIME_SERVICES *services = firmware->RuntimeServices;
    UINT64 place = handoff->stop_hpa;
    if (facts->survivors == place)
        return;
    if (services->SetVariable(L"BulkheadSurvivors", &vendor, KEPT, sizeof(place), &place) !=
        EFI_INVALID_PARAMETER)
        return;
    services->SetVariable(L"BulkheadSurvivors", &vendor, 0, 0, NULL);
    services->SetVariable(L"BulkheadSurvivors", &vendor, KEPT, sizeof(place), &place);
}
