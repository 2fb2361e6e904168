# SPDX-License-Identifier: Apache-2.0
# `make bench`: figures, held against the bounds in tests/bench/keys.list. BENCH= some of the parts.
BENCH := guest management console linux size cascade devices transfer

bench: ALSO := tcg
bench: setup
	@$(MAKE) $(QUIETLY) all keys $(BUILD)/kernel/kernel-intel-bench.elf \
	    $(BUILD)/kernel/kernel-amd-bench.elf $(BUILD)/bench-cascade $(BUILD)/fixtures/made
	@tools/bench $(if $(filter bochs kvm tcg,$(MACHINE)),-m $(MACHINE)) $(BENCH)

# As the tool is compiled.
$(BUILD)/bench-cascade: tests/bench/cascade.c tools/cascade/cascade.c tools/cascade/graph.c \
    tools/cascade/sweep.c tools/text.c
	@mkdir -p $(@D)
	@$(CC) $(TOOL_CFLAGS) $^ -o $@

.PHONY: bench
