# SPDX-License-Identifier: Apache-2.0
# The console's page, all in one document: PAGE_C, for the bare machine and the host alike, and
# PAGE_O for the bare machine.
ifndef PAGE_C
PAGE_C := $(BUILD)/guests/obj/console/page.c
PAGE_O := $(PAGE_C).o

$(PAGE_C): $(addprefix guests/console/page/,join index.html style.css) $(wildcard guests/console/page/*.js)
	@mkdir -p $(@D)
	@echo "  JOIN    $@"
	@guests/console/page/join guests/console/page $(@:.c=.html) $@.new
	@mv $@.new $@

$(PAGE_O): $(PAGE_C) guests/console/page.h
	@echo "  CC      $<"
	@$(CC) $(GUEST_CFLAGS) -c $< -o $@
endif
