#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

/*
 * Bearer secrets: a prefix that tells people and scanners what leaked, 256 random bits as
 * base64url. The store keeps a hash only; no salt is needed for 256 random bits. Pure and quick.
 */
enum token_kind {
    TOKEN_NONE = 0,
    TOKEN_SESSION, /* tls_ */
    TOKEN_API,     /* tla_ */
    TOKEN_SETUP,   /* tlu_ */
};

#define TOKEN_TEXT_LEN 47 /* prefix 4, base64url of 32 bytes 43 */
#define TOKEN_HASH_LEN 64 /* hex of BLAKE2b-256 */
#define TOKEN_SHOWN    10 /* characters a list shows: the prefix and six more */

/** token_new() - a fresh secret of @kind, in @a. */
char *token_new(struct arena *a, enum token_kind kind);

/** token_kind_of() - by prefix, length and alphabet; TOKEN_NONE for anything else. */
enum token_kind token_kind_of(struct str text);

/** token_hash() - the hex text under which @text is stored, NUL-terminated at @out. */
void token_hash(struct str text, char out[TOKEN_HASH_LEN + 1]);

/*
 * Under which a secret is kept in memory for a moment: quicker than its hash, and nobody who lacks
 * the key, random bytes of this process, finds two texts with the same one.
 */
#define TOKEN_TAG_LEN 16
#define TOKEN_TAG_KEY 16
void token_tag(const unsigned char key[TOKEN_TAG_KEY], struct str text,
               unsigned char out[TOKEN_TAG_LEN]);
