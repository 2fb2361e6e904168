# SPDX-License-Identifier: Apache-2.0
include tests/unit/rules.mk
include tests/boot/rules.mk
