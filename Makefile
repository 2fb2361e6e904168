# SPDX-License-Identifier: Apache-2.0
BUILD := build
CC := gcc
NASM := nasm

all: tools kernel loader guests

include boot/rules.mk
include kernel/rules.mk
include guests/rules.mk
include tools/rules.mk
include tests/rules.mk

clean:
	rm -rf $(BUILD)

.PHONY: all clean tools kernel loader guests
