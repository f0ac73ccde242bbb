#include "migrate/record.h"

#include <string.h>

#include "base/attr.h"
#include "base/time.h"

/* A record type found again in a catalog: one column a field. */
struct binding {
    const struct table *table;
    const struct column **columns;
};

static enum errcode bind_type(const struct record_place *p, struct arena *a,
                              const struct record_type *type, struct binding *out,
                              struct error *err)
{
    struct binding b = {.table = catalog_find_table(p->catalog, str_of(type->table))};
    if (!b.table) {
        return ERROR(err, ERR_INTERNAL, "the store has no table \"%s\"", type->table);
    }
    b.columns = ARENA_ARRAY(a, type->n_fields, const struct column *);
    for (size_t i = 0; i < type->n_fields; i++) {
        b.columns[i] = table_find_column(b.table, str_of(type->fields[i].name));
        if (!b.columns[i]) {
            return ERROR(err, ERR_INTERNAL, "the store's table \"%s\" has no column \"%s\"",
                         type->table, type->fields[i].name);
        }
    }
    *out = b;
    return ERR_OK;
}

static size_t field_index(const struct record_type *type, const char *name)
{
    size_t i = 0;
    while (i < type->n_fields && !text_eq(type->fields[i].name, name)) {
        i++;
    }
    BUG_ON(i == type->n_fields);
    return i;
}

static struct value time_value(struct arena *a, int64_t us)
{
    char text[INSTANT_TEXT_MAX];
    size_t n = instant_format(text, us);
    return value_str((struct str){arena_strndup(a, text, n), n});
}

static struct value field_get(struct arena *a, const struct record_field *f, const void *record)
{
    const void *p = (const char *)record + f->offset;
    switch (f->kind) {
    case FIELD_INT:
        return value_int(*(const int64_t *)p);
    case FIELD_REF:
        return *(const int64_t *)p ? value_int(*(const int64_t *)p) : value_null();
    case FIELD_BOOL:
        return value_bool(*(const bool *)p);
    case FIELD_TEXT:
        return value_text(*(const char *const *)p);
    case FIELD_TIME:
        return *(const int64_t *)p ? time_value(a, *(const int64_t *)p) : value_null();
    case FIELD_NONE:
        break;
    }
    BUG_ON(true);
}

static bool value_to_int(const struct value *v, int64_t *out)
{
    if (v->kind == VALUE_INT) {
        *out = v->i;
        return true;
    }
    if (v->kind == VALUE_BOOL) {
        *out = v->b;
        return true;
    }
    return v->kind == VALUE_TEXT && str_int64(v->s, out);
}

static bool value_to_time(const struct value *v, int64_t *out)
{
    if (v->kind == VALUE_INT) {
        *out = v->i;
        return true;
    }
    return v->kind == VALUE_TEXT && instant_parse(v->s, out);
}

/* False when the stored value is not of the field's kind. NULL is the zero of every kind. */
static bool field_set(struct arena *a, const struct record_field *f, const struct value *v,
                      void *record)
{
    void *p = (char *)record + f->offset;
    int64_t i = 0;
    if (v->kind == VALUE_NULL) {
        return true;
    }
    switch (f->kind) {
    case FIELD_INT:
    case FIELD_REF:
        return value_to_int(v, p);
    case FIELD_BOOL:
        if (!value_to_int(v, &i)) {
            return false;
        }
        *(bool *)p = i != 0;
        return true;
    case FIELD_TEXT:
        if (v->kind != VALUE_TEXT && v->kind != VALUE_BYTES) {
            return false;
        }
        *(const char **)p = arena_str(a, v->s);
        return true;
    case FIELD_TIME:
        return value_to_time(v, p);
    case FIELD_NONE:
        break;
    }
    return false;
}

static const struct filter *bind_terms(struct arena *a, const struct record_type *type,
                                       const struct binding *b, const struct record_query *q)
{
    if (q->n_terms == 0) {
        return NULL;
    }
    const struct filter **args = ARENA_ARRAY(a, q->n_terms, const struct filter *);
    for (size_t i = 0; i < q->n_terms; i++) {
        const struct record_term *t = &q->terms[i];
        size_t at = field_index(type, t->field);
        struct value *v = ARENA_NEW(a, struct value);
        *v = t->value;
        if (type->fields[at].kind == FIELD_TIME && v->kind == VALUE_INT) {
            *v = time_value(a, v->i);
        }
        struct filter *f = ARENA_NEW(a, struct filter);
        f->op = t->op;
        f->column = b->columns[at];
        f->values = v;
        f->n_values = t->op == FILTER_IS_NULL || t->op == FILTER_IS_NOT_NULL ? 0 : 1;
        args[i] = f;
    }
    if (q->n_terms == 1) {
        return args[0];
    }
    struct filter *all = ARENA_NEW(a, struct filter);
    all->op = FILTER_AND;
    all->args = args;
    all->n_args = q->n_terms;
    return all;
}

/* Order by what was asked, then by the key, so that pages are stable. */
static void bind_order(struct arena *a, const struct record_type *type, const struct binding *b,
                       const struct record_query *q, struct query *out)
{
    const char *by = q->order ? q->order : type->key;
    struct order *order = ARENA_ARRAY(a, 2, struct order);
    size_t n = 0;
    order[n++] = (struct order){.column = b->columns[field_index(type, by)],
                                .is_descending = q->is_descending};
    if (!text_eq(by, type->key)) {
        order[n++] = (struct order){.column = b->columns[field_index(type, type->key)],
                                    .is_descending = q->is_descending};
    }
    out->order = order;
    out->n_order = n;
}

static enum errcode read_row(struct arena *a, const struct record_type *type,
                             const struct value *row, void *record, struct error *err)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        if (!field_set(a, &type->fields[i], &row[i], record)) {
            return ERROR(err, ERR_CORRUPT,
                         "column \"%s\" of the store's table \"%s\" holds "
                         "another kind of value than it should",
                         type->fields[i].name, type->table);
        }
    }
    return ERR_OK;
}

enum errcode record_list_in(struct session *s, const struct record_place *p, struct arena *a,
                            const struct record_type *type, const struct record_query *q,
                            void **out, size_t *n, struct error *err)
{
    AUTO(arena_freep) struct arena *tmp = arena_new();
    struct binding b;
    TRY(bind_type(p, tmp, type, &b, err));
    struct query query = {
        .table = b.table,
        .columns = b.columns,
        .n_columns = type->n_fields,
        .where = bind_terms(tmp, type, &b, q),
        .limit = q->limit > 0 ? q->limit : -1,
        .offset = q->offset,
        .holds = q->holds,
    };
    bind_order(tmp, type, &b, q, &query);
    AUTO(engine_cursor_closep) struct cursor *c = NULL;
    TRY(engine_select(s, &query, &c, err));
    char *records = NULL;
    size_t n_records = 0;
    for (;;) {
        const struct value *row = NULL;
        TRY(engine_cursor_next(c, &row, err));
        if (!row) {
            break;
        }
        if ((n_records & (n_records - 1)) == 0) {
            records = arena_grow(a, records, n_records, n_records ? n_records * 2 : 1, type->size);
        }
        TRY(read_row(a, type, row, records + n_records * type->size, err));
        n_records++;
    }
    *out = records;
    *n = n_records;
    return ERR_OK;
}

enum errcode record_list(const struct record_place *p, struct arena *a,
                         const struct record_type *type, const struct record_query *q, void **out,
                         size_t *n, struct error *err)
{
    AUTO(engine_session_endp) struct session *s = NULL;
    TRY(engine_session_begin(p->engine, p->ns, ACCESS_READ, &s, err));
    return record_list_in(s, p, a, type, q, out, n, err);
}

enum errcode record_one(const struct record_place *p, struct arena *a,
                        const struct record_type *type, const struct record_query *q, void *out,
                        struct error *err)
{
    struct record_query one = *q;
    one.limit = 1;
    void *found = NULL;
    size_t n = 0;
    TRY(record_list(p, a, type, &one, &found, &n, err));
    if (n == 0) {
        return ERROR(err, ERR_NOT_FOUND, "not found in \"%s\"", type->table);
    }
    memcpy(out, found, type->size);
    return ERR_OK;
}

enum errcode record_count(const struct record_place *p, const struct record_type *type,
                          const struct record_query *q, int64_t *out, struct error *err)
{
    AUTO(arena_freep) struct arena *tmp = arena_new();
    struct binding b;
    TRY(bind_type(p, tmp, type, &b, err));
    struct query query = {
        .table = b.table,
        .where = bind_terms(tmp, type, &b, q),
        .limit = -1,
        .count_only = true,
    };
    AUTO(engine_session_endp) struct session *s = NULL;
    TRY(engine_session_begin(p->engine, p->ns, ACCESS_READ, &s, err));
    const struct value *row = NULL;
    TRY(engine_query_one(s, &query, tmp, &row, err));
    if (!row || row[0].kind != VALUE_INT) {
        return ERROR(err, ERR_INTERNAL, "counting in \"%s\" gave no number", type->table);
    }
    *out = row[0].i;
    return ERR_OK;
}

enum errcode record_insert_in(struct session *s, const struct record_place *p,
                              const struct record_type *type, void *record, struct error *err)
{
    AUTO(arena_freep) struct arena *tmp = arena_new();
    struct binding b;
    TRY(bind_type(p, tmp, type, &b, err));
    struct value *values = ARENA_ARRAY(tmp, type->n_fields, struct value);
    const struct column **columns = ARENA_ARRAY(tmp, type->n_fields, const struct column *);
    const struct record_field *identity = NULL;
    struct write w = {.kind = WRITE_INSERT, .table = b.table, .columns = columns};
    w.values = values;
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct record_field *f = &type->fields[i];
        struct value v = field_get(tmp, f, record);
        if (f->is_identity && v.kind == VALUE_INT && v.i == 0) {
            identity = f;
            w.key = b.columns[i];
            continue;
        }
        values[w.n_columns] = v;
        columns[w.n_columns++] = b.columns[i];
    }
    struct write_result result = {0};
    TRY(engine_write(s, &w, &result, err));
    if (identity) {
        *(int64_t *)((char *)record + identity->offset) = result.last_id;
    }
    return ERR_OK;
}

static const struct filter *key_filter(struct arena *a, const struct record_type *type,
                                       const struct binding *b, const void *record)
{
    const struct record_field *key = &type->fields[field_index(type, type->key)];
    struct record_term term = {type->key, FILTER_EQ, field_get(a, key, record)};
    struct record_query q = {.terms = &term, .n_terms = 1};
    return bind_terms(a, type, b, &q);
}

enum errcode record_update_in(struct session *s, const struct record_place *p,
                              const struct record_type *type, const void *record,
                              const char *const *fields, struct error *err)
{
    AUTO(arena_freep) struct arena *tmp = arena_new();
    struct binding b;
    TRY(bind_type(p, tmp, type, &b, err));
    size_t max = type->n_fields;
    for (size_t i = 0; fields && fields[i]; i++) {
        max = i + 1;
    }
    struct value *values = ARENA_ARRAY(tmp, max, struct value);
    const struct column **columns = ARENA_ARRAY(tmp, max, const struct column *);
    struct write w = {.kind = WRITE_UPDATE, .table = b.table, .columns = columns};
    w.values = values;
    for (size_t i = 0; fields ? fields[i] != NULL : i < type->n_fields; i++) {
        size_t at = fields ? field_index(type, fields[i]) : i;
        if (text_eq(type->fields[at].name, type->key)) {
            continue;
        }
        values[w.n_columns] = field_get(tmp, &type->fields[at], record);
        columns[w.n_columns++] = b.columns[at];
    }
    w.where = key_filter(tmp, type, &b, record);
    struct write_result result = {0};
    TRY(engine_write(s, &w, &result, err));
    if (result.n_rows == 0) {
        return ERROR(err, ERR_NOT_FOUND, "not found in \"%s\"", type->table);
    }
    return ERR_OK;
}

enum errcode record_delete_in(struct session *s, const struct record_place *p,
                              const struct record_type *type, const struct record_query *q,
                              int64_t *n, struct error *err)
{
    BUG_ON(q->n_terms == 0);
    AUTO(arena_freep) struct arena *tmp = arena_new();
    struct binding b;
    TRY(bind_type(p, tmp, type, &b, err));
    struct write w = {
        .kind = WRITE_DELETE,
        .table = b.table,
        .where = bind_terms(tmp, type, &b, q),
    };
    struct write_result result = {0};
    TRY(engine_write(s, &w, &result, err));
    if (n) {
        *n = result.n_rows;
    }
    return ERR_OK;
}

/* One write as a transaction of its own; the function may run twice, so the identity that a first
   run gave is taken back before each. */
struct single_write {
    const struct record_place *place;
    const struct record_type *type;
    void *record;
    const void *record_in;
    const char *const *fields;
    const struct record_query *query;
    int64_t *n;
    const struct record_field *identity;
};

static enum errcode insert_once(struct session *s, void *arg, struct error *err)
{
    struct single_write *w = arg;
    if (w->identity) {
        *(int64_t *)((char *)w->record + w->identity->offset) = 0;
    }
    return record_insert_in(s, w->place, w->type, w->record, err);
}

static enum errcode update_once(struct session *s, void *arg, struct error *err)
{
    const struct single_write *w = arg;
    return record_update_in(s, w->place, w->type, w->record_in, w->fields, err);
}

static enum errcode delete_once(struct session *s, void *arg, struct error *err)
{
    const struct single_write *w = arg;
    return record_delete_in(s, w->place, w->type, w->query, w->n, err);
}

enum errcode record_insert(const struct record_place *p, const struct record_type *type,
                           void *record, struct error *err)
{
    struct single_write w = {.place = p, .type = type, .record = record};
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct record_field *f = &type->fields[i];
        if (f->is_identity && *(int64_t *)((char *)record + f->offset) == 0) {
            w.identity = f;
        }
    }
    return engine_transact(p->engine, p->ns, insert_once, &w, err);
}

enum errcode record_update(const struct record_place *p, const struct record_type *type,
                           const void *record, const char *const *fields, struct error *err)
{
    struct single_write w = {.place = p, .type = type, .record_in = record, .fields = fields};
    return engine_transact(p->engine, p->ns, update_once, &w, err);
}

enum errcode record_delete(const struct record_place *p, const struct record_type *type,
                           const struct record_query *q, int64_t *n, struct error *err)
{
    struct single_write w = {.place = p, .type = type, .query = q, .n = n};
    return engine_transact(p->engine, p->ns, delete_once, &w, err);
}
