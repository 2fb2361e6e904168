# SPDX-License-Identifier: Apache-2.0
test-setup:
	@tests/setup/run

TEST_SUITES += test-setup
.PHONY: test-setup
