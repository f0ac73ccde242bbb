#include "catalog/table_json.h"

#include "base/attr.h"
#include "catalog/column_json.h"
#include "catalog/doc_json.h"
#include "catalog/where.h"

static enum errcode decode_key(struct arena *a, const json_t *item, struct index_key *out,
                               struct error *err)
{
    static const char *const keys[] = {"column", "expr", "descending", "collation", NULL};
    if (json_is_string(item)) {
        out->column = arena_strdup(a, json_string_value(item));
        return strlen(out->column) == json_string_length(item)
                   ? ERR_OK
                   : ERROR(err, ERR_INVALID, "a NUL character is not taken here");
    }
    if (!json_is_object(item)) {
        return ERROR(err, ERR_INVALID, "an index key is a column name or an object");
    }
    TRY(doc_only(item, keys, err));
    TRY(doc_opt_copy(a, item, "column", &out->column, err));
    TRY(doc_opt_copy(a, item, "collation", &out->collation, err));
    TRY(doc_opt_bool(item, "descending", &out->is_descending, err));
    if (!out->column == doc_absent(item, "expr")) {
        return ERROR(err, ERR_INVALID, "an index key has a column or an expression");
    }
    if (out->column) {
        return ERR_OK;
    }
    return where_prefix(err, expr_text_decode(a, json_object_get(item, "expr"), &out->expr, err),
                        "/expr");
}

static enum errcode decode_keys(struct arena *a, const json_t *doc, struct index *out,
                                struct error *err)
{
    const json_t *list = NULL;
    TRY(doc_array(doc, "columns", &list, err));
    out->n_keys = json_array_size(list);
    out->keys = ARENA_ARRAY(a, out->n_keys, struct index_key);
    if (out->n_keys == 0) {
        return where_prefix(err, ERROR(err, ERR_INVALID, "an index needs a column"), "/columns");
    }
    for (size_t i = 0; i < out->n_keys; i++) {
        enum errcode code = decode_key(a, json_array_get(list, i), &out->keys[i], err);
        TRY(where_prefix(err, code, "/columns/%zu", i));
    }
    return ERR_OK;
}

static bool is_word(const char *text)
{
    for (const char *p = text; *p; p++) {
        bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_';
        if (!letter) {
            return false;
        }
    }
    return *text != '\0';
}

enum errcode index_decode(struct arena *a, const json_t *given, struct index *out,
                          struct error *err)
{
    static const char *const keys[] = {"name",  "columns", "unique",     "type",
                                       "where", "native",  "constraint", NULL};
    const json_t *doc = NULL;
    TRY(canonical_keys(a, given, &doc, err));
    TRY(doc_only(doc, keys, err));
    struct index index = {0};
    TRY(doc_opt_copy(a, doc, "name", &index.name, err));
    TRY(decode_keys(a, doc, &index, err));
    TRY(doc_opt_bool(doc, "unique", &index.is_unique, err));
    TRY(doc_opt_bool(doc, "constraint", &index.is_constraint, err));
    TRY(doc_opt_copy(a, doc, "type", &index.method, err));
    TRY(doc_opt_copy(a, doc, "native", &index.native, err));
    if (index.method && !is_word(index.method)) {
        return where_prefix(err, ERROR(err, ERR_INVALID, "unknown index type"), "/type");
    }
    if (index.method && str_eq_nocase(str_of(index.method), STR("btree"))) {
        index.method = NULL;
    }
    if (!doc_absent(doc, "where")) {
        const json_t *where = json_object_get(doc, "where");
        TRY(where_prefix(err, expr_text_decode(a, where, &index.where, err), "/where"));
    }
    *out = index;
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
    if (*out == FK_ACTION_NONE) {
        return where_prefix(err, ERROR(err, ERR_INVALID, "this is not an action"), "/%s", key);
    }
    return ERR_OK;
}

static enum errcode decode_referenced(struct arena *a, const json_t *doc, struct foreign_key *fk,
                                      struct error *err)
{
    const json_t *list = NULL;
    TRY(doc_opt_array(doc, "referencedColumns", &list, err));
    if (!list) {
        return ERR_OK;
    }
    size_t n = 0;
    enum errcode code = text_list_decode(a, list, &fk->referenced_columns, &n, err);
    if (code == ERR_OK && n != fk->n_columns) {
        code = ERROR(err, ERR_INVALID, "a foreign key has as many columns on both sides");
    }
    return where_prefix(err, code, "/referencedColumns");
}

enum errcode foreign_key_decode(struct arena *a, const json_t *given, struct foreign_key *out,
                                struct error *err)
{
    static const char *const keys[] = {"name",     "columns",  "referencedTable",
                                       "onDelete", "onUpdate", "referencedColumns",
                                       "deferred", NULL};
    const json_t *doc = NULL;
    const json_t *list = NULL;
    TRY(canonical_keys(a, given, &doc, err));
    TRY(doc_only(doc, keys, err));
    struct foreign_key fk = {0};
    TRY(doc_opt_copy(a, doc, "name", &fk.name, err));
    TRY(doc_array(doc, "columns", &list, err));
    enum errcode code = text_list_decode(a, list, &fk.columns, &fk.n_columns, err);
    if (code == ERR_OK && fk.n_columns == 0) {
        code = ERROR(err, ERR_INVALID, "a foreign key needs a column");
    }
    TRY(where_prefix(err, code, "/columns"));
    const char *table = NULL;
    TRY(doc_text(doc, "referencedTable", &table, err));
    fk.referenced_table = arena_strdup(a, table);
    TRY(decode_referenced(a, doc, &fk, err));
    TRY(decode_action(doc, "onDelete", &fk.on_delete, err));
    TRY(decode_action(doc, "onUpdate", &fk.on_update, err));
    TRY(doc_opt_bool(doc, "deferred", &fk.is_deferred, err));
    *out = fk;
    return ERR_OK;
}

enum errcode check_decode(struct arena *a, const json_t *doc, struct check *out, struct error *err)
{
    static const char *const keys[] = {"name", "expr", "column", NULL};
    if (!json_is_object(doc)) {
        return ERROR(err, ERR_INVALID, "an object is expected here");
    }
    TRY(doc_only(doc, keys, err));
    struct check check = {0};
    TRY(doc_opt_copy(a, doc, "name", &check.name, err));
    TRY(doc_opt_copy(a, doc, "column", &check.column, err));
    const json_t *expr = json_object_get(doc, "expr");
    TRY(where_prefix(err, expr_text_decode(a, expr, &check.expr, err), "/expr"));
    *out = check;
    return ERR_OK;
}

enum errcode trigger_decode(struct arena *a, const json_t *doc, struct trigger *out,
                            struct error *err)
{
    static const char *const keys[] = {"name", "native", NULL};
    const char *name = NULL;
    const char *native = NULL;
    if (!json_is_object(doc)) {
        return ERROR(err, ERR_INVALID, "an object is expected here");
    }
    TRY(doc_only(doc, keys, err));
    TRY(doc_text(doc, "name", &name, err));
    TRY(doc_text(doc, "native", &native, err));
    *out = (struct trigger){arena_strdup(a, name), arena_strdup(a, native)};
    return ERR_OK;
}

/* Lists of parts: what each is called, where it goes, how one is read. */
#define DECODE_PARTS(key, member, n_member, type, decode_one)                       \
    do {                                                                            \
        const json_t *list = NULL;                                                  \
        TRY(doc_opt_array(doc, key, &list, err));                                   \
        size_t count = json_array_size(list);                                       \
        for (size_t i = 0; i < count; i++) {                                        \
            type part;                                                              \
            enum errcode code = decode_one(a, json_array_get(list, i), &part, err); \
            TRY(where_prefix(err, code, "/" key "/%zu", i));                        \
            ARENA_PUSH(a, t->member, t->n_member, part);                            \
        }                                                                           \
    } while (0)

static bool has_single_unique(const struct table *t, const char *column)
{
    for (size_t i = 0; i < t->n_indexes; i++) {
        if (index_is_single_unique(&t->indexes[i], column)) {
            return true;
        }
    }
    return false;
}

static bool has_reference(const struct table *t, const struct foreign_key *fk)
{
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        const struct foreign_key *have = &t->foreign_keys[i];
        if (have->n_columns == 1 && text_eq(have->columns[0], fk->columns[0]) &&
            str_eq_nocase(str_of(have->referenced_table), str_of(fk->referenced_table))) {
            return true;
        }
    }
    return false;
}

static bool leads_index(const struct table *t, const char *column)
{
    for (size_t i = 0; i < t->n_indexes; i++) {
        const struct index *index = &t->indexes[i];
        if (!index->where && index->keys[0].column && text_eq(index->keys[0].column, column)) {
            return true;
        }
    }
    return t->n_primary_key > 0 && text_eq(t->primary_key[0], column);
}

static void add_plain_index(struct arena *a, struct table *t, const char *column, bool unique)
{
    struct index index = {.is_unique = unique, .n_keys = 1};
    index.keys = ARENA_ARRAY(a, 1, struct index_key);
    index.keys[0].column = column;
    ARENA_PUSH(a, t->indexes, t->n_indexes, index);
}

/* What a column says about its table becomes the table's own. */
static void move_parts(struct arena *a, struct table *t, const struct column_doc *d)
{
    const char *name = d->column.name;
    if (d->column.is_unique && !has_single_unique(t, name)) {
        add_plain_index(a, t, name, true);
    }
    if (d->has_reference && !has_reference(t, &d->reference)) {
        ARENA_PUSH(a, t->foreign_keys, t->n_foreign_keys, d->reference);
    }
    if (d->is_relation && !d->knows_key && !leads_index(t, name)) {
        add_plain_index(a, t, name, false);
    }
    if (d->check) {
        struct check check = {.expr = d->check, .column = name};
        ARENA_PUSH(a, t->checks, t->n_checks, check);
    }
}

static enum errcode decode_primary_key(struct arena *a, const json_t *doc, struct table *t,
                                       const struct column_doc *docs, struct error *err)
{
    const json_t *list = NULL;
    if (json_is_string(json_object_get(doc, "primaryKey"))) {
        list = doc_tie(a, json_pack("[O]", json_object_get(doc, "primaryKey")));
    } else {
        TRY(doc_opt_array(doc, "primaryKey", &list, err));
    }
    if (list) {
        enum errcode code = text_list_decode(a, list, &t->primary_key, &t->n_primary_key, err);
        TRY(where_prefix(err, code, "/primaryKey"));
    }
    for (size_t i = 0; i < t->n_columns; i++) {
        bool flagged = docs[i].is_primary_key;
        if (flagged && list && !table_in_primary_key(t, t->columns[i].name)) {
            enum errcode code = ERROR(err, ERR_INVALID, "the table's primary key says otherwise");
            return where_prefix(err, code, "/columns/%zu/primaryKey", i);
        }
        if (flagged && !list) {
            ARENA_PUSH(a, t->primary_key, t->n_primary_key, t->columns[i].name);
        }
    }
    return ERR_OK;
}

static enum errcode decode_columns(struct arena *a, const json_t *doc, struct table *t,
                                   struct column_doc **out, struct error *err)
{
    const json_t *list = NULL;
    TRY(doc_array(doc, "columns", &list, err));
    t->n_columns = json_array_size(list);
    t->columns = ARENA_ARRAY(a, t->n_columns, struct column);
    struct column_doc *docs = ARENA_ARRAY(a, t->n_columns, struct column_doc);
    for (size_t i = 0; i < t->n_columns; i++) {
        enum errcode code = column_doc_decode(a, json_array_get(list, i), &docs[i], err);
        TRY(where_prefix(err, code, "/columns/%zu", i));
        t->columns[i] = docs[i].column;
    }
    *out = docs;
    return ERR_OK;
}

static enum errcode decode_kind(const json_t *doc, struct table *t, struct error *err)
{
    const char *kind = NULL;
    TRY(doc_opt_text(doc, "kind", &kind, err));
    t->kind = TABLE_BASE;
    if (!kind || text_eq(kind, "table")) {
        return ERR_OK;
    }
    if (text_eq(kind, "view") || text_eq(kind, "virtual")) {
        t->kind = text_eq(kind, "view") ? TABLE_VIEW : TABLE_VIRTUAL;
        return ERR_OK;
    }
    return where_prefix(err, ERROR(err, ERR_INVALID, "unknown kind of table"), "/kind");
}

static enum errcode decode_attributes(struct arena *a, const json_t *doc, struct table *t,
                                      struct error *err)
{
    if (!doc_absent(doc, "tableName") && !doc_absent(doc, "name")) {
        return where_prefix(err, ERROR(err, ERR_INVALID, "\"tableName\" says it already"), "/name");
    }
    TRY(doc_opt_copy(a, doc, "name", &t->name, err));
    TRY(doc_opt_copy(a, doc, "tableName", &t->name, err));
    TRY(decode_kind(doc, t, err));
    TRY(doc_opt_copy(a, doc, "displayName", &t->display_name, err));
    TRY(doc_opt_copy(a, doc, "description", &t->description, err));
    TRY(doc_opt_copy(a, doc, "icon", &t->icon, err));
    TRY(doc_opt_copy(a, doc, "color", &t->color, err));
    TRY(doc_opt_copy(a, doc, "comment", &t->comment, err));
    TRY(doc_opt_copy(a, doc, "native", &t->native, err));
    TRY(doc_opt_bool(doc, "strict", &t->is_strict, err));
    TRY(doc_opt_bool(doc, "withoutRowid", &t->is_without_rowid, err));
    t->row_estimate = -1;
    TRY(doc_opt_int(doc, "rowEstimate", &t->row_estimate, err));
    const json_t *permissions = NULL;
    TRY(doc_opt_object(doc, "permissions", &permissions, err));
    t->permissions = permissions ? doc_dump(a, permissions, true) : NULL;
    bool is_api_on = true;
    TRY(doc_opt_bool(doc, "apiEnabled", &is_api_on, err));
    TRY(doc_opt_copy(a, doc, "apiPrefix", &t->api_prefix, err));
    t->is_api_off = !is_api_on;
    t->is_internal = t->name && str_starts(str_of(t->name), STR(TELAIO_PREFIX));
    return ERR_OK;
}

enum errcode table_decode(struct arena *a, const json_t *given, struct table *out,
                          struct error *err)
{
    static const char *const keys[] = {
        "tableName",   "name",       "kind",        "displayName", "description", "icon",
        "color",       "columns",    "primaryKey",  "indexes",     "foreignKeys", "checks",
        "triggers",    "comment",    "permissions", "native",      "strict",      "withoutRowid",
        "rowEstimate", "apiEnabled", "apiPrefix",   NULL,
    };
    const json_t *doc = NULL;
    TRY(canonical_keys(a, given, &doc, err));
    TRY(doc_only(doc, keys, err));
    struct table made = {0};
    struct table *t = &made;
    struct column_doc *docs = NULL;
    TRY(decode_attributes(a, doc, t, err));
    TRY(decode_columns(a, doc, t, &docs, err));
    TRY(decode_primary_key(a, doc, t, docs, err));
    DECODE_PARTS("indexes", indexes, n_indexes, struct index, index_decode);
    DECODE_PARTS("foreignKeys", foreign_keys, n_foreign_keys, struct foreign_key,
                 foreign_key_decode);
    DECODE_PARTS("checks", checks, n_checks, struct check, check_decode);
    DECODE_PARTS("triggers", triggers, n_triggers, struct trigger, trigger_decode);
    for (size_t i = 0; i < t->n_columns; i++) {
        move_parts(a, t, &docs[i]);
    }
    table_refresh_unique(t);
    *out = made;
    return ERR_OK;
}

static void encode_key(struct json_writer *w, const struct index_key *k)
{
    if (k->column && !k->is_descending && !k->collation) {
        jsonw_text(w, k->column);
        return;
    }
    jsonw_begin_object(w);
    jsonw_opt_text(w, "column", k->column);
    if (!k->column) {
        jsonw_key(w, "expr");
        expr_encode(w, k->expr);
    }
    if (k->is_descending) {
        jsonw_kv_bool(w, "descending", true);
    }
    jsonw_opt_text(w, "collation", k->collation);
    jsonw_end_object(w);
}

void index_encode(struct json_writer *w, const struct index *i)
{
    jsonw_begin_object(w);
    jsonw_opt_text(w, "name", i->name);
    jsonw_key(w, "columns");
    jsonw_begin_array(w);
    for (size_t k = 0; k < i->n_keys; k++) {
        encode_key(w, &i->keys[k]);
    }
    jsonw_end_array(w);
    jsonw_kv_bool(w, "unique", i->is_unique);
    jsonw_opt_text(w, "type", i->method);
    if (i->where) {
        jsonw_key(w, "where");
        expr_encode(w, i->where);
    }
    jsonw_opt_text(w, "native", i->native);
    if (i->is_constraint) {
        jsonw_kv_bool(w, "constraint", true);
    }
    jsonw_end_object(w);
}

void foreign_key_encode(struct json_writer *w, const struct foreign_key *f)
{
    jsonw_begin_object(w);
    jsonw_opt_text(w, "name", f->name);
    jsonw_texts(w, "columns", f->columns, f->n_columns);
    jsonw_kv_text(w, "referencedTable", f->referenced_table);
    if (f->referenced_columns) {
        jsonw_texts(w, "referencedColumns", f->referenced_columns, f->n_columns);
    }
    if (f->on_delete != FK_ACTION_NONE) {
        jsonw_kv_text(w, "onDelete", fk_action_text(f->on_delete));
    }
    if (f->on_update != FK_ACTION_NONE) {
        jsonw_kv_text(w, "onUpdate", fk_action_text(f->on_update));
    }
    if (f->is_deferred) {
        jsonw_kv_bool(w, "deferred", true);
    }
    jsonw_end_object(w);
}

void check_encode(struct json_writer *w, const struct check *c)
{
    jsonw_begin_object(w);
    jsonw_opt_text(w, "name", c->name);
    jsonw_key(w, "expr");
    expr_encode(w, c->expr);
    jsonw_opt_text(w, "column", c->column);
    jsonw_end_object(w);
}

void trigger_encode(struct json_writer *w, const struct trigger *t)
{
    jsonw_begin_object(w);
    jsonw_kv_text(w, "name", t->name);
    jsonw_kv_text(w, "native", t->native);
    jsonw_end_object(w);
}

#define ENCODE_PARTS(key, member, n_member, encode_one) \
    do {                                                \
        if (t->n_member > 0) {                          \
            jsonw_key(w, key);                          \
            jsonw_begin_array(w);                       \
            for (size_t i = 0; i < t->n_member; i++) {  \
                encode_one(w, &t->member[i]);           \
            }                                           \
            jsonw_end_array(w);                         \
        }                                               \
    } while (0)

static void encode_attributes(struct json_writer *w, const struct table *t)
{
    jsonw_opt_text(w, "tableName", t->name);
    if (t->kind == TABLE_VIEW || t->kind == TABLE_VIRTUAL) {
        jsonw_kv_text(w, "kind", t->kind == TABLE_VIEW ? "view" : "virtual");
    }
    jsonw_opt_text(w, "displayName", t->display_name);
    jsonw_opt_text(w, "description", t->description);
    jsonw_opt_text(w, "icon", t->icon);
    jsonw_opt_text(w, "color", t->color);
    jsonw_opt_text(w, "comment", t->comment);
    jsonw_opt_text(w, "native", t->native);
    if (t->is_strict) {
        jsonw_kv_bool(w, "strict", true);
    }
    if (t->is_without_rowid) {
        jsonw_kv_bool(w, "withoutRowid", true);
    }
    if (t->row_estimate >= 0) {
        jsonw_kv_int(w, "rowEstimate", t->row_estimate);
    }
    if (t->permissions) {
        jsonw_kv_raw(w, "permissions", str_of(t->permissions));
    }
    jsonw_opt_text(w, "apiPrefix", t->api_prefix);
    if (t->is_api_off) {
        jsonw_kv_bool(w, "apiEnabled", false);
    }
}

void table_encode(struct json_writer *w, const struct table *t)
{
    jsonw_begin_object(w);
    encode_attributes(w, t);
    jsonw_key(w, "columns");
    jsonw_begin_array(w);
    for (size_t i = 0; i < t->n_columns; i++) {
        column_encode(w, t, &t->columns[i]);
    }
    jsonw_end_array(w);
    if (t->n_primary_key > 0) {
        jsonw_texts(w, "primaryKey", t->primary_key, t->n_primary_key);
    }
    ENCODE_PARTS("indexes", indexes, n_indexes, index_encode);
    ENCODE_PARTS("foreignKeys", foreign_keys, n_foreign_keys, foreign_key_encode);
    ENCODE_PARTS("checks", checks, n_checks, check_encode);
    ENCODE_PARTS("triggers", triggers, n_triggers, trigger_encode);
    jsonw_end_object(w);
}

void catalog_encode(struct json_writer *w, const struct catalog *c)
{
    struct arena *scratch AUTO(arena_freep) = arena_new();
    size_t n = 0;
    struct table **tables = catalog_sorted_tables(scratch, c, &n);
    jsonw_begin_object(w);
    jsonw_key(w, "tables");
    jsonw_begin_array(w);
    for (size_t i = 0; i < n; i++) {
        table_encode(w, tables[i]);
    }
    jsonw_end_array(w);
    jsonw_end_object(w);
}
