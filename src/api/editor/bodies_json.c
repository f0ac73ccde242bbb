#include "api/editor/bodies_json.h"

#include <string.h>

#include "base/attr.h"
#include "catalog/column_json.h"
#include "catalog/doc_json.h"
#include "catalog/table_json.h"
#include "change/change_json.h"

/* ---- one operation ----------------------------------------------------------------------- */

static enum errcode decode_one(struct call *c, json_t *operation, const char *part,
                               struct change_list *out, struct error *err)
{
    json_t *list = doc_tie(c->arena, json_array());
    BUG_ON(json_array_append_new(list, operation) != 0);
    return editor_where(err, change_list_decode(c->arena, list, out, err), part);
}

static json_t *make_operation(const char *op, const char *table, const char *key,
                              const json_t *value)
{
    json_t *o = json_object();
    BUG_ON(json_object_set_new(o, "op", json_string(op)) != 0);
    if (table) {
        BUG_ON(json_object_set_new(o, "table", json_string(table)) != 0);
    }
    BUG_ON(json_object_set(o, key, (json_t *)value) != 0);
    return o;
}

static enum errcode check_object(const json_t *body, struct error *err)
{
    if (!json_is_object(body)) {
        ERROR(err, ERR_INVALID, "the body is an object");
        return error_where(err, "/");
    }
    return ERR_OK;
}

enum errcode body_create_table(struct call *c, struct change_list *out, struct error *err)
{
    TRY(check_object(c->body, err));
    return decode_one(c, make_operation("CREATE_TABLE", NULL, "table", c->body), "/table", out,
                      err);
}

enum errcode body_create_column(struct call *c, const char *table, struct change_list *out,
                                struct error *err)
{
    TRY(check_object(c->body, err));
    json_t *column = doc_tie(c->arena, json_copy((json_t *)c->body));
    const json_t *after = json_object_get(c->body, "after");
    (void)json_object_del(column, "after"); /* it may not be there */
    json_t *operation = make_operation("CREATE_COLUMN", table, "column", column);
    if (after) {
        BUG_ON(json_object_set(operation, "after", (json_t *)after) != 0);
    }
    return decode_one(c, operation, "/column", out, err);
}

enum errcode body_create_index(struct call *c, const char *table, struct change_list *out,
                               struct error *err)
{
    TRY(check_object(c->body, err));
    return decode_one(c, make_operation("CREATE_INDEX", table, "index", c->body), "/index", out,
                      err);
}

/* ---- a table ----------------------------------------------------------------------------- */

static enum errcode read_texts(struct call *c, const json_t *doc, struct app_table_set *out,
                               struct error *err)
{
    struct {
        const char *key;
        unsigned field;
        const char **to;
    } texts[] = {
        {"displayName", APP_TABLE_DISPLAY_NAME, &out->display_name},
        {"description", APP_TABLE_DESCRIPTION, &out->description},
        {"icon", APP_TABLE_ICON, &out->icon},
        {"color", APP_TABLE_COLOR, &out->color},
        {"apiPrefix", APP_TABLE_API_PREFIX, &out->api_prefix},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (json_object_get(doc, texts[i].key)) {
            TRY(doc_opt_copy(c->arena, doc, texts[i].key, texts[i].to, err));
            out->fields |= texts[i].field;
        }
    }
    return ERR_OK;
}

enum errcode body_table(struct call *c, struct app_table_set *out, const char **new_name,
                        struct error *err)
{
    static const char *const keys[] = {"displayName", "description", "icon",
                                       "color",       "apiEnabled",  "apiPrefix",
                                       "permissions", "tableName",   NULL};
    const json_t *doc = NULL, *permissions = NULL;
    *out = (struct app_table_set){0};
    *new_name = NULL;
    TRY(canonical_keys(c->arena, c->body, &doc, err));
    TRY(doc_only(doc, keys, err));
    TRY(read_texts(c, doc, out, err));
    TRY(doc_opt_copy(c->arena, doc, "tableName", new_name, err));
    if (!doc_absent(doc, "apiEnabled")) {
        TRY(doc_opt_bool(doc, "apiEnabled", &out->api_enabled, err));
        out->fields |= APP_TABLE_API_ENABLED;
    }
    TRY(doc_opt_object(doc, "permissions", &permissions, err));
    if (permissions) {
        out->permissions = doc_dump(c->arena, permissions, false);
        out->fields |= APP_TABLE_PERMISSIONS;
    }
    if (out->fields == 0 && !*new_name) {
        ERROR(err, ERR_INVALID, "there is nothing to change");
        return error_where(err, "/");
    }
    return ERR_OK;
}

/* ---- a column ---------------------------------------------------------------------------- */

/* Members of a body that say how the column is shown, not how it is. */
static const char *const shown_keys[] = {"displayName", "validation", "comment", "options"};

static json_t *column_doc_of(struct arena *a, const struct table *t, const struct column *column,
                             struct error *err)
{
    struct buf b;
    struct json_writer w;
    json_t *doc = NULL;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    column_encode(&w, t, column);
    enum errcode code = doc_parse(a, buf_str(&b), JSON_DEPTH_MAX, &doc, err);
    buf_release(&b);
    return code == ERR_OK ? doc_tie(a, json_copy(doc)) : NULL;
}

/* The other spelling of a member that @given says. */
static void forget_twin(json_t *merged, const char *given)
{
    static const char *const twins[][2] = {
        {"allowNull", "nullable"},
        {"defaultExpression", "defaultValue"},
        {"defaultValue", "defaultExpression"},
    };
    for (size_t i = 0; i < ARRAY_LEN(twins); i++) {
        if (text_eq(given, twins[i][0])) {
            (void)json_object_del(merged, twins[i][1]); /* it may not be there */
        }
    }
}

static bool rules_apart(const struct expr *a, const struct expr *b)
{
    return (a == NULL) != (b == NULL) || (a && !expr_equal(a, b));
}

static enum errcode refuse_change(struct error *err, const char *key, const char *what)
{
    ERROR(err, ERR_UNSUPPORTED, "the %s of a column cannot be changed", what);
    error_hint(err, "make a new column and drop this one");
    return error_where(err, "/%s", key);
}

/* What the merged document says beyond what can be changed. */
static enum errcode check_same(const struct column *was, const struct column_doc *now,
                               struct error *err)
{
    const struct column *c = &now->column;
    if (now->is_relation ? !text_eq(c->related_table, was->related_table)
                         : !type_equal(&c->type, &was->type)) {
        return refuse_change(err, now->is_relation ? "relatedTable" : "type", "type");
    }
    if (c->is_nullable != was->is_nullable) {
        return refuse_change(err, "nullable", "nullability");
    }
    if (was->generated == GENERATED_NONE && rules_apart(c->default_value, was->default_value)) {
        return refuse_change(err, "defaultValue", "default");
    }
    if (!text_eq(c->on_delete_text, was->on_delete_text)) {
        return refuse_change(err, "onDelete", "action");
    }
    if (!text_eq(c->on_update_text, was->on_update_text)) {
        return refuse_change(err, "onUpdate", "action");
    }
    bool is_key = c->is_auto_increment == was->is_auto_increment;
    return is_key ? ERR_OK : refuse_change(err, "autoIncrement", "counter");
}

static bool says_shown(const json_t *doc)
{
    for (size_t i = 0; i < ARRAY_LEN(shown_keys); i++) {
        if (json_object_get(doc, shown_keys[i])) {
            return true;
        }
    }
    return false;
}

/* What belongs to the type as it is means nothing for another one. */
static void forget_type(json_t *merged, const char *type)
{
    static const char *const members[] = {"kind",     "bits",        "precision",  "scale",
                                          "values",   "element",     "maxLength",  "unsigned",
                                          "keyType",  "onDelete",    "nativeType", "relatedTable",
                                          "onUpdate", "relationType"};
    const char *was = json_string_value(json_object_get(merged, "type"));
    for (size_t i = 0; i < ARRAY_LEN(members) && !str_eq_nocase(str_of(was), str_of(type)); i++) {
        (void)json_object_del(merged, members[i]); /* it may not be there */
    }
}

/* The column as it is with the members of @doc over it. */
static enum errcode merge(struct call *c, const struct app_table *t, const struct column *column,
                          const json_t *doc, struct column_doc *out, struct error *err)
{
    json_t *merged = column_doc_of(c->arena, t->table, column, err);
    const char *key = NULL;
    json_t *value = NULL;
    if (!merged) {
        return ERR_INTERNAL;
    }
    const char *type = json_string_value(json_object_get(doc, "type"));
    if (type) {
        forget_type(merged, type);
    }
    json_object_foreach((json_t *)doc, key, value)
    {
        if (text_eq(key, "nativeType") && !json_equal(value, json_object_get(merged, key))) {
            return refuse_change(err, key, "type");
        }
        forget_twin(merged, key);
        BUG_ON(json_object_set(merged, key, value) != 0);
    }
    BUG_ON(json_object_set_new(merged, "name", json_string(column->name)) != 0);
    return column_doc_decode(c->arena, merged, out, err);
}

enum errcode body_column(struct call *c, const struct app_table *t, const struct column *column,
                         struct column_body *out, struct error *err)
{
    const json_t *given = NULL;
    struct column_doc merged;
    *out = (struct column_body){.is_unique = -1};
    TRY(canonical_keys(c->arena, c->body, &given, err));
    json_t *doc = doc_tie(c->arena, json_copy((json_t *)given));
    TRY(doc_opt_copy(c->arena, doc, "name", &out->new_name, err));
    if (json_object_get(doc, "order")) {
        TRY(doc_opt_size(doc, "order", 1, 100000, &out->set.order, err));
    }
    (void)json_object_del(doc, "order");
    (void)json_object_del(doc, "name");
    (void)json_object_del(doc, "can"); /* what a GET says beside the column itself */
    TRY(merge(c, t, column, doc, &merged, err));
    TRY(check_same(column, &merged, err));
    if (json_object_get(doc, "unique") && merged.column.is_unique != column->is_unique) {
        out->is_unique = merged.column.is_unique;
    }
    if (says_shown(doc)) {
        struct column *shown = ARENA_NEW(c->arena, struct column);
        *shown = merged.column;
        /* an empty note stands over the one that the table's own text may have */
        shown->comment = shown->comment ? shown->comment : column->comment ? "" : NULL;
        out->set.shown = shown;
    }
    return ERR_OK;
}

/* ---- a list of changes ------------------------------------------------------------------- */

static enum errcode read_confirm(struct call *c, struct changes_body *out, struct error *err)
{
    const json_t *list = NULL;
    const char **ids = NULL;
    out->confirm = editor_confirm(c);
    TRY(doc_opt_array(c->body, "confirm", &list, err));
    if (list) {
        if (text_list_decode(c->arena, list, &ids, &out->confirm.n, err) != ERR_OK) {
            return error_prefix_where(err, "/confirm");
        }
        out->confirm.ids = ids;
    }
    return ERR_OK;
}

/* The body may name the source in place of the parameter; both say the same or one is wrong. */
static enum errcode use_source(struct call *c, struct error *err)
{
    const char *source = NULL;
    TRY(doc_opt_text(c->body, "source", &source, err));
    if (!source || text_eq(source, caller_source_name(c->caller))) {
        return ERR_OK;
    }
    if (call_query(c, "source").p) {
        return doc_wrong(err, "source", "the parameter \"source\" names another one");
    }
    enum errcode code = caller_use_source(c->caller, str_of(source), err);
    if (code == ERR_NOT_FOUND && err) {
        return error_where(err, "/source");
    }
    return code;
}

/* The schema manager's operations name their source one by one; a change runs in one source. */
static enum errcode use_datasource(struct call *c, const json_t *list, struct error *err)
{
    bool is_said = call_query(c, "source").p || !doc_absent(c->body, "source");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name =
            json_string_value(json_object_get(json_array_get(list, i), "datasource"));
        if (!name || text_eq(name, caller_source_name(c->caller))) {
            continue;
        }
        enum errcode code = i == 0 && !is_said ? caller_use_source(c->caller, str_of(name), err)
                                               : ERROR(err, ERR_INVALID, "a change has one source");
        if (code != ERR_OK) {
            return err ? error_where(err, "/operations/%zu/datasource", i) : code;
        }
    }
    return ERR_OK;
}

enum errcode body_changes(struct call *c, bool is_preview, struct changes_body *out,
                          struct error *err)
{
    static const char *const preview_keys[] = {"source", "operations", NULL};
    static const char *const run_keys[] = {"source", "operations", "planId", "confirm", NULL};
    const json_t *list = NULL;
    *out = (struct changes_body){0};
    TRY(check_object(c->body, err));
    TRY(doc_only(c->body, is_preview ? preview_keys : run_keys, err));
    TRY(use_source(c, err));
    TRY(read_confirm(c, out, err));
    TRY(doc_opt_text(c->body, "planId", &out->plan_id, err));
    if (out->plan_id) {
        return json_object_get(c->body, "operations")
                   ? doc_wrong(err, "operations", "the plan says them already")
                   : ERR_OK;
    }
    TRY(doc_array(c->body, "operations", &list, err));
    TRY(use_datasource(c, list, err));
    return change_list_decode(c->arena, list, &out->list, err);
}
