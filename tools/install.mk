# SPDX-License-Identifier: Apache-2.0
# `make install`: the command, what it puts into images, its manual page, completion and documents.
PREFIX ?= /usr/local
INSTALLED := $(DESTDIR)$(PREFIX)
INSTALLED_FILES := bin/bulkhead lib/bulkhead share/bulkhead share/doc/bulkhead \
    share/man/man1/bulkhead.1 share/bash-completion/completions/bulkhead

# Made first, so that a failure installs nothing.
$(BUILD)/share/%: tools
	@mkdir -p $(@D)
	@$(BUILD)/bulkhead $(if $(findstring .1,$*),man,schema) >$@.new
	@sed -i 's|PREFIX/|$(subst -,\\-,$(PREFIX))/|g' $@.new
	@mv $@.new $@

install: tools loader kernel $(CONSOLE) $(BUILD)/share/bulkhead.1 $(BUILD)/share/manifest.schema.json
	@install -d $(addprefix $(INSTALLED)/,bin lib/bulkhead share/bulkhead share/man/man1 \
	    share/doc/bulkhead/docs share/doc/bulkhead/guests share/bash-completion/completions)
	@install -m 755 $(BUILD)/bulkhead $(INSTALLED)/bin
	@install -m 644 $(LOADER) $(SURVEY) $(KERNEL_INTEL) $(KERNEL_AMD) $(CONSOLE) $(INSTALLED)/lib/bulkhead
	@install -m 644 $(BUILD)/share/manifest.schema.json $(INSTALLED)/share/bulkhead
	@install -m 644 $(BUILD)/share/bulkhead.1 $(INSTALLED)/share/man/man1
	@install -m 644 README.md CAVEATS.md SECURITY.md LICENSE $(INSTALLED)/share/doc/bulkhead
	@install -m 644 tools/completion.bash $(INSTALLED)/share/bash-completion/completions/bulkhead
	@install -m 644 guests/demo.yaml guests/demo-devices.yaml $(INSTALLED)/share/doc/bulkhead/guests
	@install -m 644 docs/*.md $(INSTALLED)/share/doc/bulkhead/docs
	@echo "installed below $(INSTALLED)"

uninstall:
	@rm -rf $(addprefix $(INSTALLED)/,$(INSTALLED_FILES))

.PHONY: install uninstall
