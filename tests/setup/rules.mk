# SPDX-License-Identifier: Apache-2.0
test-setup:
	@result=0; tests/setup/run || result=1; tests/setup/fetch || result=1; \
	    tests/setup/lwip || result=1; exit $$result

TEST_SUITES += test-setup
.PHONY: test-setup
