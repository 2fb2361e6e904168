# SPDX-License-Identifier: Apache-2.0
test-install: tools loader kernel fixtures
	@tests/install/run

TEST_SUITES += test-install
.PHONY: test-install
