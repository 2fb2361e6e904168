# SPDX-License-Identifier: Apache-2.0
# Tests of everything that computes, on the host, with sanitizers. One line adds a test:
#   $(call unit_test,NAME,SOURCES)   tests/unit/test_NAME.c with the sources under test
# A test that includes what it tests (to reach static functions) names no sources.
UNIT := $(BUILD)/unit
UNIT_CFLAGS := -std=c17 -D_DEFAULT_SOURCE -O1 -g -fsanitize=address,undefined \
    -fno-sanitize-recover=all -fno-omit-frame-pointer -fno-strict-aliasing \
    -Wall -Wextra -Wshadow -MMD -MP
UNIT_TESTS :=

define unit_rule
UNIT_TESTS += $$(UNIT)/test_$(1)
$$(UNIT)/test_$(1): $$(patsubst %.c,$$(UNIT)/obj/%.o,tests/unit/test_$(1).c $(2))
	@$$(CC) -fsanitize=address,undefined $$^ -lcmocka -o $$@
endef
unit_test = $(eval $(call unit_rule,$(strip $(1)),$(2)))

$(UNIT)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $< (unit)"
	@$(CC) $(UNIT_CFLAGS) -c $< -o $@

SHARED_SOURCES := kernel/manifest.c kernel/sha256.c kernel/format.c
PLAN_SOURCES := $(addprefix boot/,plan.c plan_build.c place.c place_cpus.c facts.c spaces.c \
    paging.c kernel_image.c elf64.c guest_memory.c linux.c acpi.c aml.c diagnostic.c) \
    $(SHARED_SOURCES)

PLAN_WORLD := $(addprefix tests/unit/,plan_world.c made_files.c made_manifest.c) $(PLAN_SOURCES)

$(call unit_test,sha256,kernel/sha256.c)
$(call unit_test,format,kernel/format.c)
$(call unit_test,manifest,tests/unit/made_manifest.c $(SHARED_SOURCES))
$(call unit_test,elf64,tests/unit/made_files.c $(PLAN_SOURCES))
$(call unit_test,paging,boot/paging.c)
$(call unit_test,place,$(PLAN_WORLD))
$(call unit_test,plan,$(PLAN_WORLD))
$(call unit_test,guest_memory,$(PLAN_WORLD))
$(call unit_test,linux,tests/unit/made_files.c boot/linux.c)
$(call unit_test,acpi,boot/acpi.c boot/aml.c)
$(call unit_test,vuart,)
$(call unit_test,vioapic,)
$(call unit_test,vpit,)
$(call unit_test,vrtc,)
$(call unit_test,decode,)
$(call unit_test,pci,)
$(call unit_test,screen,)
$(call unit_test,msr,arch/x86/lvt.c arch/x86/features.c)
$(call unit_test,cpuid,arch/x86/cpuid.c arch/x86/features.c)
$(call unit_test,cr,arch/x86/cr.c arch/x86/features.c)
$(call unit_test,port,)
$(call unit_test,icr,arch/x86/icr.c)
$(call unit_test,tool_schema,$(TOOL_UNIT_SOURCES))
$(call unit_test,tool_fixtures,$(TOOL_UNIT_SOURCES))
$(call unit_test,tool_hostile,$(TOOL_UNIT_SOURCES))
$(call unit_test,tool_image,$(TOOL_UNIT_SOURCES))
$(call unit_test,tool_diff,$(TOOL_UNIT_SOURCES))
$(call unit_test,tool_command,)
REPORT_WORLD := tests/unit/report_world.c $(wildcard tools/report/*.c) tools/map/map.c \
    $(SURFACE_SOURCES) $(TOOL_UNIT_SOURCES)
$(call unit_test,tool_report,$(REPORT_WORLD))
$(call unit_test,tool_access,$(REPORT_WORLD))
$(call unit_test,tool_surface,$(wildcard tools/report/surface*.c) arch/x86/lvt.c $(SURFACE_SOURCES))
$(SURFACE_OBJECTS:%=$(UNIT)/obj/%): $(SURFACE_H)
$(SURFACE_OBJECTS:%=$(UNIT)/obj/%): UNIT_CFLAGS += -I$(dir $(SURFACE_H))
$(call unit_test,tool_map,-lyaml)
$(call unit_test,tool_limits,)
$(call unit_test,tool_docs,$(TOOL_UNIT_SOURCES))
$(call unit_test,cascade,$(addprefix tools/,cascade/cascade.c cascade/graph.c cascade/sweep.c text.c))
$(call unit_test,fleet,$(TOOL_UNIT_SOURCES))
$(call unit_test,hw,tests/fixtures/board.c $(TOOL_UNIT_SOURCES))
$(UNIT)/obj/tools/hw/source.o $(UNIT)/obj/tests/unit/test_hw.o: UNIT_CFLAGS += -D_GNU_SOURCE

$(call unit_test,tool_boot_agrees,$(addprefix boot/,guest_memory.c linux.c elf64.c acpi.c aml.c \
    paging.c diagnostic.c) kernel/format.c $(TOOL_UNIT_SOURCES))

$(call unit_test,demands,boot/demands.c boot/diagnostic.c kernel/format.c $(TOOL_UNIT_SOURCES))
$(UNIT)/test_demands: | $(BUILD)/fixtures/made

$(call unit_test,check,tests/unit/check_world.c $(addprefix kernel/,check.c check_map.c check_state.c) \
    $(SHARED_SOURCES))

$(call unit_test,check_plan,tests/unit/check_world.c tests/unit/made_files.c tests/unit/made_manifest.c \
    $(addprefix kernel/,check.c check_map.c check_state.c) $(PLAN_SOURCES))

# A first build compiles some hundred files, so it uses all processors even without -j.
test-unit:
	@$(MAKE) --no-print-directory -j$(shell nproc) unit-programs
	@tests/unit/run $(UNIT_TESTS)

.SECONDEXPANSION:
unit-programs: $$(UNIT_TESTS)

-include $(wildcard $(UNIT)/obj/*/*.d $(UNIT)/obj/*/*/*.d)
.PHONY: test-unit unit-programs
