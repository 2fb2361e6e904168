# SPDX-License-Identifier: Apache-2.0
# The payloads that others make: Debian's kernels, busybox, memtest86+. Nothing is installed.
LINUX_OUT := $(BUILD)/guests
LINUX_PAYLOADS := $(LINUX_OUT)/vmlinuz $(LINUX_OUT)/initrd.img $(LINUX_OUT)/memtest.bin

$(LINUX_OUT)/linux.stamp: guests/linux/fetch
	guests/linux/fetch $(LINUX_OUT)
	touch $@

$(LINUX_OUT)/vmlinuz $(LINUX_OUT)/memtest.bin $(LINUX_OUT)/busybox: $(LINUX_OUT)/linux.stamp

$(LINUX_OUT)/initrd.img: guests/linux/initramfs guests/linux/init $(LINUX_OUT)/linux.stamp
	guests/linux/initramfs $(LINUX_OUT)/busybox guests/linux/init $@

guests: $(LINUX_PAYLOADS)
