#include "api/people_json.h"

static void id_or_null(struct json_writer *w, const char *key, int64_t id)
{
    jsonw_key(w, key);
    if (id) {
        jsonw_int(w, id);
    } else {
        jsonw_null(w);
    }
}

void user_encode(struct json_writer *w, struct arena *a, const struct people_user *user)
{
    const struct user *u = &user->user;
    struct people_profile p = people_profile_read(a, u);
    const char *level = u->permission_level;
    if (!level) {
        level = level_name(level_of_role(role_by_name(u->role)));
    }
    jsonw_begin_object(w);
    jsonw_kv_int(w, "id", u->id);
    jsonw_kv_text(w, "email", u->email);
    jsonw_kv_text(w, "name", u->name);
    jsonw_kv_text(w, "firstName", p.first_name);
    jsonw_kv_text(w, "lastName", p.last_name);
    jsonw_kv_text(w, "team", p.team);
    jsonw_kv_text(w, "role", u->role);
    id_or_null(w, "tenantId", u->tenant_id);
    jsonw_kv_text(w, "tenant", user->tenant);
    jsonw_kv_text(w, "permissionLevel", level);
    jsonw_kv_text(w, "timezone", u->timezone ? u->timezone : "UTC");
    jsonw_kv_bool(w, "isActive", u->is_active);
    jsonw_kv_instant(w, "createdAt", u->created_at);
    jsonw_kv_instant(w, "lastLoginAt", u->last_login_at);
    jsonw_end_object(w);
}

void tenant_encode(struct json_writer *w, const struct tenant *t)
{
    jsonw_begin_object(w);
    jsonw_kv_int(w, "id", t->id);
    jsonw_kv_text(w, "slug", t->slug);
    jsonw_kv_text(w, "name", t->name);
    jsonw_kv_bool(w, "isActive", t->is_active);
    jsonw_kv_instant(w, "createdAt", t->created_at);
    jsonw_end_object(w);
}

void token_encode(struct json_writer *w, const struct people_token *token, const char *secret)
{
    const struct api_token *t = &token->token;
    jsonw_begin_object(w);
    jsonw_kv_int(w, "id", t->id);
    jsonw_kv_text(w, "name", t->name);
    jsonw_kv_text(w, "prefix", t->prefix);
    if (secret) {
        jsonw_kv_text(w, "token", secret);
    }
    jsonw_kv_text(w, "email", token->email);
    jsonw_kv_text(w, "tenant", token->tenant);
    jsonw_key(w, "allow");
    if (token->has_allow) {
        jsonw_begin_array(w);
        for (size_t i = 0; i < token->n_allow; i++) {
            jsonw_text(w, token->allow[i]);
        }
        jsonw_end_array(w);
    } else {
        jsonw_null(w);
    }
    jsonw_kv_instant(w, "createdAt", t->created_at);
    jsonw_kv_instant(w, "expiresAt", t->expires_at);
    jsonw_kv_instant(w, "lastUsedAt", t->last_used_at);
    jsonw_kv_instant(w, "revokedAt", t->revoked_at);
    jsonw_end_object(w);
}

enum errcode texts_decode(struct arena *a, const json_t *body, const char *key, bool *has,
                          const char *const **out, size_t *n, struct error *err)
{
    const json_t *list = NULL;
    TRY(doc_opt_array(body, key, &list, err));
    *has = list != NULL;
    *n = json_array_size(list);
    const char **texts = ARENA_ARRAY(a, *n, const char *);
    for (size_t i = 0; i < *n; i++) {
        const json_t *item = json_array_get(list, i);
        texts[i] = json_string_value(item);
        if (!texts[i] || strlen(texts[i]) != json_string_length(item)) {
            enum errcode code = ERROR(err, ERR_INVALID, "\"%s\" is a list of texts", key);
            (void)error_where(err, "/%s/%zu", key, i);
            return code;
        }
    }
    *out = texts;
    return ERR_OK;
}

struct text_member {
    const char *key;
    size_t offset;
};

static const struct text_member user_members[] = {
    {"email", offsetof(struct people_user_fields, email)},
    {"name", offsetof(struct people_user_fields, name)},
    {"firstName", offsetof(struct people_user_fields, first_name)},
    {"lastName", offsetof(struct people_user_fields, last_name)},
    {"team", offsetof(struct people_user_fields, team)},
    {"timezone", offsetof(struct people_user_fields, timezone)},
    {"role", offsetof(struct people_user_fields, role)},
    {"permissionLevel", offsetof(struct people_user_fields, level)},
    {"tenant", offsetof(struct people_user_fields, tenant)},
};

enum errcode user_decode(const json_t *body, bool *flag, struct people_user_fields *out,
                         struct error *err)
{
    static const char *const keys[] = {"email",  "name",     "firstName", "lastName",
                                       "team",   "timezone", "role",      "permissionLevel",
                                       "tenant", "password", "isActive",  NULL};
    const char *password = NULL;
    *out = (struct people_user_fields){0};
    TRY(doc_only(body, keys, err));
    for (size_t i = 0; i < ARRAY_LEN(user_members); i++) {
        const char **at = (const char **)((char *)out + user_members[i].offset);
        TRY(doc_opt_text(body, user_members[i].key, at, err));
    }
    TRY(doc_opt_text(body, "password", &password, err));
    TRY(doc_opt_bool(body, "isActive", flag, err));
    const json_t *active = json_object_get(body, "isActive");
    out->is_active = active && !json_is_null(active) ? flag : NULL;
    out->password = str_of(password);
    return ERR_OK;
}
