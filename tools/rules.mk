# SPDX-License-Identifier: Apache-2.0
# The command build/bulkhead from tools/*.c and what it shares with the kernel.
TOOL_CFLAGS := -std=c17 -D_GNU_SOURCE -O2 -g -fstack-protector-strong -Wall -Wextra -Wshadow \
    -Wstrict-prototypes -Wmissing-prototypes -Werror
TOOL_SOURCES := $(wildcard tools/*.c) kernel/manifest.c kernel/sha256.c
TOOL_OBJECTS := $(TOOL_SOURCES:%.c=$(BUILD)/host/%.o)

tools: $(BUILD)/bulkhead

$(BUILD)/host/%.o: %.c tools/rules.mk
	@mkdir -p $(@D)
	@echo "  CC      $< (host)"
	@$(CC) $(TOOL_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/bulkhead: $(TOOL_OBJECTS)
	@$(CC) -o $@ $^ -lyaml

-include $(TOOL_OBJECTS:.o=.d)

# Payloads that the manifests in tests/fixtures name.
fixtures: $(BUILD)/fixtures/made

$(BUILD)/fixtures/made: tests/fixtures/payloads.c
	@mkdir -p $(@D)
	@$(CC) $(TOOL_CFLAGS) -o $(@D)/payloads $<
	@$(@D)/payloads $(@D)
	@touch $@

# What unit tests of the tool link; they run in the root of the tree.
TOOL_UNIT_SOURCES := $(addprefix tools/,text.c check.c yaml_load.c schema.c schema_read.c \
    schema_scalar.c schema_parse.c label.c pubkey.c rules.c rules_name.c rules_label.c \
    rules_exposure.c rules_device.c rules_management.c rules_order.c rules_domain.c rules_serial.c rules_payload.c rules_linux.c \
    rules_elf.c payload.c elf64.c bzimage.c compile.c compile_policy.c json.c reference.c json_schema.c accidents.c \
    decompile.c decompile_policy.c pe.c) \
    kernel/manifest.c kernel/sha256.c -lyaml
TOOL_UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_tool_*.c))
$(TOOL_UNIT_TESTS): | $(BUILD)/fixtures/made
$(BUILD)/unit/test_tool_command $(BUILD)/unit/test_tool_map: | $(BUILD)/bulkhead

.PHONY: fixtures
