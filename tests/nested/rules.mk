# SPDX-License-Identifier: Apache-2.0
# The nested machine (tools/run/nested.h): its disks, and the boot tests that run in it.
NESTED := $(BUILD)/nested
# Names of tests without .test: all that name the machine; `make test` runs one.
NESTED_TESTS := $(basename $(notdir $(shell grep -l '^machine .*nested' tests/boot/*.test)))
NESTED_ONE := nested

$(NESTED)/leave: tests/nested/leave.c tests/nested/rules.mk
	@mkdir -p $(@D)
	@$(CC) -std=c17 -Os -ffreestanding -fno-pic -fno-stack-protector -fcf-protection=none \
	    -Wall -Wextra -Wshadow -Wstrict-prototypes -Werror -nostdlib -static -no-pie \
	    -Wl,--build-id=none -Wl,-z,noexecstack -s -o $@ $<

$(NESTED)/absent.so: tests/nested/absent.c tests/nested/rules.mk
	@mkdir -p $(@D)
	@$(CC) -std=c17 -O2 -fPIC -Wall -Wextra -Wshadow -Wstrict-prototypes -Werror -shared -s -o $@ $<

# The disks last as long as what they are made of; a newer QEMU on this host is part of that.
$(NESTED)/root.img: $(addprefix tests/nested/,disks initrd init) \
    $(NESTED)/leave $(NESTED)/absent.so \
    $(LINUX_OUT)/linux.stamp $(call installed,qemu-system-x86 ovmf curl)
	@tests/nested/disks $(NESTED)

nested: $(NESTED)/root.img

test-nested:
	@$(MAKE) $(QUIETLY) all keys $(BOOT_TEST) nested
	@$(BOOT_TEST) -j 1 -m nested $(NESTED_TESTS:%=tests/boot/%.test)

test-nested-one: NESTED_TESTS := $(NESTED_ONE)
test-nested-one: test-nested

.PHONY: nested test-nested test-nested-one
