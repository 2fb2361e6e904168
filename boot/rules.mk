# SPDX-License-Identifier: Apache-2.0
# The loader: a UEFI application, made with GNU-EFI's start-up code and linker script.
LOADER_CFLAGS := -I. -std=c17 -O2 -g -fpic -ffreestanding -fno-stack-protector -fno-strict-aliasing \
    -fno-delete-null-pointer-checks -fno-tree-loop-distribute-patterns -fcf-protection=none \
    -fshort-wchar -mno-red-zone -maccumulate-outgoing-args -DGNU_EFI_USE_MS_ABI \
    -isystem /usr/include/efi -isystem /usr/include/efi/x86_64 \
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror -DSHA256_BY_PROCESSOR -MMD -MP
LOADER_SOURCES := $(filter-out boot/survey/%,$(wildcard boot/*.c boot/*/*.c)) kernel/manifest.c kernel/manifest_fields.c kernel/sha256.c kernel/format.c \
    arch/x86/grant/features.c arch/x86/grant/cpuid_build.c drivers/pci.c drivers/screen.c drivers/uart16550.c
LOADER_OBJECTS := $(LOADER_SOURCES:%.c=$(BUILD)/boot/obj/%.o) \
    $(BUILD)/boot/obj/arch/x86/sha256.asm.o $(BUILD)/boot/obj/boot/machine/trampoline.asm.o
LOADER := $(BUILD)/boot/loader.efi
# Another application, which only looks: `bulkhead survey`.
SURVEY_SOURCES := $(wildcard boot/survey/*.c) $(addprefix boot/firmware/,beside.c boot_function.c cpuid.c print.c) \
    boot/string.c kernel/format.c drivers/uart16550.c
SURVEY_OBJECTS := $(SURVEY_SOURCES:%.c=$(BUILD)/boot/obj/%.o)
SURVEY := $(BUILD)/boot/survey.efi

loader: $(LOADER) $(SURVEY)

$(BUILD)/boot/obj/%.o: %.c boot/rules.mk $(INSTALLED)
	@mkdir -p $(@D)
	@echo "  CC      $< (loader)"
	@$(CC) $(LOADER_CFLAGS) -c $< -o $@

$(BUILD)/boot/obj/%.asm.o: %.asm
	@mkdir -p $(@D)
	@echo "  NASM    $< (loader)"
	@$(NASM) -f elf64 $< -o $@

# Start-up code of GNU-EFI 3.0.15 calls efi_main, that of 3.0.18 its library's _entry, which sets up
# what is not used here.
EFI_LD := ld -nostdlib -znocombreloc -znoexecstack -shared -Bsymbolic --no-undefined \
    --defsym=_entry=efi_main

$(BUILD)/boot/loader.so: $(LOADER_OBJECTS)
$(BUILD)/boot/survey.so: $(SURVEY_OBJECTS)
$(BUILD)/boot/loader.so $(BUILD)/boot/survey.so:
	@$(EFI_LD) \
	    -T /usr/lib/elf_x86_64_efi.lds /usr/lib/crt0-efi-x86_64.o $^ \
	    -L /usr/lib -lgnuefi -o $@

$(LOADER) $(SURVEY): %.efi: %.so
	@objcopy -j .text -j .sdata -j .data -j .rodata -j .dynamic -j .dynsym -j '.rel*' -j '.rela*' \
	    -j .reloc -O efi-app-x86_64 --subsystem=10 $< $@

-include $(LOADER_OBJECTS:.o=.d) $(SURVEY_OBJECTS:.o=.d)
