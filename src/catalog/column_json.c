#include "catalog/column_json.h"

#include "base/attr.h"
#include "catalog/literal_json.h"
#include "catalog/table_json.h"
#include "catalog/where.h"

/* Other spellings of members, sorted by what they mean. */
static const struct {
    const char *alias;
    const char *key;
} aliases[] = {
    {"auto_increment", "autoIncrement"},
    {"dataType", "type"},
    {"data_type", "type"},
    {"default", "defaultValue"},
    {"default_value", "defaultValue"},
    {"display_name", "displayName"},
    {"allow_null", "allowNull"},
    {"columnName", "name"},
    {"column_name", "name"},
    {"foreign_keys", "foreignKeys"},
    {"is_nullable", "nullable"},
    {"is_unique", "unique"},
    {"max_length", "maxLength"},
    {"native_type", "nativeType"},
    {"on_delete", "onDelete"},
    {"on_update", "onUpdate"},
    {"primary_key", "primaryKey"},
    {"referenced_columns", "referencedColumns"},
    {"referenced_table", "referencedTable"},
    {"related_table", "relatedTable"},
    {"relation_type", "relationType"},
    {"table_name", "tableName"},
    {"without_rowid", "withoutRowid"},
};

static const char *canonical_name(const char *key)
{
    for (size_t i = 0; i < ARRAY_LEN(aliases); i++) {
        if (text_eq(aliases[i].alias, key)) {
            return aliases[i].key;
        }
    }
    return key;
}

enum errcode canonical_keys(struct arena *a, const json_t *doc, const json_t **out,
                            struct error *err)
{
    if (!json_is_object(doc)) {
        return ERROR(err, ERR_INVALID, "an object is expected here");
    }
    json_t *copy = doc_tie(a, json_object());
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)doc, key, value)
    {
        const char *name = canonical_name(key);
        if (json_object_get(copy, name)) {
            enum errcode code = ERROR(err, ERR_INVALID, "\"%s\" is given twice", name);
            return where_prefix(err, code, "/%s", key);
        }
        BUG_ON(json_object_set(copy, name, value) != 0);
    }
    *out = copy;
    return ERR_OK;
}

enum errcode text_list_decode(struct arena *a, const json_t *doc, const char ***out, size_t *n,
                              struct error *err)
{
    if (!json_is_array(doc)) {
        return ERROR(err, ERR_INVALID, "a list of texts is expected here");
    }
    size_t count = json_array_size(doc);
    const char **texts = ARENA_ARRAY(a, count, const char *);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(doc, i);
        if (!json_is_string(item)) {
            enum errcode code = ERROR(err, ERR_INVALID, "a text is expected here");
            return where_prefix(err, code, "/%zu", i);
        }
        texts[i] = arena_strdup(a, json_string_value(item));
    }
    *out = texts;
    *n = count;
    return ERR_OK;
}

static enum errcode opt_text_copy(struct arena *a, const json_t *doc, const char *key,
                                  const char **out, struct error *err)
{
    const char *text = NULL;
    TRY(doc_opt_text(doc, key, &text, err));
    if (text) {
        *out = arena_strdup(a, text);
    }
    return ERR_OK;
}

static bool is_absent(const json_t *doc, const char *key)
{
    const json_t *value = json_object_get(doc, key);
    return !value || json_is_null(value);
}

/* A whole number from @min to @max. */
static enum errcode opt_size(const json_t *doc, const char *key, int64_t min, int64_t max,
                             int64_t *out, struct error *err)
{
    int64_t v = *out;
    TRY(doc_opt_int(doc, key, &v, err));
    if (!is_absent(doc, key) && (v < min || v > max)) {
        enum errcode code = ERROR(err, ERR_INVALID, "\"%s\" is out of range", key);
        return where_prefix(err, code, "/%s", key);
    }
    *out = v;
    return ERR_OK;
}

static enum errcode wrong(struct error *err, const char *key, const char *message)
{
    return where_prefix(err, ERROR(err, ERR_INVALID, "%s", message), "/%s", key);
}

/* What `kind` may say beside which types. */
static const struct {
    const char *kind;
    enum type_kind from, to;
    enum type_kind becomes;
} kinds[] = {
    {"integer", TYPE_FLOAT64, TYPE_FLOAT64, TYPE_INT64},
    {"integer", TYPE_INT16, TYPE_INT64, TYPE_NONE},
    {"bigint", TYPE_FLOAT64, TYPE_FLOAT64, TYPE_INT64},
    {"bigint", TYPE_INT64, TYPE_INT64, TYPE_NONE},
    {"decimal", TYPE_FLOAT64, TYPE_FLOAT64, TYPE_DECIMAL},
    {"decimal", TYPE_DECIMAL, TYPE_DECIMAL, TYPE_NONE},
    {"float", TYPE_FLOAT32, TYPE_FLOAT64, TYPE_NONE},
    {"char", TYPE_TEXT, TYPE_CHAR, TYPE_CHAR},
    {"local", TYPE_DATETIME, TYPE_INSTANT, TYPE_DATETIME},
    {"interval", TYPE_NATIVE, TYPE_NATIVE, TYPE_INTERVAL},
    {"objectid", TYPE_NATIVE, TYPE_NATIVE, TYPE_OBJECT_ID},
};

static enum errcode apply_kind(const json_t *doc, struct type *t, struct error *err)
{
    const char *kind = NULL;
    TRY(doc_opt_text(doc, "kind", &kind, err));
    if (!kind) {
        return ERR_OK;
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        bool fits = t->kind >= kinds[i].from && t->kind <= kinds[i].to;
        if (fits && text_eq(kinds[i].kind, kind)) {
            t->kind = kinds[i].becomes != TYPE_NONE ? kinds[i].becomes : t->kind;
            return ERR_OK;
        }
    }
    return where_prefix(err, ERROR(err, ERR_INVALID, "kind \"%s\" does not fit the type", kind),
                        "/kind");
}

static enum errcode apply_bits(const json_t *doc, struct type *t, struct error *err)
{
    int64_t bits = 0;
    TRY(doc_opt_int(doc, "bits", &bits, err));
    if (bits == 0) {
        return ERR_OK;
    }
    if (type_is_integer(t) && (bits == 16 || bits == 32 || bits == 64)) {
        t->kind = bits == 16 ? TYPE_INT16 : bits == 32 ? TYPE_INT32 : TYPE_INT64;
        return ERR_OK;
    }
    bool is_float = t->kind == TYPE_FLOAT32 || t->kind == TYPE_FLOAT64;
    if (is_float && (bits == 32 || bits == 64)) {
        t->kind = bits == 32 ? TYPE_FLOAT32 : TYPE_FLOAT64;
        return ERR_OK;
    }
    return wrong(err, "bits", "the type does not come in this many bits");
}

static enum errcode apply_precision(const json_t *doc, struct type *t, struct error *err)
{
    int64_t precision = t->precision;
    int64_t scale = t->scale;
    TRY(opt_size(doc, "precision", 1, 1000, &precision, err));
    TRY(opt_size(doc, "scale", 0, 1000, &scale, err));
    bool given = !is_absent(doc, "precision") || !is_absent(doc, "scale");
    if (!given && t->kind != TYPE_DECIMAL) {
        return ERR_OK;
    }
    if (t->kind == TYPE_FLOAT64 && is_absent(doc, "kind")) {
        t->kind = TYPE_DECIMAL;
    }
    if (t->kind != TYPE_DECIMAL) {
        return wrong(err, is_absent(doc, "precision") ? "scale" : "precision",
                     "only a decimal number has precision and scale");
    }
    if (scale > precision) {
        return wrong(err, "scale", "the scale is at most the precision");
    }
    t->precision = (int)precision;
    t->scale = (int)scale;
    return ERR_OK;
}

static enum errcode apply_length(const json_t *doc, struct type *t, struct error *err)
{
    int64_t length = t->length;
    TRY(opt_size(doc, "maxLength", 1, 1000000000, &length, err));
    bool has_length = t->kind == TYPE_TEXT || t->kind == TYPE_CHAR;
    if (!is_absent(doc, "maxLength") && !has_length) {
        return wrong(err, "maxLength", "only a text has a length");
    }
    t->length = (int)length;
    return ERR_OK;
}

static enum errcode apply_values(struct arena *a, const json_t *doc, struct type *t,
                                 struct error *err)
{
    const json_t *list = json_object_get(doc, "values");
    const char *at = "/values";
    if (is_absent(doc, "values")) {
        list = json_object_get(json_object_get(doc, "validation"), "enum");
        at = t->kind == TYPE_ENUM && list ? "/validation/enum" : "/values";
    }
    if (t->kind != TYPE_ENUM) {
        return is_absent(doc, "values") ? ERR_OK : wrong(err, "values", "only an enum has values");
    }
    const char **values = NULL;
    if (list) {
        TRY(where_prefix(err, text_list_decode(a, list, &values, &t->n_values, err), "%s", at));
    }
    t->values = values;
    if (t->n_values == 0) {
        return where_prefix(err, ERROR(err, ERR_INVALID, "an enum names its values"), "%s", at);
    }
    for (size_t i = 0; i < t->n_values; i++) {
        for (size_t k = 0; k < i; k++) {
            if (text_eq(values[i], values[k])) {
                enum errcode code = ERROR(err, ERR_INVALID, "the value is there twice");
                return where_prefix(err, code, "%s/%zu", at, i);
            }
        }
    }
    return ERR_OK;
}

static enum errcode apply_element(struct arena *a, const json_t *doc, struct type *t,
                                  struct error *err)
{
    const char *name = NULL;
    TRY(doc_opt_text(doc, "element", &name, err));
    if (!name) {
        return ERR_OK;
    }
    if (t->kind != TYPE_ARRAY) {
        return wrong(err, "element", "only an array has elements");
    }
    struct type *element = ARENA_NEW(a, struct type);
    TRY(where_prefix(err, type_parse(a, name, element, err), "/element"));
    if (element->kind == TYPE_ARRAY || element->kind == TYPE_ENUM || element->kind == TYPE_NATIVE) {
        return wrong(err, "element", "an array has plain elements");
    }
    t->element = element;
    return ERR_OK;
}

/* Engine text goes into a statement as it is: words, numbers, commas, one level of parentheses. */
static bool is_type_text(const char *text)
{
    int depth = 0;
    size_t n = 0;
    for (; *text; text++, n++) {
        char c = *text;
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == ' ' || c == '.';
        bool inside = c == ',' && depth == 1;
        depth += (c == '(') - (c == ')');
        if (depth < 0 || depth > 1 || !(is_word || inside || c == '(' || c == ')')) {
            return false;
        }
    }
    return depth == 0 && n <= 200;
}

static enum errcode apply_native(struct arena *a, const json_t *doc, struct type *t,
                                 struct error *err)
{
    TRY(opt_text_copy(a, doc, "nativeType", &t->native, err));
    if (!t->native && t->kind == TYPE_NATIVE) {
        return wrong(err, "nativeType", "a native type names the engine's type");
    }
    if (t->native && !is_type_text(t->native)) {
        return wrong(err, "nativeType", "this is not the name of a type");
    }
    return ERR_OK;
}

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
    if (is_absent(doc, "relatedTable")) {
        return wrong(err, "relatedTable", "a relation names its related table");
    }
    return apply_native(a, doc, &out->column.type, err);
}

static enum errcode decode_type(struct arena *a, const json_t *doc, struct column_doc *out,
                                struct error *err)
{
    const char *name = NULL;
    struct type *t = &out->column.type;
    TRY(doc_text(doc, "type", &name, err));
    if (str_eq_nocase(str_trim(str_of(name)), STR("relation"))) {
        return decode_relation_type(a, doc, out, err);
    }
    TRY(where_prefix(err, type_parse(a, name, t, err), "/type"));
    TRY(apply_kind(doc, t, err));
    TRY(apply_bits(doc, t, err));
    TRY(apply_precision(doc, t, err));
    TRY(apply_length(doc, t, err));
    TRY(apply_values(a, doc, t, err));
    TRY(apply_element(a, doc, t, err));
    TRY(doc_opt_bool(doc, "unsigned", &t->is_unsigned, err));
    return apply_native(a, doc, t, err);
}

static enum errcode opt_number(const json_t *doc, const char *key, bool *has, double *out,
                               struct error *err)
{
    if (is_absent(doc, key)) {
        return ERR_OK;
    }
    const json_t *value = json_object_get(doc, key);
    if (!json_is_number(value)) {
        return wrong(err, key, "a number is expected here");
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
    }
    r->one_of = texts;
    r->n_one_of = n;
    return ERR_OK;
}

static enum errcode check_rules(const struct column_rules *r, struct error *err)
{
    if (r->has_min && r->has_max && r->min > r->max) {
        return wrong(err, "max", "max is below min");
    }
    if (r->has_min_length && r->has_max_length && r->min_length > r->max_length) {
        return wrong(err, "maxLength", "maxLength is below minLength");
    }
    return ERR_OK;
}

static enum errcode decode_rules(struct arena *a, const json_t *doc, struct column_rules *r,
                                 struct error *err)
{
    static const char *const keys[] = {"minLength", "maxLength", "min", "max",
                                       "pattern",   "enum",      NULL};
    TRY(doc_only(doc, keys, err));
    TRY(opt_size(doc, "minLength", 0, 1000000000, &r->min_length, err));
    TRY(opt_size(doc, "maxLength", 0, 1000000000, &r->max_length, err));
    r->has_min_length = !is_absent(doc, "minLength");
    r->has_max_length = !is_absent(doc, "maxLength");
    TRY(opt_number(doc, "min", &r->has_min, &r->min, err));
    TRY(opt_number(doc, "max", &r->has_max, &r->max, err));
    TRY(opt_text_copy(a, doc, "pattern", &r->pattern, err));
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
    TRY(where_prefix(err, decode_rules(a, rules, &c->rules, err), "/validation"));
    const struct column_rules *r = &c->rules;
    bool is_text = type_is_text(&c->type) || c->type.kind == TYPE_NONE;
    if ((r->has_min_length || r->has_max_length || r->pattern) && !is_text) {
        return wrong(err, "validation", "lengths and patterns are for texts");
    }
    if ((r->has_min || r->has_max) && !type_is_number(&c->type)) {
        return wrong(err, "validation", "min and max are for numbers");
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
    if (!is_absent(doc, "defaultValue") && !is_absent(doc, "defaultExpression")) {
        return wrong(err, "defaultExpression", "a column has one default");
    }
    if (!is_absent(doc, "defaultExpression")) {
        const json_t *value = json_object_get(doc, "defaultExpression");
        return where_prefix(err, expr_decode(a, value, &c->default_value, err),
                            "/defaultExpression");
    }
    if (is_absent(doc, "defaultValue")) {
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
        return wrong(err, "generated", "a generated column says what it is made of");
    }
    TRY(where_prefix(err, expr_decode(a, as, &c->generated_as, err), "/generated/as"));
    c->generated = stored ? GENERATED_STORED : GENERATED_VIRTUAL;
    if (c->default_value) {
        return wrong(err, "generated", "a generated column has no default");
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
    return *out ? ERR_OK : wrong(err, key, "this is not an action");
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
    TRY(opt_text_copy(a, doc, "relatedTable", &c->related_table, err));
    TRY(opt_text_copy(a, doc, "relationType", &c->relation_type, err));
    TRY(opt_text_copy(a, doc, "onDelete", &c->on_delete_text, err));
    TRY(opt_text_copy(a, doc, "onUpdate", &c->on_update_text, err));
    TRY(decode_action(doc, "onDelete", &on_delete, err));
    TRY(decode_action(doc, "onUpdate", &on_update, err));
    if (!out->is_relation && c->related_table) {
        return wrong(err, "relatedTable", "only a relation names a related table");
    }
    if (c->relation_type && text_eq(c->relation_type, "hasMany")) {
        return wrong(err, "relationType", "a hasMany relation is a column of the other table");
    }
    if (c->relation_type && !text_eq(c->relation_type, "belongsTo")) {
        return wrong(err, "relationType", "the relation is belongsTo or hasMany");
    }
    if (!out->is_relation) {
        return ERR_OK;
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
    if (!is_absent(doc, "nullable") && !is_absent(doc, "allowNull")) {
        return wrong(err, "allowNull", "\"nullable\" says it already");
    }
    TRY(doc_opt_bool(doc, "allowNull", &allow_null, err));
    c->is_nullable = allow_null;
    TRY(doc_opt_bool(doc, "nullable", &c->is_nullable, err));
    TRY(doc_opt_bool(doc, "unique", &c->is_unique, err));
    TRY(doc_opt_bool(doc, "primaryKey", &out->is_primary_key, err));
    TRY(doc_opt_bool(doc, "autoIncrement", &c->is_auto_increment, err));
    if (out->is_primary_key && is_absent(doc, "nullable") && is_absent(doc, "allowNull")) {
        c->is_nullable = false;
    }
    if (c->is_auto_increment && !type_is_integer(&c->type)) {
        return wrong(err, "autoIncrement", "only an integer counts by itself");
    }
    return ERR_OK;
}

static enum errcode decode_rest(struct arena *a, const json_t *doc, struct column_doc *out,
                                struct error *err)
{
    struct column *c = &out->column;
    const json_t *options = NULL;
    TRY(opt_text_copy(a, doc, "displayName", &c->display_name, err));
    TRY(opt_text_copy(a, doc, "comment", &c->comment, err));
    TRY(opt_text_copy(a, doc, "collation", &c->collation, err));
    TRY(doc_opt_object(doc, "options", &options, err));
    c->options = options ? doc_dump(a, options, true) : NULL;
    if (!is_absent(doc, "check")) {
        const json_t *check = json_object_get(doc, "check");
        TRY(where_prefix(err, expr_decode(a, check, &out->check, err), "/check"));
    }
    if (!is_absent(doc, "references")) {
        if (out->is_relation) {
            return wrong(err, "references", "a relation is a reference already");
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

static void opt_kv_text(struct json_writer *w, const char *key, const char *text)
{
    if (text) {
        jsonw_kv_text(w, key, text);
    }
}

static void encode_texts(struct json_writer *w, const char *key, const char *const *texts, size_t n)
{
    jsonw_key(w, key);
    jsonw_begin_array(w);
    for (size_t i = 0; i < n; i++) {
        jsonw_text(w, texts[i]);
    }
    jsonw_end_array(w);
}

static const char *kind_text(const struct type *t)
{
    static const char *const texts[TYPE_N] = {
        [TYPE_INT16] = "integer",      [TYPE_INT32] = "integer",  [TYPE_INT64] = "integer",
        [TYPE_DECIMAL] = "decimal",    [TYPE_FLOAT32] = "float",  [TYPE_FLOAT64] = "float",
        [TYPE_CHAR] = "char",          [TYPE_DATETIME] = "local", [TYPE_INTERVAL] = "interval",
        [TYPE_OBJECT_ID] = "objectid",
    };
    return texts[t->kind];
}

static int type_bits(const struct type *t)
{
    if (t->kind == TYPE_INT16) {
        return 16;
    }
    return t->kind == TYPE_INT32 || t->kind == TYPE_FLOAT32 ? 32 : 0;
}

static void encode_type(struct json_writer *w, const struct type *t)
{
    jsonw_kv_text(w, "type", type_wire_name(t));
    opt_kv_text(w, "kind", kind_text(t));
    if (type_bits(t)) {
        jsonw_kv_int(w, "bits", type_bits(t));
    }
    if (t->kind == TYPE_DECIMAL && t->precision > 0) {
        jsonw_kv_int(w, "precision", t->precision);
        jsonw_kv_int(w, "scale", t->scale);
    }
    if (t->length > 0) {
        jsonw_kv_int(w, "maxLength", t->length);
    }
    if (t->kind == TYPE_ENUM) {
        encode_texts(w, "values", t->values, t->n_values);
    }
    if (t->element) {
        struct arena *scratch AUTO(arena_freep) = arena_new();
        jsonw_kv_text(w, "element", type_logical_text(scratch, t->element));
    }
    if (t->is_unsigned) {
        jsonw_kv_bool(w, "unsigned", true);
    }
    opt_kv_text(w, "nativeType", t->native);
}

static void encode_relation(struct json_writer *w, const struct column *c)
{
    jsonw_kv_text(w, "type", "relation");
    if (c->type.kind != TYPE_NONE) {
        struct arena *scratch AUTO(arena_freep) = arena_new();
        jsonw_kv_text(w, "keyType", type_logical_text(scratch, &c->type));
    }
    opt_kv_text(w, "nativeType", c->type.native);
    jsonw_kv_text(w, "relatedTable", c->related_table);
    opt_kv_text(w, "relationType", c->relation_type);
    opt_kv_text(w, "onDelete", c->on_delete_text);
    opt_kv_text(w, "onUpdate", c->on_update_text);
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

static void encode_rules(struct json_writer *w, const struct column_rules *r)
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
    opt_kv_text(w, "pattern", r->pattern);
    if (r->n_one_of > 0) {
        encode_texts(w, "enum", r->one_of, r->n_one_of);
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

void column_encode(struct json_writer *w, const struct table *t, const struct column *c)
{
    jsonw_begin_object(w);
    jsonw_kv_text(w, "name", c->name);
    opt_kv_text(w, "displayName", c->display_name);
    if (c->related_table) {
        encode_relation(w, c);
    } else {
        encode_type(w, &c->type);
    }
    jsonw_kv_bool(w, "nullable", c->is_nullable);
    jsonw_kv_bool(w, "unique", c->is_unique);
    if (c->generated == GENERATED_NONE) {
        encode_default(w, c);
    }
    encode_rules(w, &c->rules);
    opt_kv_text(w, "comment", c->comment);
    if (t && table_in_primary_key(t, c->name)) {
        jsonw_kv_bool(w, "primaryKey", true);
    }
    if (c->is_auto_increment) {
        jsonw_kv_bool(w, "autoIncrement", true);
    }
    encode_generated(w, c);
    opt_kv_text(w, "collation", c->collation);
    if (c->options) {
        jsonw_kv_raw(w, "options", str_of(c->options));
    }
    jsonw_end_object(w);
}
