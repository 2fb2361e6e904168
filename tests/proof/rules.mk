# SPDX-License-Identifier: Apache-2.0
# Not part of `make test`: Frama-C is large, and not every release of Debian has it.
proof:
	@tests/proof/run

.PHONY: proof
