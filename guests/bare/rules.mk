# SPDX-License-Identifier: Apache-2.0
# Payloads on a bare emulator: guests/bare/run build/guests/hello.elf ticks=20
$(BUILD)/guests/bare.rom: guests/bare/rom.asm
	@mkdir -p $(@D)
	@echo "  NASM    $<"
	@$(NASM) -f bin $< -o $@

guests: $(BUILD)/guests/bare.rom
