# SPDX-License-Identifier: Apache-2.0
# The command build/bulkhead from tools/*.c and what it shares with the kernel.
TOOL_CFLAGS := -std=c17 -D_GNU_SOURCE -O2 -g -fstack-protector-strong -Wall -Wextra -Wshadow \
    -Wstrict-prototypes -Wmissing-prototypes -Werror
# What a guest is answered, for `bulkhead report`: the tables themselves, so no figure can drift.
SURFACE_SOURCES := arch/x86/port.c arch/x86/cpuid.c arch/x86/features.c
TOOL_SOURCES := $(wildcard tools/*.c) kernel/manifest.c kernel/sha256.c $(SURFACE_SOURCES)
TOOL_OBJECTS := $(TOOL_SOURCES:%.c=$(BUILD)/host/%.o)

tools: $(BUILD)/bulkhead

$(BUILD)/host/%.o: %.c tools/rules.mk
	@mkdir -p $(@D)
	@echo "  CC      $< (host)"
	@$(CC) $(TOOL_CFLAGS) -MMD -MP -c $< -o $@

# Lines of code and answered exits, counted in the source.
SURFACE_H := $(BUILD)/host/surface/counted.h

$(SURFACE_H): tools/lines $(wildcard $(foreach d,kernel kernel/abi arch/x86 arch/x86/include boot \
    drivers tools,$(d)/*.[ch] $(d)/*.asm $(d)/*.inc))
	@mkdir -p $(@D)
	@echo "  COUNT   $@"
	@tools/lines --figures $(KERNEL_SOURCES) $(KERNEL_VMX) $(KERNEL_INTEL_ASM:%=arch/x86/%.asm) \
	    -- $(KERNEL_SOURCES) $(KERNEL_SVM) $(KERNEL_AMD_ASM:%=arch/x86/%.asm) \
	    -- $(LOADER_SOURCES) arch/x86/sha256.asm -- $(TOOL_SOURCES) > $@.new
	@tools/lines --exits arch/x86/vmx.c arch/x86/svm.c >> $@.new
	@mv $@.new $@

SURFACE_OBJECTS := tools/surface.o tools/surface_intel.o tools/surface_amd.o
$(SURFACE_OBJECTS:%=$(BUILD)/host/%): $(SURFACE_H)
$(SURFACE_OBJECTS:%=$(BUILD)/host/%): TOOL_CFLAGS += -I$(BUILD)/host/surface

$(BUILD)/bulkhead: $(TOOL_OBJECTS)
	@$(CC) -o $@ $^ -lyaml -l:libbearssl.a

-include $(TOOL_OBJECTS:.o=.d)

# Payloads that the manifests in tests/fixtures name.
fixtures: $(BUILD)/fixtures/made

$(BUILD)/fixtures/made: tests/fixtures/payloads.c tests/fixtures/board.c tests/fixtures/board.h \
    $(wildcard tests/fixtures/hw/*.txt)
	@mkdir -p $(@D)
	@rm -rf $(@D)/board $(@D)/boards
	@$(CC) $(TOOL_CFLAGS) -o $(@D)/payloads $(filter %.c,$^)
	@$(@D)/payloads $(@D)
	@touch $@

# What unit tests of the tool link; they run in the root of the tree.
TOOL_UNIT_SOURCES := $(addprefix tools/,text.c check.c yaml_load.c schema.c schema_read.c \
    schema_scalar.c schema_parse.c label.c pubkey.c rules.c rules_name.c rules_label.c \
    rules_exposure.c rules_device.c rules_management.c rules_order.c rules_domain.c rules_serial.c rules_payload.c rules_linux.c \
    rules_elf.c rules_fleet.c rules_fleet_apart.c check_fleet.c claims.c diff.c diff_facts.c diff_domain.c diff_device.c payload.c elf64.c bzimage.c compile.c compile_policy.c json.c reference.c json_schema.c accidents.c \
    decompile.c decompile_policy.c pe.c) \
    $(addprefix tools/,inventory.c rules_inventory.c rules_inventory_memory.c \
    rules_inventory_device.c rules_inventory_sideband.c rules_inventory_split.c hw_source.c \
    hw_cpu.c hw_pci.c hw_acpi.c) \
    kernel/manifest.c kernel/sha256.c -lyaml
TOOL_UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_tool_*.c))
$(TOOL_UNIT_TESTS): | $(BUILD)/fixtures/made
$(addprefix $(BUILD)/unit/test_tool_,command limits map): | $(BUILD)/bulkhead

.PHONY: fixtures
