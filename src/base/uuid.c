#include "base/uuid.h"

#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/time.h"

void random_bytes(void *p, size_t n)
{
    unsigned char *to = p;
    while (n > 0) {
        ssize_t got = getrandom(to, n, 0);
        BUG_ON(got <= 0);
        to += got;
        n -= (size_t)got;
    }
}

/* Random bytes are drawn in lots: a system call a row would be most of an insert's cost. */
static void draw(unsigned char *to, size_t n)
{
    static _Thread_local unsigned char pool[1024];
    static _Thread_local size_t left;
    if (left < n) {
        random_bytes(pool, sizeof pool);
        left = sizeof pool;
    }
    left -= n;
    for (size_t i = 0; i < n; i++) {
        to[i] = pool[left + i];
        pool[left + i] = 0;
    }
}

void uuid_make(char out[UUID_TEXT + 1])
{
    unsigned char b[16];
    draw(b + 6, 10);
    uint64_t ms = (uint64_t)time_now_us() / 1000;
    for (int i = 0; i < 6; i++) {
        b[i] = (unsigned char)(ms >> (40 - 8 * i));
    }
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x70);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    char hex[32];
    hex_encode(hex, b, sizeof b);
    memcpy(out, hex, 8);
    memcpy(out + 9, hex + 8, 4);
    memcpy(out + 14, hex + 12, 4);
    memcpy(out + 19, hex + 16, 4);
    memcpy(out + 24, hex + 20, 12);
    out[8] = out[13] = out[18] = out[23] = '-';
    out[UUID_TEXT] = '\0';
}

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

static uint64_t load(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* All eight bytes are hexadecimal digits. The high bit of a byte says whether it is at least what
 * was added to it up to 0x80. */
static bool is_hex(uint64_t word)
{
    uint64_t lower = word | EACH_BYTE(0x20);
    uint64_t digit = (word + EACH_BYTE(0x80 - '0')) & ~(word + EACH_BYTE(0x7f - '9'));
    uint64_t letter = (lower + EACH_BYTE(0x80 - 'a')) & ~(lower + EACH_BYTE(0x7f - 'f'));
    return ((digit | letter) & ~word & EACH_BYTE(0x80)) == EACH_BYTE(0x80);
}

/* @text with the dashes at two places, which are no digits, made ones. */
static bool is_hex_but(const char *p, size_t dash, size_t other)
{
    char text[sizeof(uint64_t)];
    memcpy(text, p, sizeof text);
    bool are_dashes = text[dash] == '-' && text[other] == '-';
    text[dash] = text[other] = '0';
    return are_dashes && is_hex(load(text));
}

/* 8-4-4-4-12, in words of eight bytes. */
bool uuid_valid(struct str s)
{
    return s.n == UUID_TEXT && is_hex(load(s.p)) && is_hex_but(s.p + 8, 0, 5) &&
           is_hex_but(s.p + 16, 2, 7) && is_hex(load(s.p + 24)) && is_hex(load(s.p + 28));
}

/* Of what may be in a UUID only upper case lacks that bit. */
void uuid_lower(char out[UUID_TEXT + 1], struct str s)
{
    BUG_ON(s.n != UUID_TEXT);
    for (size_t i = 0; i < UUID_TEXT; i++) {
        out[i] = (char)(s.p[i] | 0x20);
    }
    out[UUID_TEXT] = '\0';
}
