#include <string.h>

#include "base/time.h"
#include "data/import_parts.h"

/* A dry run sees that much of a file at once; nothing of it stays. */
#define REHEARSAL_ROWS 10000

static struct write write_of(const struct importer *im, const struct column *const *columns,
                             const struct value *values, size_t n)
{
    return (struct write){
        .kind = im->n_conflict ? WRITE_UPSERT : WRITE_INSERT,
        .table = im->ctx->table,
        .columns = columns,
        .values = values,
        .n_columns = n,
        .conflict = im->conflict,
        .n_conflict = im->n_conflict,
        .keep = im->keep,
        .n_keep = im->n_keep,
    };
}

static enum errcode raise(struct error *err, struct error *wrong)
{
    enum errcode code = wrong->code;
    if (err) {
        return error_move(err, wrong);
    }
    error_release(wrong);
    return code;
}

/* ---- all or nothing: one shape for all rows ------------------------------------------------ */

static size_t position(const struct write *shape, const struct column *c)
{
    for (size_t i = 0; i < shape->n_columns; i++) {
        if (shape->columns[i] == c) {
            return i;
        }
    }
    return shape->n_columns;
}

/* The columns of the first row, and for inserts all that a later row may name: what is missing in a
 * row then gets its default here. */
static void choose_shape(struct importer *im, const struct import_row *row)
{
    const struct table *t = im->ctx->table;
    if (row->columns == im->columns) { /* a file whose rows all have the same */
        im->shape = write_of(im, im->columns, NULL, im->n_columns);
        return;
    }
    const struct column **columns = ARENA_ARRAY(im->arena, t->n_columns, const struct column *);
    struct value ignored;
    memcpy(columns, row->columns, row->n * sizeof *columns);
    im->shape = write_of(im, columns, NULL, row->n);
    for (size_t i = 0; !im->n_conflict && i < t->n_columns; i++) {
        const struct column *c = &t->columns[i];
        if (c->generated == GENERATED_NONE && import_default(im->scratch, c, &ignored) &&
            position(&im->shape, c) == im->shape.n_columns) {
            columns[im->shape.n_columns++] = c;
        }
    }
    im->shape_values = ARENA_ARRAY(im->arena, t->n_columns, struct value);
}

/* @row in the order of the shape. Errors: where = "/COLUMN". */
static enum errcode fit(struct importer *im, const struct import_row *row, struct error *err)
{
    const struct write *shape = &im->shape;
    bool *is_set = ARENA_ARRAY(im->scratch, shape->n_columns, bool);
    for (size_t i = 0; i < row->n; i++) {
        size_t at = position(shape, row->columns[i]);
        if (at == shape->n_columns) {
            (void)ERROR(err, ERR_INVALID, "\"%s\" is not in the first row", row->columns[i]->name);
            return import_at(err, row->columns[i]->name);
        }
        im->shape_values[at] = row->values[i];
        is_set[at] = true;
    }
    for (size_t i = 0; i < shape->n_columns; i++) {
        const struct column *c = shape->columns[i];
        if (!is_set[i] &&
            (im->n_conflict || !import_default(im->scratch, c, &im->shape_values[i]))) {
            (void)ERROR(err, ERR_INVALID, "\"%s\" is in the first row, but not here", c->name);
            return import_at(err, c->name);
        }
    }
    return ERR_OK;
}

static enum errcode stage(struct importer *im, const struct import_row *row, struct error *err)
{
    struct error wrong = ERROR_INIT;
    const struct value *values = row->values;
    if (!im->shape.table) {
        choose_shape(im, row);
    }
    if (row->columns != im->shape.columns) {
        if (fit(im, row, &wrong) != ERR_OK) {
            return import_reject(im, row->number, &wrong, err);
        }
        values = im->shape_values;
    }
    if (im->out->n_errors == 0) { /* else none goes in */
        if (!im->bulk) {
            TRY(engine_bulk_begin(im->ctx->engine, im->ctx->ns, &im->shape, &im->bulk, err));
        }
        TRY(engine_bulk_row(im->bulk, values, err));
    }
    arena_reset(im->scratch);
    return ERR_OK;
}

/* "/N/COLUMN" of the N-th staged row. */
static int64_t take_number(struct error *e, const char **rest)
{
    struct str where = str_of(e->where);
    int64_t n = -1;
    if (where.n > 1 && where.p[0] == '/') {
        struct str digits = str_sub(where, 1);
        digits.n = str_find(digits, '/');
        *rest = digits.p + digits.n;
        n = str_int64(digits, &n) ? n : -1;
    }
    return n;
}

enum errcode import_commit(struct importer *im, struct error *err)
{
    struct bulk *bulk = im->bulk;
    struct write_result r = {0};
    struct error wrong = ERROR_INIT;
    const char *rest = "";
    im->bulk = NULL;
    if (!bulk) {
        return ERR_OK;
    }
    enum errcode code = engine_bulk_end(bulk, im->out->n_errors == 0, &r, &wrong);
    int64_t n = code == ERR_OK ? -1 : take_number(&wrong, &rest);
    if (code != ERR_OK && n >= 0 && import_is_of_row(code)) {
        (void)error_where(&wrong, "%s", rest);
        return import_note(im, n + 1, &wrong, err);
    }
    if (code != ERR_OK) {
        return raise(err, &wrong);
    }
    im->out->inserted = im->n_conflict ? r.n_inserted : r.n_rows;
    im->out->updated = im->n_conflict ? r.n_rows - r.n_inserted : 0;
    if (im->out->n_errors == 0) {
        im->out->skipped = im->out->rows - im->out->inserted - im->out->updated;
    }
    return ERR_OK;
}

/* ---- partial: batches ---------------------------------------------------------------------- */

static enum errcode run_batch(struct session *s, void *arg, struct error *err)
{
    struct importer *im = arg;
    int64_t end = time_monotonic_us() + IMPORT_BATCH_US;
    im->batch_done = im->batch_from;
    for (size_t i = im->batch_from; i < im->batch_n; i++) {
        const struct import_row *row = &im->batch[i];
        struct write w = write_of(im, row->columns, row->values, row->n);
        error_release(&im->errors[i]); /* this may be the second run */
        im->results[i] = (struct write_result){0};
        enum errcode code = engine_write(s, &w, &im->results[i], &im->errors[i]);
        if (code != ERR_OK && !import_is_of_row(code)) {
            return err ? error_move(err, &im->errors[i]) : code;
        }
        im->batch_done = i + 1;
        if (!im->in->dry_run && time_monotonic_us() > end) {
            break;
        }
    }
    return im->in->dry_run ? ERROR(err, ERR_CANCELLED, "a dry run changes nothing") : ERR_OK;
}

/* One transaction from batch_from on; of a dry run nothing is left. */
static enum errcode transact(struct importer *im, struct error *err)
{
    enum errcode code = engine_transact(im->ctx->engine, im->ctx->ns, run_batch, im, err);
    bool is_rehearsed = im->in->dry_run && code == ERR_CANCELLED && im->batch_done == im->batch_n;
    if (is_rehearsed) {
        error_release(err);
    }
    return is_rehearsed ? ERR_OK : code;
}

static enum errcode account(struct importer *im, struct error *err)
{
    for (size_t i = im->batch_from; i < im->batch_done; i++) {
        const struct write_result *r = &im->results[i];
        if (im->errors[i].code != ERR_OK) {
            TRY(import_note(im, im->batch[i].number, &im->errors[i], err));
            continue;
        }
        im->out->inserted += im->n_conflict ? r->n_inserted : r->n_rows;
        im->out->updated += im->n_conflict ? r->n_rows - r->n_inserted : 0;
        im->out->skipped += r->n_rows == 0;
    }
    im->batch_from = im->batch_done;
    return ERR_OK;
}

/* The transaction as a whole was refused: the row that does it is found by going one by one. */
static enum errcode run_singly(struct importer *im, struct error *err)
{
    size_t n = im->batch_n;
    for (size_t i = im->batch_from; i < n; i++) {
        struct error wrong = ERROR_INIT;
        im->batch_from = i;
        im->batch_n = i + 1;
        enum errcode code = transact(im, &wrong);
        if (code != ERR_OK && !import_is_of_row(code)) {
            im->batch_n = n;
            return raise(err, &wrong);
        }
        if (code != ERR_OK) {
            error_release(&im->errors[i]);
            (void)error_move(&im->errors[i], &wrong);
        }
        im->batch_done = i + 1;
        TRY(account(im, err));
    }
    im->batch_n = n;
    return ERR_OK;
}

static enum errcode run_all(struct importer *im, struct error *err)
{
    while (im->batch_from < im->batch_n) {
        struct error wrong = ERROR_INIT;
        enum errcode code = transact(im, &wrong);
        if (code == ERR_OK) {
            TRY(account(im, err));
        } else if (import_is_of_row(code)) {
            error_release(&wrong);
            TRY(run_singly(im, err));
        } else {
            return raise(err, &wrong);
        }
    }
    return ERR_OK;
}

enum errcode import_flush(struct importer *im, struct error *err)
{
    enum errcode code = run_all(im, err);
    for (size_t i = 0; i < im->batch_n; i++) {
        error_release(&im->errors[i]);
    }
    im->batch_n = im->batch_from = im->batch_done = 0;
    arena_reset(im->scratch);
    return code;
}

static enum errcode keep(struct importer *im, const struct import_row *row, struct error *err)
{
    size_t room = im->in->dry_run ? REHEARSAL_ROWS : IMPORT_BATCH_ROWS;
    struct value *values = ARENA_ARRAY(im->scratch, row->n, struct value);
    if (!im->batch) {
        im->batch = ARENA_ARRAY(im->arena, room, struct import_row);
        im->results = ARENA_ARRAY(im->arena, room, struct write_result);
        im->errors = ARENA_ARRAY(im->arena, room, struct error);
    }
    for (size_t i = 0; i < row->n; i++) {
        values[i] = value_copy(im->scratch, row->values[i]);
    }
    im->batch[im->batch_n++] = (struct import_row){row->columns, values, row->n, row->number};
    bool is_full = im->batch_n == room || arena_bytes(im->scratch) > IMPORT_BATCH_BYTES;
    return is_full ? import_flush(im, err) : ERR_OK;
}

enum errcode import_take(struct importer *im, const struct import_row *row, struct error *err)
{
    bool in_batches = im->in->partial || im->in->dry_run;
    return in_batches ? keep(im, row, err) : stage(im, row, err);
}
