/* SPDX-License-Identifier: Apache-2.0 */
/* What else a machine has that matters. UEFI Specification, "Secure Boot and Driver Signing",
 * "Time Services"; TCG EFI Protocol Specification, "EFI_TCG2_PROTOCOL.GetCapability". */
#include "boot/firmware/tcg2.h"
#include "drivers/uart16550.h"
#include "kernel/abi/survey.h"
#include "report.h"
#include "survey.h"

enum { PORTS = 4, ABSENT = 0xff, MCR_ZERO = 0xc0, TYPE_16550A = 4, ATTRIBUTES = 4 };

/* By registers that can be read without a consequence: the scratch register would be written. */
static bool uart_there(unsigned com)
{
    uint16_t port = uart_port(com);
    return inb(port + UART_LCR) != ABSENT && inb(port + UART_MCR) != ABSENT &&
           !(inb(port + UART_MCR) & MCR_ZERO);
}

static void write_uarts(void)
{
    report_folder("sys/class/tty");
    for (unsigned com = 1; com <= PORTS; com++) {
        bool there = uart_there(com);
        const char *folder = "sys/class/tty/ttyS";
        report_line(report_path("%s%u/type", folder, com - 1), "%u", there ? TYPE_16550A : 0);
        if (!there)
            continue;
        report_line(report_path("%s%u/port", folder, com - 1), "0x%x", uart_port(com));
        report_line(report_path("%s%u/irq", folder, com - 1), "%u", uart_irq(com));
        report_say("UART com%u at port 0x%x", com, uart_port(com));
    }
}

static void write_tpm(void)
{
    struct tcg2 *tcg2 = tcg2_locate();
    bool there = tcg2 && tcg2_is_present(tcg2);
    if (there)
        report_line("sys/class/tpm/tpm0/tpm_version_major", "2");
    report_say("TPM 2.0: %s", there ? "yes" : "none that answers");
}

/* A variable of one byte in Linux' form, behind its attributes; false: it is not there. */
static bool write_variable(CHAR16 *name, const char *path, uint8_t *value)
{
    EFI_GUID guid = EFI_GLOBAL_VARIABLE;
    uint8_t bytes[ATTRIBUTES + 1] = {0};
    UINT32 attributes = 0;
    UINTN size = 1;
    if (firmware->RuntimeServices->GetVariable(name, &guid, &attributes, &size,
                                               bytes + ATTRIBUTES) != EFI_SUCCESS ||
        size != 1)
        return false;
    for (unsigned i = 0; i < ATTRIBUTES; i++)
        bytes[i] = (uint8_t)(attributes >> 8 * i);
    *value = bytes[ATTRIBUTES];
    report_data(path, bytes, sizeof(bytes));
    return true;
}

#define EFIVARS "sys/firmware/efi/efivars/"
#define GLOBAL  "-8be4df61-93ca-11d2-aa0d-00e098032b8c"

static void write_secure_boot(void)
{
    uint8_t secure = 0, setup = 0;
    bool known = write_variable(u"SecureBoot", EFIVARS "SecureBoot" GLOBAL, &secure);
    write_variable(u"SetupMode", EFIVARS "SetupMode" GLOBAL, &setup);
    report_line("sys/firmware/efi/fw_platform_size", "64");
    report_say("Secure Boot: %s%s", known ? secure ? "on" : "off" : "the firmware has none",
               setup ? ", in setup mode" : "");
}

void survey_platform(void)
{
    EFI_TIME time = {0};
    write_uarts();
    write_tpm();
    write_secure_boot();
    if (firmware->RuntimeServices->GetTime(&time, NULL) == EFI_SUCCESS)
        report_line(SURVEY_SAVED, "%04u-%02u-%02u", time.Year, time.Month, time.Day);
}
