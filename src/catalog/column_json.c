#include "catalog/column_json.h"

#include "base/attr.h"
#include "base/regex.h"
#include "catalog/doc_json.h"
#include "catalog/literal_json.h"
#include "catalog/table_json.h"
#include "catalog/type_json.h"
#include "catalog/where.h"

static enum errcode decode_relation_type(struct arena *a, const json_t *doc, struct column_doc *out,
                                         struct error *err)
{
    const char *key_type = NULL;
    out->is_relation = true;
    TRY(doc_opt_text(doc, "keyType", &key_type, err));
    out->knows_key = key_type != NULL;
    if (key_type) {
        TRY(where_prefix(err, type_parse(a, key_type, &out->column.type, err), "/keyType"));
    }
    if (doc_absent(doc, "relatedTable")) {
        return doc_wrong(err, "relatedTable", "a relation names its related table");
    }
    return type_decode_native(a, doc, &out->column.type, err);
}

static enum errcode decode_type(struct arena *a, const json_t *doc, struct column_doc *out,
                                struct error *err)
{
    const char *name = NULL;
    TRY(doc_text(doc, "type", &name, err));
    if (str_eq_nocase(str_trim(str_of(name)), STR("relation"))) {
        return decode_relation_type(a, doc, out, err);
    }
    return type_decode(a, doc, &out->column.type, err);
}

static enum errcode opt_number(const json_t *doc, const char *key, bool *has, double *out,
                               struct error *err)
{
    if (doc_absent(doc, key)) {
        return ERR_OK;
    }
    const json_t *value = json_object_get(doc, key);
    if (!json_is_number(value)) {
        return doc_wrong(err, key, "a number is expected here");
    }
    *has = true;
    *out = json_number_value(value);
    return ERR_OK;
}

static enum errcode decode_enum_rule(struct arena *a, const json_t *doc, struct column_rules *r,
                                     struct error *err)
{
    const json_t *list = NULL;
    TRY(doc_opt_array(doc, "enum", &list, err));
    if (!list) {
        return ERR_OK;
    }
    size_t n = json_array_size(list);
    const char **texts = ARENA_ARRAY(a, n, const char *);
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(list, i);
        if (!json_is_string(item) && !json_is_number(item)) {
            enum errcode code = ERROR(err, ERR_INVALID, "a text or a number is expected here");
            return where_prefix(err, code, "/enum/%zu", i);
        }
        texts[i] = json_is_string(item) ? arena_strdup(a, json_string_value(item))
                                        : doc_dump(a, item, false);
        if (json_is_string(item) && strlen(texts[i]) != json_string_length(item)) {
            enum errcode code = ERROR(err, ERR_INVALID, "a NUL character is not taken here");
            return where_prefix(err, code, "/enum/%zu", i);
        }
    }
    r->one_of = texts;
    r->n_one_of = n;
    return ERR_OK;
}

static enum errcode check_rules(const struct column_rules *r, struct error *err)
{
    if (r->has_min && r->has_max && r->min > r->max) {
        return doc_wrong(err, "max", "max is below min");
    }
    if (r->has_min_length && r->has_max_length && r->min_length > r->max_length) {
        return doc_wrong(err, "maxLength", "maxLength is below minLength");
    }
    return ERR_OK;
}

/* A pattern that does not compile would refuse every row. */
static enum errcode check_pattern(const char *pattern, struct error *err)
{
    struct arena *scratch AUTO(arena_freep) = arena_new();
    struct regex *re = NULL;
    return pattern ? regex_compile(scratch, pattern, &re, err) : ERR_OK;
}

enum errcode rules_decode(struct arena *a, const json_t *doc, struct column_rules *r,
                          struct error *err)
{
    static const char *const keys[] = {"minLength", "maxLength", "min", "max",
                                       "pattern",   "enum",      NULL};
    TRY(doc_only(doc, keys, err));
    TRY(doc_opt_size(doc, "minLength", 0, 1000000000, &r->min_length, err));
    TRY(doc_opt_size(doc, "maxLength", 0, 1000000000, &r->max_length, err));
    r->has_min_length = !doc_absent(doc, "minLength");
    r->has_max_length = !doc_absent(doc, "maxLength");
    TRY(opt_number(doc, "min", &r->has_min, &r->min, err));
    TRY(opt_number(doc, "max", &r->has_max, &r->max, err));
    TRY(doc_opt_copy(a, doc, "pattern", &r->pattern, err));
    TRY(where_prefix(err, check_pattern(r->pattern, err), "/pattern"));
    TRY(decode_enum_rule(a, doc, r, err));
    return check_rules(r, err);
}

static enum errcode decode_validation(struct arena *a, const json_t *doc, struct column *c,
                                      struct error *err)
{
    const json_t *rules = NULL;
    TRY(doc_opt_object(doc, "validation", &rules, err));
    if (!rules) {
        return ERR_OK;
    }
    TRY(where_prefix(err, rules_decode(a, rules, &c->rules, err), "/validation"));
    const struct column_rules *r = &c->rules;
    bool is_text = type_is_text(&c->type) || c->type.kind == TYPE_NONE;
    if ((r->has_min_length || r->has_max_length || r->pattern) && !is_text) {
        return doc_wrong(err, "validation", "lengths and patterns are for texts");
    }
    if ((r->has_min || r->has_max) && !type_is_number(&c->type)) {
        return doc_wrong(err, "validation", "min and max are for numbers");
    }
    if (c->type.kind == TYPE_ENUM) {
        c->rules.n_one_of = 0; /* the type says it */
    }
    return ERR_OK;
}

/* Texts that mean a function as a default, by the type of the column. */
static const struct {
    const char *text;
    enum type_kind from, to;
    const char *call;
} default_calls[] = {
    {"now()", TYPE_DATETIME, TYPE_INSTANT, "now"},
    {"now", TYPE_DATETIME, TYPE_INSTANT, "now"},
    {"current_timestamp", TYPE_DATETIME, TYPE_INSTANT, "now"},
    {"current_timestamp()", TYPE_DATETIME, TYPE_INSTANT, "now"},
    {"now()", TYPE_DATE, TYPE_DATE, "current_date"},
    {"now", TYPE_DATE, TYPE_DATE, "current_date"},
    {"current_timestamp", TYPE_DATE, TYPE_DATE, "current_date"},
    {"current_date", TYPE_DATE, TYPE_DATE, "current_date"},
    {"current_date()", TYPE_DATE, TYPE_DATE, "current_date"},
    {"uuid()", TYPE_UUID, TYPE_UUID, "uuid"},
    {"gen_random_uuid()", TYPE_UUID, TYPE_UUID, "uuid"},
    {"uuidv4", TYPE_UUID, TYPE_UUID, "uuid"},
};

static const struct expr *known_default(struct arena *a, const json_t *doc, const struct type *t)
{
    struct str text = str_of(json_string_value(doc));
    for (size_t i = 0; text.p && i < ARRAY_LEN(default_calls); i++) {
        bool fits = t->kind >= default_calls[i].from && t->kind <= default_calls[i].to;
        if (fits && str_eq_nocase(text, str_of(default_calls[i].text))) {
            return expr_make(a, EXPR_CALL, default_calls[i].call, NULL, 0);
        }
    }
    return NULL;
}

static enum errcode decode_default_value(struct arena *a, const json_t *doc, const struct type *t,
                                         const struct expr **out, struct error *err)
{
    *out = known_default(a, doc, t);
    if (*out) {
        return ERR_OK;
    }
    bool is_json = t->kind == TYPE_JSON || t->kind == TYPE_ARRAY;
    if (json_is_object(doc) && !is_json) {
        return expr_decode(a, doc, out, err);
    }
    struct value v = value_null();
    TRY(literal_decode(a, doc, t, &v, err));
    *out = expr_literal(a, v);
    return ERR_OK;
}

static enum errcode decode_default(struct arena *a, const json_t *doc, struct column *c,
                                   struct error *err)
{
    if (!doc_absent(doc, "defaultValue") && !doc_absent(doc, "defaultExpression")) {
        return doc_wrong(err, "defaultExpression", "a column has one default");
    }
    if (!doc_absent(doc, "defaultExpression")) {
        const json_t *value = json_object_get(doc, "defaultExpression");
        return where_prefix(err, expr_decode(a, value, &c->default_value, err),
                            "/defaultExpression");
    }
    if (doc_absent(doc, "defaultValue")) {
        return ERR_OK;
    }
    const json_t *value = json_object_get(doc, "defaultValue");
    return where_prefix(err, decode_default_value(a, value, &c->type, &c->default_value, err),
                        "/defaultValue");
}

static enum errcode decode_generated(struct arena *a, const json_t *doc, struct column *c,
                                     struct error *err)
{
    static const char *const keys[] = {"as", "stored", NULL};
    const json_t *generated = NULL;
    TRY(doc_opt_object(doc, "generated", &generated, err));
    if (!generated) {
        return ERR_OK;
    }
    TRY(where_prefix(err, doc_only(generated, keys, err), "/generated"));
    bool stored = false;
    TRY(where_prefix(err, doc_opt_bool(generated, "stored", &stored, err), "/generated"));
    const json_t *as = json_object_get(generated, "as");
    if (!as) {
        return doc_wrong(err, "generated", "a generated column says what it is made of");
    }
    TRY(where_prefix(err, expr_text_decode(a, as, &c->generated_as, err), "/generated/as"));
    c->generated = stored ? GENERATED_STORED : GENERATED_VIRTUAL;
    if (c->default_value) {
        return doc_wrong(err, "generated", "a generated column has no default");
    }
    return ERR_OK;
}

static enum errcode decode_action(const json_t *doc, const char *key, enum fk_action *out,
                                  struct error *err)
{
    const char *text = NULL;
    TRY(doc_opt_text(doc, key, &text, err));
    if (!text) {
        return ERR_OK;
    }
    *out = fk_action_parse(text);
    return *out ? ERR_OK : doc_wrong(err, key, "this is not an action");
}

static enum errcode decode_reference(struct arena *a, const json_t *doc, struct column_doc *out,
                                     struct error *err)
{
    static const char *const keys[] = {"table", "column", "onDelete", "onUpdate", "deferred", NULL};
    const json_t *ref = NULL;
    TRY(canonical_keys(a, doc, &ref, err));
    TRY(doc_only(ref, keys, err));
    const char *table = NULL;
    const char *column = NULL;
    TRY(doc_text(ref, "table", &table, err));
    TRY(doc_opt_text(ref, "column", &column, err));
    struct foreign_key *fk = &out->reference;
    fk->referenced_table = arena_strdup(a, table);
    fk->n_columns = 1;
    fk->columns = ARENA_ARRAY(a, 1, const char *);
    fk->columns[0] = out->column.name;
    if (column) {
        fk->referenced_columns = ARENA_ARRAY(a, 1, const char *);
        fk->referenced_columns[0] = arena_strdup(a, column);
    }
    TRY(decode_action(ref, "onDelete", &fk->on_delete, err));
    TRY(decode_action(ref, "onUpdate", &fk->on_update, err));
    TRY(doc_opt_bool(ref, "deferred", &fk->is_deferred, err));
    out->has_reference = true;
    return ERR_OK;
}

static enum errcode decode_relation(struct arena *a, const json_t *doc, struct column_doc *out,
                                    struct error *err)
{
    struct column *c = &out->column;
    enum fk_action on_delete = c->is_nullable ? FK_SET_NULL : FK_RESTRICT;
    enum fk_action on_update = FK_ACTION_NONE;
    TRY(doc_opt_copy(a, doc, "relatedTable", &c->related_table, err));
    TRY(doc_opt_copy(a, doc, "relationType", &c->relation_type, err));
    TRY(doc_opt_copy(a, doc, "onDelete", &c->on_delete_text, err));
    TRY(doc_opt_copy(a, doc, "onUpdate", &c->on_update_text, err));
    TRY(decode_action(doc, "onDelete", &on_delete, err));
    TRY(decode_action(doc, "onUpdate", &on_update, err));
    if (!out->is_relation && c->related_table) {
        return doc_wrong(err, "relatedTable", "only a relation names a related table");
    }
    if (c->relation_type && text_eq(c->relation_type, "hasMany")) {
        return doc_wrong(err, "relationType", "a hasMany relation is a column of the other table");
    }
    if (c->relation_type && !text_eq(c->relation_type, "belongsTo")) {
        return doc_wrong(err, "relationType", "the relation is belongsTo or hasMany");
    }
    if (!out->is_relation) {
        return ERR_OK;
    }
    if (!c->is_nullable && on_delete == FK_SET_NULL) {
        return doc_wrong(err, "onDelete", "a required relation cannot be set to null");
    }
    out->has_reference = true;
    out->reference = (struct foreign_key){
        .columns = ARENA_ARRAY(a, 1, const char *),
        .referenced_table = c->related_table,
        .n_columns = 1,
        .on_delete = on_delete,
        .on_update = on_update,
    };
    out->reference.columns[0] = c->name;
    return ERR_OK;
}

static enum errcode decode_flags(const json_t *doc, struct column_doc *out, struct error *err)
{
    struct column *c = &out->column;
    bool allow_null = true;
    c->is_nullable = true;
    if (!doc_absent(doc, "nullable") && !doc_absent(doc, "allowNull")) {
        return doc_wrong(err, "allowNull", "\"nullable\" says it already");
    }
    TRY(doc_opt_bool(doc, "allowNull", &allow_null, err));
    c->is_nullable = allow_null;
    TRY(doc_opt_bool(doc, "nullable", &c->is_nullable, err));
    TRY(doc_opt_bool(doc, "unique", &c->is_unique, err));
    TRY(doc_opt_bool(doc, "primaryKey", &out->is_primary_key, err));
    TRY(doc_opt_bool(doc, "autoIncrement", &c->is_auto_increment, err));
    if (out->is_primary_key && doc_absent(doc, "nullable") && doc_absent(doc, "allowNull")) {
        c->is_nullable = false;
    }
    if (c->is_auto_increment && !type_is_integer(&c->type)) {
        return doc_wrong(err, "autoIncrement", "only an integer counts by itself");
    }
    return ERR_OK;
}

static enum errcode decode_rest(struct arena *a, const json_t *doc, struct column_doc *out,
                                struct error *err)
{
    struct column *c = &out->column;
    const json_t *options = NULL;
    TRY(doc_opt_copy(a, doc, "displayName", &c->display_name, err));
    TRY(doc_opt_copy(a, doc, "comment", &c->comment, err));
    TRY(doc_opt_copy(a, doc, "collation", &c->collation, err));
    TRY(doc_opt_object(doc, "options", &options, err));
    c->options = options ? doc_dump(a, options, true) : NULL;
    if (!doc_absent(doc, "check")) {
        const json_t *check = json_object_get(doc, "check");
        TRY(where_prefix(err, expr_text_decode(a, check, &out->check, err), "/check"));
    }
    if (!doc_absent(doc, "references")) {
        if (out->is_relation) {
            return doc_wrong(err, "references", "a relation is a reference already");
        }
        const json_t *ref = json_object_get(doc, "references");
        TRY(where_prefix(err, decode_reference(a, ref, out, err), "/references"));
    }
    return ERR_OK;
}

enum errcode column_doc_decode(struct arena *a, const json_t *given, struct column_doc *out,
                               struct error *err)
{
    static const char *const keys[] = {
        "name",
        "displayName",
        "type",
        "kind",
        "bits",
        "precision",
        "scale",
        "maxLength",
        "values",
        "nativeType",
        "element",
        "unsigned",
        "nullable",
        "allowNull",
        "unique",
        "defaultValue",
        "defaultExpression",
        "validation",
        "comment",
        "primaryKey",
        "autoIncrement",
        "generated",
        "collation",
        "relatedTable",
        "relationType",
        "keyType",
        "onDelete",
        "onUpdate",
        "references",
        "check",
        "options",
        NULL,
    };
    const json_t *doc = NULL;
    TRY(canonical_keys(a, given, &doc, err));
    TRY(doc_only(doc, keys, err));
    struct column_doc d = {0};
    const char *name = NULL;
    TRY(doc_text(doc, "name", &name, err));
    d.column.name = arena_strdup(a, name);
    TRY(decode_type(a, doc, &d, err));
    TRY(decode_flags(doc, &d, err));
    TRY(decode_default(a, doc, &d.column, err));
    TRY(decode_generated(a, doc, &d.column, err));
    TRY(decode_validation(a, doc, &d.column, err));
    TRY(decode_relation(a, doc, &d, err));
    TRY(decode_rest(a, doc, &d, err));
    *out = d;
    return ERR_OK;
}

enum errcode column_decode(struct arena *a, const json_t *doc, struct column *out,
                           struct error *err)
{
    struct column_doc d = {0};
    TRY(column_doc_decode(a, doc, &d, err));
    *out = d.column;
    return ERR_OK;
}

static void encode_relation(struct json_writer *w, const struct column *c)
{
    jsonw_kv_text(w, "type", "relation");
    if (c->type.kind != TYPE_NONE) {
        struct arena *scratch AUTO(arena_freep) = arena_new();
        jsonw_kv_text(w, "keyType", type_logical_text(scratch, &c->type));
    }
    jsonw_opt_text(w, "nativeType", c->type.native);
    jsonw_kv_text(w, "relatedTable", c->related_table);
    jsonw_opt_text(w, "relationType", c->relation_type);
    jsonw_opt_text(w, "onDelete", c->on_delete_text);
    jsonw_opt_text(w, "onUpdate", c->on_update_text);
}

static void encode_default(struct json_writer *w, const struct column *c)
{
    const struct expr *e = c->default_value;
    if (!e) {
        jsonw_key(w, "defaultValue");
        jsonw_null(w);
        return;
    }
    bool is_json = c->type.kind == TYPE_JSON || c->type.kind == TYPE_ARRAY;
    bool is_literal = e->kind == EXPR_LITERAL;
    if (is_literal && literal_can_encode(&c->type, e->value)) {
        jsonw_key(w, "defaultValue");
        BUG_ON(!literal_encode(w, &c->type, e->value));
        return;
    }
    jsonw_key(w, is_literal || is_json ? "defaultExpression" : "defaultValue");
    expr_encode(w, e);
}

void rules_encode(struct json_writer *w, const struct column_rules *r)
{
    bool any = r->has_min || r->has_max || r->has_min_length || r->has_max_length || r->pattern ||
               r->n_one_of > 0;
    if (!any) {
        return;
    }
    jsonw_key(w, "validation");
    jsonw_begin_object(w);
    if (r->has_min_length) {
        jsonw_kv_int(w, "minLength", r->min_length);
    }
    if (r->has_max_length) {
        jsonw_kv_int(w, "maxLength", r->max_length);
    }
    if (r->has_min) {
        jsonw_key(w, "min");
        jsonw_double(w, r->min);
    }
    if (r->has_max) {
        jsonw_key(w, "max");
        jsonw_double(w, r->max);
    }
    jsonw_opt_text(w, "pattern", r->pattern);
    if (r->n_one_of > 0) {
        jsonw_texts(w, "enum", r->one_of, r->n_one_of);
    }
    jsonw_end_object(w);
}

static void encode_generated(struct json_writer *w, const struct column *c)
{
    if (c->generated == GENERATED_NONE) {
        return;
    }
    jsonw_key(w, "generated");
    jsonw_begin_object(w);
    jsonw_key(w, "as");
    expr_encode(w, c->generated_as);
    jsonw_kv_bool(w, "stored", c->generated == GENERATED_STORED);
    jsonw_end_object(w);
}

/* A relation whose key is gone (its target is in the trash) is a plain column of its type. */
static bool is_relation(const struct table *t, const struct column *c)
{
    for (size_t i = 0; t && c->related_table && i < t->n_foreign_keys; i++) {
        const struct foreign_key *fk = &t->foreign_keys[i];
        if (fk->n_columns == 1 && str_eq_nocase(str_of(fk->columns[0]), str_of(c->name))) {
            return true;
        }
    }
    return c->related_table && (!t || c->type.kind == TYPE_NONE);
}

void column_encode(struct json_writer *w, const struct table *t, const struct column *c)
{
    jsonw_begin_object(w);
    jsonw_kv_text(w, "name", c->name);
    jsonw_opt_text(w, "displayName", c->display_name);
    if (is_relation(t, c)) {
        encode_relation(w, c);
    } else {
        type_encode(w, &c->type);
    }
    jsonw_kv_bool(w, "nullable", c->is_nullable);
    jsonw_kv_bool(w, "unique", c->is_unique);
    if (c->generated == GENERATED_NONE) {
        encode_default(w, c);
    }
    rules_encode(w, &c->rules);
    jsonw_opt_text(w, "comment", c->comment);
    if (t && table_in_primary_key(t, c->name)) {
        jsonw_kv_bool(w, "primaryKey", true);
    }
    if (c->is_auto_increment) {
        jsonw_kv_bool(w, "autoIncrement", true);
    }
    encode_generated(w, c);
    jsonw_opt_text(w, "collation", c->collation);
    if (c->options) {
        jsonw_kv_raw(w, "options", str_of(c->options));
    }
    jsonw_end_object(w);
}
