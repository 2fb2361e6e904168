# SPDX-License-Identifier: Apache-2.0
test-user: $(BOOT_TEST)
	@tests/user/run

TEST_SUITES += test-user
.PHONY: test-user
