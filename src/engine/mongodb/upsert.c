#include "engine/mongodb/upsert.h"

#include "base/attr.h"
#include "engine/mongodb/core.h"
#include "engine/mongodb/filter.h"

static bool is_among(const struct column *const *columns, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (text_eq(columns[i]->name, name)) {
            return true;
        }
    }
    return false;
}

static const struct column *column_of(const struct write *w, const char *field)
{
    for (size_t i = 0; i < w->n_columns; i++) {
        if (text_eq(mongo_field(w->table, w->columns[i]), field)) {
            return w->columns[i];
        }
    }
    return NULL;
}

struct upsert upsert_of(struct arena *a, const struct write *w, const bson_t *new_row)
{
    bson_t *filter = mongo_doc(a);
    bson_t *set = mongo_doc(a);
    bson_t *once = mongo_doc(a);
    bson_t *unset = mongo_doc(a);
    bson_t *doc = mongo_doc(a);
    bson_iter_t it;
    bool has = bson_iter_init(&it, new_row);
    while (has && bson_iter_next(&it)) {
        const struct column *c = column_of(w, bson_iter_key(&it));
        bool is_key = c && is_among(w->conflict, w->n_conflict, c->name);
        bool is_kept = !c || is_among(w->keep, w->n_keep, c->name);
        BSON_APPEND_VALUE(is_key    ? filter
                          : is_kept ? once
                                    : set,
                          bson_iter_key(&it), bson_iter_value(&it));
    }
    for (size_t i = 0; i < w->n_columns; i++) {
        const char *name = w->columns[i]->name;
        if (w->values[i].kind == VALUE_NULL && !is_among(w->keep, w->n_keep, name)) {
            BSON_APPEND_UTF8(unset, mongo_field(w->table, w->columns[i]), "");
        }
    }
    const struct {
        const char *op;
        const bson_t *body;
    } parts[] = {{"$set", set}, {"$unset", unset}, {"$setOnInsert", once}};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (!bson_empty(parts[i].body)) {
            BSON_APPEND_DOCUMENT(doc, parts[i].op, parts[i].body);
        }
    }
    if (bson_empty(doc)) { /* nothing but the key: an update that changes nothing */
        BSON_APPEND_DOCUMENT(doc, "$setOnInsert", filter);
    }
    bool is_whole = bson_count_keys(filter) == w->n_conflict && w->n_conflict > 0;
    return (struct upsert){is_whole ? filter : NULL, doc};
}
