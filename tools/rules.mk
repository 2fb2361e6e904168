# SPDX-License-Identifier: Apache-2.0
# The command build/bulkhead: its subcommands in tools/, what they do in the rooms below it, and what
# it shares with loader and kernel.
TOOL_CFLAGS := -I. -std=c17 -D_GNU_SOURCE -O2 -g -fstack-protector-strong -Wall -Wextra -Wshadow \
    -Wstrict-prototypes -Wmissing-prototypes -Werror
# What a guest is answered, for `bulkhead report`: the tables themselves, so no figure can drift.
SURFACE_SOURCES := arch/x86/grant/port.c arch/x86/grant/cpuid.c arch/x86/grant/cpuid_build.c arch/x86/grant/features.c
TOOL_SOURCES := $(wildcard tools/*.c tools/*/*.c) kernel/manifest.c kernel/manifest_fields.c kernel/sha256.c \
    guests/console/certificate.c \
    $(addprefix guests/console/,audit_text.c words.c writer.c) $(SURFACE_SOURCES)
TOOL_OBJECTS := $(TOOL_SOURCES:%.c=$(BUILD)/host/%.o)

tools: $(BUILD)/bulkhead

$(BUILD)/host/%.o: %.c tools/rules.mk $(INSTALLED)
	@mkdir -p $(@D)
	@echo "  CC      $< (host)"
	@$(CC) $(TOOL_CFLAGS) -MMD -MP -c $< -o $@

# Lines of code and answered exits, counted in the source.
SURFACE_H := $(BUILD)/host/surface/counted.h

$(SURFACE_H): tools/lines kernel/rules.mk $(wildcard $(foreach d,kernel kernel/* arch/x86 arch/x86/* boot boot/* \
    drivers tools tools/* guests/lib guests/console,$(d)/*.[ch] $(d)/*.asm $(d)/*.inc))
	@mkdir -p $(@D)
	@echo "  COUNT   $@"
	@tools/lines --figures $(START_SOURCES) \
	    -- $(KERNEL_SOURCES) $(KERNEL_VMX) $(KERNEL_INTEL_ASM:%=arch/x86/%.asm) \
	    -- $(KERNEL_SOURCES) $(KERNEL_SVM) $(KERNEL_AMD_ASM:%=arch/x86/%.asm) \
	    -- $(LOADER_SOURCES) arch/x86/sha256.asm -- $(TOOL_SOURCES) \
	    -- $(wildcard guests/lib/*.c guests/console/*.c guests/console/*/*.c) > $@.new
	@tools/lines --exits arch/x86/vtx/vmx.c arch/x86/svm/svm.c >> $@.new
	@mv $@.new $@

SURFACE_OBJECTS := $(addprefix tools/report/,surface.o surface_intel.o surface_amd.o)
$(SURFACE_OBJECTS:%=$(BUILD)/host/%): $(SURFACE_H)
$(SURFACE_OBJECTS:%=$(BUILD)/host/%): TOOL_CFLAGS += -I$(BUILD)/host/surface

# The fixtures of all rules, for `bulkhead explain`.
EXAMPLES_H := $(BUILD)/host/explain/examples.h

$(EXAMPLES_H): tools/embed $(wildcard tests/fixtures/*.yaml tests/fixtures/*/*) \
    tests/fixtures/messages.txt
	@mkdir -p $(@D)
	@echo "  EMBED   $@"
	@tools/embed tests/fixtures > $@.new
	@mv $@.new $@

$(BUILD)/host/tools/cmd_explain.o: $(EXAMPLES_H)
$(BUILD)/host/tools/cmd_explain.o: TOOL_CFLAGS += -I$(dir $(EXAMPLES_H))

$(BUILD)/bulkhead: $(TOOL_OBJECTS)
	@$(CC) -o $@ $^ -lyaml -l:libbearssl.a -lcrypto -lcurl -ljansson

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
TOOL_UNIT_ROOMS := manifest rules image cascade diff reference hw
TOOL_UNIT_SOURCES := tools/text.c tools/json.c tools/mapped.c tools/output.c \
    $(wildcard $(TOOL_UNIT_ROOMS:%=tools/%/*.c)) kernel/manifest.c kernel/manifest_fields.c kernel/sha256.c \
    guests/console/certificate.c -lyaml \
    -lbearssl
TOOL_UNIT_TESTS := $(patsubst %.c,$(BUILD)/unit/%,$(notdir $(wildcard tests/unit/tools/test_tool_*.c)))
$(TOOL_UNIT_TESTS): | $(BUILD)/fixtures/made
$(addprefix $(BUILD)/unit/test_,tool_command tool_map tool_limits ctl_command): | $(BUILD)/bulkhead
$(BUILD)/unit/test_ctl_show: | $(BUILD)/fixtures/made
$(BUILD)/unit/test_tool_command: | $(LOADER) $(KERNEL_INTEL)

.PHONY: fixtures
