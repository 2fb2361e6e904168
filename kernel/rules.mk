# SPDX-License-Identifier: Apache-2.0
# The resident hypervisor: one ELF a backend.
KERNEL_CFLAGS := -std=c17 -O2 -g -ffreestanding -fno-builtin-printf -fno-pic -fno-pie -mcmodel=kernel \
    -mno-red-zone -mno-mmx -mno-sse -mno-sse2 -mno-avx -fno-stack-protector -fcf-protection=none \
    -fno-asynchronous-unwind-tables -fno-strict-aliasing -fno-delete-null-pointer-checks \
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror -DSHA256_BY_PROCESSOR -MMD -MP

# What only one backend has; all else is in both.
KERNEL_VMX := arch/x86/vmx.c arch/x86/vmcs.c
KERNEL_SVM := arch/x86/svm.c arch/x86/vmcb.c
KERNEL_SOURCES := $(filter-out $(KERNEL_VMX) $(KERNEL_SVM),\
    $(wildcard kernel/*.c arch/x86/*.c drivers/*.c))
KERNEL_INTEL := $(BUILD)/kernel/kernel-intel.elf
KERNEL_INTEL_SOURCES := $(KERNEL_SOURCES) $(KERNEL_VMX)
KERNEL_INTEL_OBJECTS := $(KERNEL_INTEL_SOURCES:%.c=$(BUILD)/kernel/intel/%.o) \
    $(patsubst %,$(BUILD)/kernel/intel/arch/x86/%.asm.o,entry sha256 vmx_entry)
KERNEL_AMD := $(BUILD)/kernel/kernel-amd.elf
KERNEL_AMD_SOURCES := $(KERNEL_SOURCES) $(KERNEL_SVM)
KERNEL_AMD_OBJECTS := $(KERNEL_AMD_SOURCES:%.c=$(BUILD)/kernel/amd/%.o) \
    $(patsubst %,$(BUILD)/kernel/amd/arch/x86/%.asm.o,entry sha256 svm_entry)

kernel: $(KERNEL_INTEL) $(KERNEL_AMD)

$(BUILD)/kernel/intel/%.o: %.c kernel/rules.mk
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(KERNEL_CFLAGS) -c $< -o $@

$(BUILD)/kernel/amd/%.o: %.c kernel/rules.mk
	@mkdir -p $(@D)
	@echo "  CC      $< (AMD-V)"
	@$(CC) $(KERNEL_CFLAGS) -DBACKEND_SVM -c $< -o $@

$(BUILD)/kernel/intel/%.asm.o: %.asm arch/x86/vcpu.inc
	@mkdir -p $(@D)
	@echo "  NASM    $<"
	@$(NASM) -f elf64 -I arch/x86/ -g -F dwarf $< -o $@

$(BUILD)/kernel/amd/%.asm.o: %.asm arch/x86/vcpu.inc
	@mkdir -p $(@D)
	@echo "  NASM    $<"
	@$(NASM) -f elf64 -I arch/x86/ -g -F dwarf $< -o $@

$(BUILD)/kernel/linker.ld: linker.ld kernel/abi/layout.h
	@mkdir -p $(@D)
	$(CC) -E -P -x c -D__LINKER__ -I . $< | sed 's/ull\b//g' > $@

KERNEL_LINK = ld -nostdlib -static -z noexecstack -z max-page-size=4096 --build-id=none \
    -T $(BUILD)/kernel/linker.ld

$(KERNEL_INTEL): $(KERNEL_INTEL_OBJECTS) $(BUILD)/kernel/linker.ld
	@echo "  LD      $@"
	@$(KERNEL_LINK) -o $@ $(KERNEL_INTEL_OBJECTS)

$(KERNEL_AMD): $(KERNEL_AMD_OBJECTS) $(BUILD)/kernel/linker.ld
	@echo "  LD      $@"
	@$(KERNEL_LINK) -o $@ $(KERNEL_AMD_OBJECTS)

-include $(KERNEL_INTEL_OBJECTS:.o=.d) $(KERNEL_AMD_OBJECTS:.o=.d)
