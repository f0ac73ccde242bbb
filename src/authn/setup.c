#include "authn/authn.h"
#include "authn/state.h"

static const char purpose[] = "setup";

/* There was one, even if nobody can sign in as it any more. */
static enum errcode find_owner(struct authn *n, bool *found, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct user *users;
    size_t n_users;
    TRY(store_user_list(n->store, a, 0, (struct store_page){0}, &users, &n_users, err));
    for (size_t i = 0; i < n_users && !*found; i++) {
        *found = role_by_name(users[i].role) == ROLE_OWNER && users[i].deleted_at == 0;
    }
    return ERR_OK;
}

enum errcode authn_has_owner(struct authn *n, bool *out, struct error *err)
{
    if (!atomic_load(&n->has_owner)) {
        bool found = false;
        TRY(find_owner(n, &found, err));
        if (found) {
            atomic_store(&n->has_owner, true);
        }
    }
    *out = atomic_load(&n->has_owner);
    return ERR_OK;
}

static enum errcode put_token(struct authn *n, const char *hash, struct error *err)
{
    int64_t now = authn_now(n);
    struct setup_token row = {
        .token_hash = hash,
        .purpose = purpose,
        .created_at = now,
        .expires_at = now + AUTHN_SETUP_HOURS * HOUR_US,
    };
    return store_setup_token_put(n->store, &row, err);
}

enum errcode authn_setup_token(struct authn *n, struct arena *a, const char **out,
                               struct error *err)
{
    bool has_owner;
    char hash[TOKEN_HASH_LEN + 1];
    TRY(authn_has_owner(n, &has_owner, err));
    if (has_owner) {
        *out = NULL;
        return ERR_OK;
    }
    const char *token = token_new(a, TOKEN_SETUP);
    token_hash(str_of(token), hash);
    TRY(put_token(n, hash, err));
    *out = token;
    return ERR_OK;
}

static enum errcode find_token(struct authn *n, struct arena *a, struct str token,
                               struct setup_token *out, struct error *err)
{
    bool has_owner;
    char hash[TOKEN_HASH_LEN + 1];
    TRY(authn_has_owner(n, &has_owner, err));
    if (has_owner) {
        return ERROR(err, ERR_NOT_FOUND, "set-up is done; sign in instead");
    }
    token_hash(token, hash);
    enum errcode code = ERR_NOT_FOUND;
    if (token_kind_of(token) == TOKEN_SETUP) {
        code = store_setup_token_by_hash(n->store, a, str_of(hash), purpose, out, err);
    }
    if (code != ERR_NOT_FOUND && code != ERR_OK) {
        return code;
    }
    if (code != ERR_OK || out->used_at != 0 || out->expires_at <= authn_now(n)) {
        code = ERROR(err, ERR_FORBIDDEN, "this set-up link is not valid");
        (void)error_where(err, "/token");
        (void)error_hint(err, "start the server again: it prints a new link");
        return code;
    }
    return ERR_OK;
}

enum errcode authn_setup_check(struct authn *n, struct str token, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct setup_token found = {0};
    return find_token(n, a, token, &found, err);
}

/* The link is taken before the OWNER is made, so of two at once one fails; should making the OWNER
 * fail the link is given back. */
static enum errcode take_and_insert(struct authn *n, struct arena *a, const struct setup_token *t,
                                    struct user *u, struct error *err)
{
    enum errcode code = store_setup_token_use(n->store, t->id, err);
    if (code == ERR_NOT_FOUND) {
        return ERROR(err, ERR_FORBIDDEN, "this set-up link is not valid");
    }
    TRY(code);
    code = store_user_insert(n->store, a, u, err);
    if (code != ERR_OK) {
        pass_over(put_token(n, t->token_hash, NULL)); /* else the next start prints a new one */
    }
    return code;
}

enum errcode authn_setup(struct authn *n, struct arena *a, const struct authn_setup *in,
                         struct authn_peer peer, struct authn_session *session, struct user *user,
                         struct error *err)
{
    struct setup_token token = {0};
    char hash[PASSWORD_HASH_MAX];
    const char *email, *name;
    TRY(find_token(n, a, in->token, &token, err));
    TRY(authn_email_check(a, str_of(in->email), &email, err));
    TRY(display_name(a, in->name, email, &name, err));
    TRY(authn_password_check(in->password, email, err));
    TRY(hash_away(n, in->password, hash, err));
    int64_t now = authn_now(n);
    struct user u = {
        .name = name,
        .email = email,
        .password_hash = hash,
        .is_active = true,
        .is_platform = true,
        .tenant_id = in->tenant_id,
        .role = role_name(ROLE_OWNER),
        .password_changed_at = now,
        .last_login_at = now,
    };
    TRY(take_and_insert(n, a, &token, &u, err));
    u.password_hash = NULL;
    atomic_store(&n->has_owner, true);
    authn_forget(n);
    TRY(session_make(n, a, u.id, peer, session, err));
    *user = u;
    return ERR_OK;
}
