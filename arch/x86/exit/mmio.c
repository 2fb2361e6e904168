/* SPDX-License-Identifier: Apache-2.0 */
/* Accesses to guest-physical memory that nothing backs: the virtual I/O APIC, else an empty bus,
 * which reads all ones and takes writes without effect. */
#include "arch/x86/grant/cr.h"
#include "arch/x86/include/exit.h"
#include "arch/x86/include/guest_memory.h"
#include "arch/x86/include/machine.h"
#include "arch/x86/include/upcalls.h"
#include "arch/x86/include/vcpu.h"
#include "decode.h"

enum { PF_PRESENT = 1, PF_WRITE = 2, PF_RESERVED = 8 };

/* On an empty bus the guest's page table entry would read as all ones: reserved bits are set. */
static void fault_in_walk(const struct exit_memory *access)
{
    vcpu_set_cr2(access->linear);
    vcpu_inject(VECTOR_PF, true,
                PF_PRESENT | PF_RESERVED | (access->write ? (uint32_t)PF_WRITE : 0));
}

/* The usual cases, without the work that the others need; false: it is none of them. */
static inline bool move_plainly(const struct exit_memory *access,
                                const struct memory_access *instruction)
{
    if (instruction->register_index == RSP)
        return false;
    uint64_t *target = &vcpu.gpr[instruction->register_index];
    if (memory_access_is_plain_load(instruction)) {
        uint64_t value = devices_read(access->gpa, instruction->bytes);
        *target = instruction->bytes == 8 ? value : (uint32_t)value;
        return true;
    }
    if (instruction->operation != MEMORY_STORE || instruction->has_immediate ||
        instruction->high_byte)
        return false;
    devices_write(access->gpa, instruction->bytes, *target);
    return true;
}

void exit_memory(const struct exit_memory *access)
{
    uint8_t bytes[GUEST_FETCH_BYTES];
    struct memory_access instruction;
    if (access->walk) {
        fault_in_walk(access);
        return;
    }
    if (access->fetch) { /* FF FF is no instruction */
        vcpu_inject(VECTOR_UD, false, 0);
        return;
    }
    unsigned available = guest_fetch(bytes);
    if (!decode_memory_access(bytes, available, guest_code_bits(), &instruction)) {
        vcpu_inject(VECTOR_GP, true, 0);
        return;
    }
    if (move_plainly(access, &instruction)) {
        vcpu_skip(instruction.length);
        return;
    }
    bool uses_rsp = instruction.register_index == RSP;
    bool uses_flags = instruction.operation < MEMORY_EXCHANGE;
    uint64_t read = ~0ull, rflags = uses_flags ? vcpu_rflags() : 0, store;
    if (uses_rsp)
        vcpu.gpr[RSP] = vcpu_rsp();
    if (memory_access_reads(&instruction))
        read = devices_read(access->gpa, instruction.bytes);
    if (memory_access_execute(&instruction, vcpu.gpr, &rflags, read, &store))
        devices_write(access->gpa, instruction.bytes, store);
    if (uses_rsp)
        vcpu_set_rsp(vcpu.gpr[RSP]);
    if (uses_flags)
        vcpu_set_rflags(rflags);
    vcpu_skip(instruction.length);
}
