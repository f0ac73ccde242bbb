#include "crypt/token.h"

#include <sodium.h>

#include "base/attr.h"
#include "base/hash.h"
#include "crypt/random.h"
#include "crypt/start.h"

#define PREFIX_LEN   4
#define SECRET_BYTES 32
#define DIGEST_BYTES 32

static const char *const prefixes[] = {
    [TOKEN_SESSION] = "tls_",
    [TOKEN_API] = "tla_",
    [TOKEN_SETUP] = "tlu_",
};

char *token_new(struct arena *a, enum token_kind kind)
{
    BUG_ON(kind == TOKEN_NONE || kind >= ARRAY_LEN(prefixes));
    return arena_printf(a, "%s%s", prefixes[kind], random_text(a, SECRET_BYTES));
}

static bool is_base64url(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

enum token_kind token_kind_of(struct str text)
{
    if (text.n != TOKEN_TEXT_LEN) {
        return TOKEN_NONE;
    }
    for (size_t i = 0; i < text.n; i++) {
        if (!is_base64url(text.p[i])) {
            return TOKEN_NONE;
        }
    }
    for (size_t kind = TOKEN_SESSION; kind < ARRAY_LEN(prefixes); kind++) {
        if (str_starts(text, str_of(prefixes[kind]))) {
            return (enum token_kind)kind;
        }
    }
    return TOKEN_NONE;
}

_Static_assert(TOKEN_TAG_LEN == crypto_shorthash_siphashx24_BYTES &&
                   TOKEN_TAG_KEY == crypto_shorthash_siphashx24_KEYBYTES,
               "the tag is a SipHash of 128 bits");

void token_tag(const unsigned char key[TOKEN_TAG_KEY], struct str text,
               unsigned char out[TOKEN_TAG_LEN])
{
    crypt_start();
    crypto_shorthash_siphashx24(out, (const unsigned char *)(text.n ? text.p : ""), text.n, key);
}

void token_hash(struct str text, char out[TOKEN_HASH_LEN + 1])
{
    unsigned char digest[DIGEST_BYTES];
    crypt_start();
    crypto_generichash(digest, sizeof digest, (const unsigned char *)(text.n ? text.p : ""), text.n,
                       NULL, 0);
    hex_encode(out, digest, sizeof digest);
    out[TOKEN_HASH_LEN] = 0;
}
