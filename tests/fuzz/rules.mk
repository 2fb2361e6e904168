# SPDX-License-Identifier: Apache-2.0
# libFuzzer targets with sanitizers: tests/fuzz/NAME.c each. `make fuzz` runs each FUZZ_SECONDS and
# keeps what it learns in build/fuzz/NAME.found; `make test-fuzz` runs each a fixed number of times.
FUZZ := $(BUILD)/fuzz
FUZZ_CC := clang
FUZZ_SECONDS := 150
FUZZ_TARGETS := manifest_yaml manifest_binary acpi assign dmar place function tls survey
FUZZ_CONSOLE := http json
FUZZ_CFLAGS := -I. -std=c17 -D_GNU_SOURCE -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
    -fno-sanitize-recover=all -fno-omit-frame-pointer -fno-strict-aliasing \
    -Wall -Wextra -Wshadow -Werror -MMD -MP
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%=$(FUZZ)/%)
FUZZ_CONSOLE_PROGRAMS := $(FUZZ_CONSOLE:%=$(FUZZ)/%)
FUZZ_OWN_OBJECTS := $(patsubst %,$(FUZZ)/obj/tests/fuzz/%.o,fuzz $(FUZZ_TARGETS) $(FUZZ_CONSOLE))

$(FUZZ)/obj/%.o: %.c tests/fuzz/rules.mk $(INSTALLED) $(CLANG_INSTALLED)
	@mkdir -p $(@D)
	@echo "  CC      $< (fuzz)"
	@$(FUZZ_CC) $(FUZZ_CFLAGS) -c $< -o $@

# What a unit test's world calls is cmocka's, and ends the program when it fails.
$(FUZZ)/assign: $(patsubst %.c,$(FUZZ)/obj/%.o,$(filter-out $(TOOL_UNIT_SOURCES),$(BOARD_WORLD)))
$(FUZZ_PROGRAMS): $(FUZZ)/%: $(FUZZ)/obj/tests/fuzz/%.o $(FUZZ)/obj/tests/fuzz/fuzz.o \
    $(patsubst %.c,$(FUZZ)/obj/%.o,$(TOOL_UNIT_SOURCES))
	@$(FUZZ_CC) -fsanitize=fuzzer,address,undefined -Wl,--wrap=open,--wrap=stat,--wrap=access \
	    $^ -lcmocka -o $@

$(FUZZ)/tls: $(patsubst %.c,$(FUZZ)/obj/%.o,guests/console/tls.c $(filter-out guests/console/certificate.c -l%,$(TLS_WORLD)))

$(FUZZ)/place: $(patsubst %.c,$(FUZZ)/obj/%.o,$(filter-out $(TOOL_UNIT_SOURCES),$(PLAN_WORLD)))

$(FUZZ)/acpi: $(patsubst %.c,$(FUZZ)/obj/%.o,$(addprefix boot/plan/,acpi_reader.c dmar.c diagnostic.c) kernel/format.c)

$(FUZZ)/dmar: $(patsubst %.c,$(FUZZ)/obj/%.o,boot/plan/dmar.c boot/plan/diagnostic.c kernel/format.c)

$(FUZZ_CONSOLE_PROGRAMS): $(FUZZ)/%: $(FUZZ)/obj/tests/fuzz/%.o \
    $(patsubst %.c,$(FUZZ)/obj/%.o,$(CONSOLE_WORLD))
	@$(FUZZ_CC) -fsanitize=fuzzer,address,undefined $^ -o $@

# Not a prerequisite of the tests: a first build compiles some fifty files, on all processors.
fuzz-programs: $(FUZZ_PROGRAMS) $(FUZZ_CONSOLE_PROGRAMS) $(BUILD)/fixtures/made $(BUILD)/bulkhead

fuzz:
	@$(MAKE) $(QUIETLY) -j$(shell nproc) fuzz-programs
	@tests/fuzz/run seconds $(FUZZ_SECONDS) $(FUZZ_TARGETS) $(FUZZ_CONSOLE)

test-fuzz:
	@$(MAKE) $(QUIETLY) -j$(shell nproc) fuzz-programs
	@tests/fuzz/run runs 4000 $(FUZZ_TARGETS) $(FUZZ_CONSOLE)

-include $(shell find $(FUZZ)/obj -name '*.d' 2>/dev/null)
TEST_SUITES += test-fuzz
.PHONY: fuzz fuzz-programs test-fuzz
