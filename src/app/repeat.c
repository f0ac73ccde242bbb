#include "app/repeat.h"

#include "base/time.h"
#include "store/misc.h"

#define KEEP_US ((int64_t)24 * 3600 * 1000000)

static bool is_key(struct str key)
{
    for (size_t i = 0; i < key.n; i++) {
        if (key.p[i] < ' ' || key.p[i] > '~') {
            return false;
        }
    }
    return key.n > 0 && key.n <= REPEAT_KEY_MAX;
}

static enum errcode answer_of(const struct idempotency *v, const char *hash,
                              struct kept_answer *out, struct error *err)
{
    if (!text_eq(v->request_hash, hash)) {
        return ERROR(err, ERR_IDEMPOTENCY_MISMATCH,
                     "this Idempotency-Key was used with another request");
    }
    if (v->status == 0) {
        enum errcode code =
            ERROR(err, ERR_CONFLICT, "the request with this Idempotency-Key has not ended");
        (void)error_hint(err, "look whether it took effect before sending it with another key");
        return code;
    }
    *out = (struct kept_answer){
        .id = v->id,
        .status = (int)v->status,
        .content_type = v->content_type,
        .location = v->location,
        .etag = v->etag,
        .body = v->body,
    };
    return ERR_OK;
}

enum errcode kept_answer_begin(const struct caller *c, struct str key, const char *hash,
                               struct kept_answer *out, bool *found, struct error *err)
{
    if (!is_key(key)) {
        return ERROR(err, ERR_INVALID_PARAMETER,
                     "an Idempotency-Key has 1 to 255 printable characters");
    }
    struct idempotency v = {
        .idem_key = arena_str(c->arena, key),
        .user_id = c->principal.user_id,
        .request_hash = hash,
        .expires_at = time_now_us() + KEEP_US,
    };
    TRY(store_idempotency_begin(c->app->store, c->arena, &v, found, err));
    if (*found) {
        return answer_of(&v, hash, out, err);
    }
    *out = (struct kept_answer){.id = v.id};
    return ERR_OK;
}

enum errcode kept_answer_finish(const struct caller *c, const struct kept_answer *k,
                                struct error *err)
{
    struct idempotency v = {
        .id = k->id,
        .status = k->status,
        .content_type = k->content_type,
        .location = k->location,
        .etag = k->etag,
        .body = k->body,
    };
    return store_idempotency_finish(c->app->store, &v, err);
}

enum errcode kept_answer_drop(const struct caller *c, const struct kept_answer *k,
                              struct error *err)
{
    return store_idempotency_drop(c->app->store, k->id, err);
}
