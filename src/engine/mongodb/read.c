#include "base/attr.h"
#include "engine/mongodb/core.h"
#include "engine/mongodb/errors.h"
#include "engine/mongodb/filter.h"
#include "engine/mongodb/room.h"
#include "engine/mongodb/values.h"

/*
 * Reading. The command is made where it was asked for; the server is spoken to on a worker, which
 * brings rows in batches. Fields are found by their names, beginning behind the last one found: in
 * documents that were all written alike each look-up is one comparison.
 */
#define BATCH_ROWS  256
#define BATCH_BYTES (256 << 10)

struct mongo_cursor {
    struct cursor base;
    struct mongo_cursor *next;
    struct mongo_session *session;
    const struct query *query;
    struct mongo_question question;
    mongoc_cursor_t *cursor; /* NULL before the first batch */
    mongoc_collection_t *collection;
    const char **fields; /* of each column */
    size_t n_columns;
    bool is_holding;
    bool is_done;

    struct arena *batch;
    struct value *rows;
    size_t n, at;
    enum errcode code;
    struct error *err;
};

static const char *field_of(const struct query *q, size_t i)
{
    return q->count_only ? "n" : mongo_field(q->table, q->columns[i]);
}

enum errcode mongo_select(struct session *base, const struct query *q, struct cursor **out,
                          struct error *err)
{
    struct mongo_session *s = mongo_session_of(base);
    struct arena *a = base->arena;
    struct mongo_cursor *c = ARENA_NEW(a, struct mongo_cursor);
    c->session = s;
    c->query = q;
    TRY(mongo_question_of(a, q, &c->question, err));
    c->n_columns = q->count_only ? 1 : q->n_columns;
    c->fields = ARENA_ARRAY(a, c->n_columns, const char *);
    for (size_t i = 0; i < c->n_columns; i++) {
        c->fields[i] = field_of(q, i);
    }
    c->is_done = q->limit == 0 && !q->count_only;
    c->next = s->cursors;
    s->cursors = c;
    *out = &c->base;
    return ERR_OK;
}

static void add_common(struct mongo_session *s, bson_t *opts)
{
    struct mongo_engine *e = mongo_engine_of(s->base.engine);
    bson_error_t why = {0};
    if (s->transaction) {
        (void)mongoc_client_session_append(s->transaction, opts, &why);
    } else if (!s->is_alone && !s->in_transact && e->statement_ms > 0) {
        BSON_APPEND_INT32(opts, "maxTimeMS", e->statement_ms);
    }
    BSON_APPEND_INT32(opts, "batchSize", BATCH_ROWS);
}

static void open_cursor(struct mongo_cursor *c)
{
    const struct query *q = c->query;
    struct mongo_session *s = c->session;
    bson_t opts = BSON_INITIALIZER;
    c->collection = mongoc_client_get_collection(s->client, s->room->database, q->table->name);
    add_common(s, &opts);
    if (c->question.pipeline) {
        BSON_APPEND_BOOL(&opts, "allowDiskUse", true);
        c->cursor = mongoc_collection_aggregate(c->collection, MONGOC_QUERY_NONE,
                                                c->question.pipeline, &opts, NULL);
        bson_destroy(&opts);
        return;
    }
    if (!bson_empty(c->question.projection)) {
        BSON_APPEND_DOCUMENT(&opts, "projection", c->question.projection);
    }
    if (!bson_empty(c->question.sort)) {
        BSON_APPEND_DOCUMENT(&opts, "sort", c->question.sort);
        BSON_APPEND_BOOL(&opts, "allowDiskUse", true);
    }
    if (q->offset > 0) {
        BSON_APPEND_INT64(&opts, "skip", q->offset);
    }
    if (q->limit > 0) {
        BSON_APPEND_INT64(&opts, "limit", q->limit);
    }
    if (q->limit > 0 && q->limit <= BATCH_ROWS) {
        BSON_APPEND_BOOL(&opts, "singleBatch", true);
    }
    c->cursor = mongoc_collection_find_with_opts(c->collection, c->question.filter, &opts, NULL);
    bson_destroy(&opts);
}

/* The field @name, from where @at stands; around the end once. */
static bool find_field(const bson_t *doc, bson_iter_t *at, const char *name)
{
    if (bson_iter_find(at, name)) {
        return true;
    }
    return bson_iter_init_find(at, doc, name);
}

static size_t read_row(struct mongo_cursor *c, const bson_t *doc, struct value *row)
{
    static const struct type number = {.kind = TYPE_INT64};
    bson_iter_t at;
    size_t bytes = 0;
    bool is_open = bson_iter_init(&at, doc);
    for (size_t i = 0; i < c->n_columns; i++) {
        const struct type *t = c->query->count_only ? &number : &c->query->columns[i]->type;
        bool found = is_open ? find_field(doc, &at, c->fields[i])
                             : bson_iter_init_find(&at, doc, c->fields[i]);
        is_open = found;
        row[i] = found ? mongo_get(c->batch, t, &at) : value_null();
        bytes += row[i].kind == VALUE_TEXT || row[i].kind == VALUE_BYTES ? row[i].s.n : 0;
    }
    return bytes;
}

static void note_failure(struct mongo_cursor *c)
{
    bson_error_t why = {0};
    const bson_t *said = NULL;
    if (mongoc_cursor_error_document(c->cursor, &why, &said)) {
        struct mongo_session *s = c->session;
        c->code = mongo_error(said, &why, NULL, "reading rows", c->err);
        mongo_note_failure(s, said, (int)why.code);
    }
}

/* On a worker: the next rows, copied, up to a batch. */
static void fetch_batch(void *arg)
{
    struct mongo_cursor *c = arg;
    c->n = 0;
    c->at = 0;
    arena_reset(c->batch);
    c->rows = ARENA_ARRAY(c->batch, BATCH_ROWS * c->n_columns, struct value);
    if (!c->cursor) {
        open_cursor(c);
    }
    size_t bytes = 0;
    const bson_t *doc = NULL;
    while (c->n < BATCH_ROWS && bytes < BATCH_BYTES) {
        if (!mongoc_cursor_next(c->cursor, &doc)) {
            c->is_done = true;
            note_failure(c);
            break;
        }
        bytes += read_row(c, doc, c->rows + c->n * c->n_columns);
        c->n++;
    }
    /* $count gives no document for no rows */
    if (c->is_done && c->code == ERR_OK && c->query->count_only && c->n == 0) {
        c->rows[0] = value_int(0);
        c->n = 1;
    }
}

/* The server's side of a cursor is given up on a worker too. */
static void end_cursor(void *arg)
{
    struct mongo_cursor *c = arg;
    mongoc_cursor_destroy(c->cursor);
    mongoc_collection_destroy(c->collection);
    c->cursor = NULL;
    c->collection = NULL;
}

static void let_go(struct mongo_cursor *c)
{
    if (c->cursor && c->is_done) {
        end_cursor(c); /* nothing is left at the server: no word to it */
    } else if (c->cursor) {
        loop_run_blocking(end_cursor, c);
    }
    if (c->is_holding) {
        mongo_let(c->session);
        c->is_holding = false;
    }
}

static enum errcode next_batch(struct mongo_cursor *c, struct error *err)
{
    if (!c->is_holding) {
        TRY(mongo_hold(c->session, err));
        c->is_holding = true;
    }
    if (!c->batch) {
        c->batch = arena_new();
    }
    c->err = err;
    loop_run_blocking(fetch_batch, c);
    if (c->is_done) {
        let_go(c);
    }
    return ERR_OK;
}

enum errcode mongo_cursor_next(struct cursor *base, const struct value **row, struct error *err)
{
    struct mongo_cursor *c = (struct mongo_cursor *)base;
    *row = NULL;
    if (c->at == c->n && !c->is_done && c->code == ERR_OK) {
        TRY(next_batch(c, err));
    }
    if (c->at < c->n) {
        *row = c->rows + c->at++ * c->n_columns;
        return ERR_OK;
    }
    return c->code;
}

static void free_cursor(struct mongo_cursor *c)
{
    let_go(c);
    arena_free(c->batch);
    c->batch = NULL;
}

void mongo_cursor_close(struct cursor *base)
{
    struct mongo_cursor *c = (struct mongo_cursor *)base;
    struct mongo_cursor **at = &c->session->cursors;
    while (*at && *at != c) {
        at = &(*at)->next;
    }
    if (*at) { /* else closed with its session */
        *at = c->next;
        free_cursor(c);
    }
}

void mongo_cursors_close(struct mongo_session *s)
{
    while (s->cursors) {
        struct mongo_cursor *c = s->cursors;
        s->cursors = c->next;
        free_cursor(c);
    }
}

struct estimate {
    struct mongo_session *session;
    const char *collection;
    int64_t rows;
};

static void run_estimate(void *arg)
{
    struct estimate *e = arg;
    bson_t reply AUTO(mongo_reply_destroyp) = BSON_INITIALIZER;
    bson_t *count AUTO(mongo_doc_destroyp) = BCON_NEW("count", BCON_UTF8(e->collection));
    bson_iter_t it;
    if (mongo_command(e->session->client, e->session->room->database, count, &reply, NULL) ==
            ERR_OK &&
        bson_iter_init_find(&it, &reply, "n")) {
        e->rows = bson_iter_as_int64(&it);
    }
}

/* Without a condition the server answers from what it counts anyway. */
int64_t mongo_row_estimate(struct session *base, const struct table *t)
{
    struct mongo_session *s = mongo_session_of(base);
    struct estimate e = {s, t->name, -1};
    if (t->kind == TABLE_VIEW || mongo_hold(s, NULL) != ERR_OK) {
        return -1;
    }
    loop_run_blocking(run_estimate, &e);
    mongo_let(s);
    return e.rows;
}
