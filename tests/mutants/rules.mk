# SPDX-License-Identifier: Apache-2.0
# `make mutants`: does a test notice each one-line break? MUTANTS= a regular expression that picks
# lines of the lists, say `vuart` or `I4`; boot.list takes an emulator and a minute for each line.
MUTANTS := .
MUTANT_LISTS := $(sort $(wildcard tests/mutants/*.list))

mutants: setup
	@$(MAKE) $(QUIETLY) guests
	@tests/mutants/run -j $(JOBS) -f '$(MUTANTS)' $(MUTANT_LISTS)

.PHONY: mutants
