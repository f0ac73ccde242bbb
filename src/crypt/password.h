#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

/*
 * Passwords as argon2id texts ("$argon2id$v=19$m=…"). Both verbs take tens of milliseconds and the
 * memory that the cost names, on purpose: run them on the worker pool, never on a loop thread.
 * Safe from every thread.
 */
struct password_cost {
    int64_t memory_kib; /* 8 … 4194304; 0 = PASSWORD_MEMORY_KIB */
    int64_t ops;        /* 1 … 64; 0 = PASSWORD_OPS */
};

#define PASSWORD_MEMORY_KIB 19456
#define PASSWORD_OPS        2
#define PASSWORD_HASH_MAX   128

/**
 * password_hash() - write the argon2id text of @password, NUL-terminated, at @out
 *
 * Blocks long. Errors: ERR_UNAVAILABLE when the memory is not there, ERR_INVALID_PARAMETER for a
 * cost out of range.
 */
enum errcode password_hash(struct str password, struct password_cost cost,
                           char out[PASSWORD_HASH_MAX], struct error *err) MUST_CHECK;

/** password_verify() - @password belongs to @hash; false also for a text that is no hash.
 *  Blocks long. */
bool password_verify(const char *hash, struct str password);

/** password_outdated() - @hash was made with another cost than @cost: hash again at next login. */
bool password_outdated(const char *hash, struct password_cost cost);
