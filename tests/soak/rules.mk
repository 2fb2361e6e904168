# SPDX-License-Identifier: Apache-2.0
# `make soak`: what tests/boot/soak.test does, ten times as long.
soak: ALSO := tcg
soak: setup
	@$(MAKE) $(QUIETLY) all $(BOOT_TEST)
	@$(BOOT_TEST) -m tcg tests/soak/soak.test

.PHONY: soak
