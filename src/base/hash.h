#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/*
 * Hashes that protect nothing: SHA-256 for fingerprints and entity tags (secrets and signatures
 * are the affair of crypt/), and a fast 64-bit hash for tables.
 */
#define SHA256_BYTES 32
#define SHA256_HEX   64

struct sha256 {
    uint32_t state[8];
    uint64_t n_bytes;
    unsigned char block[64];
};

void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *p, size_t n);
void sha256_end(struct sha256 *h, unsigned char out[SHA256_BYTES]);
/** sha256_hex() - the digest of @s as 64 lower-case hex digits in @a. */
char *sha256_hex(struct arena *a, struct str s);
/** hash64() - FNV-1a of @s. */
uint64_t hash64(struct str s);
/** hex_encode() - 2*@n lower-case digits at @out, no NUL. */
void hex_encode(char *out, const unsigned char *p, size_t n);
