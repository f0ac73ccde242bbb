#include "crypt/random.h"

#include <pthread.h>
#include <sodium.h>

#include "base/attr.h"
#include "crypt/start.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start_library(void)
{
    BUG_ON(sodium_init() < 0);
}

void crypt_start(void)
{
    pthread_once(&once, start_library);
}

char *base64url_encode(struct arena *a, const void *p, size_t n)
{
    size_t room = sodium_base64_encoded_len(n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = arena_alloc(a, room);
    sodium_bin2base64(text, room, p, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return text;
}

bool base64url_decode(struct arena *a, struct str text, struct str *out)
{
    size_t room = text.n / 4 * 3 + 3;
    char *bytes = arena_alloc(a, room);
    size_t n = 0;
    const char *end = NULL;
    if (text.n > 0 && (sodium_base642bin((unsigned char *)bytes, room, text.p, text.n, NULL, &n,
                                         &end, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
                       end != text.p + text.n)) {
        return false;
    }
    *out = (struct str){bytes, n};
    return true;
}

char *random_text(struct arena *a, size_t n_bytes)
{
    unsigned char *bytes = arena_alloc(a, n_bytes);
    random_bytes(bytes, n_bytes);
    char *text = base64url_encode(a, bytes, n_bytes);
    secret_wipe(bytes, n_bytes);
    return text;
}

bool secret_eq(struct str a, struct str b)
{
    return a.n == b.n && a.n > 0 && sodium_memcmp(a.p, b.p, a.n) == 0;
}

void secret_wipe(void *p, size_t n)
{
    if (n > 0) {
        sodium_memzero(p, n);
    }
}
