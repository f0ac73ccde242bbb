#include "app/source_policy_json.h"

#include "base/attr.h"
#include "catalog/doc_json.h"
#include "catalog/where.h"

#define NAMES_MAX 1000

#define OPTION(name, member)                         \
    {                                                \
        name, offsetof(struct source_policy, member) \
    }

static const struct option {
    const char *name;
    size_t offset;
} flags[] =
    {
        OPTION("enabled", enabled),
        OPTION("requireConfirmation", require_confirmation),
        OPTION("dryRunMode", dry_run_mode),
        OPTION("enableTableCreation", enable_table_creation),
        OPTION("enableTableDeletion", enable_table_deletion),
        OPTION("enableColumnModification", enable_column_modification),
        OPTION("enableColumnDeletion", enable_column_deletion),
        OPTION("enableIndexManagement", enable_index_management),
        OPTION("enableForeignKeyManagement", enable_foreign_key_management),
},
  lists[] = {
      OPTION("allowedDatabases", allowed_databases),
      OPTION("forbiddenTables", forbidden_tables),
      OPTION("forbiddenColumns", forbidden_columns),
};

static const char *const hooks[] = {"beforeSchemaChange", "afterSchemaChange", "onError"};
static const char *const always[] = {"enableMigrationTracking", "autoRefreshSchema"};

static const char *const environments[] = {
    [ENVIRONMENT_DEVELOPMENT] = "development",
    [ENVIRONMENT_TEST] = "test",
    [ENVIRONMENT_PRODUCTION] = "production",
};

static const char *const keys[] = {
    "enabled",
    "environment",
    "restrictTo",
    "requireConfirmation",
    "dryRunMode",
    "enableTableCreation",
    "enableTableDeletion",
    "enableColumnModification",
    "enableColumnDeletion",
    "enableIndexManagement",
    "enableForeignKeyManagement",
    "allowedDatabases",
    "forbiddenTables",
    "forbiddenColumns",
    "beforeSchemaChange",
    "afterSchemaChange",
    "onError",
    "enableMigrationTracking",
    "autoRefreshSchema",
    NULL,
};

static enum errcode decode_names(struct arena *a, const json_t *doc, const struct option *o,
                                 struct source_policy *p, struct error *err)
{
    const json_t *list = NULL;
    const char **names = NULL;
    struct source_names *out = (struct source_names *)((char *)p + o->offset);
    TRY(doc_opt_array(doc, o->name, &list, err));
    if (!list) {
        return ERR_OK;
    }
    TRY(where_prefix(err, text_list_decode(a, list, &names, &out->n, err), "/%s", o->name));
    if (out->n > NAMES_MAX) {
        return doc_wrong(err, o->name, "the list is too long");
    }
    out->items = names;
    return ERR_OK;
}

static enum errcode decode_levels(struct arena *a, const json_t *doc, struct source_policy *p,
                                  struct error *err)
{
    const json_t *list = NULL;
    const char **names = NULL;
    size_t n = 0;
    TRY(doc_opt_array(doc, "restrictTo", &list, err));
    if (!list) {
        return ERR_OK;
    }
    TRY(where_prefix(err, text_list_decode(a, list, &names, &n, err), "/restrictTo"));
    p->n_restrict_to = 0;
    for (size_t i = 0; i < n; i++) {
        enum authz_level level = authz_level_by_name(str_of(names[i]));
        bool is_new = level != AUTHZ_LEVEL_NONE;
        for (size_t k = 0; k < p->n_restrict_to && is_new; k++) {
            is_new = p->restrict_to[k] != level;
        }
        if (!is_new) {
            return where_prefix(
                err,
                ERROR(err, ERR_INVALID, "a level is admin, developer, editor or user, once each"),
                "/restrictTo/%zu", i);
        }
        p->restrict_to[p->n_restrict_to++] = level;
    }
    return ERR_OK;
}

static enum errcode decode_environment(const json_t *doc, struct source_policy *p,
                                       struct error *err)
{
    const char *name = NULL;
    TRY(doc_opt_text(doc, "environment", &name, err));
    for (size_t i = ENVIRONMENT_DEVELOPMENT; name && i < ENVIRONMENT_N; i++) {
        if (text_eq(environments[i], name)) {
            p->environment = (enum source_environment)i;
            return ERR_OK;
        }
    }
    return name ? doc_wrong(err, "environment", "it is development, test or production") : ERR_OK;
}

/* What cannot be otherwise, or is not there: said, so that nobody believes in it. */
static enum errcode refuse_others(const json_t *doc, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(hooks); i++) {
        if (!doc_absent(doc, hooks[i])) {
            ERROR(err, ERR_UNSUPPORTED, "\"%s\" is code, which a server does not take", hooks[i]);
            (void)error_hint(err, "it is null; the audit tells what happened");
            return error_where(err, "/%s", hooks[i]);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(always); i++) {
        bool is_on = true;
        TRY(doc_opt_bool(doc, always[i], &is_on, err));
        if (!is_on) {
            ERROR(err, ERR_UNSUPPORTED, "\"%s\" is always on", always[i]);
            return error_where(err, "/%s", always[i]);
        }
    }
    return ERR_OK;
}

enum errcode source_policy_decode(struct arena *a, const json_t *doc, struct source_policy *p,
                                  struct error *err)
{
    struct source_policy now = *p;
    TRY(doc_only(doc, keys, err));
    TRY(refuse_others(doc, err));
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        TRY(doc_opt_bool(doc, flags[i].name, (bool *)((char *)&now + flags[i].offset), err));
    }
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        TRY(decode_names(a, doc, &lists[i], &now, err));
    }
    TRY(decode_levels(a, doc, &now, err));
    TRY(decode_environment(doc, &now, err));
    *p = now;
    return ERR_OK;
}

void source_policy_encode(struct json_writer *w, const struct source_policy *p)
{
    jsonw_begin_object(w);
    jsonw_kv_text(w, "environment", environments[p->environment]);
    jsonw_key(w, "restrictTo");
    jsonw_begin_array(w);
    for (size_t i = 0; i < p->n_restrict_to; i++) {
        jsonw_text(w, authz_level_name(p->restrict_to[i]));
    }
    jsonw_end_array(w);
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        jsonw_kv_bool(w, flags[i].name, *(const bool *)((const char *)p + flags[i].offset));
    }
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        const struct source_names *names =
            (const struct source_names *)((const char *)p + lists[i].offset);
        jsonw_texts(w, lists[i].name, names->items, names->n);
    }
    for (size_t i = 0; i < ARRAY_LEN(hooks); i++) {
        jsonw_kv_text(w, hooks[i], NULL);
    }
    for (size_t i = 0; i < ARRAY_LEN(always); i++) {
        jsonw_kv_bool(w, always[i], true);
    }
    jsonw_end_object(w);
}

const char *source_policy_text(struct arena *a, const struct source_policy *p)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    source_policy_encode(&w, p);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

enum errcode source_policy_read(struct arena *a, const char *text, bool is_main,
                                struct source_policy *out, struct error *err)
{
    json_t *doc = NULL;
    *out = source_policy_default(is_main);
    if (!text) {
        return ERR_OK;
    }
    TRY(doc_parse(a, str_of(text), JSON_DEPTH_MAX, &doc, err));
    return source_policy_decode(a, doc, out, err);
}
