#include "engine/mongodb/insert.h"

#include "base/attr.h"
#include "base/utf8.h"
#include "engine/mongodb/errors.h"
#include "engine/mongodb/expr.h"
#include "engine/mongodb/filter.h"
#include "engine/mongodb/room.h"
#include "engine/mongodb/values.h"

static bool has_label(const struct type *t, struct str label)
{
    for (size_t i = 0; i < t->n_values; i++) {
        if (str_is(label, t->values[i])) {
            return true;
        }
    }
    return t->n_values == 0;
}

enum errcode insert_check(const struct table *t, const struct column *c, struct value v,
                          struct error *err)
{
    if (v.kind == VALUE_NULL && !c->is_nullable) {
        return mongo_broken(ERR_NOT_NULL_VIOLATION, t, &c->name, 1, NULL, err);
    }
    if (v.kind != VALUE_TEXT) {
        return ERR_OK;
    }
    bool has_length = c->type.kind == TYPE_TEXT || c->type.kind == TYPE_CHAR;
    bool is_long = has_length && c->type.length > 0 && v.s.n > (size_t)c->type.length &&
                   utf8_length(v.s) > (size_t)c->type.length;
    bool is_other = c->type.kind == TYPE_ENUM && !has_label(&c->type, v.s);
    if (is_long || is_other) {
        return mongo_broken(ERR_CHECK_VIOLATION, t, &c->name, 1, NULL, err);
    }
    return ERR_OK;
}

static const struct value *value_of(const struct write *w, const struct value *values,
                                    const struct column *c)
{
    for (size_t i = 0; i < w->n_columns; i++) {
        if (w->columns[i] == c || text_eq(w->columns[i]->name, c->name)) {
            return &values[i];
        }
    }
    return NULL;
}

static bool makes_object_id(const struct column *c)
{
    return c->type.kind == TYPE_OBJECT_ID;
}

static enum errcode add_column(struct arena *a, const struct write *w, const struct value *values,
                               const struct column *c, struct new_row *out, struct error *err)
{
    const struct column *key = table_single_key(w->table);
    const struct value *given = value_of(w, values, c);
    bool is_key = key == c;
    struct value v = given ? *given : value_null();
    if (!given && !(is_key && makes_object_id(c))) {
        TRY(mongo_default(a, c, &v, err));
    }
    if (is_key && v.kind == VALUE_NULL && (c->is_auto_increment || makes_object_id(c))) {
        out->counts = c->is_auto_increment;
        return ERR_OK;
    }
    if (is_key && v.kind == VALUE_INT) {
        out->number = v.i;
    }
    TRY(insert_check(w->table, c, v, err));
    if (v.kind == VALUE_NULL) {
        return ERR_OK;
    }
    return mongo_put(out->doc, mongo_field(w->table, c), &c->type, v, c->name, err);
}

enum errcode insert_row(struct arena *a, const struct write *w, const struct value *values,
                        struct new_row *out, struct error *err)
{
    const struct table *t = w->table;
    const struct column *key = table_single_key(t);
    *out = (struct new_row){.arena = a, .doc = mongo_doc(a)};
    if (key) {
        TRY(add_column(a, w, values, key, out, err));
    }
    if (!out->counts && !bson_has_field(out->doc, "_id")) {
        bson_oid_t oid;
        bson_oid_init(&oid, NULL);
        BSON_APPEND_OID(out->doc, "_id", &oid);
    }
    for (size_t i = 0; i < t->n_columns; i++) {
        if (&t->columns[i] != key) {
            TRY(add_column(a, w, values, &t->columns[i], out, err));
        }
    }
    return ERR_OK;
}

static enum errcode read_max(const bson_t *doc, void *arg, struct error *err)
{
    int64_t *max = arg;
    bson_iter_t it;
    (void)err;
    if (bson_iter_init_find(&it, doc, "_id") && BSON_ITER_HOLDS_NUMBER(&it)) {
        *max = bson_iter_as_int64(&it);
    }
    return ERR_OK;
}

/* Outside of any transaction: it must see what others have written. */
static enum errcode find_max(struct mongo_session *s, const struct table *t, int64_t *max,
                             struct error *err)
{
    bson_t *find AUTO(mongo_doc_destroyp) =
        BCON_NEW("find", BCON_UTF8(t->name), "filter", "{", "_id", "{", "$type", "number", "}", "}",
                 "sort", "{", "_id", BCON_INT32(-1), "}", "projection", "{", "_id", BCON_INT32(1),
                 "}", "limit", BCON_INT32(1), "singleBatch", BCON_BOOL(true));
    return mongo_cursor_each(s->client, s->room->database, find, read_max, max, err);
}

enum errcode insert_count(struct mongo_session *s, const struct table *t, struct new_row *row,
                          struct error *err)
{
    const struct column *key = table_single_key(t);
    if (!row->counts && !row->is_counted) {
        if (key && key->is_auto_increment && row->number) {
            room_number_seen(s->room, t->name, row->number);
        }
        return ERR_OK;
    }
    int64_t max = 0;
    if (!room_number_known(s->room, t->name)) {
        TRY(find_max(s, t, &max, err));
    }
    row->number = room_number(s->room, t->name, max);
    bson_t *with = mongo_doc(row->arena);
    TRY(mongo_put(with, "_id", &key->type, value_int(row->number), key->name, err));
    bson_copy_to_excluding_noinit(row->doc, with, "_id", NULL);
    row->doc = with;
    row->counts = false;
    row->is_counted = true;
    return ERR_OK;
}

void insert_forget_count(struct mongo_session *s, const struct table *t)
{
    room_number_forget(s->room, t->name);
}
