# SPDX-License-Identifier: Apache-2.0
# `make run` sets up, builds and boots the demo; README.md and docs/hacking.md say the rest.
BUILD := build
CC := gcc
NASM := nasm
# Objects are made anew when a compiler or headers were installed after them.
installed = $(subst :,\:,$(wildcard $(patsubst %,/var/lib/dpkg/info/%.list,$(1))))
CLANG_INSTALLED := $(call installed,clang-[0-9]* libclang-common-*-dev)
INSTALLED := $(call installed,libc6-dev* linux-libc-dev* gnu-efi libyaml-dev* libbearssl-dev* libssl-dev* \
    libhttp-parser-dev* libjsmn-dev* libcurl4-openssl-dev* libjansson-dev* libcmocka-dev*) \
    $(if $(findstring clang,$(CC)),$(CLANG_INSTALLED),$(call installed,gcc-[0-9]*))

# Empty: the demo, with devices where make starts an emulator that has them.
MANIFEST ?=
# bochs, kvm, tcg (QEMU emulates AMD-V and VT-d), nested (KVM in Bochs); auto: run and debug take kvm where this host lends
# VT-x, else tcg, an image is for what its manifest says, all boot tests run where they can.
MACHINE ?= auto
# Seconds after which a run ends; empty: none on a terminal, 300 otherwise.
TIMEOUT ?=

# The port of this host that leads to the demo's console in QEMU, which has to know it by that name.
PORT := 8443

# What is mistyped is refused before anything is built or installed.
MACHINES := auto bochs kvm tcg nested
ifeq ($(filter $(MACHINES),$(MACHINE)),)
$(error MACHINE=$(MACHINE) is none of $(MACHINES))
endif
strip_digits = $(if $(2),$(call strip_digits,$(subst $(firstword $(2)),,$(1)),$(wordlist 2,10,$(2))),$(1))
ifneq ($(call strip_digits,$(TIMEOUT),0 1 2 3 4 5 6 7 8 9),)
$(error TIMEOUT=$(TIMEOUT) is no number of seconds)
endif
ifneq ($(call strip_digits,$(PORT),0 1 2 3 4 5 6 7 8 9),)
$(error PORT=$(PORT) is no number of a port)
endif
# Boot tests that run at the same time.
JOBS ?= 2
# Checks of `make lint`, all where it is empty; make itself presets this name, to "lint".
LINT :=

IMAGE := $(BUILD)/bulkhead.efi
DISK := $(BUILD)/bulkhead.img
RUN := $(BUILD)/bulkhead run --machine $(MACHINE) --port $(PORT) $(if $(TIMEOUT),--timeout $(TIMEOUT))

# The demo that a machine can run: Bochs has no IOMMU, and a board not the devices of QEMU.
MANIFEST_OF_RUN = $(or $(MANIFEST),$(if $(filter bochs nested,$(MACHINE)),$(DEMO),$(DEMO_DEVICES)))
DEMO := guests/demo.yaml
DEMO_DEVICES := $(if $(filter-out 8443,$(PORT)),$(BUILD)/demo-$(PORT).yaml,guests/demo-devices.yaml)
$(BUILD)/demo-%.yaml: guests/demo-devices.yaml
	@mkdir -p $(@D)
	@sed 's/127.0.0.1:8443/127.0.0.1:$*/' $< >$@

# The machine, "auto" resolved, once the tool is there; the guess of tools/setup before.
MACHINE_OF_RUN = $(if $(filter auto,$(MACHINE)),$$($(BUILD)/bulkhead run --which),$(MACHINE))
KVM_GUESS = $(shell [ -w /dev/kvm ] && grep -qw vmx /proc/cpuinfo && echo kvm)

# Of what is there already nothing needs to be said.
QUIETLY := --no-print-directory -s

all: tools kernel loader guests
	@:

# Keys of the demos' console, its operator and its auditor: made once, and nobody else's. They are
# for machines that run on this host; another machine gets others (SECURITY.md).
KEYS := $(BUILD)/keys
DEMO_KEYS := $(KEYS)/console.key $(KEYS)/ops.key $(KEYS)/audit.key
keys: $(DEMO_KEYS) $(KEYS)/console.pem
$(DEMO_KEYS): $(KEYS)/%.key: | $(BUILD)/bulkhead
	@rm -f $(KEYS)/$*.pub $(KEYS)/$*.pem $(KEYS)/$*.p12
	@$(BUILD)/bulkhead key new $* $(if $(filter console,$*),--role server,--password demo) --dir $(KEYS) >/dev/null
	@echo "  KEY     $@"

# It follows from key, names and address.
$(KEYS)/console.pem: guests/demo-devices.yaml $(DEMO_KEYS) | guests
	@rm -f $@
	@$(BUILD)/bulkhead key certificate $< -o $@ 2>/dev/null

include boot/rules.mk
include kernel/rules.mk
include guests/rules.mk
include tools/rules.mk
include tools/install.mk
include tests/rules.mk

help:
	@echo 'make run      set up, build and boot the demo: with devices in QEMU, without in Bochs'
	@echo '              (MANIFEST= MACHINE=bochs|kvm|tcg|nested TIMEOUT=s PORT=8443, which leads to the console)'
	@echo 'make smoke    one boot, two minutes: does it work here at all'
	@echo 'make test     all tests; make test-unit: those that need no emulator; make test-boot: those'
	@echo '              that boot (BOOT_TESTS="smoke attack" MACHINE= JOBS=2)'
	@echo 'make test-nested  boot tests in QEMU with KVM in Bochs: VT-x and VT-d together, minutes each'
	@echo 'make test-secure-boot  signed images under firmware that enforces Secure Boot, with a TPM'
	@echo 'make test-browser  the console'"'"'s page in Chromium and Firefox, which are large (BROWSER=firefox)'
	@echo 'make image    $(IMAGE) and $(DISK), which can be written to a USB stick'
	@echo 'make debug    the demo in a debugger'
	@echo 'make fuzz     made-up manifests, tables, boards and accesses (FUZZ_SECONDS= for each target)'
	@echo 'make proof    no run-time error in the parser of compiled manifests (Frama-C, Debian 12)'
	@echo 'make bench    figures; make mutants: do the tests notice a broken line; make lint'
	@echo 'make soak     many lives, deaths and random operations: a quarter of an hour and more'
	@echo 'make install  the command, its parts and documents (DESTDIR= PREFIX=/usr/local); uninstall'
	@echo 'make setup    only installs what is missing; make clean: removes all that was built'
	@echo 'make format   lays the source out as make lint wants it'

# What needs a tool runs after the set-up, which may only just have installed it.
setup:
	@tools/setup run $(filter tcg nested secure fuzz,$(MACHINE) $(ALSO))

test: ALSO := fuzz $(if $(filter auto,$(MACHINE)),tcg nested)
test-nested test-nested-one: ALSO := nested
test-secure-boot: ALSO := tcg secure
run debug: ALSO := $(if $(filter auto,$(MACHINE)),$(if $(KVM_GUESS),,tcg))
run smoke image debug test test-nested test-secure-boot: setup

run:
	@$(MAKE) $(QUIETLY) tools
	@$(MAKE) $(QUIETLY) MACHINE=$(MACHINE_OF_RUN) MANIFEST=$(MANIFEST_OF_RUN) $(IMAGE)
	@$(RUN) $(IMAGE)

image:
	@$(MAKE) $(QUIETLY) $(IMAGE) $(DISK)
	@ls -l $(IMAGE) $(DISK)

debug:
	@$(MAKE) $(QUIETLY) tools
	@$(MAKE) $(QUIETLY) MACHINE=$(MACHINE_OF_RUN) MANIFEST=$(MANIFEST_OF_RUN) $(IMAGE)
	@$(RUN) --debug $(IMAGE)

smoke:
	@$(MAKE) $(QUIETLY) all $(BOOT_TEST)
	@$(BOOT_TEST) -m $(patsubst auto,bochs,$(MACHINE)) tests/boot/smoke.test

# Phony prerequisites: the image is made anew each time, from whatever the manifest now says.
$(IMAGE): all keys $(filter $(BUILD)/demo-%.yaml,$(MANIFEST))
	@$(BUILD)/bulkhead build $(if $(filter tcg,$(MACHINE)),--cpu amd) $(or $(MANIFEST),$(DEMO)) -o $@

$(DISK): $(IMAGE)
	@$(BUILD)/bulkhead disk $(IMAGE) -o $@

lint:
	@tools/lint $(LINT)

# For tools/lint and tools/tidy: headers that are made, what runs on the bare machine, and all that
# is compiled.
lint-headers: $(SURFACE_H) $(EXAMPLES_H)
lint-bare: kernel loader $(GUEST_ELVES)
lint-objects: lint-bare tools $(BOOT_TEST) $(UNIT_TESTS) $(FUZZ_OWN_OBJECTS)

# Lays out the source as `make lint` wants it.
format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	rm -rf $(BUILD)

.PHONY: all keys help setup run image debug smoke lint lint-headers lint-bare lint-objects format clean tools kernel loader guests
