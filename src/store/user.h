#pragma once

#include "store/store.h"

/* People who may sign in, tenants, and who belongs where. Ids are integers, JSON numbers. */
struct user {
    int64_t id;
    const char *name;
    const char *email;         /* kept lower case, unique */
    const char *password_hash; /* NULL: cannot sign in with a password */
    bool is_active;
    bool is_platform;
    int64_t tenant_id;            /* home tenant; 0 = none */
    const char *role;             /* OWNER, PLATFORM_ADMIN, TENANT_ADMIN, USER */
    const char *permission_level; /* admin, developer, editor, user; NULL = by role */
    const char *timezone;
    const char *locale;
    const char *settings; /* JSON object text */
    int64_t password_changed_at;
    int64_t last_login_at;
    int64_t created_at, updated_at, deleted_at;
};

struct tenant {
    int64_t id;
    const char *name;
    const char *slug;      /* unique */
    const char *namespace; /* of its main source, "tenants/<slug>" */
    bool is_active;
    const char *settings; /* JSON object text */
    int64_t created_at, updated_at, deleted_at;
};

struct user_tenant {
    int64_t id;
    int64_t user_id;
    int64_t tenant_id;
    const char *role;
    int64_t created_at, updated_at;
};

extern const struct record_type store_user_type, store_tenant_type, store_user_tenant_type;

struct store_page {
    int64_t limit; /* 0 = all */
    int64_t offset;
};

/** store_user_by_email() - case folded; deleted users are not found. Errors: ERR_NOT_FOUND. */
enum errcode store_user_by_email(struct store *s, struct arena *a, struct str email,
                                 struct user *out, struct error *err) MUST_CHECK;
enum errcode store_user_by_id(struct store *s, struct arena *a, int64_t id, struct user *out,
                              struct error *err) MUST_CHECK;
/** store_user_list() - by id; @tenant_id 0 = of every tenant (home or member). @total may be
 *  NULL. */
enum errcode store_user_list(struct store *s, struct arena *a, int64_t tenant_id,
                             struct store_page page, struct user **out, size_t *n,
                             struct error *err) MUST_CHECK;
/** store_user_count() - @tenant_id as above. */
enum errcode store_user_count(struct store *s, int64_t tenant_id, int64_t *out,
                              struct error *err) MUST_CHECK;
/** store_user_insert() - sets id, created_at, updated_at and folds the email.
 *  Errors: ERR_UNIQUE_VIOLATION when the email is taken. */
enum errcode store_user_insert(struct store *s, struct arena *a, struct user *u,
                               struct error *err) MUST_CHECK;
/** store_user_update() - @fields: NULL-terminated names, NULL = all; sets updated_at. */
enum errcode store_user_update(struct store *s, struct user *u, const char *const *fields,
                               struct error *err) MUST_CHECK;
/** store_user_resign() - the same of one who gives up @role or goes off. Of two who do at once one
 *  is refused. Errors: ERR_CONFLICT when nobody else who is active has @role. */
enum errcode store_user_resign(struct store *s, struct user *u, const char *role,
                               const char *const *fields, struct error *err) MUST_CHECK;
/** store_user_delete() - soft: sets deleted_at, is_active = false. Sessions and tokens end. The
 * email goes back to who comes next. Errors: as store_user_resign(). */
enum errcode store_user_delete(struct store *s, int64_t id, const char *role,
                               struct error *err) MUST_CHECK;

enum errcode store_tenant_by_id(struct store *s, struct arena *a, int64_t id, struct tenant *out,
                                struct error *err) MUST_CHECK;
enum errcode store_tenant_by_slug(struct store *s, struct arena *a, struct str slug,
                                  struct tenant *out, struct error *err) MUST_CHECK;
/** store_tenant_list() - those that are not deleted, by id. */
enum errcode store_tenant_list(struct store *s, struct arena *a, struct tenant **out, size_t *n,
                               struct error *err) MUST_CHECK;
/** store_tenant_insert() - sets id and times; does not make its namespace. */
enum errcode store_tenant_insert(struct store *s, struct tenant *t, struct error *err) MUST_CHECK;
enum errcode store_tenant_update(struct store *s, struct tenant *t, const char *const *fields,
                                 struct error *err) MUST_CHECK;
/** store_tenant_delete() - soft. Its namespace stays. */
enum errcode store_tenant_delete(struct store *s, int64_t id, struct error *err) MUST_CHECK;

/** store_user_tenants() - the memberships of a user, or of a tenant (the other id 0). */
enum errcode store_user_tenants(struct store *s, struct arena *a, int64_t user_id,
                                int64_t tenant_id, struct user_tenant **out, size_t *n,
                                struct error *err) MUST_CHECK;
/** store_user_tenant_put() - add the membership or change its role. */
enum errcode store_user_tenant_put(struct store *s, int64_t user_id, int64_t tenant_id,
                                   const char *role, struct error *err) MUST_CHECK;
enum errcode store_user_tenant_remove(struct store *s, int64_t user_id, int64_t tenant_id,
                                      struct error *err) MUST_CHECK;
