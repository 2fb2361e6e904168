# SPDX-License-Identifier: Apache-2.0
test-habits: tools
	@tests/habits/run

TEST_SUITES += test-habits
.PHONY: test-habits
