# SPDX-License-Identifier: Apache-2.0
# Each suite is a target that prints "N passed, N failed"; `make test` runs and adds up all.
TEST_SUITES :=

include tests/console/rules.mk
include tests/unit/rules.mk
include tests/boot/rules.mk
include tests/nested/rules.mk
-include tests/secure_boot/rules.mk

$(call unit_test,tools/run_line,tools/run/line.c)
$(call unit_test,tests/expect,tests/boot/expect.c)
$(call unit_test,tools/run_devices,$(addprefix tools/run/,bochs.c devices.c kvm.c machine.c media.c nested.c \
    qemu.c) tools/hw/emulated.c \
    tools/image/disk.c tools/image/gpt.c tools/output.c tools/text.c kernel/sha256.c)
$(call unit_test,tools/disk,$(addprefix tools/,image/disk.c image/gpt.c output.c text.c) \
    kernel/sha256.c)
$(call unit_test,tools/run,$(wildcard tools/run/*.c) tools/ctl/hosts.c tools/ctl/hosts_write.c tools/key/pem.c $(TOOL_UNIT_SOURCES) -lcrypto)
$(UNIT)/test_run: | $(BUILD)/bulkhead $(LOADER) $(KERNEL_INTEL) $(KERNEL_AMD) $(BUILD)/fixtures/made
test-unit: $(UNIT)/test_run_line $(UNIT)/test_expect $(UNIT)/test_run_devices $(UNIT)/test_disk $(UNIT)/test_run

-include tests/console/tls.mk
-include tests/fuzz/rules.mk
-include tests/proof/rules.mk
-include tests/habits/rules.mk
-include tests/setup/rules.mk
-include tests/install/rules.mk
-include tests/user/rules.mk
-include tests/bench/rules.mk
-include tests/mutants/rules.mk
-include tests/soak/rules.mk
-include tests/console/page/rules.mk

TEST_SUITES := test-unit $(TEST_SUITES) test-boot

# Payloads first: tests that read them leave themselves out where they are not there.
test: setup
	@$(MAKE) $(QUIETLY) all || echo 'make all failed: what needs it will fail or be left out'
	@tests/all $(TEST_SUITES)

.PHONY: test
