#include "api/custom/custom.h"
#include "app/rows_json.h"
#include "base/percent.h"

/* ---- what all handlers do ------------------------------------------------------------------ */

enum errcode custom_source(const struct call *c, struct error *err)
{
    return caller_use_source(c->caller, call_query(c, "source"), err);
}

enum errcode custom_open(const struct call *c, enum action action, struct rows *out,
                         struct error *err)
{
    bool by_table = text_eq(c->match->names[0], "table");
    TRY(custom_source(c, err));
    return rows_open(c->caller, by_table ? ROWS_BY_TABLE : ROWS_BY_RESOURCE,
                     str_of(c->match->values[0]), action, out, err);
}

struct list_params custom_params(const struct call *c)
{
    return (struct list_params){
        .page = call_query(c, "page"),
        .limit = call_query(c, "limit"),
        .sort = call_query(c, "sort"),
        .order = call_query(c, "order"),
        .filters = call_query(c, "filters"),
        .search = call_query(c, "search"),
        .cursor = call_query(c, "cursor"),
        .count = call_query(c, "count"),
        .fields = call_query(c, "fields"),
    };
}

enum errcode custom_number(const struct call *c, const char *name, int64_t max, int64_t *out,
                           struct error *err)
{
    struct str text = call_query(c, name);
    int64_t i = 0;
    if (!text.p) {
        return ERR_OK;
    }
    if (!str_int64(text, &i) || i < 1 || i > max) {
        (void)ERROR(err, ERR_INVALID_PARAMETER, "\"%s\" is a number from 1 to %lld", name,
                    (long long)max);
        return error_where(err, "/query/%s", name);
    }
    *out = i;
    return ERR_OK;
}

enum errcode custom_choice(const struct call *c, const char *name, const char *one, const char *two,
                           bool *second, struct error *err)
{
    struct str text = call_query(c, name);
    *second = text.p && str_is(text, two);
    if (!text.p || *second || str_is(text, one)) {
        return ERR_OK;
    }
    (void)ERROR(err, ERR_INVALID_PARAMETER, "\"%s\" is %s or %s", name, one, two);
    return error_where(err, "/query/%s", name);
}

static enum errcode prefix(enum errcode code, const char *where, struct error *err)
{
    return code == ERR_OK ? code : error_prefix_where(err, where);
}

/* ---- one row ------------------------------------------------------------------------------- */

static enum errcode get(struct call *c, struct error *err)
{
    struct rows rows;
    struct answer a;
    char etag[ROW_ETAG_TEXT + 1];
    TRY(custom_open(c, ACTION_DATA_READ, &rows, err));
    answer_begin(c, &a, 200);
    TRY(rows_get(&rows, str_of(call_param(c, "id")), call_query(c, "fields"), a.buf, etag, err));
    response_header(c->request, "ETag", etag);
    struct str known = request_header(c->request, "If-None-Match");
    if (known.p && row_etag_matches(known, etag)) {
        response_status(c->request, 304);
        return ERR_OK;
    }
    return answer_end(c, &a, NULL, err);
}

static void add_location(struct call *c, const struct rows *rows, const struct value *row)
{
    struct buf b;
    const char *key = row ? rows_key(rows, row) : NULL;
    if (!key) {
        return;
    }
    buf_init(&b, BUF_MAX_DEFAULT);
    buf_add_str(&b, request_path(c->request));
    buf_addc(&b, '/');
    percent_encode(&b, str_of(key), ",");
    response_header(c->request, "Location", buf_text(&b));
    buf_release(&b);
}

static void add_row(struct answer *a, const struct rows *rows, const struct data_item *item)
{
    if (item->row) {
        rows_encode(rows, item->row, a->buf);
    } else {
        buf_adds(a->buf, "null");
    }
}

static enum errcode answer_row(struct call *c, int status, const struct rows *rows,
                               const struct data_item *item, struct error *err)
{
    struct answer a;
    answer_begin(c, &a, status);
    add_row(&a, rows, item);
    if (item->etag) {
        response_header(c->request, "ETag", item->etag);
    }
    return answer_end(c, &a, NULL, err);
}

static enum errcode insert_list(struct call *c, const struct rows *rows, struct data_item *items,
                                size_t n, struct error *err)
{
    struct answer a;
    TRY(prefix(rows_write(rows, items, n, false, err), n == 1 ? "/0" : "", err));
    answer_begin(c, &a, 201);
    buf_addc(a.buf, '[');
    for (size_t i = 0; i < n; i++) {
        buf_adds(a.buf, i ? "," : "");
        add_row(&a, rows, &items[i]);
    }
    buf_addc(a.buf, ']');
    return answer_end(c, &a, NULL, err);
}

static enum errcode post(struct call *c, struct error *err)
{
    struct rows rows;
    struct data_item *items = NULL;
    size_t n = 0;
    bool is_list = false;
    TRY(custom_open(c, ACTION_DATA_CREATE, &rows, err));
    TRY(rows_decode_insert(&rows, c->body, &items, &n, &is_list, err));
    if (is_list) {
        return insert_list(c, &rows, items, n, err);
    }
    TRY(rows_write(&rows, items, 1, false, err));
    add_location(c, &rows, items[0].row);
    return answer_row(c, 201, &rows, &items[0], err);
}

static enum errcode put(struct call *c, struct error *err)
{
    struct rows rows;
    struct data_item item = {.id = str_of(call_param(c, "id"))};
    TRY(custom_open(c, ACTION_DATA_UPDATE, &rows, err));
    TRY(rows_decode_update(&rows, c->body, &item, err));
    item.if_match = request_header(c->request, "If-Match");
    TRY(rows_write(&rows, &item, 1, false, err));
    return answer_row(c, 200, &rows, &item, err);
}

static enum errcode delete (struct call *c, struct error *err) {
    struct rows rows; struct answer a;
    struct data_item item = {.op = DATA_DELETE, .id = str_of(call_param(c, "id"))};
    TRY(custom_open(c, ACTION_DATA_DELETE, &rows, err));
    item.if_match = request_header(c->request, "If-Match");
    TRY(rows_write(&rows, &item, 1, false, err));
    answer_begin(c, &a, 200);
    jsonw_begin_object(&a.json);
    jsonw_kv_str(&a.json, "id", item.id);
    jsonw_end_object(&a.json);
    return answer_end(c, &a, NULL, err);
}

/* ---- many ---------------------------------------------------------------------------------- */

static void add_failure(struct answer *a, const struct data_item *item)
{
    const struct errcode_row *row = errcode_row(item->code);
    jsonw_kv_int(&a->json, "status", row->http_status);
    jsonw_key(&a->json, "error");
    jsonw_begin_object(&a->json);
    jsonw_kv_text(&a->json, "code", row->wire);
    jsonw_kv_text(&a->json, "message", item->err.message ? item->err.message : row->meaning);
    if (item->err.where) {
        jsonw_kv_text(&a->json, "where", item->err.where);
    }
    jsonw_end_object(&a->json);
}

static void add_success(struct answer *a, const struct rows *rows, const struct data_item *item)
{
    jsonw_kv_int(&a->json, "status", item->op == DATA_INSERT ? 201 : 200);
    const char *key = item->row ? rows_key(rows, item->row) : NULL;
    jsonw_kv_str(&a->json, "id", key ? str_of(key) : item->id);
    if (item->etag) {
        jsonw_kv_text(&a->json, "etag", item->etag);
    }
    if (item->row) {
        jsonw_key(&a->json, "data");
        jsonw_raw(&a->json, (struct str){0});
        rows_encode(rows, item->row, a->buf);
    }
}

static enum errcode answer_bulk(struct call *c, const struct rows *rows,
                                const struct data_item *items, size_t n, struct error *err)
{
    struct answer a;
    int64_t failed = 0;
    answer_begin(c, &a, 200);
    jsonw_begin_object(&a.json);
    jsonw_key(&a.json, "results");
    jsonw_begin_array(&a.json);
    for (size_t i = 0; i < n; i++) {
        jsonw_begin_object(&a.json);
        if (items[i].code != ERR_OK) {
            add_failure(&a, &items[i]);
            failed++;
        } else {
            add_success(&a, rows, &items[i]);
        }
        jsonw_end_object(&a.json);
    }
    jsonw_end_array(&a.json);
    jsonw_kv_int(&a.json, "succeeded", (int64_t)n - failed);
    jsonw_kv_int(&a.json, "failed", failed);
    jsonw_end_object(&a.json);
    return answer_end(c, &a, NULL, err);
}

static enum errcode run_bulk(struct call *c, const struct rows *rows, struct data_item *items,
                             size_t n, bool partial, struct error *err)
{
    if (partial) {
        TRY(rows_write(rows, items, n, true, err));
    } else {
        TRY(prefix(rows_write(rows, items, n, false, err), n == 1 ? "/operations/0" : "/operations",
                   err));
    }
    return answer_bulk(c, rows, items, n, err);
}

static enum errcode bulk(struct call *c, struct error *err)
{
    struct rows rows;
    struct data_item *items = NULL;
    size_t n = 0;
    bool partial = false;
    /* each operation asks for its own right below; who may do none of them is told at once */
    TRY(custom_open(c, c->route->action, &rows, err));
    TRY(custom_choice(c, "mode", "all-or-nothing", "partial", &partial, err));
    enum errcode code = rows_decode_bulk(&rows, c->body, partial, &items, &n, err);
    if (code == ERR_OK) {
        code = run_bulk(c, &rows, items, n, partial, err);
    }
    for (size_t i = 0; i < n; i++) {
        error_release(&items[i].err);
    }
    return code;
}

/* ---- the table ----------------------------------------------------------------------------- */

#define LIST_QUERY "page limit sort order filters search cursor count fields shape cellLimit"

#define ROUTES(root, source)                                                                    \
    {"GET", root, ACTION_DATA_READ, BODY_NONE, custom_list, LIST_QUERY source, "list rows"},    \
        {"POST",                                                                                \
         root,                                                                                  \
         ACTION_DATA_CREATE,                                                                    \
         BODY_JSON,                                                                             \
         post,                                                                                  \
         source,                                                                                \
         "insert a row, or an array of rows"},                                                  \
        {"POST",                                                                                \
         root ":bulk",                                                                          \
         ACTION_DATA_READ,                                                                      \
         BODY_JSON,                                                                             \
         bulk,                                                                                  \
         "mode" source,                                                                         \
         "insert, change and delete many rows at once"},                                        \
        {"GET", root "/{id}", ACTION_DATA_READ, BODY_NONE, get, "fields" source, "read a row"}, \
        {"PUT",                                                                                 \
         root "/{id}",                                                                          \
         ACTION_DATA_UPDATE,                                                                    \
         BODY_JSON,                                                                             \
         put,                                                                                   \
         source,                                                                                \
         "change the given columns of a row"},                                                  \
        {"PATCH",                                                                               \
         root "/{id}",                                                                          \
         ACTION_DATA_UPDATE,                                                                    \
         BODY_JSON,                                                                             \
         put,                                                                                   \
         source,                                                                                \
         "change the given columns of a row"},                                                  \
    {                                                                                           \
        "DELETE", root "/{id}", ACTION_DATA_DELETE, BODY_NONE, delete, source, "delete a row"   \
    }

const struct route routes_rows[] = {
    ROUTES("/api/db-editor/data/{table}", " source"),
    ROUTES("/api/custom/{resource}", ""),
    {0},
};
