# SPDX-License-Identifier: Apache-2.0
# The command build/bulkhead from tools/*.c and what it shares with the kernel.
TOOL_CFLAGS := -std=c17 -D_GNU_SOURCE -O2 -g -fstack-protector-strong -Wall -Wextra -Wshadow \
    -Wstrict-prototypes -Wmissing-prototypes -Werror
TOOL_SOURCES := $(wildcard tools/*.c) kernel/manifest.c kernel/sha256.c
TOOL_OBJECTS := $(TOOL_SOURCES:%.c=$(BUILD)/host/%.o)
# Everything but main(), for the unit tests.
TOOL_LIBRARY := $(BUILD)/host/libbulkhead.a

tools: $(BUILD)/bulkhead

$(BUILD)/host/%.o: %.c tools/rules.mk
	@mkdir -p $(@D)
	$(CC) $(TOOL_CFLAGS) -MMD -MP -c $< -o $@

$(TOOL_LIBRARY): $(filter-out %/tools/bulkhead.o,$(TOOL_OBJECTS))
	rm -f $@
	ar rcsD $@ $^

$(BUILD)/bulkhead: $(TOOL_OBJECTS)
	$(CC) -o $@ $^ -lyaml

-include $(TOOL_OBJECTS:.o=.d)
