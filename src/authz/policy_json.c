#include <jansson.h>

#include "authz/policy.h"
#include "base/buf.h"
#include "base/json.h"

#define POLICY_DEPTH 4

static const char *const verb_names[] = {"read", "create", "update", "delete", NULL};

/* What a verb admits when a table's maker says nothing. */
static const enum authz_role defaults[POLICY_VERB_N] = {
    [POLICY_READ] = AUTHZ_USER,
    [POLICY_CREATE] = AUTHZ_TENANT_ADMIN,
    [POLICY_UPDATE] = AUTHZ_TENANT_ADMIN,
    [POLICY_DELETE] = AUTHZ_TENANT_ADMIN,
};

static enum errcode refuse(struct error *err, const char *verb, size_t i, const char *why)
{
    enum errcode code = ERROR(err, ERR_INVALID, "%s", why);
    (void)error_where(err, "/%s/%zu", verb, i);
    (void)error_hint(err, "a role is OWNER, PLATFORM_ADMIN, TENANT_ADMIN or USER");
    return code;
}

static enum errcode read_roles(const json_t *list, const char *verb, enum authz_role *weakest,
                               struct error *err)
{
    bool seen[AUTHZ_ROLE_N] = {false};
    enum authz_role found = AUTHZ_ROLE_NONE;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        enum authz_role role = name ? authz_role_by_name(str_of(name)) : AUTHZ_ROLE_NONE;
        if (role == AUTHZ_ROLE_NONE) {
            return refuse(err, verb, i, "this is no role");
        }
        if (seen[role]) {
            return refuse(err, verb, i, "the role stands here twice");
        }
        seen[role] = true;
        found = role > found ? role : found;
    }
    *weakest = found;
    return ERR_OK;
}

static enum errcode decode(struct arena *a, const char *json, struct table_policy *out,
                           bool is_given[POLICY_VERB_N], struct error *err)
{
    json_t *doc;
    struct table_policy policy = {{AUTHZ_ROLE_NONE}};
    TRY(doc_parse(a, json && *json ? str_of(json) : STR("{}"), POLICY_DEPTH, &doc, err));
    TRY(doc_only(doc, verb_names, err));
    for (size_t v = 0; v < POLICY_VERB_N; v++) {
        const json_t *list = NULL;
        TRY(doc_opt_array(doc, verb_names[v], &list, err));
        is_given[v] = list != NULL;
        if (list) {
            TRY(read_roles(list, verb_names[v], &policy.weakest[v], err));
        }
    }
    *out = policy;
    return ERR_OK;
}

enum errcode table_policy_parse(const char *json, struct table_policy *out, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    bool is_given[POLICY_VERB_N];
    return decode(a, json, out, is_given, err);
}

/* The list that means @weakest: itself and TENANT_ADMIN before it, as the specification writes it;
 * the two above are admitted anyway. */
static void write_roles(struct json_writer *w, enum authz_role weakest)
{
    jsonw_begin_array(w);
    if (weakest == AUTHZ_USER) {
        jsonw_text(w, authz_role_name(AUTHZ_TENANT_ADMIN));
    }
    if (weakest != AUTHZ_ROLE_NONE) {
        jsonw_text(w, authz_role_name(weakest));
    }
    jsonw_end_array(w);
}

enum errcode table_policy_complete(struct arena *a, const char *json, const char **out,
                                   struct error *err)
{
    struct table_policy policy;
    bool is_given[POLICY_VERB_N];
    TRY(decode(a, json, &policy, is_given, err));
    struct buf text;
    struct json_writer w;
    buf_init(&text, BUF_MAX_DEFAULT);
    jsonw_init(&w, &text);
    jsonw_begin_object(&w);
    for (size_t v = 0; v < POLICY_VERB_N; v++) {
        jsonw_key(&w, verb_names[v]);
        write_roles(&w, is_given[v] ? policy.weakest[v] : defaults[v]);
    }
    jsonw_end_object(&w);
    *out = arena_str(a, buf_str(&text));
    buf_release(&text);
    return ERR_OK;
}
