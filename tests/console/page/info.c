/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes what the made-up machine's console finds, with keys that are real:
 *   console-info PORT PRIVATE SERVER OPERATOR AUDITOR >FILE
 * PRIVATE is the server's private key on P-256, the others SHA-256 of a SubjectPublicKeyInfo; all
 * are 64 hexadecimal digits.
 */
#include "tests/console/made_machine.h"
#include <stdio.h>
#include <string.h>

static bool read_hex(const char *text, uint8_t bytes[32])
{
    int end = 0;
    for (unsigned i = 0; i < 32; i++) {
        if (sscanf(text + 2 * (size_t)i, "%2hhx%n", &bytes[i], &end) != 1 || end != 2) {
            return false;
        }
    }
    return text[64] == 0;
}

int main(int argc, char **argv)
{
    made_start();
    struct console_info info = *made_info();
    info.key = (struct server_key){
        .magic = SERVER_KEY_MAGIC, .version = SERVER_KEY_VERSION, .curve = SERVER_KEY_P256};
    info.has_key = 1;
    info.address = 0x7f000001; /* 127.0.0.1 */
    if (argc != 6 || strlen(argv[1]) > 5 || !read_hex(argv[2], info.key.private) ||
        !read_hex(argv[3], info.key_digest) || !read_hex(argv[4], info.admins[MADE_OPERATOR].key) ||
        !read_hex(argv[5], info.admins[MADE_AUDITOR].key)) {
        fputs("usage: console-info PORT PRIVATE SERVER OPERATOR AUDITOR >FILE\n", stderr);
        return 2;
    }
    snprintf(info.names[0], sizeof(info.names[0]), "127.0.0.1:%s", argv[1]);
    snprintf(info.names[1], sizeof(info.names[1]), "localhost:%s", argv[1]);
    return fwrite(&info, sizeof(info), 1, stdout) == 1 ? 0 : 1;
}
