#include "app/rows_json.h"

#include "base/json.h"
#include "catalog/where.h"

static enum errcode decode_row(const struct rows *r, const json_t *doc, enum data_op op,
                               struct data_item *item, struct error *err)
{
    struct write w = {0};
    enum write_kind kind = op == DATA_INSERT ? WRITE_INSERT : WRITE_UPDATE;
    TRY(row_decode(r->caller->arena, doc, r->table->table, kind, &w, err));
    item->op = op;
    item->columns = w.columns;
    item->values = w.values;
    item->n = w.n_columns;
    return ERR_OK;
}

static enum errcode make_items(const struct rows *r, const json_t *list, struct data_item **items,
                               size_t *n, struct error *err)
{
    *n = json_array_size(list);
    if (*n == 0) {
        return ERROR(err, ERR_INVALID, "the list is empty");
    }
    if (*n > ROWS_ITEMS_MAX) {
        (void)ERROR(err, ERR_TOO_LARGE, "a body takes at most %d rows", ROWS_ITEMS_MAX);
        return error_hint(err, "an import takes any number");
    }
    *items = ARENA_ARRAY(r->caller->arena, *n, struct data_item);
    return ERR_OK;
}

enum errcode rows_decode_insert(const struct rows *r, const json_t *body, struct data_item **items,
                                size_t *n, bool *is_list, struct error *err)
{
    *is_list = json_is_array(body);
    if (!*is_list) {
        *n = 1;
        *items = ARENA_ARRAY(r->caller->arena, 1, struct data_item);
        return decode_row(r, body, DATA_INSERT, &(*items)[0], err);
    }
    TRY(make_items(r, body, items, n, err));
    for (size_t i = 0; i < *n; i++) {
        TRY(where_prefix(err,
                         decode_row(r, json_array_get(body, i), DATA_INSERT, &(*items)[i], err),
                         "/%zu", i));
    }
    return ERR_OK;
}

enum errcode rows_decode_update(const struct rows *r, const json_t *body, struct data_item *item,
                                struct error *err)
{
    return decode_row(r, body, DATA_UPDATE, item, err);
}

static enum errcode decode_method(const json_t *doc, enum data_op *out, struct error *err)
{
    static const struct {
        const char *method;
        enum data_op op;
    } rows[] = {{"POST", DATA_INSERT},
                {"PUT", DATA_UPDATE},
                {"PATCH", DATA_UPDATE},
                {"DELETE", DATA_DELETE}};
    const char *method = NULL;
    TRY(doc_text(doc, "method", &method, err));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (text_eq(method, rows[i].method)) {
            *out = rows[i].op;
            return ERR_OK;
        }
    }
    (void)ERROR(err, ERR_INVALID, "a method is POST, PUT, PATCH or DELETE");
    return error_where(err, "/method");
}

/* A key as text or as a whole number. */
static enum errcode decode_id(const struct rows *r, const json_t *doc, struct str *out,
                              struct error *err)
{
    const json_t *id = json_object_get(doc, "id");
    if (json_is_integer(id)) {
        *out = str_of(arena_printf(r->caller->arena, "%lld", (long long)json_integer_value(id)));
        return ERR_OK;
    }
    const char *text = NULL;
    TRY(doc_text(doc, "id", &text, err));
    *out = str_of(text);
    return ERR_OK;
}

/* What an operation does not use would be done by nobody. */
static enum errcode refuse_unused(const json_t *doc, enum data_op op, struct error *err)
{
    static const struct {
        enum data_op op;
        const char *key, *message;
    } rows[] = {
        {DATA_INSERT, "id", "a new row has its id in \"data\""},
        {DATA_INSERT, "ifMatch", "a new row matches nothing"},
        {DATA_DELETE, "data", "a row that goes has no data"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (op == rows[i].op && json_object_get(doc, rows[i].key)) {
            (void)ERROR(err, ERR_INVALID, "%s", rows[i].message);
            return error_where(err, "/%s", rows[i].key);
        }
    }
    return ERR_OK;
}

static enum errcode decode_operation(const struct rows *r, const json_t *doc,
                                     struct data_item *item, struct error *err)
{
    static const char *const keys[] = {"method", "id", "data", "ifMatch", NULL};
    const char *if_match = NULL;
    const json_t *data = NULL;
    enum data_op op = DATA_OP_NONE;
    TRY(doc_only(doc, keys, err));
    TRY(decode_method(doc, &op, err));
    TRY(refuse_unused(doc, op, err));
    item->op = op;
    if (op != DATA_INSERT) {
        TRY(decode_id(r, doc, &item->id, err));
        TRY(doc_opt_text(doc, "ifMatch", &if_match, err));
        item->if_match = str_of(if_match);
    }
    if (op == DATA_DELETE) {
        return ERR_OK;
    }
    TRY(doc_object(doc, "data", &data, err));
    return where_prefix(err, decode_row(r, data, op, item, err), "/data");
}

enum errcode rows_decode_bulk(const struct rows *r, const json_t *body, bool partial,
                              struct data_item **items, size_t *n, struct error *err)
{
    static const char *const keys[] = {"operations", NULL};
    const json_t *list = NULL;
    TRY(doc_only(body, keys, err));
    TRY(doc_array(body, "operations", &list, err));
    TRY(where_prefix(err, make_items(r, list, items, n, err), "/operations"));
    for (size_t i = 0; i < *n; i++) {
        struct data_item *item = &(*items)[i];
        const json_t *doc = json_array_get(list, i);
        if (!json_is_object(doc)) {
            (void)ERROR(err, ERR_INVALID, "an operation is an object");
            return error_where(err, "/operations/%zu", i);
        }
        if (partial) {
            item->code = decode_operation(r, doc, item, &item->err);
            continue;
        }
        TRY(where_prefix(err, decode_operation(r, doc, item, err), "/operations/%zu", i));
    }
    return ERR_OK;
}
