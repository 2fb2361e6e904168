# SPDX-License-Identifier: Apache-2.0
# `make bench`: figures, held against the bounds in tests/bench/keys.list. BENCH= some of the parts.
BENCH := guest linux size

bench: setup
	@$(MAKE) --no-print-directory all $(BUILD)/kernel/kernel-intel-bench.elf \
	    $(BUILD)/kernel/kernel-amd-bench.elf
	@tools/bench $(if $(filter bochs kvm tcg,$(MACHINE)),-m $(MACHINE)) $(BENCH)

.PHONY: bench
