#pragma once

#include "app/caller.h"

/*
 * Writes that a client may send twice: the answer to the first is kept under the Idempotency-Key of
 * its user for a day and given again.
 */
struct kept_answer {
    int64_t id;
    int status;
    const char *content_type, *location, *etag; /* may be NULL */
    const char *body;                           /* text */
};

#define REPEAT_KEY_MAX 255

/**
 * kept_answer_begin() - take @key for the request that @hash stands for
 * @found: set when an answer is there; then @out is it. Else finish or drop @out.
 *
 * Errors: ERR_INVALID_PARAMETER for a key that is empty, too long or not printable ASCII,
 * ERR_IDEMPOTENCY_MISMATCH when the key was used for another request, ERR_CONFLICT while the first
 * runs (or was cut off: what it did is not known).
 */
enum errcode kept_answer_begin(const struct caller *c, struct str key, const char *hash,
                               struct kept_answer *out, bool *found, struct error *err) MUST_CHECK;
/** kept_answer_finish() - the answer of @k->id, to be given again. */
enum errcode kept_answer_finish(const struct caller *c, const struct kept_answer *k,
                                struct error *err) MUST_CHECK;
/** kept_answer_drop() - the request failed: its key may be used again. */
enum errcode kept_answer_drop(const struct caller *c, const struct kept_answer *k,
                              struct error *err) MUST_CHECK;
