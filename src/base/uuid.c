#include "base/uuid.h"

#include <stdint.h>
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
    static const unsigned char group[5] = {4, 2, 2, 2, 6};
    size_t at = 0;
    for (int g = 0, i = 0; g < 5; g++) {
        if (g > 0) {
            out[at++] = '-';
        }
        hex_encode(out + at, b + i, group[g]);
        at += 2u * group[g];
        i += group[g];
    }
    out[UUID_TEXT] = '\0';
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool uuid_valid(struct str s)
{
    if (s.n != UUID_TEXT) {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s.p[i] != '-' : !is_hex(s.p[i])) {
            return false;
        }
    }
    return true;
}

void uuid_lower(char out[UUID_TEXT + 1], struct str s)
{
    BUG_ON(s.n != UUID_TEXT);
    for (size_t i = 0; i < UUID_TEXT; i++) {
        char c = s.p[i];
        out[i] = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
    }
    out[UUID_TEXT] = '\0';
}
