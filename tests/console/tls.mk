# SPDX-License-Identifier: Apache-2.0
# The console's TLS against clients that others wrote: curl and openssl, by build/tls-host.
TLS_HOST_SOURCES := tests/console/tls_host.c tests/console/net_host.c guests/console/tls.c \
    guests/console/tls_client.c guests/console/certificate.c tools/manifest/private_key.c \
    tools/manifest/pubkey.c tools/mapped.c tools/text.c kernel/sha256.c

$(BUILD)/tls-host: $(TLS_HOST_SOURCES:%.c=$(UNIT)/obj/%.o)
	@$(CC) -fsanitize=address,undefined $^ -l:libbearssl.a -o $@

lint-objects: $(BUILD)/tls-host

test-tls: tools $(BUILD)/tls-host
	@tests/console/tls

TEST_SUITES += test-tls
.PHONY: test-tls
