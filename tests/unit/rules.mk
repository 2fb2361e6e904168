# SPDX-License-Identifier: Apache-2.0
# Tests of everything that computes, on the host, with sanitizers. One line adds a test:
#   $(call unit_test,ROOM/NAME,SOURCES)   tests/unit/ROOM/test_NAME.c with the sources under test
# A test that includes what it tests (to reach static functions) names no sources.
UNIT := $(BUILD)/unit
UNIT_CFLAGS := -I. -std=c17 -D_GNU_SOURCE -O1 -g -fsanitize=address,undefined \
    -fno-sanitize-recover=all -fno-omit-frame-pointer -fno-strict-aliasing \
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror -MMD -MP
UNIT_TESTS :=

define unit_rule
UNIT_TESTS += $$(UNIT)/test_$(notdir $(1))
$$(UNIT)/test_$(notdir $(1)): $$(patsubst %.c,$$(UNIT)/obj/%.o,\
    tests/unit/$(dir $(1))test_$(notdir $(1)).c $(2))
	@$$(CC) -fsanitize=address,undefined $$^ $$(UNIT_LIBS) -lcmocka -o $$@
endef
unit_test = $(eval $(call unit_rule,$(strip $(1)),$(2)))

# A new test is a line here, so that objects can't hang on this file; they do on their flags.
UNIT_FLAGS := $(UNIT_CFLAGS)
$(UNIT)/flags: always
	@mkdir -p $(@D)
	@echo '$(UNIT_FLAGS)' | cmp -s - $@ || echo '$(UNIT_FLAGS)' >$@

$(UNIT)/obj/%.o: %.c $(UNIT)/flags $(INSTALLED)
	@mkdir -p $(@D)
	@echo "  CC      $< (unit)"
	@$(CC) $(UNIT_CFLAGS) -c $< -o $@

SHARED_SOURCES := kernel/manifest.c kernel/manifest_fields.c kernel/sha256.c kernel/format.c
GUEST_SOURCES := $(addprefix boot/guest/,elf64.c guest_memory.c console_info.c linux.c acpi.c aml.c)
ASSIGN_ONLY := $(addprefix boot/plan/,assign.c groups.c organ.c judge.c registers.c remapping.c windows.c \
    config_space.c)
PLAN_SOURCES := $(addprefix boot/plan/,plan.c plan_build.c place.c place_cpus.c facts.c spaces.c remap.c \
    paging.c kernel_image.c diagnostic.c display.c mute.c records.c mtrr.c bitmaps.c) $(ASSIGN_ONLY) $(GUEST_SOURCES) $(SHARED_SOURCES)

MADE_FILES := tests/unit/boot/made_files.c tests/unit/made_manifest.c
PLAN_WORLD := tests/unit/boot/plan_world.c $(MADE_FILES) $(PLAN_SOURCES)

$(call unit_test,kernel/sha256,kernel/sha256.c)
$(call unit_test,kernel/format,kernel/format.c)
$(call unit_test,kernel/manifest,tests/unit/made_manifest.c $(SHARED_SOURCES))
$(call unit_test,boot/elf64,tests/unit/boot/made_files.c $(PLAN_SOURCES))
$(call unit_test,boot/paging,boot/plan/paging.c)
$(call unit_test,boot/spaces,$(addprefix boot/plan/,spaces.c paging.c facts.c diagnostic.c) kernel/format.c)
$(call unit_test,boot/threads,boot/plan/threads.c boot/plan/diagnostic.c kernel/format.c)
$(call unit_test,boot/acpi_reader,$(addprefix boot/plan/,acpi_reader.c dmar.c diagnostic.c) kernel/format.c)
$(call unit_test,boot/watchdog,)
$(call unit_test,boot/font,boot/firmware/font.c)
$(call unit_test,boot/civil_time,boot/plan/civil_time.c)
$(call unit_test,boot/clock,boot/plan/civil_time.c)
$(call unit_test,boot/firmware_tables,)
$(call unit_test,boot/counter,)
$(call unit_test,boot/random,)
$(call unit_test,boot/measure,kernel/format.c)
$(call unit_test,boot/memory,)
$(foreach test,clock counter firmware_tables random measure memory,$(UNIT)/obj/tests/unit/boot/test_$(test).o): UNIT_CFLAGS += -fshort-wchar -DGNU_EFI_USE_MS_ABI \
    -isystem /usr/include/efi -isystem /usr/include/efi/x86_64
$(call unit_test,boot/dmar,$(addprefix boot/plan/,dmar.c diagnostic.c) kernel/format.c)
$(call unit_test,boot/quiet,boot/machine/sources.c)
ASSIGN_SOURCES := $(ASSIGN_ONLY) boot/plan/diagnostic.c
BOARD_WORLD := tests/unit/boot/board.c tests/unit/made_manifest.c $(ASSIGN_SOURCES) $(SHARED_SOURCES)
$(call unit_test,boot/assign,$(BOARD_WORLD))
$(call unit_test,boot/assign_refused,$(BOARD_WORLD))
$(call unit_test,boot/groups,$(BOARD_WORLD))
$(call unit_test,boot/config_space,$(BOARD_WORLD))
$(call unit_test,boot/mute,boot/plan/mute.c $(BOARD_WORLD))
$(call unit_test,boot/display,boot/plan/display.c boot/plan/mute.c $(BOARD_WORLD))
$(call unit_test,boot/silence,boot/machine/silence.c boot/plan/mute.c $(BOARD_WORLD))
$(call unit_test,boot/overview,boot/machine/overview.c boot/plan/mute.c boot/plan/records.c $(BOARD_WORLD))
$(call unit_test,boot/vtd,boot/plan/diagnostic.c kernel/format.c)
$(call unit_test,boot/remap,boot/plan/remap.c boot/plan/paging.c boot/plan/groups.c boot/plan/diagnostic.c kernel/format.c)
$(call unit_test,boot/place,$(PLAN_WORLD))
$(call unit_test,boot/place_cpus,$(PLAN_WORLD))
$(call unit_test,boot/plan,$(PLAN_WORLD))
$(call unit_test,boot/records,boot/plan/records.c)
$(call unit_test,boot/mtrr,$(addprefix boot/plan/,mtrr.c diagnostic.c) kernel/format.c)
$(call unit_test,boot/guest_memory,$(PLAN_WORLD))
$(call unit_test,boot/console_info,$(PLAN_WORLD))
$(call unit_test,boot/linux,tests/unit/boot/made_files.c boot/guest/linux.c)
$(call unit_test,boot/acpi,boot/guest/acpi.c boot/guest/aml.c)
$(call unit_test,kernel/step,kernel/life/step.c)
$(call unit_test,kernel/faults,)
$(call unit_test,kernel/manage,)
$(call unit_test,kernel/nmi,)
$(call unit_test,kernel/manage_serial,)
$(call unit_test,kernel/audit,kernel/sha256.c)
$(call unit_test,kernel/audit_reader,kernel/sha256.c)
$(call unit_test,kernel/life,kernel/life/step.c kernel/sha256.c)
$(call unit_test,kernel/life_checks,kernel/life/step.c kernel/sha256.c)
$(call unit_test,kernel/life_waits,kernel/life/step.c kernel/sha256.c)
$(call unit_test,kernel/reset,kernel/vm/reset.c)
$(call unit_test,kernel/lock,)
$(call unit_test,kernel/vuart,)
$(call unit_test,kernel/vioapic,)
$(call unit_test,kernel/vpit,)
$(call unit_test,kernel/vrtc,)
$(call unit_test,kernel/vmsi,)
$(call unit_test,kernel/vfunction,)
$(call unit_test,kernel/vpci,)
$(call unit_test,arch/decode,)
SCAN_SOURCES := $(addprefix boot/devices/,capabilities.c bars.c usb.c) boot/plan/diagnostic.c kernel/format.c
$(call unit_test,drivers/pci,$(SCAN_SOURCES))
SCAN_WORLD := tests/unit/boot/scan_world.c boot/devices/scan_switches.c $(SCAN_SOURCES)
$(call unit_test,boot/scan,$(SCAN_WORLD))
$(call unit_test,boot/capabilities,$(SCAN_WORLD))
$(call unit_test,boot/survey_config,boot/survey/config.c boot/survey/bars.c)
$(call unit_test,boot/bridges,boot/devices/bridges.c $(SCAN_WORLD))
$(call unit_test,boot/pci_quiet,boot/devices/pci_quiet.c $(SCAN_WORLD))
$(call unit_test,drivers/screen,)
$(call unit_test,arch/msr,boot/plan/bitmaps.c arch/x86/interrupt/lvt.c arch/x86/grant/features.c)
$(call unit_test,arch/cpuid,arch/x86/start/cpuid.c arch/x86/grant/cpuid.c arch/x86/grant/cpuid_build.c arch/x86/grant/features.c)
$(call unit_test,arch/cr,arch/x86/grant/cr.c arch/x86/grant/features.c)
$(call unit_test,arch/port,)
$(call unit_test,arch/exception,arch/x86/exit/exception.c)
$(call unit_test,arch/icr,arch/x86/interrupt/icr.c)
$(call unit_test,arch/mce,)
$(call unit_test,arch/vmx,arch/x86/exit/exception.c)
$(call unit_test,arch/svm,arch/x86/exit/decode.c arch/x86/exit/exception.c)
$(call unit_test,tools/tool_schema,$(TOOL_UNIT_SOURCES))
$(call unit_test,tools/tool_fixtures,$(TOOL_UNIT_SOURCES))
$(call unit_test,tools/tool_hostile,$(TOOL_UNIT_SOURCES))
$(call unit_test,tools/tool_image,$(TOOL_UNIT_SOURCES))
$(call unit_test,tools/tool_boards,$(TOOL_UNIT_SOURCES))
$(call unit_test,tools/tool_diff,$(TOOL_UNIT_SOURCES))
$(call unit_test,tools/tool_command,)
CTL_WORLD := tests/unit/tools/ctl_world.c $(filter-out tools/ctl/curl.c tools/ctl/host%,$(wildcard tools/ctl/*.c)) \
    tools/audit/hash.c tools/run/screen.c tools/run/line.c $(TOOL_UNIT_SOURCES) -ljansson
$(call unit_test,tools/ctl_show,$(CTL_WORLD))
$(call unit_test,tools/ctl_act,$(CTL_WORLD))
$(call unit_test,tools/ctl_log,$(CTL_WORLD))
$(call unit_test,tools/ctl_terminal,tools/ctl/terminal.c)
$(call unit_test,tools/ctl_command,)
$(call unit_test,tools/ctl_tls,$(addprefix tools/ctl/,curl.c api.c read.c words.c) tools/text.c -ljansson -lcurl -lbearssl)
$(call unit_test,tools/ctl_hosts,tools/ctl/hosts.c tools/ctl/hosts_write.c $(TOOL_UNIT_SOURCES))
REPORT_WORLD := tests/unit/tools/report_world.c $(wildcard tools/report/*.c) tools/map/map.c \
    $(SURFACE_SOURCES) $(TOOL_UNIT_SOURCES)
$(call unit_test,tools/tool_report,$(REPORT_WORLD))
$(call unit_test,tools/tool_access,$(REPORT_WORLD))
$(call unit_test,tools/tool_surface,$(wildcard tools/report/surface*.c) arch/x86/interrupt/lvt.c $(SURFACE_SOURCES))
$(SURFACE_OBJECTS:%=$(UNIT)/obj/%): $(SURFACE_H)
$(SURFACE_OBJECTS:%=$(UNIT)/obj/%): UNIT_CFLAGS += -I$(dir $(SURFACE_H))
$(call unit_test,tools/tool_map,-lyaml)
$(call unit_test,tools/tool_limits,)
$(call unit_test,tools/tool_docs,$(TOOL_UNIT_SOURCES))
$(call unit_test,tools/audit_trail,$(wildcard tools/audit/*.c) $(addprefix guests/console/,audit_text.c words.c writer.c) tools/output.c tools/text.c kernel/sha256.c -ljansson)
$(call unit_test,tools/audit_keep,$(wildcard tools/audit/*.c) $(addprefix guests/console/,audit_text.c words.c writer.c) tools/output.c tools/text.c kernel/sha256.c -ljansson)
$(call unit_test,tools/cascade,$(addprefix tools/,cascade/cascade.c cascade/graph.c cascade/sweep.c text.c))
$(call unit_test,tools/fleet,$(TOOL_UNIT_SOURCES))
$(call unit_test,tools/hw,tests/fixtures/board.c $(TOOL_UNIT_SOURCES))
$(call unit_test,tools/survey,boot/survey/report.c kernel/format.c $(TOOL_UNIT_SOURCES))

$(call unit_test,tools/tool_boot_agrees,$(GUEST_SOURCES) \
    $(addprefix boot/plan/,paging.c diagnostic.c) kernel/format.c $(TOOL_UNIT_SOURCES))

$(call unit_test,tools/tool_loader_agrees,tests/unit/tools/board_files.c tests/unit/tools/board_kinds.c tests/fixtures/board.c \
    tests/unit/boot/board.c tests/unit/made_manifest.c $(ASSIGN_SOURCES) $(filter-out $(TOOL_UNIT_SOURCES),$(SHARED_SOURCES)) $(TOOL_UNIT_SOURCES))

$(call unit_test,tools/tool_processors_agree,tests/fixtures/board.c \
    $(addprefix boot/plan/,threads.c place_cpus.c diagnostic.c) kernel/format.c $(TOOL_UNIT_SOURCES))

$(call unit_test,boot/demands,boot/plan/demands.c boot/plan/diagnostic.c kernel/format.c $(TOOL_UNIT_SOURCES))
$(call unit_test,tools/tool_management,boot/plan/demands.c boot/plan/diagnostic.c kernel/format.c $(TOOL_UNIT_SOURCES))
$(UNIT)/test_demands $(UNIT)/test_tool_management: | $(BUILD)/fixtures/made

CHECK_WORLD := tests/unit/kernel/check_world.c \
    $(addprefix kernel/check/,check.c check_map.c check_others.c check_remap.c check_state.c) \
    $(addprefix kernel/start/,check_owners.c check_book.c check_functions.c check_threads.c)
$(call unit_test,kernel/check,$(CHECK_WORLD) $(SHARED_SOURCES))

$(call unit_test,kernel/check_functions,$(filter %.c,$(filter-out %/check_world.c,$(CHECK_WORLD))) $(SHARED_SOURCES))
$(call unit_test,kernel/check_flips,$(CHECK_WORLD) $(SHARED_SOURCES))

MACHINE_WORLD := tests/unit/kernel/machine_world.c $(addprefix kernel/start/,check_machine.c check_iommu.c) \
    $(CHECK_WORLD)
$(call unit_test,kernel/check_machine,$(MACHINE_WORLD) $(SHARED_SOURCES))
$(call unit_test,kernel/check_handoff,$(MACHINE_WORLD) $(SHARED_SOURCES))
$(call unit_test,kernel/check_remap,$(MACHINE_WORLD) $(SHARED_SOURCES))

$(call unit_test,kernel/check_iommu,$(MACHINE_WORLD) $(SHARED_SOURCES) \
    $(addprefix boot/plan/,remap.c paging.c groups.c diagnostic.c))
$(call unit_test,kernel/check_display,$(MACHINE_WORLD) $(SHARED_SOURCES) \
    $(addprefix boot/plan/,remap.c paging.c groups.c diagnostic.c))

$(call unit_test,kernel/check_plan,tests/unit/boot/board.c $(addprefix kernel/start/,check_machine.c check_iommu.c) $(CHECK_WORLD) $(MADE_FILES) $(PLAN_SOURCES))

$(call unit_test,kernel/check_threads,$(filter %.c,$(filter-out %/check_world.c,$(CHECK_WORLD))) $(SHARED_SOURCES))

# The console's network and netprobe on one wire: the names of netprobe's card are changed.
CONSOLE_UNIT_FLAGS := -Iguests/console -I$(LWIP)/lwip/src/include
$(UNIT)/obj/tests/unit/console/%.o $(UNIT)/obj/guests/console/%.o: UNIT_CFLAGS += $(CONSOLE_UNIT_FLAGS)
$(UNIT)/obj/tests/unit/console/test_lwipopts.o $(UNIT)/obj/guests/console/lwip.o: $(LWIP)/stamp
$(UNIT)/obj/$(LWIP)/%.o: UNIT_CFLAGS += $(CONSOLE_UNIT_FLAGS) -w -fno-sanitize=alignment
NETPROBE_NAMES := start address receive room send
$(UNIT)/obj/guests/netprobe/%.o: UNIT_CFLAGS += $(foreach name,$(NETPROBE_NAMES),-Dnic_$(name)=peer_$(name))
$(UNIT)/test_lwip: UNIT_LIBS := -l:libbearssl.a
$(call unit_test,console/lwipopts)
$(UNIT)/test_lwipopts: | $(BUILD)/guests/net-probe.elf
$(call unit_test,console/nic)
$(call unit_test,console/lwip,tests/unit/console/wire_world.c guests/console/lwip.c \
    $(addprefix guests/netprobe/,attack.c stream.c wire.c) $(LWIP_SOURCES))
TLS_WORLD := tests/unit/console/tls_world.c guests/console/certificate.c guests/console/tls_client.c -lbearssl
$(call unit_test,console/tls,$(TLS_WORLD))
$(call unit_test,console/tls_wire,guests/console/tls.c $(TLS_WORLD))
$(call unit_test,console/certificate,guests/console/certificate.c -lbearssl)
# The console's portable part, over a machine and a network that are made up.
CONSOLE_WORLD := $(CONSOLE_PORTABLE) $(CONSOLE_MADE) $(addprefix tests/console/,net_made.c tls_plain.c page_stand_in.c) \
    -lhttp_parser
$(call unit_test,console/request,guests/console/request.c -lhttp_parser)
$(call unit_test,console/writer,guests/console/writer.c)
$(call unit_test,console/body,guests/console/request.c -lhttp_parser)
$(call unit_test,console/audit_text,$(addprefix guests/console/,audit_text.c words.c writer.c))
$(call unit_test,console/exits,$(addprefix guests/console/,exits.c writer.c))
$(call unit_test,console/ready,guests/console/ready.c)
$(call unit_test,console/machine,$(CONSOLE_WORLD))
$(call unit_test,console/http,$(CONSOLE_WORLD))
$(call unit_test,console/api,$(CONSOLE_WORLD))
$(call unit_test,console/events,$(CONSOLE_WORLD))
$(call unit_test,console/pending,$(CONSOLE_WORLD))
$(call unit_test,console/trail,$(CONSOLE_WORLD))
$(call unit_test,console/session,$(CONSOLE_WORLD))

# A first build compiles some hundred files, so it uses all processors even without -j.
test-unit:
	@$(MAKE) $(QUIETLY) -j$(shell nproc) unit-programs
	@tests/unit/run $(UNIT_TESTS)

.SECONDEXPANSION:
unit-programs: $$(UNIT_TESTS)

-include $(shell find $(UNIT)/obj -name '*.d' 2>/dev/null)
.PHONY: always test-unit unit-programs
