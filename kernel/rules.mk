# SPDX-License-Identifier: Apache-2.0
# The resident hypervisor: one ELF a backend.
KERNEL_CFLAGS := -I. -std=c17 -g -ffreestanding -fno-builtin-printf -fno-pic -fno-pie -mcmodel=kernel \
    -mno-red-zone -mno-mmx -mno-sse -mno-sse2 -mno-avx -fno-stack-protector -fcf-protection=none \
    -fno-asynchronous-unwind-tables -fno-strict-aliasing -fno-delete-null-pointer-checks \
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror -DSHA256_BY_PROCESSOR -MMD -MP

# The exit path is compiled for speed, all else for size (DESIGN, Budgets); and long loops at start.
KERNEL_HOT := arch/x86/vtx/vmx.c arch/x86/svm/svm.c arch/x86/svm/vmcb.c arch/x86/exit/exit.c arch/x86/exit/call.c arch/x86/exit/mmio.c \
    arch/x86/exit/guest_memory.c arch/x86/exit/decode.c arch/x86/grant/cpuid.c arch/x86/grant/msr.c arch/x86/interrupt/icr.c \
    arch/x86/grant/port.c kernel/vm/devices.c kernel/vm/vuart.c kernel/vm/vpci.c \
    kernel/vm/vfunction.c kernel/life/manage.c kernel/check/check_map.c \
    kernel/start/check_devices.c kernel/start/check_iommu.c kernel/sha256.c

# What only one backend has; all else is in both. Only the loader scans PCI, reads all of a manifest and
# makes what a guest reads by CPUID.
KERNEL_VMX := arch/x86/vtx/vmx.c arch/x86/vtx/vmcs.c arch/x86/start/vtx.c
KERNEL_SVM := arch/x86/svm/svm.c arch/x86/svm/vmcb.c arch/x86/start/svm.c
KERNEL_SOURCES := $(filter-out $(KERNEL_VMX) $(KERNEL_SVM) drivers/pci.c kernel/manifest_fields.c arch/x86/grant/cpuid_build.c,\
    $(wildcard kernel/*.c kernel/*/*.c arch/x86/*.c arch/x86/*/*.c drivers/*.c))
# What only start-up runs, and no domain sees (linker.ld): the rooms called start, and these.
KERNEL_START := drivers/screen.c kernel/manifest.c arch/x86/grant/features.c
# All of it, for figures.
START_SOURCES := $(KERNEL_START) $(wildcard $(foreach d,kernel/start arch/x86/start,$(d)/*.c $(d)/*.asm))
KERNEL_INTEL := $(BUILD)/kernel/kernel-intel.elf
KERNEL_AMD := $(BUILD)/kernel/kernel-amd.elf

kernel: $(KERNEL_INTEL) $(KERNEL_AMD)

$(BUILD)/kernel/linker.ld: linker.ld kernel/abi/layout.h kernel/rules.mk
	@mkdir -p $(@D)
	@$(CC) -E -P -x c -D__LINKER__ -D'START_FILES=*/start/?*.o $(KERNEL_START:%.c=*/%.o)' -I . $< | sed 's/ull\b//g' > $@

KERNEL_LD := ld -nostdlib -static -z noexecstack -z max-page-size=4096 --build-id=none \
    -T $(BUILD)/kernel/linker.ld

# kernel_elf NAME, C sources, assembly sources, flags: build/kernel/kernel-NAME.elf
define kernel_elf
KERNEL_OBJECTS_$(1) := $$(patsubst %.c,$(BUILD)/kernel/$(1)/%.o,$(2)) \
    $$(patsubst %,$(BUILD)/kernel/$(1)/arch/x86/%.asm.o,$(3))

$(BUILD)/kernel/$(1)/%.o: %.c kernel/rules.mk $$(INSTALLED)
	@mkdir -p $$(@D)
	@echo "  CC      $$< ($(1))"
	@$$(CC) $$(KERNEL_CFLAGS) $$(if $$(filter $$<,$$(KERNEL_HOT)),-O2,-Os) $(4) -c $$< -o $$@

$(BUILD)/kernel/$(1)/%.asm.o: %.asm arch/x86/vcpu.inc
	@mkdir -p $$(@D)
	@echo "  NASM    $$< ($(1))"
	@$$(NASM) -f elf64 -I ./ -g -F dwarf $$< -o $$@

$(BUILD)/kernel/kernel-$(1).elf: $$(KERNEL_OBJECTS_$(1)) $(BUILD)/kernel/linker.ld
	@echo "  LD      $$@"
	@$(KERNEL_LD) -o $$@ $$(KERNEL_OBJECTS_$(1))

-include $$(KERNEL_OBJECTS_$(1):.o=.d)
endef

KERNEL_INTEL_ASM := start/entry entry sha256 vtx/vmx_entry
KERNEL_AMD_ASM := start/entry entry sha256 svm/svm_entry
$(eval $(call kernel_elf,intel,$(KERNEL_SOURCES) $(KERNEL_VMX),$(KERNEL_INTEL_ASM),))
$(eval $(call kernel_elf,amd,$(KERNEL_SOURCES) $(KERNEL_SVM),$(KERNEL_AMD_ASM),-DBACKEND_SVM))
# For figures: a guest's write to port 0x80 says the exit counts so far.
$(eval $(call kernel_elf,intel-bench,$(KERNEL_SOURCES) $(KERNEL_VMX) tests/bench/mark.c,$(KERNEL_INTEL_ASM),-DBENCH))
$(eval $(call kernel_elf,amd-bench,$(KERNEL_SOURCES) $(KERNEL_SVM) tests/bench/mark.c,$(KERNEL_AMD_ASM),\
    -DBACKEND_SVM -DBENCH))
