# SPDX-License-Identifier: Apache-2.0
# `make test-secure-boot`: half a minute of QEMU where nothing else runs; not in `make test`.
SECURE_IMAGE := $(BUILD)/tests/secure-boot.efi
test-secure-boot:
	@$(MAKE) $(QUIETLY) all
	@mkdir -p $(dir $(SECURE_IMAGE))
	@$(BUILD)/bulkhead build --cpu amd tests/boot/smoke.yaml -o $(SECURE_IMAGE)
	@$(BUILD)/bulkhead build --cpu amd tests/secure_boot/seed.yaml -o $(SECURE_IMAGE:.efi=-seed.efi)
	@tests/secure_boot/run $(SECURE_IMAGE) $(SECURE_IMAGE:.efi=-seed.efi)

.PHONY: test-secure-boot
