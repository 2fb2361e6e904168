# SPDX-License-Identifier: Apache-2.0
# The console's page in Chromium and Firefox, which are large: not part of `make test`.
BROWSERS = $(or $(BROWSER),chromium firefox)

PAGE_TEST_O := $(BUILD)/console-host/page.o

$(PAGE_TEST_O): $(PAGE_C) guests/console/page.h
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(CONSOLE_FLAGS) -c $< -o $@

# The console of tests/console with this page in place of the one that stands in for it.
$(BUILD)/console-page: $(patsubst %.c,$(BUILD)/console-host/%.o,$(filter-out %page_stand_in.c,$(CONSOLE_PLAIN))) \
    $(PAGE_TEST_O)
	@$(CC) -fsanitize=address,undefined $^ -l:libhttp_parser.a -o $@

$(BUILD)/console-info: $(patsubst %.c,$(BUILD)/console-host/%.o,$(CONSOLE_MADE) tests/console/page/info.c)
	@$(CC) -fsanitize=address,undefined $^ -o $@

test-browser:
	@tools/setup run browser
	@$(MAKE) $(QUIETLY) $(BUILD)/console-page $(BUILD)/console-tls $(BUILD)/console-info tools
	@status=0; for browser in $(BROWSERS); do \
	    tls=--tls; [ $$browser != chromium ] || [ $$(id -u) -eq 0 ] || tls=; \
	    echo "$$browser:"; BROWSER=$$browser tests/console/page/run $$tls || status=1; \
	done; exit $$status

.PHONY: test-browser
