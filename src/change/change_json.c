#include "change/change_json.h"

#include "base/attr.h"
#include "catalog/column_json.h"
#include "catalog/doc_json.h"
#include "catalog/table_json.h"
#include "catalog/where.h"

/*
 * One operation on its way in. The schema manager's form keeps everything in `details`, and there
 * names have names of their own; `part` and `name` below hide the difference.
 */
struct source {
    struct arena *arena;
    const json_t *doc;     /* the operation */
    const json_t *details; /* of the schema manager's form, else NULL */
    const char *table;     /* `table` or `collection`, may be NULL */
    bool is_stored;
};

typedef enum errcode decode_fn(const struct source *s, struct change *out, struct error *err);

static enum errcode refuse_field(struct error *err, const char *at)
{
    return where_prefix(err, ERROR(err, ERR_UNKNOWN_FIELD, "only the journal says this"), "%s", at);
}

/* Fields of the operation beside the common ones; with details they stand there. */
static enum errcode only(const struct source *s, const char *const *keys, struct error *err)
{
    static const char *const common[] = {"op", "id", "table"};
    static const char *const manager[] = {"type",       "id",      "datasource",
                                          "collection", "details", NULL};
    const char *all[24];
    size_t n = 0;
    if (s->details) {
        TRY(doc_only(s->doc, manager, err));
        return keys ? where_prefix(err, doc_only(s->details, keys, err), "/details") : ERR_OK;
    }
    for (size_t i = 0; i < ARRAY_LEN(common); i++) {
        all[n++] = common[i];
    }
    for (size_t i = 0; keys && keys[i] && n + 1 < ARRAY_LEN(all); i++) {
        all[n++] = keys[i];
    }
    all[n] = NULL;
    return doc_only(s->doc, all, err);
}

/* The first of @keys that the details have, or @keys[0] of the operation itself. */
static enum errcode name(const struct source *s, const char *const *keys, const char **out,
                         struct error *err)
{
    const char *text = NULL;
    if (!s->details) {
        TRY(doc_text(s->doc, keys[0], &text, err));
        *out = arena_strdup(s->arena, text);
        return ERR_OK;
    }
    const char *key = keys[0];
    for (size_t i = 0; keys[i]; i++) {
        if (!doc_absent(s->details, keys[i])) {
            key = keys[i];
            break;
        }
    }
    TRY(where_prefix(err, doc_text(s->details, key, &text, err), "/details"));
    *out = arena_strdup(s->arena, text);
    return ERR_OK;
}

struct part {
    const json_t *doc;
    const char *at;
};

/* The object under @key; the schema manager may also spread it over the details. */
static enum errcode part(const struct source *s, const char *key, struct part *out,
                         struct error *err)
{
    if (!s->details) {
        TRY(doc_object(s->doc, key, &out->doc, err));
        out->at = arena_printf(s->arena, "/%s", key);
        return ERR_OK;
    }
    const json_t *inner = json_object_get(s->details, key);
    bool nested = json_is_object(inner) && json_object_size(s->details) == 1;
    out->doc = nested ? inner : s->details;
    out->at = nested ? arena_printf(s->arena, "/details/%s", key) : "/details";
    return ERR_OK;
}

static enum errcode table_name(const struct source *s, const char **out, struct error *err)
{
    if (!s->table) {
        const char *key = s->details ? "collection" : "table";
        return where_prefix(err, ERROR(err, ERR_INVALID, "\"%s\" is missing", key), "/%s", key);
    }
    *out = arena_strdup(s->arena, s->table);
    return ERR_OK;
}

static enum errcode refuse_index_texts(const struct index *i, struct error *err)
{
    if (i->native) {
        return refuse_field(err, "/native");
    }
    return i->is_constraint ? refuse_field(err, "/constraint") : ERR_OK;
}

static enum errcode refuse_table_texts(const struct table *t, struct error *err)
{
    if (t->native) {
        return refuse_field(err, "/native");
    }
    if (t->n_triggers > 0) {
        return refuse_field(err, "/triggers");
    }
    if (t->kind != TABLE_BASE) {
        return refuse_field(err, "/kind");
    }
    for (size_t i = 0; i < t->n_indexes; i++) {
        TRY(where_prefix(err, refuse_index_texts(&t->indexes[i], err), "/indexes/%zu", i));
    }
    return ERR_OK;
}

static enum errcode decode_table(const struct source *s, const struct part *p, struct table **out,
                                 struct error *err)
{
    struct table *t = ARENA_NEW(s->arena, struct table);
    TRY(where_prefix(err, table_decode(s->arena, p->doc, t, err), "%s", p->at));
    if (!s->is_stored) {
        TRY(where_prefix(err, refuse_table_texts(t, err), "%s", p->at));
    }
    if (!t->name && s->details && s->table) {
        t->name = arena_strdup(s->arena, s->table);
    }
    *out = t;
    return ERR_OK;
}

static enum errcode decode_create_table(const struct source *s, struct change *out,
                                        struct error *err)
{
    struct part p = {0};
    TRY(only(s, NULL, err));
    TRY(part(s, "table", &p, err));
    return decode_table(s, &p, &out->create_table.table, err);
}

static enum errcode decode_trash(const struct source *s, const char **trash, bool *no_trash,
                                 struct error *err)
{
    const json_t *doc = s->details ? s->details : s->doc;
    const char *text = NULL;
    TRY(doc_opt_bool(doc, "noTrash", no_trash, err));
    TRY(doc_opt_text(doc, "trash", &text, err));
    if (text && !s->is_stored) {
        return refuse_field(err, "/trash");
    }
    *trash = arena_strdup(s->arena, text);
    return ERR_OK;
}

static enum errcode decode_drop_table(const struct source *s, struct change *out, struct error *err)
{
    static const char *const keys[] = {"trash", "noTrash", NULL};
    TRY(only(s, keys, err));
    TRY(table_name(s, &out->drop_table.table, err));
    if (!s->is_stored && str_starts(str_of(out->drop_table.table), STR(TELAIO_PREFIX))) {
        enum errcode code = ERROR(err, ERR_NOT_FOUND, "no table \"%s\"", out->drop_table.table);
        return where_prefix(err, code, "/table");
    }
    return decode_trash(s, &out->drop_table.trash, &out->drop_table.no_trash, err);
}

static enum errcode decode_rename_table(const struct source *s, struct change *out,
                                        struct error *err)
{
    static const char *const keys[] = {"newName", "newTableName", NULL};
    static const char *const plain[] = {"newName", NULL};
    TRY(only(s, s->details ? keys : plain, err));
    TRY(table_name(s, &out->rename_table.table, err));
    return name(s, keys, &out->rename_table.new_name, err);
}

static enum errcode decode_referrer(const struct source *s, const json_t *doc,
                                    struct restored_key *out, struct error *err)
{
    static const char *const keys[] = {"table", "foreignKey", "relation", NULL};
    const char *table = NULL;
    const json_t *key = NULL, *relation = NULL;
    if (!json_is_object(doc)) {
        return ERROR(err, ERR_INVALID, "an object is expected here");
    }
    TRY(doc_only(doc, keys, err));
    TRY(doc_text(doc, "table", &table, err));
    TRY(doc_object(doc, "foreignKey", &key, err));
    TRY(doc_opt_object(doc, "relation", &relation, err));
    *out = (struct restored_key){.table = arena_strdup(s->arena, table)};
    if (relation) {
        out->is_relation = true;
        TRY(doc_opt_copy(s->arena, relation, "relationType", &out->relation_type, err));
        TRY(doc_opt_copy(s->arena, relation, "onDelete", &out->on_delete_text, err));
        TRY(doc_opt_copy(s->arena, relation, "onUpdate", &out->on_update_text, err));
    }
    return where_prefix(err, foreign_key_decode(s->arena, key, &out->key, err), "/foreignKey");
}

static enum errcode decode_restore_table(const struct source *s, struct change *out,
                                         struct error *err)
{
    static const char *const keys[] = {"trash", "referrers", NULL};
    struct part p = {0};
    const json_t *list = NULL;
    if (!s->is_stored) {
        return where_prefix(err, ERROR(err, ERR_INVALID, "a table is restored by an undo"), "/op");
    }
    TRY(only(s, keys, err));
    TRY(part(s, "table", &p, err));
    TRY(decode_table(s, &p, &out->restore_table.table, err));
    bool no_trash = false;
    TRY(decode_trash(s, &out->restore_table.trash, &no_trash, err));
    TRY(doc_opt_array(s->doc, "referrers", &list, err));
    size_t n = json_array_size(list);
    struct restored_key *referrers = ARENA_ARRAY(s->arena, n, struct restored_key);
    for (size_t i = 0; i < n; i++) {
        enum errcode code = decode_referrer(s, json_array_get(list, i), &referrers[i], err);
        TRY(where_prefix(err, code, "/referrers/%zu", i));
    }
    out->restore_table.referrers = referrers;
    out->restore_table.n_referrers = n;
    return ERR_OK;
}

#define DECODE_LIST(key, member, n_member, type, decode_one)                                   \
    do {                                                                                       \
        const json_t *list = NULL;                                                             \
        TRY(doc_opt_array(s->doc, key, &list, err));                                           \
        size_t n = json_array_size(list);                                                      \
        for (size_t i = 0; i < n; i++) {                                                       \
            type one;                                                                          \
            enum errcode code = decode_one(s->arena, json_array_get(list, i), &one, err);      \
            TRY(where_prefix(err, code, "/" key "/%zu", i));                                   \
            ARENA_PUSH(s->arena, out->create_column.member, out->create_column.n_member, one); \
        }                                                                                      \
    } while (0)

static enum errcode decode_restore(const struct source *s, struct change *out, struct error *err)
{
    static const char *const keys[] = {"object", "keys", "onto", NULL};
    const json_t *doc = NULL;
    const char *object = NULL;
    struct trash_ref *ref = &out->create_column.restore;
    TRY(doc_opt_object(s->doc, "restore", &doc, err));
    if (!doc) {
        return ERR_OK;
    }
    TRY(doc_only(doc, keys, err));
    TRY(doc_text(doc, "object", &object, err));
    ref->object = arena_strdup(s->arena, object);
    size_t n_onto = 0;
    TRY(text_list_decode(s->arena, json_object_get(doc, "keys"), &ref->keys, &ref->n_keys, err));
    TRY(text_list_decode(s->arena, json_object_get(doc, "onto"), &ref->onto, &n_onto, err));
    if (n_onto != ref->n_keys) {
        return ERROR(err, ERR_INVALID, "as many keys as columns are expected here");
    }
    return ERR_OK;
}

/* Parts that were lost with a column and come back with it; the journal says triggers too. */
static enum errcode decode_lost(const struct source *s, struct change *out, struct error *err)
{
    if (!s->is_stored && !doc_absent(s->doc, "triggers")) {
        return refuse_field(err, "/triggers");
    }
    if (!s->is_stored && !doc_absent(s->doc, "restore")) {
        return refuse_field(err, "/restore");
    }
    DECODE_LIST("checks", checks, n_checks, struct check, check_decode);
    DECODE_LIST("foreignKeys", foreign_keys, n_foreign_keys, struct foreign_key,
                foreign_key_decode);
    DECODE_LIST("indexes", indexes, n_indexes, struct index, index_decode);
    struct trigger *triggers = NULL;
    size_t n_triggers = 0;
    const json_t *list = NULL;
    TRY(doc_opt_array(s->doc, "triggers", &list, err));
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct trigger one;
        enum errcode code = trigger_decode(s->arena, json_array_get(list, i), &one, err);
        TRY(where_prefix(err, code, "/triggers/%zu", i));
        ARENA_PUSH(s->arena, triggers, n_triggers, one);
    }
    out->create_column.triggers = triggers;
    out->create_column.n_triggers = n_triggers;
    for (size_t i = 0; i < out->create_column.n_indexes && !s->is_stored; i++) {
        enum errcode code = refuse_index_texts(&out->create_column.indexes[i], err);
        TRY(where_prefix(err, code, "/indexes/%zu", i));
    }
    return where_prefix(err, decode_restore(s, out, err), "/restore");
}

static void add_single_index(const struct source *s, struct change *out, bool unique)
{
    struct index index = {.is_unique = unique, .n_keys = 1};
    index.keys = ARENA_ARRAY(s->arena, 1, struct index_key);
    index.keys[0].column = out->create_column.column.name;
    ARENA_PUSH(s->arena, out->create_column.indexes, out->create_column.n_indexes, index);
}

static bool has_unique(const struct change *c)
{
    for (size_t i = 0; i < c->create_column.n_indexes; i++) {
        if (index_is_single_unique(&c->create_column.indexes[i], c->create_column.column.name)) {
            return true;
        }
    }
    return false;
}

/* What the column says about its table becomes parts of the change. */
static void move_parts(const struct source *s, struct change *out, const struct column_doc *d)
{
    bool unique = d->column.is_unique && !has_unique(out);
    if (unique) {
        add_single_index(s, out, true);
    }
    if (d->is_relation && !d->knows_key && !unique && out->create_column.n_indexes == 0) {
        add_single_index(s, out, false);
    }
    if (d->has_reference && out->create_column.n_foreign_keys == 0) {
        ARENA_PUSH(s->arena, out->create_column.foreign_keys, out->create_column.n_foreign_keys,
                   d->reference);
    }
    if (d->check) {
        struct check check = {.expr = d->check, .column = d->column.name};
        ARENA_PUSH(s->arena, out->create_column.checks, out->create_column.n_checks, check);
    }
}

static enum errcode decode_create_column(const struct source *s, struct change *out,
                                         struct error *err)
{
    static const char *const keys[] = {"column",  "after",    "checks",  "foreignKeys",
                                       "indexes", "triggers", "restore", NULL};
    struct part p = {0};
    struct column_doc d = {0};
    TRY(only(s, s->details ? NULL : keys, err));
    TRY(table_name(s, &out->create_column.table, err));
    TRY(part(s, "column", &p, err));
    TRY(where_prefix(err, column_doc_decode(s->arena, p.doc, &d, err), "%s", p.at));
    if (d.is_primary_key) {
        enum errcode code = ERROR(err, ERR_UNSUPPORTED, "a primary key is made with its table");
        return where_prefix(err, code, "%s/primaryKey", p.at);
    }
    out->create_column.column = d.column;
    if (!s->details) {
        const char *after = NULL;
        TRY(doc_opt_text(s->doc, "after", &after, err));
        out->create_column.after = arena_strdup(s->arena, after);
        TRY(decode_lost(s, out, err));
    }
    move_parts(s, out, &d);
    return ERR_OK;
}

static enum errcode decode_drop_column(const struct source *s, struct change *out,
                                       struct error *err)
{
    static const char *const plain[] = {"column", "trash", "noTrash", NULL};
    static const char *const keys[] = {"column", "columnName", "name", NULL};
    static const char *const manager[] = {"column", "columnName", "name", "noTrash", NULL};
    TRY(only(s, s->details ? manager : plain, err));
    TRY(table_name(s, &out->drop_column.table, err));
    TRY(name(s, keys, &out->drop_column.column, err));
    return decode_trash(s, &out->drop_column.trash, &out->drop_column.no_trash, err);
}

static enum errcode decode_rename_column(const struct source *s, struct change *out,
                                         struct error *err)
{
    static const char *const plain[] = {"column", "newName", NULL};
    static const char *const from[] = {"column", "columnName", "oldName", "oldColumnName", NULL};
    static const char *const to[] = {"newName", "newColumnName", NULL};
    static const char *const manager[] = {"column",  "columnName",    "oldName", "oldColumnName",
                                          "newName", "newColumnName", NULL};
    TRY(only(s, s->details ? manager : plain, err));
    TRY(table_name(s, &out->rename_column.table, err));
    TRY(name(s, from, &out->rename_column.column, err));
    return name(s, to, &out->rename_column.new_name, err);
}

static enum errcode decode_create_index(const struct source *s, struct change *out,
                                        struct error *err)
{
    static const char *const keys[] = {"index", NULL};
    struct part p = {0};
    TRY(only(s, s->details ? NULL : keys, err));
    TRY(table_name(s, &out->create_index.table, err));
    TRY(part(s, "index", &p, err));
    struct index *index = &out->create_index.index;
    TRY(where_prefix(err, index_decode(s->arena, p.doc, index, err), "%s", p.at));
    return s->is_stored ? ERR_OK : where_prefix(err, refuse_index_texts(index, err), "%s", p.at);
}

static enum errcode decode_drop_index(const struct source *s, struct change *out, struct error *err)
{
    static const char *const plain[] = {"index", NULL};
    static const char *const keys[] = {"index", "indexName", "name", NULL};
    TRY(only(s, s->details ? keys : plain, err));
    TRY(table_name(s, &out->drop_index.table, err));
    return name(s, keys, &out->drop_index.index, err);
}

/* Members of a column that a later version may change. */
static enum errcode only_rules(const json_t *set, struct error *err)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)set, key, value)
    {
        if (!text_eq(key, "validation")) {
            enum errcode code =
                ERROR(err, ERR_UNSUPPORTED, "only the validation of a column can be changed");
            (void)error_hint(err, "make a new column and drop this one");
            return where_prefix(err, code, "/%s", key);
        }
    }
    return json_object_size(set) > 0 ? ERR_OK
                                     : ERROR(err, ERR_INVALID, "there is nothing to change");
}

/* {"validation": {…} | null} under @key of @doc; *@given tells whether it is there. */
static enum errcode decode_rules(const struct source *s, const json_t *doc, const char *key,
                                 struct column_rules *out, bool *given, struct error *err)
{
    const json_t *object = NULL, *rules = NULL;
    TRY(doc_opt_object(doc, key, &object, err));
    *given = object != NULL;
    if (!object) {
        return ERR_OK;
    }
    TRY(where_prefix(err, only_rules(object, err), "/%s", key));
    TRY(where_prefix(err, doc_opt_object(object, "validation", &rules, err), "/%s", key));
    if (!rules) {
        return ERR_OK; /* null: no rules */
    }
    return where_prefix(err, rules_decode(s->arena, rules, out, err), "/%s/validation", key);
}

static enum errcode decode_modify_column(const struct source *s, struct change *out,
                                         struct error *err)
{
    static const char *const keys[] = {"column", "columnName", "set", "was", NULL};
    static const char *const plain[] = {"column", "set", "was", NULL};
    static const char *const names[] = {"column", "columnName", NULL};
    const json_t *doc = s->details ? s->details : s->doc;
    const char *at = s->details ? "/details" : "";
    bool has_set = false;
    TRY(only(s, s->details ? keys : plain, err));
    TRY(table_name(s, &out->modify_column.table, err));
    TRY(name(s, names, &out->modify_column.column, err));
    enum errcode code = decode_rules(s, doc, "set", &out->modify_column.rules, &has_set, err);
    TRY(where_prefix(err, code, "%s", at));
    if (!has_set) {
        return where_prefix(err, ERROR(err, ERR_INVALID, "\"set\" is missing"), "%s/set", at);
    }
    code = decode_rules(s, doc, "was", &out->modify_column.was, &out->modify_column.has_was, err);
    return where_prefix(err, code, "%s", at);
}

static decode_fn *const decoders[CHANGE_N] = {
#define CHANGE(symbol, wire, member) [CHANGE_##symbol] = decode_##member,
#include "change/kinds.def"
#undef CHANGE
};

static enum errcode find_kind(const json_t *doc, const char *key, enum change_kind *out,
                              struct error *err)
{
    const char *wire = NULL;
    TRY(doc_text(doc, key, &wire, err));
    for (int kind = CHANGE_NONE + 1; kind < CHANGE_N; kind++) {
        if (text_eq(change_ops(kind)->wire, wire)) {
            *out = kind;
            return ERR_OK;
        }
    }
    return where_prefix(err, ERROR(err, ERR_INVALID, "unknown operation \"%s\"", wire), "/%s", key);
}

static enum errcode decode_change(struct arena *a, const json_t *doc, bool is_stored,
                                  struct change *out, struct error *err)
{
    if (!json_is_object(doc)) {
        return ERROR(err, ERR_INVALID, "an operation is an object");
    }
    struct source s = {.arena = a, .doc = doc, .is_stored = is_stored};
    bool is_manager = doc_absent(doc, "op") && !doc_absent(doc, "type");
    struct change c = {.is_stored = is_stored};
    const char *id = NULL;
    const char *datasource = NULL;
    TRY(find_kind(doc, is_manager ? "type" : "op", &c.kind, err));
    TRY(doc_opt_text(doc, "id", &id, err));
    c.id = arena_strdup(a, id);
    bool table_is_object = c.kind == CHANGE_CREATE_TABLE || c.kind == CHANGE_RESTORE_TABLE;
    if (is_manager) {
        TRY(doc_opt_text(doc, "datasource", &datasource, err));
        TRY(doc_opt_text(doc, "collection", &s.table, err));
        TRY(doc_opt_object(doc, "details", &s.details, err));
        s.details = s.details ? s.details : doc_tie(a, json_object());
    } else if (!table_is_object) {
        TRY(doc_opt_text(doc, "table", &s.table, err));
    }
    TRY(decoders[c.kind](&s, &c, err));
    *out = c;
    return ERR_OK;
}

static enum errcode decode_list(struct arena *a, const json_t *doc, bool is_stored,
                                struct change_list *out, struct error *err)
{
    if (!json_is_array(doc)) {
        return where_prefix(err, ERROR(err, ERR_INVALID, "the operations stand in an array"),
                            "/operations");
    }
    struct change_list list = {.n = json_array_size(doc), .arena = a};
    list.items = ARENA_ARRAY(a, list.n, struct change);
    for (size_t i = 0; i < list.n; i++) {
        const json_t *item = json_array_get(doc, i);
        enum errcode code = decode_change(a, item, is_stored, &list.items[i], err);
        TRY(where_prefix(err, code, "/operations/%zu", i));
    }
    *out = list;
    return ERR_OK;
}

enum errcode change_list_decode(struct arena *a, const json_t *doc, struct change_list *out,
                                struct error *err)
{
    return decode_list(a, doc, false, out, err);
}

enum errcode change_list_decode_stored(struct arena *a, const json_t *doc, struct change_list *out,
                                       struct error *err)
{
    return decode_list(a, doc, true, out, err);
}

static void encode_trash(struct json_writer *w, const char *trash, bool no_trash)
{
    jsonw_opt_text(w, "trash", trash);
    if (no_trash) {
        jsonw_kv_bool(w, "noTrash", true);
    }
}

static void encode_create_table(struct json_writer *w, const struct change *c)
{
    jsonw_key(w, "table");
    table_encode(w, c->create_table.table);
}

static void encode_drop_table(struct json_writer *w, const struct change *c)
{
    jsonw_kv_text(w, "table", c->drop_table.table);
    encode_trash(w, c->drop_table.trash, c->drop_table.no_trash);
}

static void encode_rename_table(struct json_writer *w, const struct change *c)
{
    jsonw_kv_text(w, "table", c->rename_table.table);
    jsonw_kv_text(w, "newName", c->rename_table.new_name);
}

static void encode_referrer(struct json_writer *w, const struct restored_key *r)
{
    jsonw_begin_object(w);
    jsonw_kv_text(w, "table", r->table);
    jsonw_key(w, "foreignKey");
    foreign_key_encode(w, &r->key);
    if (r->is_relation) {
        jsonw_key(w, "relation");
        jsonw_begin_object(w);
        jsonw_opt_text(w, "relationType", r->relation_type);
        jsonw_opt_text(w, "onDelete", r->on_delete_text);
        jsonw_opt_text(w, "onUpdate", r->on_update_text);
        jsonw_end_object(w);
    }
    jsonw_end_object(w);
}

static void encode_restore_table(struct json_writer *w, const struct change *c)
{
    jsonw_key(w, "table");
    table_encode(w, c->restore_table.table);
    jsonw_opt_text(w, "trash", c->restore_table.trash);
    if (c->restore_table.n_referrers == 0) {
        return;
    }
    jsonw_key(w, "referrers");
    jsonw_begin_array(w);
    for (size_t i = 0; i < c->restore_table.n_referrers; i++) {
        encode_referrer(w, &c->restore_table.referrers[i]);
    }
    jsonw_end_array(w);
}

#define ENCODE_LIST(key, member, n_member, encode_one)               \
    do {                                                             \
        if (c->create_column.n_member > 0) {                         \
            jsonw_key(w, key);                                       \
            jsonw_begin_array(w);                                    \
            for (size_t i = 0; i < c->create_column.n_member; i++) { \
                encode_one(w, &c->create_column.member[i]);          \
            }                                                        \
            jsonw_end_array(w);                                      \
        }                                                            \
    } while (0)

static void encode_create_column(struct json_writer *w, const struct change *c)
{
    jsonw_kv_text(w, "table", c->create_column.table);
    /* the column's own keys tell whether it is a relation still */
    const struct table own = {
        .foreign_keys = c->create_column.foreign_keys,
        .n_foreign_keys = c->create_column.n_foreign_keys,
    };
    jsonw_key(w, "column");
    column_encode(w, &own, &c->create_column.column);
    jsonw_opt_text(w, "after", c->create_column.after);
    ENCODE_LIST("checks", checks, n_checks, check_encode);
    ENCODE_LIST("foreignKeys", foreign_keys, n_foreign_keys, foreign_key_encode);
    ENCODE_LIST("indexes", indexes, n_indexes, index_encode);
    ENCODE_LIST("triggers", triggers, n_triggers, trigger_encode);
    const struct trash_ref *ref = &c->create_column.restore;
    if (ref->object) {
        jsonw_key(w, "restore");
        jsonw_begin_object(w);
        jsonw_kv_text(w, "object", ref->object);
        jsonw_texts(w, "keys", ref->keys, ref->n_keys);
        jsonw_texts(w, "onto", ref->onto, ref->n_keys);
        jsonw_end_object(w);
    }
}

static void encode_drop_column(struct json_writer *w, const struct change *c)
{
    jsonw_kv_text(w, "table", c->drop_column.table);
    jsonw_kv_text(w, "column", c->drop_column.column);
    encode_trash(w, c->drop_column.trash, c->drop_column.no_trash);
}

static void encode_column_rules(struct json_writer *w, const char *key,
                                const struct column_rules *r)
{
    jsonw_key(w, key);
    jsonw_begin_object(w);
    rules_encode(w, r);
    if (!column_rules_any(r)) {
        jsonw_key(w, "validation");
        jsonw_null(w);
    }
    jsonw_end_object(w);
}

static void encode_modify_column(struct json_writer *w, const struct change *c)
{
    jsonw_kv_text(w, "table", c->modify_column.table);
    jsonw_kv_text(w, "column", c->modify_column.column);
    encode_column_rules(w, "set", &c->modify_column.rules);
    if (c->modify_column.has_was) {
        encode_column_rules(w, "was", &c->modify_column.was);
    }
}

static void encode_rename_column(struct json_writer *w, const struct change *c)
{
    jsonw_kv_text(w, "table", c->rename_column.table);
    jsonw_kv_text(w, "column", c->rename_column.column);
    jsonw_kv_text(w, "newName", c->rename_column.new_name);
}

static void encode_create_index(struct json_writer *w, const struct change *c)
{
    jsonw_kv_text(w, "table", c->create_index.table);
    jsonw_key(w, "index");
    index_encode(w, &c->create_index.index);
}

static void encode_drop_index(struct json_writer *w, const struct change *c)
{
    jsonw_kv_text(w, "table", c->drop_index.table);
    jsonw_kv_text(w, "index", c->drop_index.index);
}

typedef void encode_fn(struct json_writer *w, const struct change *c);

static encode_fn *const encoders[CHANGE_N] = {
#define CHANGE(symbol, wire, member) [CHANGE_##symbol] = encode_##member,
#include "change/kinds.def"
#undef CHANGE
};

void change_encode(struct json_writer *w, const struct change *c)
{
    jsonw_begin_object(w);
    jsonw_kv_text(w, "op", change_ops(c->kind)->wire);
    jsonw_opt_text(w, "id", c->id);
    encoders[c->kind](w, c);
    jsonw_end_object(w);
}

void change_list_encode(struct json_writer *w, const struct change_list *list)
{
    jsonw_begin_array(w);
    for (size_t i = 0; i < list->n; i++) {
        change_encode(w, &list->items[i]);
    }
    jsonw_end_array(w);
}
