#include "fake_store.h"

#include <string.h>

#include "base/attr.h"

struct fake_store fake;

void fake_reset(void)
{
    arena_free(fake.arena);
    fake = (struct fake_store){.arena = arena_new(), .now = (int64_t)1700000000 * 1000000};
}

int64_t fake_now(void)
{
    return fake.now;
}

static const char *keep(const char *s)
{
    return arena_strdup(fake.arena, s);
}

int64_t fake_tenant(const char *slug)
{
    int64_t id = (int64_t)++fake.n_tenants;
    fake.tenants[id - 1] = (struct tenant){.id = id, .slug = keep(slug), .is_active = true};
    return id;
}

static enum errcode none(struct error *err)
{
    return ERROR(err, ERR_NOT_FOUND, "not there");
}

/* ---- users ------------------------------------------------------------------------------- */

enum errcode store_user_by_email(struct store *s, struct arena *a, struct str email,
                                 struct user *out, struct error *err)
{
    (void)s;
    (void)a;
    for (size_t i = 0; i < fake.n_users; i++) {
        if (!fake.users[i].deleted_at && str_is(email, fake.users[i].email)) {
            *out = fake.users[i];
            return ERR_OK;
        }
    }
    return none(err);
}

enum errcode store_user_by_id(struct store *s, struct arena *a, int64_t id, struct user *out,
                              struct error *err)
{
    (void)s;
    (void)a;
    if (id < 1 || id > (int64_t)fake.n_users || fake.users[id - 1].deleted_at) {
        return none(err);
    }
    *out = fake.users[id - 1];
    return ERR_OK;
}

enum errcode store_user_list(struct store *s, struct arena *a, int64_t tenant_id,
                             struct store_page page, struct user **out, size_t *n,
                             struct error *err)
{
    (void)s;
    (void)tenant_id;
    (void)page;
    (void)err;
    *out = arena_memdup(a, fake.users, sizeof fake.users);
    *n = fake.n_users;
    return ERR_OK;
}

enum errcode store_user_insert(struct store *s, struct arena *a, struct user *u, struct error *err)
{
    struct user there;
    if (fake.fail_insert) {
        enum errcode code = fake.fail_insert;
        fake.fail_insert = ERR_OK;
        return ERROR(err, code, "as asked");
    }
    if (store_user_by_email(s, a, str_of(u->email), &there, NULL) == ERR_OK) {
        return ERROR(err, ERR_UNIQUE_VIOLATION, "the email is taken");
    }
    u->id = (int64_t)++fake.n_users;
    struct user copy = *u;
    copy.name = keep(u->name);
    copy.email = keep(u->email);
    copy.password_hash = keep(u->password_hash);
    fake.users[u->id - 1] = copy;
    return ERR_OK;
}

static bool names(const char *const *fields, const char *name)
{
    for (size_t i = 0; fields[i]; i++) {
        if (text_eq(fields[i], name)) {
            return true;
        }
    }
    return false;
}

enum errcode store_user_update(struct store *s, struct user *u, const char *const *fields,
                               struct error *err)
{
    (void)s;
    if (u->id < 1 || u->id > (int64_t)fake.n_users) {
        return none(err);
    }
    struct user *there = &fake.users[u->id - 1];
#define TAKE(member)               \
    if (names(fields, #member)) {  \
        there->member = u->member; \
    }
#define TAKE_TEXT(member)                \
    if (names(fields, #member)) {        \
        there->member = keep(u->member); \
    }
    TAKE_TEXT(email)
    TAKE_TEXT(name)
    TAKE_TEXT(password_hash)
    TAKE(is_active)
    TAKE(is_platform)
    TAKE(tenant_id)
    TAKE(role)
    TAKE(permission_level)
    TAKE(password_changed_at)
    TAKE(last_login_at)
    return ERR_OK;
}

static enum errcode keep_another(int64_t id, const char *role, struct error *err)
{
    bool holds = false, another = false;
    for (size_t i = 0; i < fake.n_users; i++) {
        const struct user *u = &fake.users[i];
        bool has = text_eq(u->role, role) && u->is_active && u->deleted_at == 0;
        holds = holds || (has && u->id == id);
        another = another || (has && u->id != id);
    }
    return holds && !another ? ERROR(err, ERR_CONFLICT, "this is the last %s", role) : ERR_OK;
}

enum errcode store_user_resign(struct store *s, struct user *u, const char *role,
                               const char *const *fields, struct error *err)
{
    TRY(keep_another(u->id, role, err));
    return store_user_update(s, u, fields, err);
}

enum errcode store_user_delete(struct store *s, int64_t id, const char *role, struct error *err)
{
    TRY(keep_another(id, role, err));
    fake.users[id - 1].email = "deleted@invalid";
    fake.users[id - 1].deleted_at = fake.now;
    fake.users[id - 1].is_active = false;
    return store_session_delete_user(s, id, 0, err);
}

enum errcode store_tenant_by_id(struct store *s, struct arena *a, int64_t id, struct tenant *out,
                                struct error *err)
{
    (void)s;
    (void)a;
    if (id < 1 || id > (int64_t)fake.n_tenants) {
        return none(err);
    }
    *out = fake.tenants[id - 1];
    return ERR_OK;
}

enum errcode store_user_tenants(struct store *s, struct arena *a, int64_t user_id,
                                int64_t tenant_id, struct user_tenant **out, size_t *n,
                                struct error *err)
{
    (void)s;
    (void)tenant_id;
    (void)err;
    struct user_tenant *list = ARENA_ARRAY(a, FAKE_MAX, struct user_tenant);
    *n = 0;
    for (size_t i = 0; i < fake.n_memberships; i++) {
        if (fake.memberships[i].user_id == user_id) {
            list[(*n)++] = fake.memberships[i];
        }
    }
    *out = list;
    return ERR_OK;
}

/* ---- sessions and tokens ----------------------------------------------------------------- */

enum errcode store_session_by_hash(struct store *s, struct arena *a, struct str token_hash,
                                   struct login_session *out, struct error *err)
{
    (void)s;
    (void)a;
    fake.n_reads++;
    if (fake.fail_reads) {
        return ERROR(err, fake.fail_reads, "as asked");
    }
    for (size_t i = 0; i < fake.n_sessions; i++) {
        if (str_is(token_hash, fake.sessions[i].token_hash)) {
            *out = fake.sessions[i];
            return ERR_OK;
        }
    }
    return none(err);
}

enum errcode store_session_insert(struct store *s, struct login_session *v, struct error *err)
{
    (void)s;
    (void)err;
    v->id = (int64_t)++fake.n_sessions;
    struct login_session copy = *v;
    copy.token_hash = keep(v->token_hash);
    copy.csrf = keep(v->csrf);
    copy.ip_address = keep(v->ip_address);
    copy.user_agent = keep(v->user_agent);
    fake.sessions[v->id - 1] = copy;
    return ERR_OK;
}

enum errcode store_session_update(struct store *s, const struct login_session *v,
                                  const char *const *fields, struct error *err)
{
    (void)s;
    (void)fields;
    fake.n_touches++;
    if (fake.fail_touches) {
        return ERROR(err, fake.fail_touches, "as asked");
    }
    fake.sessions[v->id - 1].last_seen_at = v->last_seen_at;
    return ERR_OK;
}

enum errcode store_session_delete(struct store *s, int64_t id, struct error *err)
{
    (void)s;
    (void)err;
    fake.sessions[id - 1].token_hash = "gone";
    return ERR_OK;
}

enum errcode store_session_delete_user(struct store *s, int64_t user_id, int64_t keep_id,
                                       struct error *err)
{
    (void)s;
    (void)err;
    for (size_t i = 0; i < fake.n_sessions; i++) {
        if (fake.sessions[i].user_id == user_id && fake.sessions[i].id != keep_id) {
            fake.sessions[i].token_hash = "gone";
        }
    }
    return ERR_OK;
}

enum errcode store_session_purge(struct store *s, int64_t now, struct error *err)
{
    (void)s;
    (void)err;
    for (size_t i = 0; i < fake.n_sessions; i++) {
        if (fake.sessions[i].expires_at < now) {
            fake.sessions[i].token_hash = "gone";
        }
    }
    return ERR_OK;
}

enum errcode store_token_by_hash(struct store *s, struct arena *a, struct str token_hash,
                                 struct api_token *out, struct error *err)
{
    (void)s;
    (void)a;
    fake.n_reads++;
    if (fake.fail_reads) {
        return ERROR(err, fake.fail_reads, "as asked");
    }
    for (size_t i = 0; i < fake.n_tokens; i++) {
        if (!fake.tokens[i].revoked_at && str_is(token_hash, fake.tokens[i].token_hash)) {
            *out = fake.tokens[i];
            return ERR_OK;
        }
    }
    return none(err);
}

enum errcode store_token_by_id(struct store *s, struct arena *a, int64_t id, struct api_token *out,
                               struct error *err)
{
    (void)s;
    (void)a;
    if (id < 1 || id > (int64_t)fake.n_tokens) {
        return none(err);
    }
    *out = fake.tokens[id - 1];
    return ERR_OK;
}

enum errcode store_token_list(struct store *s, struct arena *a, int64_t user_id,
                              struct api_token **out, size_t *n, struct error *err)
{
    (void)s;
    (void)err;
    struct api_token *list = ARENA_ARRAY(a, FAKE_MAX, struct api_token);
    *n = 0;
    for (size_t i = fake.n_tokens; i > 0; i--) {
        if (user_id == 0 || fake.tokens[i - 1].user_id == user_id) {
            list[(*n)++] = fake.tokens[i - 1];
        }
    }
    *out = list;
    return ERR_OK;
}

enum errcode store_token_insert(struct store *s, struct api_token *v, struct error *err)
{
    (void)s;
    (void)err;
    v->id = (int64_t)++fake.n_tokens;
    struct api_token copy = *v;
    copy.name = keep(v->name);
    copy.token_hash = keep(v->token_hash);
    copy.prefix = keep(v->prefix);
    copy.allow = keep(v->allow);
    fake.tokens[v->id - 1] = copy;
    return ERR_OK;
}

enum errcode store_token_revoke(struct store *s, int64_t id, struct error *err)
{
    (void)s;
    (void)err;
    fake.tokens[id - 1].revoked_at = fake.now;
    return ERR_OK;
}

enum errcode store_token_touch(struct store *s, int64_t id, struct error *err)
{
    (void)s;
    fake.n_touches++;
    if (fake.fail_touches) {
        return ERROR(err, fake.fail_touches, "as asked");
    }
    fake.tokens[id - 1].last_used_at = fake.now;
    return ERR_OK;
}

/* ---- attempts and set-up links ----------------------------------------------------------- */

enum errcode store_login_attempt_add(struct store *s, const char *subject, const char *ip_address,
                                     struct error *err)
{
    (void)s;
    (void)ip_address;
    (void)err;
    BUG_ON(fake.n_attempts == ARRAY_LEN(fake.attempts));
    fake.attempts[fake.n_attempts++] =
        (struct login_attempt){.subject = keep(subject), .created_at = fake.now};
    return ERR_OK;
}

enum errcode store_login_attempt_count(struct store *s, const char *subject, int64_t since,
                                       int64_t *count, int64_t *last, struct error *err)
{
    (void)s;
    (void)err;
    *count = 0;
    *last = 0;
    for (size_t i = 0; i < fake.n_attempts; i++) {
        const struct login_attempt *one = &fake.attempts[i];
        if (text_eq(one->subject, subject) && one->created_at > since) {
            ++*count;
            *last = one->created_at;
        }
    }
    return ERR_OK;
}

enum errcode store_login_attempt_clear(struct store *s, const char *subject, struct error *err)
{
    (void)s;
    (void)err;
    for (size_t i = 0; i < fake.n_attempts; i++) {
        if (text_eq(fake.attempts[i].subject, subject)) {
            fake.attempts[i].subject = "";
        }
    }
    return ERR_OK;
}

enum errcode store_setup_token_put(struct store *s, struct setup_token *v, struct error *err)
{
    (void)s;
    (void)err;
    for (size_t i = 0; i < fake.n_setups; i++) {
        fake.setups[i].used_at = fake.setups[i].used_at ? fake.setups[i].used_at : fake.now;
    }
    v->id = (int64_t)++fake.n_setups;
    fake.setups[v->id - 1] = *v;
    fake.setups[v->id - 1].token_hash = keep(v->token_hash);
    return ERR_OK;
}

enum errcode store_setup_token_by_hash(struct store *s, struct arena *a, struct str token_hash,
                                       const char *purpose, struct setup_token *out,
                                       struct error *err)
{
    (void)s;
    (void)a;
    for (size_t i = 0; i < fake.n_setups; i++) {
        if (!fake.setups[i].used_at && text_eq(fake.setups[i].purpose, purpose) &&
            str_is(token_hash, fake.setups[i].token_hash)) {
            *out = fake.setups[i];
            return ERR_OK;
        }
    }
    return none(err);
}

enum errcode store_setup_token_use(struct store *s, int64_t id, struct error *err)
{
    (void)s;
    if (fake.setups[id - 1].used_at) {
        return none(err);
    }
    fake.setups[id - 1].used_at = fake.now;
    return ERR_OK;
}
