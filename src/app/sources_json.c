#include "app/sources_json.h"

#include "app/source_options_json.h"
#include "app/source_policy_json.h"
#include "base/attr.h"
#include "base/utf8.h"
#include "catalog/doc_json.h"
#include "catalog/where.h"

#define PATTERNS_MAX     1000
#define PATTERN_MAX      200
#define STARS_MAX        4
#define DISPLAY_NAME_MAX 200
#define PASSWORD_MAX     4096

#define PLACE_KEYS                                                                             \
    "address", "host", "socket", "port", "database", "schema", "user", "tls", "tlsCa", "path", \
        "connections", "connectMs", "statementMs", "lockMs"

static const char *const new_keys[] = {"name",     "displayName", "kind",         "mode",
                                       "password", "allowTables", "forbidTables", "policy",
                                       PLACE_KEYS, NULL};
static const char *const change_keys[] = {"displayName",  "mode",   "password", "allowTables",
                                          "forbidTables", "policy", PLACE_KEYS, NULL};

/* ---- reading -------------------------------------------------------------------------------- */

static enum errcode check_pattern(const char *pattern, struct error *err)
{
    size_t n = strlen(pattern), stars = 0;
    for (size_t i = 0; i < n; i++) {
        stars += pattern[i] == '*';
    }
    return n > 0 && n <= PATTERN_MAX && stars <= STARS_MAX
               ? ERR_OK
               : ERROR(err, ERR_INVALID,
                       "a pattern is a name of at most %d bytes with at most %d *", PATTERN_MAX,
                       STARS_MAX);
}

static enum errcode decode_patterns(struct arena *a, const json_t *body, const char *key,
                                    struct source_names *out, struct error *err)
{
    const json_t *list = NULL;
    const char **names = NULL;
    TRY(doc_opt_array(body, key, &list, err));
    if (!list) {
        return ERR_OK;
    }
    TRY(where_prefix(err, text_list_decode(a, list, &names, &out->n, err), "/%s", key));
    if (out->n > PATTERNS_MAX) {
        return doc_wrong(err, key, "the list is too long");
    }
    for (size_t i = 0; i < out->n; i++) {
        TRY(where_prefix(err, check_pattern(names[i], err), "/%s/%zu", key, i));
    }
    out->items = names;
    return ERR_OK;
}

static enum errcode decode_mode(const json_t *body, struct source_edit *e, struct error *err)
{
    const char *mode = NULL;
    TRY(doc_opt_text(body, "mode", &mode, err));
    e->has_mode = mode != NULL;
    e->is_writable = text_eq(mode, "read-write");
    return !mode || e->is_writable || text_eq(mode, "read-only")
               ? ERR_OK
               : doc_wrong(err, "mode", "it is read-only or read-write");
}

static enum errcode decode_password(struct arena *a, const json_t *body, struct source_edit *e,
                                    struct error *err)
{
    const char *password = NULL;
    const json_t *given = json_object_get(body, "password");
    TRY(doc_opt_copy(a, body, "password", &password, err));
    if (!given) {
        return ERR_OK;
    }
    if (password && strlen(password) > PASSWORD_MAX) {
        return doc_wrong(err, "password", "it is too long");
    }
    e->has_password = true;
    e->password = password && *password ? str_of(password) : (struct str){0};
    return ERR_OK;
}

/* The password of an address is one like any other; in its place nothing stays of it. */
static enum errcode take_password(struct source_edit *e, struct error *err)
{
    const char *password = e->options.password;
    e->options.password = NULL;
    if (!password) {
        return ERR_OK;
    }
    if (e->has_password) {
        return doc_wrong(err, "password", "the address has a password too");
    }
    e->has_password = true;
    e->password = str_of(password);
    return ERR_OK;
}

/* A kind is said, or the address says it; one that is not known is a word that is kept. */
static enum errcode decode_place(const struct caller *c, const struct source *was,
                                 const json_t *body, struct source_edit *e, struct error *err)
{
    const struct engine_kinds *kinds = c->app->kinds;
    const struct engine_kind *kind = was ? was->kind : NULL;
    e->options = was ? was->options : (struct engine_options){0};
    e->kind = was ? was->record.kind : NULL;
    if (!was) {
        TRY(doc_opt_copy(c->arena, body, "kind", &e->kind, err));
        kind = e->kind ? engine_kind_find(kinds, str_of(e->kind)) : NULL;
    }
    if (e->kind && !kind) {
        return ERR_OK;
    }
    TRY(source_options_decode(kinds, c->arena, body, &kind, &e->options, &e->has_place, err));
    if (!kind) {
        return doc_wrong(err, "kind", "the kind of database is missing");
    }
    e->kind = kind->name;
    if (!was && !e->has_place) {
        return doc_wrong(err, kind->port ? "host" : "path", "it is not said where it is");
    }
    TRY(take_password(e, err));
    return e->password.p && kind->port != 0 && !e->options.user
               ? doc_wrong(err, "user", "a password needs a user")
               : ERR_OK;
}

static enum errcode decode_display_name(struct arena *a, const json_t *body, struct source_edit *e,
                                        struct error *err)
{
    TRY(doc_opt_copy(a, body, "displayName", &e->display_name, err));
    e->has_display_name = json_object_get(body, "displayName") != NULL;
    return !e->display_name || strlen(e->display_name) <= DISPLAY_NAME_MAX
               ? ERR_OK
               : doc_wrong(err, "displayName", "it is too long");
}

static enum errcode decode_policy(struct arena *a, const struct source *was, const json_t *body,
                                  struct source_edit *e, struct error *err)
{
    const json_t *policy = NULL;
    e->policy = was ? was->policy : source_policy_default(false);
    TRY(doc_opt_object(body, "policy", &policy, err));
    e->has_policy = policy != NULL;
    return policy ? where_prefix(err, source_policy_decode(a, policy, &e->policy, err), "/policy")
                  : ERR_OK;
}

enum errcode source_edit_decode(const struct caller *c, const struct source *was,
                                const json_t *body, struct source_edit *out, struct error *err)
{
    struct arena *a = c->arena;
    *out = (struct source_edit){0};
    TRY(doc_only(body, was ? change_keys : new_keys, err));
    if (!was) {
        TRY(doc_text(body, "name", &out->name, err));
    }
    TRY(decode_display_name(a, body, out, err));
    TRY(decode_mode(body, out, err));
    TRY(decode_password(a, body, out, err));
    TRY(decode_place(c, was, body, out, err));
    TRY(decode_patterns(a, body, "allowTables", &out->allow, err));
    TRY(decode_patterns(a, body, "forbidTables", &out->forbid, err));
    out->has_allow = json_object_get(body, "allowTables") != NULL;
    out->has_forbid = json_object_get(body, "forbidTables") != NULL;
    out->is_all = out->has_allow && doc_absent(body, "allowTables");
    return decode_policy(a, was, body, out, err);
}

/* ---- writing -------------------------------------------------------------------------------- */

static void encode_row(struct json_writer *w, struct arena *a, const struct source *s)
{
    const struct source_record *r = &s->record;
    jsonw_kv_text(w, "mode", r->is_writable ? "read-write" : "read-only");
    jsonw_kv_bool(w, "hasPassword", r->secret != NULL);
    jsonw_key(w, "options");
    jsonw_begin_object(w);
    source_options_encode(w, a, s->kind, &s->options);
    jsonw_end_object(w);
    if (s->has_allow) {
        jsonw_texts(w, "allowTables", s->allow.items, s->allow.n);
    } else {
        jsonw_kv_text(w, "allowTables", NULL);
    }
    jsonw_texts(w, "forbidTables", s->forbid.items, s->forbid.n);
    jsonw_kv_instant(w, "createdAt", r->created_at);
    jsonw_kv_instant(w, "updatedAt", r->updated_at);
    jsonw_key(w, "createdBy");
    if (r->created_by) {
        jsonw_int(w, r->created_by);
    } else {
        jsonw_null(w);
    }
}

static void encode_abilities(struct json_writer *w, const struct engine *e)
{
    size_t n = 0;
    const struct engine_ability *rows = engine_abilities(&n);
    jsonw_key(w, "abilities");
    if (!e) {
        jsonw_null(w);
        return;
    }
    jsonw_begin_object(w);
    for (size_t i = 0; i < n; i++) {
        jsonw_kv_bool(w, rows[i].name, engine_has(&e->caps, rows[i].name));
    }
    jsonw_end_object(w);
}

static void encode_types(struct json_writer *w, const struct engine_kind *kind)
{
    jsonw_key(w, "types");
    jsonw_begin_array(w);
    for (size_t i = 0; kind && i < kind->n_types; i++) {
        jsonw_begin_object(w);
        jsonw_kv_text(w, "type", kind->types[i].logical);
        jsonw_kv_text(w, "native", kind->types[i].native);
        jsonw_end_object(w);
    }
    jsonw_end_array(w);
}

/* Why an operation that the database could do is not done, NULL when it is. */
static const char *not_allowed(struct arena *a, const struct source_info *s, const char *op)
{
    if (!s->is_main && !s->source->record.is_writable) {
        return "the source is read-only";
    }
    for (size_t k = CHANGE_NONE + 1; k < CHANGE_N; k++) {
        if (text_eq(change_ops((enum change_kind)k)->wire, op)) {
            const char *why = source_policy_why_not(&s->source->policy, (enum change_kind)k);
            return why ? arena_printf(a, "the policy of the source does not allow it: \"%s\"", why)
                       : NULL;
        }
    }
    return NULL;
}

static void encode_ops(struct json_writer *w, struct arena *a, const struct source_info *s)
{
    jsonw_key(w, "operations");
    jsonw_begin_array(w);
    for (size_t i = 0; i < s->n_ops; i++) {
        const struct source_op *op = &s->ops[i];
        const char *why = op->is_supported ? not_allowed(a, s, op->op) : op->reason;
        jsonw_begin_object(w);
        jsonw_kv_text(w, "op", op->op);
        jsonw_kv_bool(w, "supported", op->is_supported);
        jsonw_kv_bool(w, "allowed", !why);
        jsonw_kv_text(w, "reason", why);
        jsonw_end_object(w);
    }
    jsonw_end_array(w);
}

void source_info_encode(struct json_writer *w, struct arena *a, const struct source_info *s)
{
    const struct source_record *r = &s->source->record;
    jsonw_begin_object(w);
    jsonw_kv_text(w, "name", r->name);
    jsonw_kv_text(w, "displayName", r->display_name ? r->display_name : r->name);
    jsonw_kv_text(w, "kind", r->kind);
    jsonw_kv_text(w, "label", s->source->kind ? s->source->kind->label : r->kind);
    jsonw_kv_text(w, "engine", s->engine ? s->engine->ops->name : r->kind);
    jsonw_kv_bool(w, "managed", s->is_main);
    if (s->is_main) {
        jsonw_kv_text(w, "mode", "read-write");
    } else {
        encode_row(w, a, s->source);
    }
    jsonw_kv_bool(w, "connected", s->engine != NULL);
    jsonw_kv_text(w, "problem", s->problem);
    jsonw_kv_text(w, "version", s->engine ? s->engine->version : NULL);
    encode_abilities(w, s->engine);
    encode_types(w, s->source->kind);
    encode_ops(w, a, s);
    jsonw_key(w, "policy");
    source_policy_encode(w, &s->source->policy);
    jsonw_key(w, "can");
    jsonw_begin_object(w);
    jsonw_kv_bool(w, "update", s->can_update);
    jsonw_kv_bool(w, "delete", s->can_delete);
    jsonw_kv_bool(w, "test", s->can_test);
    jsonw_end_object(w);
    jsonw_end_object(w);
}
