#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/*
 * Hashes that protect nothing: SHA-256 for fingerprints, a quick one of 128 bits for entity tags
 * (secrets and signatures are the affair of crypt/), and a 64-bit hash for tables.
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

/* SipHash-2-4 with 128 bits, under the key 00 01 .. 0f. */
#define HASH128_BYTES 16

struct hash128 {
    uint64_t v[4];
    uint64_t tail; /* the bytes behind the last whole word */
    uint64_t n_bytes;
};

void hash128_init(struct hash128 *h);
void hash128_add(struct hash128 *h, const void *p, size_t n);
/** hash128_add_word() - as the eight bytes of @word in little-endian order. */
void hash128_add_word(struct hash128 *h, uint64_t word);
void hash128_end(struct hash128 *h, unsigned char out[HASH128_BYTES]);

/** hash64() - FNV-1a of @s. */
uint64_t hash64(struct str s);
/** hex_encode() - 2*@n lower-case digits at @out, no NUL. */
void hex_encode(char *out, const unsigned char *p, size_t n);
