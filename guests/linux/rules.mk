# SPDX-License-Identifier: Apache-2.0
# The payloads that others make: Debian's kernels, busybox, memtest86+. Nothing is installed.
LINUX_OUT := $(BUILD)/guests
LINUX_PAYLOADS := $(addprefix $(LINUX_OUT)/,\
    vmlinuz initrd.img memtest.bin vmlinuz-devices initrd-devices.img)

$(LINUX_OUT)/linux.stamp: guests/linux/fetch
	@guests/linux/fetch $(LINUX_OUT)
	@touch $@

$(addprefix $(LINUX_OUT)/,vmlinuz vmlinuz-devices memtest.bin busybox): $(LINUX_OUT)/linux.stamp

# Programs of our own, without a library.
LINUX_PROGRAMS := $(addprefix $(LINUX_OUT)/,window same)
$(LINUX_PROGRAMS): $(LINUX_OUT)/%: guests/linux/%.c guests/linux/call.h guests/linux/rules.mk
	@mkdir -p $(@D)
	@$(CC) -std=c17 -Os -ffreestanding -fno-pic -fno-stack-protector -fcf-protection=none \
	    -Wall -Wextra -Wshadow -Wstrict-prototypes -Werror -nostdlib -static -no-pie \
	    -Wl,--build-id=none -Wl,-z,noexecstack -s -o $@ $<

$(LINUX_OUT)/initrd.img: guests/linux/initramfs guests/linux/init $(LINUX_OUT)/window \
    $(LINUX_OUT)/linux.stamp
	@echo "  INITRD  $@"
	@guests/linux/initramfs $(LINUX_OUT)/busybox $(LINUX_OUT)/window guests/linux/init $@

# Five times as large: for domains with PCI functions only.
$(LINUX_OUT)/initrd-devices.img: guests/linux/initramfs guests/linux/init guests/linux/devices \
    $(LINUX_PROGRAMS) $(LINUX_OUT)/linux.stamp
	@echo "  INITRD  $@"
	@guests/linux/initramfs $(LINUX_OUT)/busybox $(LINUX_OUT)/window guests/linux/init $@ \
	    guests/linux/devices $(LINUX_OUT)/same $(LINUX_OUT)/modules

guests: $(LINUX_PAYLOADS)
