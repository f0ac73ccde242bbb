#include "catalog/doc_json.h"

#include "base/attr.h"
#include "catalog/where.h"

/* Other spellings of members, sorted by what they mean. */
static const struct {
    const char *alias;
    const char *key;
} aliases[] = {
    {"api_enabled", "apiEnabled"},
    {"api_prefix", "apiPrefix"},
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
            return where_member(err, code, key);
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
        if (strlen(json_string_value(item)) != json_string_length(item)) {
            enum errcode code = ERROR(err, ERR_INVALID, "a NUL character is not taken here");
            return where_prefix(err, code, "/%zu", i);
        }
        texts[i] = arena_strdup(a, json_string_value(item));
    }
    *out = texts;
    *n = count;
    return ERR_OK;
}

enum errcode doc_opt_copy(struct arena *a, const json_t *doc, const char *key, const char **out,
                          struct error *err)
{
    const char *text = NULL;
    TRY(doc_opt_text(doc, key, &text, err));
    if (text) {
        *out = arena_strdup(a, text);
    }
    return ERR_OK;
}

bool doc_absent(const json_t *doc, const char *key)
{
    const json_t *value = json_object_get(doc, key);
    return !value || json_is_null(value);
}

enum errcode doc_opt_size(const json_t *doc, const char *key, int64_t min, int64_t max,
                          int64_t *out, struct error *err)
{
    int64_t v = *out;
    TRY(doc_opt_int(doc, key, &v, err));
    if (!doc_absent(doc, key) && (v < min || v > max)) {
        enum errcode code = ERROR(err, ERR_INVALID, "\"%s\" is out of range", key);
        return where_member(err, code, key);
    }
    *out = v;
    return ERR_OK;
}

enum errcode doc_wrong(struct error *err, const char *key, const char *message)
{
    return where_member(err, ERROR(err, ERR_INVALID, "%s", message), key);
}

void jsonw_opt_text(struct json_writer *w, const char *key, const char *text)
{
    if (text) {
        jsonw_kv_text(w, key, text);
    }
}

void jsonw_texts(struct json_writer *w, const char *key, const char *const *texts, size_t n)
{
    jsonw_key(w, key);
    jsonw_begin_array(w);
    for (size_t i = 0; i < n; i++) {
        jsonw_text(w, texts[i]);
    }
    jsonw_end_array(w);
}
