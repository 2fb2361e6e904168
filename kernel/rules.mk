# SPDX-License-Identifier: Apache-2.0
# The resident hypervisor: one ELF a backend.
KERNEL_CFLAGS := -std=c17 -O2 -g -ffreestanding -fno-builtin-printf -fno-pic -fno-pie -mcmodel=kernel \
    -mno-red-zone -mno-mmx -mno-sse -mno-sse2 -mno-avx -fno-stack-protector -fcf-protection=none \
    -fno-asynchronous-unwind-tables -fno-strict-aliasing -fno-delete-null-pointer-checks \
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror -DSHA256_BY_PROCESSOR -MMD -MP
KERNEL_INTEL_SOURCES := $(filter-out arch/x86/svm%,$(wildcard kernel/*.c arch/x86/*.c drivers/*.c))
KERNEL_INTEL_ASM := arch/x86/entry.asm arch/x86/sha256.asm arch/x86/vmx_entry.asm
KERNEL_INTEL := $(BUILD)/kernel/kernel-intel.elf
KERNEL_INTEL_OBJECTS := $(KERNEL_INTEL_SOURCES:%.c=$(BUILD)/kernel/intel/%.o) \
    $(KERNEL_INTEL_ASM:%.asm=$(BUILD)/kernel/intel/%.asm.o)

kernel: $(KERNEL_INTEL)

$(BUILD)/kernel/intel/%.o: %.c kernel/rules.mk
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(KERNEL_CFLAGS) -c $< -o $@

$(BUILD)/kernel/intel/%.asm.o: %.asm arch/x86/vcpu.inc
	@mkdir -p $(@D)
	@echo "  NASM    $<"
	@$(NASM) -f elf64 -I arch/x86/ -g -F dwarf $< -o $@

$(BUILD)/kernel/linker.ld: linker.ld kernel/abi/layout.h
	@mkdir -p $(@D)
	$(CC) -E -P -x c -D__LINKER__ -I . $< | sed 's/ull\b//g' > $@

$(KERNEL_INTEL): $(KERNEL_INTEL_OBJECTS) $(BUILD)/kernel/linker.ld
	ld -nostdlib -static -z noexecstack -z max-page-size=4096 --build-id=none -T $(BUILD)/kernel/linker.ld -o $@ $(KERNEL_INTEL_OBJECTS)

-include $(KERNEL_INTEL_OBJECTS:.o=.d)
