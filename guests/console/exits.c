/* SPDX-License-Identifier: Apache-2.0 */
/* What exits are called: see the header. */
#include "exits.h"
#include "kernel/abi/public.h"
#include "writer.h"

static const char *const intel[] = {
    [0] = "exception or NMI",
    [1] = "external interrupt",
    [2] = "triple fault",
    [3] = "INIT signal",
    [4] = "start-up IPI",
    [5] = "I/O SMI",
    [6] = "other SMI",
    [7] = "interrupt window",
    [8] = "NMI window",
    [9] = "task switch",
    [10] = "CPUID",
    [11] = "GETSEC",
    [12] = "HLT",
    [13] = "INVD",
    [14] = "INVLPG",
    [15] = "RDPMC",
    [16] = "RDTSC",
    [17] = "RSM",
    [18] = "VMCALL",
    [19] = "VMCLEAR",
    [20] = "VMLAUNCH",
    [21] = "VMPTRLD",
    [22] = "VMPTRST",
    [23] = "VMREAD",
    [24] = "VMRESUME",
    [25] = "VMWRITE",
    [26] = "VMXOFF",
    [27] = "VMXON",
    [28] = "control-register access",
    [29] = "MOV DR",
    [30] = "I/O instruction",
    [31] = "RDMSR",
    [32] = "WRMSR",
    [33] = "invalid guest state",
    [34] = "MSR loading",
    [36] = "MWAIT",
    [37] = "monitor trap flag",
    [39] = "MONITOR",
    [40] = "PAUSE",
    [41] = "machine-check event",
    [43] = "TPR below threshold",
    [44] = "APIC access",
    [45] = "virtualized EOI",
    [46] = "access to GDTR or IDTR",
    [47] = "access to LDTR or TR",
    [48] = "EPT violation",
    [49] = "EPT misconfiguration",
    [50] = "INVEPT",
    [51] = "RDTSCP",
    [52] = "preemption timer",
    [53] = "INVVPID",
    [54] = "WBINVD or WBNOINVD",
    [55] = "XSETBV",
    [56] = "APIC write",
    [57] = "RDRAND",
    [58] = "INVPCID",
    [59] = "VMFUNC",
    [60] = "ENCLS",
    [61] = "RDSEED",
    [62] = "PML full",
    [63] = "XSAVES",
    [64] = "XRSTORS",
    [65] = "PCONFIG",
    [66] = "SPP-related event",
    [67] = "UMWAIT",
    [68] = "TPAUSE",
    [69] = "LOADIWKEY",
    [70] = "ENCLV",
    [72] = "ENQCMD PASID translation failure",
    [73] = "ENQCMDS PASID translation failure",
    [74] = "bus lock",
    [75] = "instruction timeout",
    [76] = "SEAMCALL",
    [77] = "TDCALL",
    [78] = "RDMSRLIST",
    [79] = "WRMSRLIST",
    [80] = "URDMSR",
    [81] = "UWRMSR",
    [84] = "RDMSR (immediate)",
    [85] = "WRMSRNS (immediate)",
};

/* From here on; below it is what there are many of. */
enum { AMD_FIRST = 0x60 };
static const char *const amd[] = {
    [0x60 - AMD_FIRST] = "INTR",
    [0x61 - AMD_FIRST] = "NMI",
    [0x62 - AMD_FIRST] = "SMI",
    [0x63 - AMD_FIRST] = "INIT",
    [0x64 - AMD_FIRST] = "VINTR",
    [0x65 - AMD_FIRST] = "CR0_SEL_WRITE",
    [0x66 - AMD_FIRST] = "IDTR_READ",
    [0x67 - AMD_FIRST] = "GDTR_READ",
    [0x68 - AMD_FIRST] = "LDTR_READ",
    [0x69 - AMD_FIRST] = "TR_READ",
    [0x6a - AMD_FIRST] = "IDTR_WRITE",
    [0x6b - AMD_FIRST] = "GDTR_WRITE",
    [0x6c - AMD_FIRST] = "LDTR_WRITE",
    [0x6d - AMD_FIRST] = "TR_WRITE",
    [0x6e - AMD_FIRST] = "RDTSC",
    [0x6f - AMD_FIRST] = "RDPMC",
    [0x70 - AMD_FIRST] = "PUSHF",
    [0x71 - AMD_FIRST] = "POPF",
    [0x72 - AMD_FIRST] = "CPUID",
    [0x73 - AMD_FIRST] = "RSM",
    [0x74 - AMD_FIRST] = "IRET",
    [0x75 - AMD_FIRST] = "SWINT",
    [0x76 - AMD_FIRST] = "INVD",
    [0x77 - AMD_FIRST] = "PAUSE",
    [0x78 - AMD_FIRST] = "HLT",
    [0x79 - AMD_FIRST] = "INVLPG",
    [0x7a - AMD_FIRST] = "INVLPGA",
    [0x7b - AMD_FIRST] = "IOIO",
    [0x7c - AMD_FIRST] = "MSR (RDMSR)",
    [0x7d - AMD_FIRST] = "TASK_SWITCH",
    [0x7e - AMD_FIRST] = "FERR_FREEZE",
    [0x7f - AMD_FIRST] = "SHUTDOWN",
    [0x80 - AMD_FIRST] = "VMRUN",
    [0x81 - AMD_FIRST] = "VMMCALL",
    [0x82 - AMD_FIRST] = "VMLOAD",
    [0x83 - AMD_FIRST] = "VMSAVE",
    [0x84 - AMD_FIRST] = "STGI",
    [0x85 - AMD_FIRST] = "CLGI",
    [0x86 - AMD_FIRST] = "SKINIT",
    [0x87 - AMD_FIRST] = "RDTSCP",
    [0x88 - AMD_FIRST] = "ICEBP",
    [0x89 - AMD_FIRST] = "WBINVD",
    [0x8a - AMD_FIRST] = "MONITOR",
    [0x8b - AMD_FIRST] = "MWAIT",
    [0x8c - AMD_FIRST] = "MWAIT_CONDITIONAL",
    [0x8d - AMD_FIRST] = "XSETBV",
    [0x8e - AMD_FIRST] = "RDPRU",
    [0x8f - AMD_FIRST] = "EFER_WRITE_TRAP",
    [PUBLIC_EXIT_SVM_MEMORY - AMD_FIRST] = "NPF",
    [PUBLIC_EXIT_SVM_WRMSR - AMD_FIRST] = "MSR (WRMSR)",
    [PUBLIC_EXIT_SVM_OTHER - AMD_FIRST] = "other",
};

/* CR0_READ to DR15_WRITE by sixteens, then EXCP0 to EXCP31. */
static void put_amd_register(struct writer *to, uint32_t number)
{
    static const char *const registers[] = {"CR", "CR", "DR", "DR"};
    if (number >= 0x40) {
        write_text(to, "EXCP");
        write_number(to, number - 0x40);
        return;
    }
    write_text(to, registers[number >> 4]);
    write_number(to, number & 15);
    write_text(to, number & 16 ? "_WRITE" : "_READ");
}

static const char *word_of(bool is_intel, uint32_t number)
{
    if (is_intel) {
        return number < sizeof(intel) / sizeof(intel[0]) ? intel[number] : NULL;
    }
    uint32_t place = number - AMD_FIRST; /* of what is before: far beyond */
    return place < sizeof(amd) / sizeof(amd[0]) ? amd[place] : NULL;
}

const char *exit_word(bool is_intel, uint32_t number, char text[EXIT_TEXT_BYTES])
{
    struct writer to = {.text = text, .room = EXIT_TEXT_BYTES - 1};
    const char *word = word_of(is_intel, number);
    if (word) {
        return word;
    }
    if (!is_intel && number < AMD_FIRST) {
        put_amd_register(&to, number);
    } else {
        write_number(&to, number);
    }
    text[to.used] = 0;
    return text;
}
