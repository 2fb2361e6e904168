# SPDX-License-Identifier: Apache-2.0
# The management console, and the payloads that try its network: build/guests/NAME.elf. lwIP comes
# as Debian's source package, whatever is built from it, and so lies where no other BUILD fetches it again.
LWIP := build/lwip
CONSOLE_OBJ := $(BUILD)/guests/obj/console
# With SSE and stack protection, as the libraries have them: interrupts, whose code in guests/lib
# uses neither, are on only while the console sleeps (clock.h). What nothing calls is left out.
CONSOLE_CFLAGS := $(filter-out -mgeneral-regs-only -fno-stack-protector,$(GUEST_CFLAGS)) \
    -fstack-protector-strong -ffunction-sections -fdata-sections -Iguests/console -I$(LWIP)/lwip/src/include
CONSOLE_LIBS = $$($(CC) -print-file-name=libbearssl.a) $$($(CC) -print-file-name=libhttp_parser.a)

LWIP_NAMES := core/def core/inet_chksum core/init core/ip core/mem core/memp core/netif core/pbuf \
    core/tcp core/tcp_in core/tcp_out core/ipv4/etharp core/ipv4/icmp core/ipv4/ip4 \
    core/ipv4/ip4_addr netif/ethernet
LWIP_OBJECTS := $(LWIP_NAMES:%=$(BUILD)/guests/obj/lwip/%.o)
LWIP_SOURCES := $(LWIP_NAMES:%=$(LWIP)/lwip/src/%.c)

$(LWIP)/stamp: guests/console/fetch
	@guests/console/fetch $(LWIP)
	@touch $@
$(LWIP_SOURCES): $(LWIP)/stamp

# It is not ours to warn of.
$(LWIP_OBJECTS): $(BUILD)/guests/obj/lwip/%.o: $(LWIP)/stamp guests/console/rules.mk guests/rules.mk $(INSTALLED)
	@mkdir -p $(@D)
	@echo "  CC      lwip/$*.c"
	@$(CC) $(filter-out -W%,$(CONSOLE_CFLAGS)) -w -MMD -MP -c $(LWIP)/lwip/src/$*.c -o $@

# What any payload on the network has; what of it is the console's own is in the others.
CONSOLE_NET := $(patsubst %,$(CONSOLE_OBJ)/%.c.o,library lwip nic platform protect random start)
$(CONSOLE_OBJ)/%.c.o: guests/console/%.c guests/console/rules.mk guests/rules.mk $(LWIP)/stamp $(INSTALLED)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(CONSOLE_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/guests/obj/netprobe/%.c.o: guests/netprobe/%.c guests/console/rules.mk guests/rules.mk $(LWIP)/stamp \
    $(INSTALLED)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(CONSOLE_CFLAGS) -MMD -MP -c $< -o $@

CONSOLE_COMMON := $(CONSOLE_NET) $(LWIP_OBJECTS) $(GUEST_EARLY) $(GUEST_LIB)
NET_PROBE := $(patsubst guests/%,$(BUILD)/guests/obj/%.o,$(wildcard guests/netprobe/*.c))
$(BUILD)/guests/net-probe.elf: $(NET_PROBE) $(CONSOLE_COMMON) guests/lib/guest.lds
	@echo "  LD      $@"
	@ld $(GUEST_LDFLAGS) --gc-sections -T guests/lib/guest.lds -o $@ $(filter %.o,$^) $(CONSOLE_LIBS)

include guests/console/page/rules.mk
CONSOLE_OWN := $(patsubst guests/%,$(BUILD)/guests/obj/%.o,$(wildcard guests/console/*.c))
CONSOLE := $(BUILD)/guests/console.elf
# For tests the same objects, and one more through which calls go: it can be killed, and counted.
CONSOLE_MORTAL := $(BUILD)/tests/console-mortal.elf
CONSOLE_IDLE := $(BUILD)/tests/console-idle.elf
$(CONSOLE_MORTAL): $(BUILD)/guests/obj/tests/console/mortal.o
$(CONSOLE_MORTAL): CONSOLE_WRAPS := --wrap=api_answer
$(CONSOLE_IDLE): $(BUILD)/guests/obj/tests/bench/idle.o
$(CONSOLE_IDLE): CONSOLE_WRAPS := --wrap=clock_sleep
$(CONSOLE) $(CONSOLE_MORTAL) $(CONSOLE_IDLE): $(CONSOLE_OWN) $(PAGE_O) $(CONSOLE_COMMON) guests/lib/guest.lds
	@mkdir -p $(@D)
	@echo "  LD      $@"
	@ld $(GUEST_LDFLAGS) --gc-sections -T guests/lib/guest.lds $(CONSOLE_WRAPS) -Map=$(@:.elf=.map) -o $@ \
	    $(filter %.o,$^) $(CONSOLE_LIBS)

$(BUILD)/guests/obj/tests/%.o: tests/%.c guests/console/rules.mk guests/rules.mk $(INSTALLED)
	@mkdir -p $(@D)
	@echo "  CC      $< (guest)"
	@$(CC) $(CONSOLE_CFLAGS) -MMD -MP -c $< -o $@

GUEST_ELVES += $(BUILD)/guests/net-probe.elf $(CONSOLE) $(CONSOLE_MORTAL) $(CONSOLE_IDLE)
