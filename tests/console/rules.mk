# SPDX-License-Identifier: Apache-2.0
# The console on a host, over a made-up machine: build/console-plain without TLS, build/console-tls.
CONSOLE_FLAGS := -I. -std=c17 -D_GNU_SOURCE -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
    -fno-omit-frame-pointer -fno-strict-aliasing -Wall -Wextra -Wshadow -Wstrict-prototypes \
    -Wmissing-prototypes -Werror
# Its portable part, and what a machine is made of.
CONSOLE_PORTABLE := $(addprefix guests/console/,api.c api_act.c api_audit.c api_domains.c api_machine.c audit_text.c \
    body.c door.c events.c exits.c http.c machine.c metrics.c names.c pending.c reply.c request.c session.c words.c writer.c)
CONSOLE_MADE := $(addprefix tests/console/,platform_host.c made_audit.c made_lives.c made_machine.c made_serial.c) \
    kernel/sha256.c
CONSOLE_PLAIN := $(CONSOLE_PORTABLE) $(CONSOLE_MADE) $(addprefix tests/console/,main_host.c net_host.c tls_plain.c \
    page_stand_in.c)
CONSOLE_TLS := $(filter-out %tls_plain.c %page_stand_in.c,$(CONSOLE_PLAIN)) \
    $(addprefix guests/console/,tls.c tls_client.c certificate.c)

$(BUILD)/console-host/%.o: %.c tests/console/rules.mk $(INSTALLED)
	@mkdir -p $(@D)
	@echo "  CC      $< (console)"
	@$(CC) $(CONSOLE_FLAGS) -MMD -MP -c $< -o $@

$(BUILD)/console-plain: $(CONSOLE_PLAIN:%.c=$(BUILD)/console-host/%.o)
	@$(CC) -fsanitize=address,undefined $^ -l:libhttp_parser.a -o $@

# The page's object: tests/console/page/rules.mk.
$(BUILD)/console-tls: $(CONSOLE_TLS:%.c=$(BUILD)/console-host/%.o) $(BUILD)/console-host/page.o
	@$(CC) -fsanitize=address,undefined $^ -l:libhttp_parser.a -l:libbearssl.a -o $@

-include $(shell find $(BUILD)/console-host -name '*.d' 2>/dev/null)

$(BUILD)/console-flood: $(BUILD)/console-host/tests/console/flood.o
	@$(CC) -fsanitize=address,undefined $^ -o $@

test-console: tools $(BUILD)/console-tls $(BUILD)/console-info $(BUILD)/console-flood
	@tests/console/served

TEST_SUITES += test-console
.PHONY: test-console
