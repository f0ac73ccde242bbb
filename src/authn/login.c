#include "authn/authn.h"
#include "authn/state.h"

static enum errcode refuse(struct error *err)
{
    return ERROR(err, ERR_INVALID_CREDENTIALS, "email and password do not belong together");
}

/* An account made with another cost is brought to today's at the next sign-in. */
static void renew_hash(struct authn *n, struct user *u, struct str password)
{
    static const char *const fields[] = {"password_hash", NULL};
    char hash[PASSWORD_HASH_MAX];
    if (password_outdated(u->password_hash, n->cost) &&
        hash_away(n, password, hash, NULL) == ERR_OK) {
        u->password_hash = hash;
        pass_over(store_user_update(n->store, u, fields, NULL)); /* next sign-in tries again */
    }
    u->password_hash = NULL;
}

enum errcode authn_login(struct authn *n, struct arena *a, struct str email, struct str password,
                         struct authn_peer peer, struct authn_session *session, struct user *user,
                         struct error *err)
{
    static const char *const fields[] = {"last_login_at", NULL};
    const char *folded = email_fold(a, email);
    struct user u = {0};
    TRY(lockout_enter(n, a, folded, peer.address, err));
    enum errcode code = store_user_by_email(n->store, a, str_of(folded), &u, err);
    if (code != ERR_OK && code != ERR_NOT_FOUND) {
        return code;
    }
    bool is_good = password_good(n, code == ERR_OK ? u.password_hash : NULL, password) &&
                   u.is_active && u.deleted_at == 0;
    TRY(lockout_leave(n, a, folded, peer.address, is_good, err));
    if (!is_good) {
        return refuse(err);
    }
    renew_hash(n, &u, password);
    u.last_login_at = authn_now(n);
    TRY(store_user_update(n->store, &u, fields, err));
    TRY(session_make(n, a, u.id, peer, session, err));
    *user = u;
    return ERR_OK;
}
