#include "base/hash.h"

#include <endian.h>
#include <string.h>

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotr(uint32_t x, unsigned n)
{
    return (x >> n) | (x << (32 - n));
}

static void mix(uint32_t s[8], const unsigned char *p)
{
    uint32_t w[64];
    for (int i = 0; i < 16; i++, p += 4) {
        w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    }
    for (int i = 16; i < 64; i++) {
        uint32_t a = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
        uint32_t b = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    uint32_t v[8];
    memcpy(v, s, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t s1 = rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25);
        uint32_t ch = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t t1 = v[7] + s1 + ch + K[i] + w[i];
        uint32_t s0 = rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22);
        uint32_t maj = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        memmove(v + 1, v, 7 * sizeof v[0]);
        v[4] += t1;
        v[0] = t1 + s0 + maj;
    }
    for (int i = 0; i < 8; i++) {
        s[i] += v[i];
    }
}

void sha256_init(struct sha256 *h)
{
    *h = (struct sha256){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                   0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void sha256_add(struct sha256 *h, const void *p, size_t n)
{
    const unsigned char *from = p;
    while (n > 0) {
        size_t at = h->n_bytes % 64;
        size_t take = 64 - at < n ? 64 - at : n;
        memcpy(h->block + at, from, take);
        h->n_bytes += take;
        from += take;
        n -= take;
        if (at + take == 64) {
            mix(h->state, h->block);
        }
    }
}

void sha256_end(struct sha256 *h, unsigned char out[SHA256_BYTES])
{
    uint64_t bits = h->n_bytes * 8;
    unsigned char length[8];
    for (int i = 0; i < 8; i++) {
        length[i] = (unsigned char)(bits >> (56 - 8 * i));
    }
    sha256_add(h, "\x80", 1);
    while (h->n_bytes % 64 != 56) {
        sha256_add(h, "", 1);
    }
    sha256_add(h, length, sizeof length);
    for (int i = 0; i < SHA256_BYTES; i++) {
        out[i] = (unsigned char)(h->state[i / 4] >> (24 - 8 * (i % 4)));
    }
}

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* Four bytes at once: each over two, its halves into them, then to digits. */
static void hex_of_four(char *out, const unsigned char *p)
{
    uint32_t four;
    memcpy(&four, p, sizeof four);
    uint64_t v = le32toh(four);
    v = (v | v << 16) & UINT64_C(0x0000ffff0000ffff);
    v = (v | v << 8) & UINT64_C(0x00ff00ff00ff00ff);
    v = (v >> 4 | v << 8) & EACH_BYTE(0x0f);
    uint64_t letters = (v + EACH_BYTE(6)) >> 4 & EACH_BYTE(1);
    v = htole64(v + EACH_BYTE('0') + letters * ('a' - '0' - 10));
    memcpy(out, &v, sizeof v);
}

void hex_encode(char *out, const unsigned char *p, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    size_t i = 0;
    for (; n - i >= 4; i += 4) {
        hex_of_four(out + 2 * i, p + i);
    }
    for (; i < n; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
}

char *sha256_hex(struct arena *a, struct str s)
{
    struct sha256 h;
    unsigned char digest[SHA256_BYTES];
    sha256_init(&h);
    sha256_add(&h, s.p, s.n);
    sha256_end(&h, digest);
    char *hex = arena_alloc(a, SHA256_HEX + 1);
    hex_encode(hex, digest, sizeof digest);
    return hex;
}

static uint64_t rotl(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

struct sip {
    uint64_t a, b, c, d;
};

/* By value, so that it stays in registers. */
static inline struct sip sip_round(struct sip v)
{
    v.a += v.b;
    v.b = rotl(v.b, 13) ^ v.a;
    v.a = rotl(v.a, 32);
    v.c += v.d;
    v.d = rotl(v.d, 16) ^ v.c;
    v.a += v.d;
    v.d = rotl(v.d, 21) ^ v.a;
    v.c += v.b;
    v.b = rotl(v.b, 17) ^ v.c;
    v.c = rotl(v.c, 32);
    return v;
}

static inline struct sip sip_load(const struct hash128 *h)
{
    return (struct sip){h->v[0], h->v[1], h->v[2], h->v[3]};
}

static inline void sip_store(struct hash128 *h, struct sip v)
{
    h->v[0] = v.a;
    h->v[1] = v.b;
    h->v[2] = v.c;
    h->v[3] = v.d;
}

static inline struct sip sip_word(struct sip v, uint64_t word)
{
    v.d ^= word;
    v = sip_round(sip_round(v));
    v.a ^= word;
    return v;
}

void hash128_init(struct hash128 *h)
{
    static const uint64_t key[2] = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
    *h = (struct hash128){.v = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du ^ 0xee,
                                key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u}};
}

void hash128_add_word(struct hash128 *h, uint64_t word)
{
    unsigned have = 8 * (h->n_bytes % 8);
    sip_store(h, sip_word(sip_load(h), h->tail | word << have));
    h->tail = have ? word >> (64 - have) : 0;
    h->n_bytes += 8;
}

static inline uint64_t load_word(const unsigned char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return le64toh(word);
}

/* Fewer than eight bytes: two halves that may overlap, or up to three bytes that may be one. */
static inline uint64_t load_part(const unsigned char *p, size_t n)
{
    uint32_t low, high;
    if (n >= sizeof low) {
        memcpy(&low, p, sizeof low);
        memcpy(&high, p + n - sizeof high, sizeof high);
        return le32toh(low) | (uint64_t)le32toh(high) << 8 * (n - sizeof high);
    }
    return n == 0 ? 0
                  : p[0] | (uint64_t)p[n / 2] << 8 * (n / 2) | (uint64_t)p[n - 1] << 8 * (n - 1);
}

void hash128_add(struct hash128 *h, const void *p, size_t n)
{
    const unsigned char *from = p;
    unsigned have = 8 * (h->n_bytes % 8);
    uint64_t tail = h->tail, word;
    struct sip v = sip_load(h);
    h->n_bytes += n;
    for (; n >= 8; n -= 8, from += 8) {
        word = load_word(from);
        v = sip_word(v, tail | word << have);
        tail = have ? word >> (64 - have) : 0;
    }
    word = load_part(from, n);
    tail |= word << have;
    if (have + 8 * n >= 64) {
        v = sip_word(v, tail);
        tail = have ? word >> (64 - have) : 0;
    }
    h->tail = tail;
    sip_store(h, v);
}

static struct sip sip_take(struct sip v, unsigned char *out)
{
    for (int i = 0; i < 4; i++) {
        v = sip_round(v);
    }
    uint64_t word = v.a ^ v.b ^ v.c ^ v.d;
    for (unsigned i = 0; i < 8; i++) {
        out[i] = (unsigned char)(word >> 8 * i);
    }
    return v;
}

void hash128_end(struct hash128 *h, unsigned char out[HASH128_BYTES])
{
    struct sip v = sip_word(sip_load(h), h->tail | h->n_bytes << 56);
    v.c ^= 0xee;
    v = sip_take(v, out);
    v.b ^= 0xdd;
    sip_take(v, out + 8);
}

uint64_t hash64(struct str s)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < s.n; i++) {
        h = (h ^ (unsigned char)s.p[i]) * 1099511628211u;
    }
    return h;
}
