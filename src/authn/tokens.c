#include "authn/authn.h"
#include "authn/state.h"

#define ALLOW_ENTRY_MAX 600

static enum errcode refuse(struct error *err, const char *where, const char *why)
{
    enum errcode code = ERROR(err, ERR_INVALID, "%s", why);
    (void)error_where(err, "%s", where);
    return code;
}

static enum errcode check(struct authn *n, const struct authn_token *in, struct error *err)
{
    if (in->name && (!*in->name || strlen(in->name) > AUTHN_NAME_MAX)) {
        return refuse(err, "/name", "a token's name has 1 to 200 bytes");
    }
    if (in->expires_at != 0 && in->expires_at <= authn_now(n)) {
        return refuse(err, "/expiresAt", "the token would have expired already");
    }
    if (in->n_allow > AUTHN_ALLOW_MAX) {
        return refuse(err, "/allow", "a token's list has at most 64 entries");
    }
    for (size_t i = 0; i < in->n_allow; i++) {
        if (strlen(in->allow[i]) > ALLOW_ENTRY_MAX) {
            return refuse(err, "/allow", "an entry of the list is too long");
        }
    }
    return ERR_OK;
}

enum errcode authn_token_create(struct authn *n, struct arena *a, const struct authn_token *in,
                                const char **secret, struct api_token *out, struct error *err)
{
    struct user u;
    TRY(check(n, in, err));
    TRY(store_user_by_id(n->store, a, in->user_id, &u, err));
    const char *token = token_new(a, TOKEN_API);
    char *hash = arena_alloc(a, TOKEN_HASH_LEN + 1);
    token_hash(str_of(token), hash);
    struct api_token row = {
        .user_id = in->user_id,
        .tenant_id = in->tenant_id,
        .name = in->name ? in->name : "token",
        .token_hash = hash,
        .prefix = arena_strndup(a, token, TOKEN_SHOWN),
        .allow = in->has_allow ? allow_write(a, in->allow, in->n_allow) : NULL,
        .created_at = authn_now(n),
        .expires_at = in->expires_at,
    };
    TRY(store_token_insert(n->store, &row, err));
    *secret = token;
    *out = row;
    return ERR_OK;
}

enum errcode authn_token_list(struct authn *n, struct arena *a, int64_t user_id,
                              struct api_token **out, size_t *count, struct error *err)
{
    return store_token_list(n->store, a, user_id, out, count, err);
}

enum errcode authn_token_revoke(struct authn *n, int64_t token_id, int64_t user_id,
                                struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct api_token t;
    TRY(store_token_by_id(n->store, a, token_id, &t, err));
    if (user_id != 0 && t.user_id != user_id) {
        return ERROR(err, ERR_NOT_FOUND, "no token %lld", (long long)token_id);
    }
    enum errcode code = store_token_revoke(n->store, token_id, err);
    authn_forget(n);
    return code;
}

bool authn_token_allow(struct arena *a, const struct api_token *t, const char *const **out,
                       size_t *count)
{
    *out = NULL;
    *count = 0;
    if (!t->allow) {
        return false;
    }
    if (!allow_read(a, t->allow, out, count)) {
        *count = 0; /* a list that cannot be read allows nothing */
    }
    return true;
}
