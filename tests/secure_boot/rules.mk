# SPDX-License-Identifier: Apache-2.0
# `make test-secure-boot`: half a minute of QEMU; not in `make test`.
SECURE_IMAGE := $(BUILD)/tests/secure-boot.efi
test-secure-boot:
	@$(MAKE) $(QUIETLY) all
	@mkdir -p $(dir $(SECURE_IMAGE))
	@$(BUILD)/bulkhead build --cpu amd tests/boot/smoke.yaml -o $(SECURE_IMAGE)
	@tests/secure_boot/run $(SECURE_IMAGE)

.PHONY: test-secure-boot
