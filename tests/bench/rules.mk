# SPDX-License-Identifier: Apache-2.0
# `make bench`: figures, held against the bounds in tests/bench/keys.list. BENCH= parts (all of them).
BENCH := guest linux size

bench: all $(BUILD)/kernel/kernel-intel-bench.elf $(BUILD)/kernel/kernel-amd-bench.elf
	@tools/bench $(if $(filter bochs kvm tcg,$(MACHINE)),-m $(MACHINE)) $(BENCH)

.PHONY: bench
