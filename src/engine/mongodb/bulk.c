#include "base/attr.h"
#include "engine/mongodb/core.h"
#include "engine/mongodb/errors.h"
#include "engine/mongodb/insert.h"
#include "engine/mongodb/room.h"
#include "engine/mongodb/upsert.h"
#include "engine/spill.h"

/*
 * A bulk load. Rows become documents at once and spill to a nameless file; nobody waits while they
 * come. The end sends them in ordered batches inside one transaction: all are there or none.
 *
 * Without transactions rows that went in are taken out again when a later one is refused; an
 * upsert, which could not be taken back, is refused from the start.
 */
#define SPILL_MAX   ((size_t)128 << 20) /* bytes of one row */
#define BATCH_ROWS  1000
#define BATCH_BYTES ((size_t)8 << 20)
/* a batch works for as long as many single writes */
#define BATCH_PATIENCE 40

struct mongo_bulk {
    struct bulk base;
    struct arena *arena, *scratch; /* scratch: of one row */
    struct str ns;
    struct write shape;
    struct spill rows; /* documents one after the other */
    int64_t n_rows;
    bool has_counted; /* rows without "_id": counted when they go in */
    struct write_result total;
};

enum errcode mongo_bulk_begin(struct engine *engine, struct str ns, const struct write *shape,
                              struct bulk **out, struct error *err)
{
    struct mongo_engine *e = mongo_engine_of(engine);
    struct room *r = NULL;
    if (shape->kind != WRITE_INSERT && shape->kind != WRITE_UPSERT) {
        return ERROR(err, ERR_INVALID, "a bulk load inserts");
    }
    if (e->is_read_only) {
        return ERROR(err, ERR_FORBIDDEN, "the database is read-only");
    }
    if (shape->kind == WRITE_UPSERT && !e->has_transactions) {
        return ERROR(err, ERR_UNSUPPORTED,
                     "this MongoDB server has no transactions: rows that are "
                     "there cannot be changed in bulk");
    }
    TRY(room_find(e, ns, &r, err));
    TRY(room_look(e, r, NULL, err));
    struct arena *a = arena_new();
    struct mongo_bulk *b = ARENA_NEW(a, struct mongo_bulk);
    b->arena = a;
    b->scratch = arena_new();
    b->ns = (struct str){arena_str(a, ns), ns.n};
    b->shape = *shape;
    spill_init(&b->rows, spill_temporary(), SPILL_MAX);
    *out = &b->base;
    return ERR_OK;
}

/* An update as the command takes it. A row whose key is NULL collides with nothing: it is looked
 * for by the "_id" that it alone has. */
static const bson_t *statement_of(struct arena *a, const struct upsert *u, const bson_t *row)
{
    bson_t *out = mongo_doc(a);
    bson_iter_t it;
    const bson_t *filter = u->filter;
    const bson_t *update = u->update;
    if (!filter && bson_iter_init_find(&it, row, "_id")) {
        bson_t *key = mongo_doc(a);
        bson_t *once = mongo_doc(a);
        BSON_APPEND_VALUE(key, "_id", bson_iter_value(&it));
        BSON_APPEND_DOCUMENT(once, "$setOnInsert", row);
        BCON_APPEND(key, TELAIO_PREFIX "none", "{", "$exists", BCON_BOOL(true), "}");
        filter = key;
        update = once;
    }
    BSON_APPEND_DOCUMENT(out, "q", filter ? filter : row);
    BSON_APPEND_DOCUMENT(out, "u", update);
    BSON_APPEND_BOOL(out, "upsert", true);
    return out;
}

static enum errcode pack_row(struct mongo_bulk *b, const struct value *values, struct error *err)
{
    struct write w = b->shape;
    struct new_row row;
    const bson_t *doc = NULL;
    w.values = values;
    TRY(insert_row(b->scratch, &w, values, &row, err));
    b->has_counted = b->has_counted || row.counts;
    doc = row.doc;
    if (w.kind == WRITE_UPSERT) {
        struct upsert u = upsert_of(b->scratch, &w, row.doc);
        if (row.counts) {
            return ERROR(err, ERR_UNSUPPORTED,
                         "rows whose key is counted are not upserted by "
                         "another column in bulk");
        }
        doc = statement_of(b->scratch, &u, row.doc);
    }
    buf_add(&b->rows.tail, bson_get_data(doc), doc->len);
    if (buf_failed(&b->rows.tail)) {
        return ERROR(err, ERR_TOO_LARGE, "the row is larger than a document may be");
    }
    return ERR_OK;
}

enum errcode mongo_bulk_row(struct bulk *bulk, const struct value *values, struct error *err)
{
    struct mongo_bulk *b = (struct mongo_bulk *)bulk;
    arena_reset(b->scratch);
    enum errcode code = pack_row(b, values, err);
    if (code != ERR_OK) {
        (void)error_prefix_where(err, arena_printf(b->arena, "/%lld", (long long)b->n_rows));
        return code;
    }
    b->n_rows++;
    return spill_settle(&b->rows, err);
}

/* Rows on their way to the server, read back on a worker. */
struct feed {
    struct mongo_bulk *bulk;
    struct mongo_session *session;
    struct buf piece;
    size_t at;
    int64_t n_sent;      /* rows of batches that went in */
    int64_t first, last; /* counted keys */
    bson_t **batch;
    size_t n, n_bytes;
    struct arena *arena; /* of the batch */
    struct error *err;
    enum errcode code;
};

/* @n bytes of the piece behind where it is read. */
static enum errcode want(struct feed *f, size_t n)
{
    TRY(spill_fill(&f->bulk->rows, &f->piece, &f->at, n, f->err));
    return f->piece.n - f->at >= n
               ? ERR_OK
               : ERROR(f->err, ERR_IO, "rows that were set aside cannot be read back");
}

static enum errcode next_doc(struct feed *f, bson_t *out)
{
    uint32_t n = 0;
    TRY(want(f, sizeof n));
    memcpy(&n, f->piece.p + f->at, sizeof n);
    n = BSON_UINT32_FROM_LE(n);
    TRY(want(f, n));
    if (!bson_init_static(out, (const uint8_t *)f->piece.p + f->at, n)) {
        return ERROR(f->err, ERR_IO, "rows that were set aside cannot be read back");
    }
    f->at += n;
    return ERR_OK;
}

static int64_t number_in(const bson_t *reply, const char *key)
{
    bson_iter_t it;
    return bson_iter_init_find(&it, reply, key) ? bson_iter_as_int64(&it) : 0;
}

/* Which row of the batch it was. */
static int64_t failed_row(const bson_t *reply)
{
    bson_iter_t it, list, item;
    if (bson_iter_init_find(&it, reply, "writeErrors") && bson_iter_recurse(&it, &list) &&
        bson_iter_next(&list) && bson_iter_recurse(&list, &item) &&
        bson_iter_find(&item, "index")) {
        return bson_iter_as_int64(&item);
    }
    return 0;
}

static enum errcode send_command(struct feed *f, bson_t *command, bson_t *reply)
{
    struct mongo_session *s = f->session;
    enum errcode code = mongo_write_command(s, command, f->bulk->shape.table, reply, f->err);
    if (code == ERR_OK) {
        return ERR_OK;
    }
    if (code == ERR_UNIQUE_VIOLATION && f->first) {
        insert_forget_count(s, f->bulk->shape.table);
    }
    int64_t at = failed_row(reply);
    (void)error_prefix_where(f->err, arena_printf(f->arena, "/%lld", (long long)(f->n_sent + at)));
    f->n_sent += s->transaction ? 0 : at; /* those before it are there */
    return code;
}

/* {VERB: table, LIST: [the batch]} */
static bson_t *command_of(struct feed *f, const char *verb, const char *list)
{
    bson_t *command = mongo_doc(f->arena);
    bson_t items;
    BSON_APPEND_UTF8(command, verb, f->bulk->shape.table->name);
    BSON_APPEND_BOOL(command, "ordered", true);
    BSON_APPEND_ARRAY_BEGIN(command, list, &items);
    for (size_t i = 0; i < f->n; i++) {
        char room[16];
        const char *at = NULL;
        bson_uint32_to_string((uint32_t)i, &at, room, sizeof room);
        BSON_APPEND_DOCUMENT(&items, at, f->batch[i]);
    }
    bson_append_array_end(command, &items);
    return command;
}

static size_t count_items(const bson_t *reply, const char *key)
{
    bson_iter_t it;
    struct arena *a AUTO(arena_freep) = arena_new();
    return bson_iter_init_find(&it, reply, key) ? bson_count_keys(mongo_doc_copy(a, &it)) : 0;
}

static enum errcode send_upserts(struct feed *f)
{
    bson_t reply AUTO(mongo_reply_destroyp) = BSON_INITIALIZER;
    TRY(send_command(f, command_of(f, "update", "updates"), &reply));
    f->bulk->total.n_inserted += (int64_t)count_items(&reply, "upserted");
    f->bulk->total.n_rows += number_in(&reply, "n");
    return ERR_OK;
}

static enum errcode send_inserts(struct feed *f)
{
    bson_t reply AUTO(mongo_reply_destroyp) = BSON_INITIALIZER;
    TRY(send_command(f, command_of(f, "insert", "documents"), &reply));
    f->bulk->total.n_rows += (int64_t)f->n;
    f->bulk->total.n_inserted += (int64_t)f->n;
    return ERR_OK;
}

static enum errcode send_batch(struct feed *f)
{
    if (f->n == 0) {
        return ERR_OK;
    }
    bool is_upsert = f->bulk->shape.kind == WRITE_UPSERT;
    enum errcode code = is_upsert ? send_upserts(f) : send_inserts(f);
    f->n_sent += code == ERR_OK ? (int64_t)f->n : 0;
    f->n = 0;
    f->n_bytes = 0;
    arena_reset(f->arena);
    f->batch = ARENA_ARRAY(f->arena, BATCH_ROWS, bson_t *);
    return code;
}

static enum errcode add_doc(struct feed *f, const bson_t *doc)
{
    bson_t *own = mongo_doc_tie(f->arena, bson_copy(doc));
    if (f->bulk->has_counted && !bson_has_field(own, "_id") && !bson_has_field(own, "q")) {
        struct new_row row = {.arena = f->arena, .doc = own, .counts = true};
        TRY(insert_count(f->session, f->bulk->shape.table, &row, f->err));
        own = row.doc;
        f->first = f->first ? f->first : row.number;
        f->last = row.number;
        f->bulk->total.last_id = row.number;
    }
    f->batch[f->n++] = own;
    f->n_bytes += own->len;
    return f->n == BATCH_ROWS || f->n_bytes > BATCH_BYTES ? send_batch(f) : ERR_OK;
}

static enum errcode send_all(struct feed *f)
{
    for (int64_t i = 0; i < f->bulk->n_rows; i++) {
        bson_t doc;
        TRY(next_doc(f, &doc));
        TRY(add_doc(f, &doc));
    }
    return send_batch(f);
}

static void run_feed(void *arg)
{
    struct feed *f = arg;
    f->code = send_all(f);
}

/* Without a transaction: take out the rows of this load that went in. */
static enum errcode take_out(struct feed *f)
{
    int64_t n = f->n_sent;
    mongoc_collection_t *c = mongoc_client_get_collection(
        f->session->client, f->session->room->database, f->bulk->shape.table->name);
    bson_error_t why = {0};
    enum errcode code = ERR_OK;
    if (f->first) {
        bson_t *range AUTO(mongo_doc_destroyp) =
            BCON_NEW("_id", "{", "$gte", BCON_INT64(f->first), "$lte", BCON_INT64(f->last), "}");
        (void)mongoc_collection_delete_many(c, range, NULL, NULL, &why);
    }
    spill_rewind(&f->bulk->rows);
    buf_clear(&f->piece);
    f->at = 0;
    for (int64_t i = 0; i < n && code == ERR_OK; i++) {
        bson_t doc;
        bson_iter_t it;
        code = next_doc(f, &doc);
        if (code == ERR_OK && bson_iter_init_find(&it, &doc, "_id")) {
            bson_t key = BSON_INITIALIZER;
            BSON_APPEND_VALUE(&key, "_id", bson_iter_value(&it));
            (void)mongoc_collection_delete_one(c, &key, NULL, NULL, &why);
            bson_destroy(&key);
        }
    }
    mongoc_collection_destroy(c);
    return code;
}

static void run_take_out(void *arg)
{
    struct feed *f = arg;
    (void)!take_out(f);
}

static enum errcode load(struct session *base, void *arg, struct error *err)
{
    struct mongo_bulk *b = arg;
    struct feed f = {
        .bulk = b, .session = mongo_session_of(base), .arena = arena_new(), .err = err};
    buf_init(&f.piece, 2 * SPILL_MAX);
    spill_rewind(&b->rows);
    f.batch = ARENA_ARRAY(f.arena, BATCH_ROWS, bson_t *);
    b->total = (struct write_result){0};
    f.session->patience_ms *= BATCH_PATIENCE;
    loop_run_blocking(run_feed, &f);
    if (f.code != ERR_OK && !f.session->transaction && f.n_sent > 0) {
        f.err = NULL;
        loop_run_blocking(run_take_out, &f);
    }
    buf_release(&f.piece);
    arena_free(f.arena);
    return f.code;
}

enum errcode mongo_bulk_end(struct bulk *bulk, bool commit, struct write_result *out,
                            struct error *err)
{
    struct mongo_bulk *b = (struct mongo_bulk *)bulk;
    enum errcode code = ERR_OK;
    if (commit && b->n_rows) {
        code = mongo_transact(bulk->engine, b->ns, load, b, err);
    }
    if (code == ERR_OK && out) {
        *out = b->total;
    }
    spill_release(&b->rows);
    arena_free(b->scratch);
    arena_free(b->arena);
    return code;
}
