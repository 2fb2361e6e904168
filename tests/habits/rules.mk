# SPDX-License-Identifier: Apache-2.0
test-habits: tools kernel
	@tests/habits/run

TEST_SUITES += test-habits
.PHONY: test-habits
