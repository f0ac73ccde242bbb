#include "crypt/password.h"

#include <sodium.h>

#include "crypt/start.h"

_Static_assert(PASSWORD_HASH_MAX >= crypto_pwhash_STRBYTES, "an argon2id text must fit");

#define MEMORY_KIB_LEAST 8
#define MEMORY_KIB_MOST  4194304
#define OPS_MOST         64

static struct password_cost fill_cost(struct password_cost cost)
{
    return (struct password_cost){
        .memory_kib = cost.memory_kib ? cost.memory_kib : PASSWORD_MEMORY_KIB,
        .ops = cost.ops ? cost.ops : PASSWORD_OPS,
    };
}

enum errcode password_hash(struct str password, struct password_cost cost,
                           char out[PASSWORD_HASH_MAX], struct error *err)
{
    cost = fill_cost(cost);
    if (cost.memory_kib < MEMORY_KIB_LEAST || cost.memory_kib > MEMORY_KIB_MOST || cost.ops < 1 ||
        cost.ops > OPS_MOST) {
        return ERROR(err, ERR_INVALID_PARAMETER, "password cost is out of range");
    }
    crypt_start();
    char text[crypto_pwhash_STRBYTES];
    if (crypto_pwhash_str_alg(text, password.n ? password.p : "", password.n,
                              (unsigned long long)cost.ops, (size_t)cost.memory_kib * 1024,
                              crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return ERROR(err, ERR_UNAVAILABLE, "no memory to hash a password");
    }
    memset(out, 0, PASSWORD_HASH_MAX);
    memcpy(out, text, sizeof text);
    return ERR_OK;
}

bool password_verify(const char *hash, struct str password)
{
    if (!hash || strlen(hash) >= crypto_pwhash_STRBYTES) {
        return false;
    }
    crypt_start();
    return crypto_pwhash_str_verify(hash, password.n ? password.p : "", password.n) == 0;
}

bool password_outdated(const char *hash, struct password_cost cost)
{
    cost = fill_cost(cost);
    if (!hash || strlen(hash) >= crypto_pwhash_STRBYTES) {
        return true;
    }
    return crypto_pwhash_str_needs_rehash(hash, (unsigned long long)cost.ops,
                                          (size_t)cost.memory_kib * 1024) != 0;
}
