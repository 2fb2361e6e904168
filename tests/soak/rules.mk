# SPDX-License-Identifier: Apache-2.0
# `make soak`: what tests of the same names in tests/boot/ do, ten times as long and longer.
SOAKS := $(basename $(notdir $(sort $(wildcard tests/soak/*.test))))
soak: ALSO := tcg
soak: setup
	@$(MAKE) $(QUIETLY) all keys $(BOOT_TEST)
	@$(BOOT_TEST) -j $(JOBS) $(SOAKS:%=tests/soak/%.test)

.PHONY: soak
