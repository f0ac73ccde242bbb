#include "store/user.h"

#include "store/record.h"
#include "store/session.h"

static const struct record_field user_fields[] = {
    RECORD_IDENTITY(struct user, id),
    RECORD_FIELD(struct user, name, TEXT),
    RECORD_FIELD(struct user, email, TEXT),
    RECORD_FIELD(struct user, password_hash, TEXT),
    RECORD_FIELD(struct user, is_active, BOOL),
    RECORD_FIELD(struct user, is_platform, BOOL),
    RECORD_FIELD(struct user, tenant_id, REF),
    RECORD_FIELD(struct user, role, TEXT),
    RECORD_FIELD(struct user, permission_level, TEXT),
    RECORD_FIELD(struct user, timezone, TEXT),
    RECORD_FIELD(struct user, locale, TEXT),
    RECORD_FIELD(struct user, settings, TEXT),
    RECORD_FIELD(struct user, password_changed_at, TIME),
    RECORD_FIELD(struct user, last_login_at, TIME),
    RECORD_FIELD(struct user, created_at, TIME),
    RECORD_FIELD(struct user, updated_at, TIME),
    RECORD_FIELD(struct user, deleted_at, TIME),
};
RECORD_TYPE(store_user_type, "users", struct user, user_fields, "id");

static const struct record_field user_tenant_fields[] = {
    RECORD_IDENTITY(struct user_tenant, id),
    RECORD_FIELD(struct user_tenant, user_id, REF),
    RECORD_FIELD(struct user_tenant, tenant_id, REF),
    RECORD_FIELD(struct user_tenant, role, TEXT),
    RECORD_FIELD(struct user_tenant, created_at, TIME),
    RECORD_FIELD(struct user_tenant, updated_at, TIME),
};
RECORD_TYPE(store_user_tenant_type, "user_tenants", struct user_tenant, user_tenant_fields, "id");

static const struct record_term not_deleted = {"deleted_at", FILTER_IS_NULL, {0}};

/* ASCII letters only: the part before the @ belongs to the receiver, and no other letters are
   known to be the same everywhere. */
static const char *fold_email(struct arena *a, struct str email)
{
    char *text = arena_str(a, str_trim(email));
    for (char *p = text; *p; p++) {
        if (*p >= 'A' && *p <= 'Z') {
            *p = (char)(*p - 'A' + 'a');
        }
    }
    return text;
}

enum errcode store_user_by_email(struct store *s, struct arena *a, struct str email,
                                 struct user *out, struct error *err)
{
    const char *folded = fold_email(a, email);
    struct record_term terms[] = {TERM("email", EQ, value_text(folded)), not_deleted};
    return store_one(s, a, &store_user_type, terms, ARRAY_LEN(terms), "user", out, err);
}

enum errcode store_user_by_id(struct store *s, struct arena *a, int64_t id, struct user *out,
                              struct error *err)
{
    struct record_term terms[] = {TERM("id", EQ, value_int(id)), not_deleted};
    return store_one(s, a, &store_user_type, terms, ARRAY_LEN(terms), "user", out, err);
}

static int64_t *member_ids(struct arena *a, const struct user_tenant *list, size_t n)
{
    int64_t *ids = ARENA_ARRAY(a, n, int64_t);
    for (size_t i = 0; i < n; i++) {
        ids[i] = list[i].user_id;
    }
    return ids;
}

static bool has_id(const int64_t *ids, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (ids[i] == id) {
            return true;
        }
    }
    return false;
}

/* Everybody who is not deleted; those of other tenants are left out while copying. */
static enum errcode list_of_tenant(struct store *s, struct arena *a, int64_t tenant_id,
                                   struct user **out, size_t *n, struct error *err)
{
    AUTO(arena_freep) struct arena *tmp = arena_new();
    struct user_tenant *members = NULL;
    size_t n_members = 0, n_all = 0, n_kept = 0;
    TRY(store_user_tenants(s, tmp, 0, tenant_id, &members, &n_members, err));
    const int64_t *ids = member_ids(tmp, members, n_members);
    struct record_query q = {.terms = &not_deleted, .n_terms = 1};
    void *found = NULL;
    TRY(store_all(s, a, &store_user_type, &q, &found, &n_all, err));
    struct user *users = found;
    for (size_t i = 0; i < n_all; i++) {
        if (users[i].tenant_id == tenant_id || has_id(ids, n_members, users[i].id)) {
            users[n_kept++] = users[i];
        }
    }
    *out = users;
    *n = n_kept;
    return ERR_OK;
}

enum errcode store_user_list(struct store *s, struct arena *a, int64_t tenant_id,
                             struct store_page page, struct user **out, size_t *n,
                             struct error *err)
{
    if (tenant_id == 0) {
        struct record_query q = {
            .terms = &not_deleted, .n_terms = 1, .limit = page.limit, .offset = page.offset};
        void *found = NULL;
        TRY(store_all(s, a, &store_user_type, &q, &found, n, err));
        *out = found;
        return ERR_OK;
    }
    struct user *users = NULL;
    size_t n_users = 0;
    TRY(list_of_tenant(s, a, tenant_id, &users, &n_users, err));
    size_t from = page.offset < 0 ? 0 : (size_t)page.offset;
    from = from < n_users ? from : n_users;
    size_t left = n_users - from;
    *out = users ? users + from : NULL;
    *n = page.limit > 0 && (size_t)page.limit < left ? (size_t)page.limit : left;
    return ERR_OK;
}

enum errcode store_user_count(struct store *s, int64_t tenant_id, int64_t *out, struct error *err)
{
    if (tenant_id != 0) {
        AUTO(arena_freep) struct arena *a = arena_new();
        struct user *users = NULL;
        size_t n = 0;
        TRY(list_of_tenant(s, a, tenant_id, &users, &n, err));
        *out = (int64_t)n;
        return ERR_OK;
    }
    struct record_place p = store_place(s);
    struct record_query q = {.terms = &not_deleted, .n_terms = 1};
    return record_count(&p, &store_user_type, &q, out, err);
}

enum errcode store_user_insert(struct store *s, struct arena *a, struct user *u, struct error *err)
{
    u->email = fold_email(a, str_of(u->email));
    u->created_at = u->updated_at = store_now();
    return store_insert(s, &store_user_type, u, err);
}

enum errcode store_user_update(struct store *s, struct user *u, const char *const *fields,
                               struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct user row = *u;
    row.email = u->email ? fold_email(a, str_of(u->email)) : NULL;
    row.updated_at = u->updated_at = store_now();
    return store_update(s, &store_user_type, &row, store_fields_with(a, fields, "updated_at"), err);
}

/* ---- who gives up a role that somebody has to have ------------------------------------------- */

struct user_end {
    struct record_place place;
    const char *role; /* that another one has to have; NULL = none */
    struct user user;
    const char *const *fields;
};

static enum errcode one_holds(struct session *session, const struct user_end *e,
                              struct record_term which, bool *holds, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct record_term terms[] = {which, TERM("role", EQ, value_text(e->role)),
                                  TERM("is_active", EQ, value_bool(true)), not_deleted};
    struct record_query q = {
        .terms = terms, .n_terms = ARRAY_LEN(terms), .limit = 1, .holds = true};
    void *found = NULL;
    size_t n = 0;
    TRY(record_list_in(session, &e->place, a, &store_user_type, &q, &found, &n, err));
    *holds = n > 0;
    return ERR_OK;
}

/* The row of another one is held until the end, so of two who go at once one stays. */
static enum errcode keep_another(struct session *session, const struct user_end *e,
                                 struct error *err)
{
    struct value id = value_int(e->user.id);
    bool holds = false;
    TRY(one_holds(session, e, TERM("id", LT, id), &holds, err));
    if (!holds) {
        TRY(one_holds(session, e, TERM("id", GT, id), &holds, err));
    }
    if (holds) {
        return ERR_OK;
    }
    TRY(one_holds(session, e, TERM("id", EQ, id), &holds, err));
    return holds ? ERROR(err, ERR_CONFLICT, "this is the last %s", e->role) : ERR_OK;
}

static enum errcode resign(struct session *session, void *arg, struct error *err)
{
    const struct user_end *e = arg;
    TRY(keep_another(session, e, err));
    return record_update_in(session, &e->place, &store_user_type, &e->user, e->fields, err);
}

enum errcode store_user_resign(struct store *s, struct user *u, const char *role,
                               const char *const *fields, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct user_end e = {.place = store_place(s), .role = role, .user = *u};
    e.user.email = u->email ? fold_email(a, str_of(u->email)) : NULL;
    e.user.updated_at = u->updated_at = store_now();
    e.fields = store_fields_with(a, fields, "updated_at");
    return store_transact(s, resign, &e, err);
}

static enum errcode end_user(struct session *session, void *arg, struct error *err)
{
    const struct record_type *const signed_in[] = {&store_session_type, &store_token_type};
    struct user_end *e = arg;
    TRY(resign(session, e, err));
    struct record_term term = TERM("user_id", EQ, value_int(e->user.id));
    struct record_query q = {.terms = &term, .n_terms = 1};
    for (size_t i = 0; i < ARRAY_LEN(signed_in); i++) {
        TRY(record_delete_in(session, &e->place, signed_in[i], &q, NULL, err));
    }
    return ERR_OK;
}

enum errcode store_user_delete(struct store *s, int64_t id, const char *role, struct error *err)
{
    static const char *const fields[] = {"email", "is_active", "updated_at", "deleted_at", NULL};
    AUTO(arena_freep) struct arena *a = arena_new();
    struct user_end e = {
        .place = store_place(s),
        .role = role,
        .user = {.id = id, .email = arena_printf(a, "deleted-%lld@invalid", (long long)id)},
        .fields = fields,
    };
    e.user.updated_at = e.user.deleted_at = store_now();
    return store_transact(s, end_user, &e, err);
}

enum errcode store_user_tenants(struct store *s, struct arena *a, int64_t user_id,
                                int64_t tenant_id, struct user_tenant **out, size_t *n,
                                struct error *err)
{
    struct record_term terms[2];
    size_t n_terms = 0;
    if (user_id) {
        terms[n_terms++] = TERM("user_id", EQ, value_int(user_id));
    }
    if (tenant_id) {
        terms[n_terms++] = TERM("tenant_id", EQ, value_int(tenant_id));
    }
    struct record_query q = {.terms = terms, .n_terms = n_terms};
    void *found = NULL;
    TRY(store_all(s, a, &store_user_tenant_type, &q, &found, n, err));
    *out = found;
    return ERR_OK;
}

struct membership {
    struct record_place place;
    struct user_tenant row;
};

static enum errcode put_membership(struct session *session, void *arg, struct error *err)
{
    struct membership *m = arg;
    struct record_term terms[] = {TERM("user_id", EQ, value_int(m->row.user_id)),
                                  TERM("tenant_id", EQ, value_int(m->row.tenant_id))};
    struct record_query q = {.terms = terms, .n_terms = ARRAY_LEN(terms)};
    TRY(record_delete_in(session, &m->place, &store_user_tenant_type, &q, NULL, err));
    m->row.id = 0;
    return record_insert_in(session, &m->place, &store_user_tenant_type, &m->row, err);
}

enum errcode store_user_tenant_put(struct store *s, int64_t user_id, int64_t tenant_id,
                                   const char *role, struct error *err)
{
    struct membership m = {
        .place = store_place(s),
        .row = {.user_id = user_id, .tenant_id = tenant_id, .role = role},
    };
    m.row.created_at = m.row.updated_at = store_now();
    return store_transact(s, put_membership, &m, err);
}

enum errcode store_user_tenant_remove(struct store *s, int64_t user_id, int64_t tenant_id,
                                      struct error *err)
{
    struct record_term terms[] = {TERM("user_id", EQ, value_int(user_id)),
                                  TERM("tenant_id", EQ, value_int(tenant_id))};
    return store_delete(s, &store_user_tenant_type, terms, ARRAY_LEN(terms), NULL, err);
}
