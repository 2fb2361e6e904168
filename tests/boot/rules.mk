# SPDX-License-Identifier: Apache-2.0
# Tests that boot an image in an emulator: tests/boot/NAME.test, the format is in spec.h.
# Applications that the firmware starts before the image: they lock VT-x off, leave a device at
# work, look at the machine, take its fonts away, enforce NX, move the screen, or use a shadow stack.
# Start-up code and linker script are the loader's.
BEFORE_NAMES := lockoff dma surveyed fontless strict high shadow_stack
BEFORE := $(BEFORE_NAMES:%=$(BUILD)/tests/%.efi)
BOOT_TEST := $(BUILD)/boot-test
BOOT_TEST_SOURCES := $(filter-out $(BEFORE_NAMES:%=tests/boot/%.c) %/panic_at.c,$(wildcard tests/boot/*.c)) \
    $(addprefix tools/image/,disk.c gpt.c pe.c) \
    $(addprefix tools/run/,bochs.c console.c devices.c image.c kvm.c line.c machine.c media.c nested.c \
        ports.c qemu.c) \
    tools/hw/emulated.c tools/mapped.c tools/output.c tools/text.c kernel/manifest.c kernel/manifest_fields.c kernel/sha256.c
BOOT_TEST_OBJECTS := $(BOOT_TEST_SOURCES:%.c=$(BUILD)/host/%.o)
# Names of tests without .test; all of them unless said otherwise.
BOOT_TESTS := $(basename $(notdir $(sort $(wildcard tests/boot/*.test))))

$(BOOT_TEST): $(BOOT_TEST_OBJECTS)
	@$(CC) -o $@ $^

.SECONDARY: $(foreach name,$(BEFORE_NAMES),$(BUILD)/tests/$(name).so $(BUILD)/boot/obj/tests/boot/$(name).o)
-include $(BEFORE_NAMES:%=$(BUILD)/boot/obj/tests/boot/%.d)
$(BUILD)/tests/%.so: $(BUILD)/boot/obj/tests/boot/%.o
	@mkdir -p $(@D)
	@$(EFI_LD) \
	    -T /usr/lib/elf_x86_64_efi.lds /usr/lib/crt0-efi-x86_64.o $^ -L /usr/lib -lefi -lgnuefi \
	    -o $@

# The survey whole, with the entry left to the test, and GNU-EFI's memset() before its own.
$(BUILD)/tests/surveyed.so: $(BUILD)/tests/survey_whole.o
$(BUILD)/tests/survey_whole.o: $(SURVEY_OBJECTS)
	@mkdir -p $(@D)
	@ld -r -o $@ $^
	@objcopy --redefine-sym efi_main=survey_main --weaken-symbol=memset --weaken-symbol=memcpy $@

$(BEFORE): %.efi: %.so
	@objcopy -j .text -j .sdata -j .data -j .rodata -j .dynamic -j .dynsym -j '.rel*' -j '.rela*' \
	    -j .reloc -O efi-app-x86_64 --subsystem=10 $< $@

# Kernels that panic on the second processor, for panicN.test: the usual objects, linked anew so
# that some calls go through panic_at.c.
PANIC_PLACES := 1 2 3 4 5 6
PANIC_CALLS := kernel_ap_main mce_setup machine_setup_guest life_run life_end log_print
define panic_kernel
PANIC_KERNELS += $(BUILD)/kernel/kernel-$(1)-panic$(2).elf
$(BUILD)/kernel/kernel-$(1)-panic$(2).elf: $$(KERNEL_OBJECTS_$(1)) \
    $(BUILD)/kernel/$(1)/tests/boot/panic_at.o $(BUILD)/kernel/linker.ld
	@echo "  LD      $$@"
	@$(KERNEL_LD) $(PANIC_CALLS:%=--wrap=%) --defsym=panic_place=$(2) -o $$@ $$(filter %.o,$$^)
endef
$(foreach cpu,intel amd,$(foreach place,$(PANIC_PLACES),\
    $(eval $(call panic_kernel,$(cpu),$(place)))))
-include $(foreach cpu,intel amd,$(BUILD)/kernel/$(cpu)/tests/boot/panic_at.d)

# Manifests of tests name made-up keys.
$(BOOT_TEST): | $(PANIC_KERNELS) $(BUILD)/fixtures/made

lint-objects: $(BEFORE) $(PANIC_KERNELS)

# What documents have as examples, with payloads and keys that there are, dates that do not pass, and
# ports of their own.
DOCUMENTS := $(BUILD)/tests/example.yaml $(BUILD)/tests/readme.yaml
$(BUILD)/tests/example.yaml: docs/manifest.md
$(BUILD)/tests/readme.yaml: README.md
$(BUILD)/tests/readme.yaml: DOCUMENT_PORT := 18447
$(DOCUMENTS): DOCUMENT_PORT ?= 18446
$(DOCUMENTS): tests/boot/rules.mk
	@mkdir -p $(@D)
	@awk '/^```yaml$$/ { on = 1; next } /^```$$/ { on = 0 } on' $(filter %.md,$^) | \
	    sed -e 's,guests/control.elf,guests/hello.elf,' -e 's,: keys/,: build/keys/,' \
	    -E -e 's/(expires|until): [0-9-]+/\1: 2199-12-31/' \
	    -e 's/127.0.0.1:8443/127.0.0.1:$(DOCUMENT_PORT)/' >$@

# All of them: one runs nested as well. If its disks could not be made it is left out, and on a machine
# that is to have them (NESTED_MUST=1) has failed.
NESTED_MUST ?=
BOOT_NESTED = $(if $(filter file,$(origin BOOT_TESTS)),$(if $(filter auto,$(MACHINE)),$(NESTED_ONE)))

test-boot: all keys $(BOOT_TEST) $(BEFORE) $(DOCUMENTS)
	@$(if $(BOOT_NESTED),$(MAKE) $(QUIETLY) nested || \
	    echo 'make nested failed: its test has older disks or is left out')
	@$(BOOT_TEST) -j $(JOBS) $(if $(filter-out auto,$(MACHINE)),-m $(MACHINE)) \
	    $(BOOT_NESTED:%=$(if $(NESTED_MUST),-N,-n) tests/boot/%.test) $(BOOT_TESTS:%=tests/boot/%.test)

-include $(BOOT_TEST_OBJECTS:.o=.d)
.PHONY: test-boot
