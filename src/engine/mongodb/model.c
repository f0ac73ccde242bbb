#include "engine/mongodb/model.h"

#include "base/attr.h"
#include "catalog/where.h"
#include "engine/mongodb/core.h"
#include "engine/mongodb/expr.h"
#include "engine/mongodb/filter.h"
#include "engine/mongodb/values.h"

#define DECIMAL_DIGITS 34
#define INDEX_KEYS_MAX 32

static enum errcode check_column(const struct table *t, const struct column *c, struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct value v = value_null();
    const struct column *key = table_single_key(t);
    if (c->generated != GENERATED_NONE) {
        return ERROR(err, ERR_UNSUPPORTED, "MongoDB computes no columns");
    }
    if (c->collation) {
        return ERROR(err, ERR_UNSUPPORTED, "MongoDB columns have no collation: bytes are compared");
    }
    if (c->type.kind == TYPE_DECIMAL && c->type.precision > DECIMAL_DIGITS) {
        return ERROR(err, ERR_UNSUPPORTED, "a decimal of MongoDB has at most %d digits",
                     DECIMAL_DIGITS);
    }
    if (c->type.kind == TYPE_NATIVE && c->type.native && !text_eq(c->type.native, "any")) {
        return ERROR(err, ERR_UNSUPPORTED, "MongoDB has no type \"%s\"; \"any\" takes every value",
                     c->type.native);
    }
    if (text_eq(c->name, "_id") && (!key || !text_eq(key->name, "_id"))) {
        return ERROR(err, ERR_UNSUPPORTED, "\"_id\" is the primary key of every collection");
    }
    if (key == c && (c->type.kind == TYPE_ARRAY || c->type.kind == TYPE_JSON)) {
        return ERROR(err, ERR_UNSUPPORTED, "a list is no key");
    }
    return mongo_default(a, c, &v, err);
}

static bool same_member(struct arena *a, const bson_t *x, const bson_t *y, const char *key)
{
    bson_iter_t i, k;
    bool in_x = bson_iter_init_find(&i, x, key);
    bool in_y = bson_iter_init_find(&k, y, key);
    if (!in_x || !in_y) {
        return in_x == in_y;
    }
    return text_eq(mongo_text(a, mongo_doc_copy(a, &i)), mongo_text(a, mongo_doc_copy(a, &k)));
}

static enum errcode check_index(const struct table *t, const struct index *i, struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    const bson_t *spec = NULL;
    if (i->native) {
        return ERR_OK; /* made elsewhere: the server has it */
    }
    if (i->method) {
        return ERROR(err, ERR_UNSUPPORTED, "MongoDB has no index of type %s", i->method);
    }
    if (i->n_keys > INDEX_KEYS_MAX) {
        return ERROR(err, ERR_UNSUPPORTED, "an index has at most %d columns", INDEX_KEYS_MAX);
    }
    for (size_t k = 0; k < i->n_keys; k++) {
        if (!i->keys[k].column) {
            return ERROR(err, ERR_UNSUPPORTED, "MongoDB has no indexes over expressions");
        }
        if (i->keys[k].collation) {
            return ERROR(err, ERR_UNSUPPORTED, "an index has no collation here");
        }
    }
    return model_index(a, t, i, &spec, err);
}

/* MongoDB tells indexes apart by their keys and conditions, not by their names. */
static enum errcode check_apart(const struct table *t, size_t i, struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    const bson_t *one = NULL;
    if (t->indexes[i].native) {
        return ERR_OK; /* made elsewhere: the server has it */
    }
    TRY(model_index(a, t, &t->indexes[i], &one, err));
    for (size_t k = 0; k < i; k++) {
        const bson_t *other = NULL;
        bool is_ours =
            !t->indexes[k].native && model_index(a, t, &t->indexes[k], &other, NULL) == ERR_OK;
        if (is_ours && same_member(a, one, other, "key") &&
            same_member(a, one, other, "partialFilterExpression")) {
            return ERROR(err, ERR_UNSUPPORTED,
                         "MongoDB has one index over the same columns, and "
                         "\"%s\" is there",
                         t->indexes[k].name);
        }
    }
    return ERR_OK;
}

static enum errcode check_checks(const struct table *t, struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < t->n_checks; i++) {
        const bson_t *out = NULL;
        enum errcode code = mongo_check(a, t, t->checks[i].expr, &out, err);
        TRY(where_prefix(err, code, "/checks/%zu/expr", i));
    }
    return ERR_OK;
}

enum errcode model_check(const struct table *t, struct error *err)
{
    if (t->n_foreign_keys > 0) {
        enum errcode code = ERROR(err, ERR_UNSUPPORTED, "MongoDB has no foreign keys");
        return where_prefix(err, code, "/foreignKeys/0");
    }
    if (t->n_triggers > 0) {
        return ERROR(err, ERR_UNSUPPORTED, "MongoDB has no triggers");
    }
    for (size_t i = 0; i < t->n_columns; i++) {
        TRY(where_prefix(err, check_column(t, &t->columns[i], err), "/columns/%zu", i));
    }
    for (size_t i = 0; i < t->n_indexes; i++) {
        TRY(where_prefix(err, check_index(t, &t->indexes[i], err), "/indexes/%zu", i));
        TRY(where_prefix(err, check_apart(t, i, err), "/indexes/%zu", i));
    }
    return check_checks(t, err);
}

static void add_types(bson_t *doc, const char *alias, bool is_nullable)
{
    bson_t list;
    if (!is_nullable) {
        BSON_APPEND_UTF8(doc, "bsonType", alias);
        return;
    }
    BSON_APPEND_ARRAY_BEGIN(doc, "bsonType", &list);
    BSON_APPEND_UTF8(&list, "0", alias);
    BSON_APPEND_UTF8(&list, "1", "null");
    bson_append_array_end(doc, &list);
}

static void add_labels(bson_t *doc, const struct type *t, bool is_nullable)
{
    bson_t list;
    char room[16];
    const char *at = NULL;
    uint32_t n = 0;
    BSON_APPEND_ARRAY_BEGIN(doc, "enum", &list);
    for (size_t i = 0; i < t->n_values; i++) {
        bson_uint32_to_string(n++, &at, room, sizeof room);
        BSON_APPEND_UTF8(&list, at, t->values[i]);
    }
    if (is_nullable) {
        bson_uint32_to_string(n, &at, room, sizeof room);
        BSON_APPEND_NULL(&list, at);
    }
    bson_append_array_end(doc, &list);
}

const bson_t *model_property(struct arena *a, const struct column *c, bool is_nullable)
{
    bson_t *doc = mongo_doc(a);
    const char *alias = mongo_alias(&c->type);
    if (alias) {
        add_types(doc, alias, is_nullable);
    }
    if (c->type.kind == TYPE_ENUM && c->type.n_values > 0) {
        add_labels(doc, &c->type, is_nullable);
    }
    if ((c->type.kind == TYPE_TEXT || c->type.kind == TYPE_CHAR) && c->type.length > 0) {
        BSON_APPEND_INT32(doc, "maxLength", c->type.length);
    }
    if (c->type.kind == TYPE_INT16) {
        BSON_APPEND_INT32(doc, "minimum", c->type.is_unsigned ? 0 : INT16_MIN);
        BSON_APPEND_INT32(doc, "maximum", INT16_MAX);
    } else if (c->type.is_unsigned && type_is_number(&c->type)) {
        BSON_APPEND_INT32(doc, "minimum", 0);
    }
    return doc;
}

static void add_required(bson_t *schema, const struct table *t)
{
    bson_t list;
    char room[16];
    const char *at = NULL;
    uint32_t n = 0;
    for (size_t i = 0; i < t->n_columns; i++) {
        n += !t->columns[i].is_nullable;
    }
    if (n == 0) {
        return; /* an empty list is refused */
    }
    n = 0;
    BSON_APPEND_ARRAY_BEGIN(schema, "required", &list);
    for (size_t i = 0; i < t->n_columns; i++) {
        if (!t->columns[i].is_nullable) {
            bson_uint32_to_string(n++, &at, room, sizeof room);
            BSON_APPEND_UTF8(&list, at, mongo_field(t, &t->columns[i]));
        }
    }
    bson_append_array_end(schema, &list);
}

static enum errcode add_checks(struct arena *a, bson_t *doc, const struct table *t,
                               struct error *err)
{
    bson_t all, list;
    bson_iter_t it;
    enum errcode code = ERR_OK;
    if (t->n_checks == 0) {
        return ERR_OK;
    }
    BSON_APPEND_DOCUMENT_BEGIN(doc, "$expr", &all);
    BSON_APPEND_ARRAY_BEGIN(&all, "$and", &list);
    for (size_t i = 0; i < t->n_checks && code == ERR_OK; i++) {
        char room[16];
        const char *at = NULL;
        const bson_t *one = NULL;
        code = mongo_check(a, t, t->checks[i].expr, &one, err);
        bson_uint32_to_string((uint32_t)i, &at, room, sizeof room);
        if (code == ERR_OK && bson_iter_init_find(&it, one, "v")) {
            BSON_APPEND_VALUE(&list, at, bson_iter_value(&it));
        }
    }
    bson_append_array_end(&all, &list);
    bson_append_document_end(doc, &all);
    return code;
}

enum errcode model_validator(struct arena *a, const struct table *t, const bson_t **out,
                             struct error *err)
{
    bson_t *doc = mongo_doc(a);
    bson_t schema, properties;
    BSON_APPEND_DOCUMENT_BEGIN(doc, "$jsonSchema", &schema);
    BSON_APPEND_UTF8(&schema, "bsonType", "object");
    BSON_APPEND_UTF8(&schema, "description", model_text(a, t));
    add_required(&schema, t);
    BSON_APPEND_DOCUMENT_BEGIN(&schema, "properties", &properties);
    for (size_t i = 0; i < t->n_columns; i++) {
        const struct column *c = &t->columns[i];
        BSON_APPEND_DOCUMENT(&properties, mongo_field(t, c), model_property(a, c, c->is_nullable));
    }
    bson_append_document_end(&schema, &properties);
    bson_append_document_end(doc, &schema);
    *out = doc;
    return add_checks(a, doc, t, err);
}

/* Of a unique index, the columns that may be NULL: rows with a NULL there are not in it. */
static void add_present(struct arena *a, bson_t *partial, const struct table *t,
                        const struct index *i)
{
    for (size_t k = 0; k < i->n_keys; k++) {
        const struct column *c = table_find_column(t, str_of(i->keys[k].column));
        if (!c || !c->is_nullable || bson_has_field(partial, mongo_field(t, c))) {
            continue;
        }
        BSON_APPEND_DOCUMENT(partial, mongo_field(t, c), mongo_present(a, &c->type));
    }
}

enum errcode model_index(struct arena *a, const struct table *t, const struct index *i,
                         const bson_t **out, struct error *err)
{
    bson_t *doc = mongo_doc(a);
    bson_t *partial = mongo_doc(a);
    bson_t key;
    BSON_APPEND_DOCUMENT_BEGIN(doc, "key", &key);
    for (size_t k = 0; k < i->n_keys; k++) {
        const struct column *c =
            i->keys[k].column ? table_find_column(t, str_of(i->keys[k].column)) : NULL;
        if (c && !bson_has_field(&key, mongo_field(t, c))) {
            BSON_APPEND_INT32(&key, mongo_field(t, c), i->keys[k].is_descending ? -1 : 1);
        }
    }
    bson_append_document_end(doc, &key);
    BSON_APPEND_UTF8(doc, "name", i->name ? i->name : "");
    if (i->where) {
        TRY(where_prefix(err, mongo_partial(a, t, i->where, partial, err), "/where"));
    }
    if (i->is_unique) {
        BSON_APPEND_BOOL(doc, "unique", true);
        add_present(a, partial, t, i);
    }
    if (!bson_empty(partial)) {
        BSON_APPEND_DOCUMENT(doc, "partialFilterExpression", partial);
    }
    *out = doc;
    return ERR_OK;
}

bool model_is_key(const struct table *t, const struct index *i)
{
    const struct column *key = table_single_key(t);
    return key && i->n_keys == 1 && !i->where && !i->keys[0].is_descending && i->keys[0].column &&
           str_eq_nocase(str_of(i->keys[0].column), str_of(key->name));
}

const bson_t *model_key_index(struct arena *a, const struct table *t)
{
    bson_t *doc = mongo_doc(a);
    bson_t key;
    BSON_APPEND_DOCUMENT_BEGIN(doc, "key", &key);
    for (size_t i = 0; i < t->n_primary_key; i++) {
        BSON_APPEND_INT32(&key, t->primary_key[i], 1);
    }
    bson_append_document_end(doc, &key);
    BSON_APPEND_UTF8(doc, "name", MODEL_KEY_INDEX);
    BSON_APPEND_BOOL(doc, "unique", true);
    return doc;
}
