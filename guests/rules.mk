# SPDX-License-Identifier: Apache-2.0
# Bare-metal payloads: build/guests/NAME.elf from guests/NAME/ and guests/lib/.
GUEST_CFLAGS := -I. -std=c17 -O2 -g -ffreestanding -fno-pic -fno-pie -mno-red-zone -mgeneral-regs-only \
    -fno-stack-protector -fcf-protection=none -fno-strict-aliasing -fno-asynchronous-unwind-tables \
    -fno-builtin -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
GUEST_LDFLAGS := -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id=none
GUEST_NAMES := hello attack bench probe manage lives
GUEST_ELVES := $(GUEST_NAMES:%=$(BUILD)/guests/%.elf)

GUEST_LIB := $(patsubst guests/%,$(BUILD)/guests/obj/%.o,\
    $(wildcard guests/lib/*.c) guests/lib/entry.asm)
GUEST_EARLY := $(BUILD)/guests/obj/lib/early.asm.o
$(BUILD)/guests/obj/%.c.o: guests/%.c guests/rules.mk $(INSTALLED)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/guests/obj/%.asm.o: guests/%.asm guests/rules.mk
	@mkdir -p $(@D)
	@echo "  NASM    $<"
	@$(NASM) -f elf64 -g -MD $@.d -MT $@ $< -o $@

# What it reads is hashed anew.
$(BUILD)/guests/obj/manage/sha256.o: kernel/sha256.c guests/rules.mk $(INSTALLED)
	@mkdir -p $(@D)
	@echo "  CC      $< (guest)"
	@$(CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@
$(BUILD)/guests/manage.elf: $(BUILD)/guests/obj/manage/sha256.o

# A guest with an early.asm has a guest_early of its own.
define guest_rule
GUEST_OBJECTS_$(1) := $$(patsubst guests/%,$(BUILD)/guests/obj/%.o,\
    $$(wildcard guests/$(1)/*.c guests/$(1)/*.asm)) \
    $(if $(wildcard guests/$(1)/early.asm),,$(GUEST_EARLY)) $(GUEST_LIB)
$(BUILD)/guests/$(1).elf: $$(GUEST_OBJECTS_$(1)) guests/lib/guest.lds
	@echo "  LD      $$@"
	@ld $(GUEST_LDFLAGS) -T guests/lib/guest.lds -o $$@ $$(filter %.o,$$^)
endef
$(foreach name,$(GUEST_NAMES),$(eval $(call guest_rule,$(name))))

include guests/console/rules.mk

guests: $(GUEST_ELVES)

-include $(shell find $(BUILD)/guests/obj -name '*.d' 2>/dev/null)
-include guests/bare/rules.mk
-include guests/linux/rules.mk
-include guests/console/page/rules.mk
