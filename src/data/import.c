#include "data/import.h"

#include "base/json.h"
#include "data/import_parts.h"

bool import_is_of_row(enum errcode code)
{
    int status = errcode_row(code)->http_status;
    return status >= 400 && status < 499 && code != ERR_TIMEOUT;
}

/* "/a~1b" as the column "a/b"; NULL when it names none. */
static const char *column_of(struct arena *a, const struct error *e)
{
    if (!e->where || e->where[0] != '/' || e->where[1] == '\0') {
        return NULL;
    }
    char *name = arena_strdup(a, e->where + 1);
    size_t n = 0;
    for (size_t i = 0; name[i]; i++) {
        bool is_escape = name[i] == '~' && (name[i + 1] == '0' || name[i + 1] == '1');
        name[n++] = !is_escape ? name[i] : name[i + 1] == '0' ? '~' : '/';
        i += is_escape;
    }
    name[n] = '\0';
    return name;
}

enum errcode import_note(struct importer *im, int64_t number, struct error *e, struct error *err)
{
    struct import_result *out = im->out;
    if (out->n_kept < IMPORT_ERRORS_KEPT) {
        out->errors[out->n_kept++] = (struct import_error){
            .row = number,
            .column = column_of(im->arena, e),
            .code = e->code,
            .message = arena_strdup(im->arena, e->message ? e->message : ""),
        };
    }
    out->n_errors++;
    out->skipped++;
    error_release(e);
    bool is_enough = !im->in->partial && !im->in->dry_run && out->n_errors >= IMPORT_ERRORS_KEPT;
    return is_enough ? ERROR(err, ERR_INVALID, "too many rows have errors") : ERR_OK;
}

enum errcode import_reject(struct importer *im, int64_t number, struct error *e, struct error *err)
{
    TRY(import_note(im, number, e, err));
    if (im->batch_n == 0) {
        arena_reset(im->scratch);
        return ERR_OK;
    }
    return arena_bytes(im->scratch) > IMPORT_BATCH_BYTES ? import_flush(im, err) : ERR_OK;
}

enum errcode import_at(struct error *err, const char *column)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    doc_pointer_token(&b, column);
    enum errcode code = error_where(err, "%s", buf_text(&b));
    buf_release(&b);
    return code;
}

static enum errcode prepare(struct importer *im, struct error *err)
{
    const struct table *t = im->ctx->table;
    struct rules *rules = ARENA_ARRAY(im->arena, t->n_columns, struct rules);
    if (t->kind != TABLE_BASE) {
        return ERROR(err, ERR_UNSUPPORTED, "\"%s\" is not a table that takes rows", t->name);
    }
    for (size_t i = 0; i < t->n_columns; i++) {
        TRY(rules_prepare(im->arena, &t->columns[i], &rules[i], err));
    }
    im->rules = rules;
    im->out->errors = ARENA_ARRAY(im->arena, IMPORT_ERRORS_KEPT, struct import_error);
    import_fill_init(im);
    return import_names(im, err);
}

struct reading {
    struct csv_reader csv;
    struct object_reader objects;
    bool is_csv;
};

static void begin_reading(struct reading *r, struct importer *im)
{
    enum format f = im->in->format;
    r->is_csv = f == FORMAT_CSV || f == FORMAT_TSV;
    if (r->is_csv) {
        csv_reader_init(&r->csv, f == FORMAT_CSV ? ',' : '\t',
                        (struct csv_limits){.row_bytes = IMPORT_ROW_BYTES}, import_fields, im);
    } else {
        object_reader_init(&r->objects, f == FORMAT_NDJSON, IMPORT_ROW_BYTES, import_object, im);
    }
}

static enum errcode read_all(struct reading *r, struct importer *im, struct error *err)
{
    for (;;) {
        struct str piece = {0};
        TRY(im->in->read(im->in->arg, &piece, err));
        if (piece.n == 0) {
            return r->is_csv ? csv_end(&r->csv, err) : object_end(&r->objects, err);
        }
        TRY(r->is_csv ? csv_push(&r->csv, piece, err) : object_push(&r->objects, piece, err));
        im->bytes += (int64_t)piece.n;
        if (im->in->progress && !im->in->progress(im->in->progress_arg, im->out->rows, im->bytes)) {
            return ERROR(err, ERR_CANCELLED, "the import was cancelled");
        }
    }
}

/* All or nothing: the first row with an error is the error of all. */
static enum errcode refuse(const struct importer *im, struct error *err)
{
    const struct import_error *first = &im->out->errors[0];
    (void)ERROR(err, first->code, "row %lld: %s", (long long)first->row, first->message);
    if (im->out->n_errors > 1) {
        (void)error_hint(err, "%lld rows have errors", (long long)im->out->n_errors);
    }
    return first->column ? error_where(err, "/%lld/%s", (long long)first->row, first->column)
                         : error_where(err, "/%lld", (long long)first->row);
}

static enum errcode finish(struct importer *im, enum errcode code, struct error *err)
{
    bool is_whole = !im->in->partial && !im->in->dry_run;
    if (!is_whole) {
        return code == ERR_OK ? import_flush(im, err) : code;
    }
    /* the rest of the file was not needed to know that nothing goes in */
    bool is_refused =
        im->out->n_errors > 0 && import_is_of_row(code == ERR_OK ? ERR_INVALID : code);
    if (is_refused || code == ERR_OK) {
        if (code != ERR_OK && err) {
            error_release(err);
        }
        code = import_commit(im, err);
    }
    if (code == ERR_OK && im->out->n_errors > 0) {
        im->out->inserted = im->out->updated = 0;
        return refuse(im, err);
    }
    return code;
}

enum errcode data_import(const struct data_context *ctx, struct arena *a,
                         const struct import_request *in, struct import_result *out,
                         struct error *err)
{
    struct arena *scratch AUTO(arena_freep) = arena_new();
    struct importer im = {.ctx = ctx, .in = in, .out = out, .arena = a, .scratch = scratch};
    struct reading reading;
    *out = (struct import_result){0};
    TRY(prepare(&im, err));
    begin_reading(&reading, &im);
    enum errcode code = read_all(&reading, &im, err);
    if (reading.is_csv) {
        csv_reader_release(&reading.csv);
    } else {
        object_reader_release(&reading.objects);
    }
    code = finish(&im, code, err);
    for (size_t i = 0; i < im.batch_n; i++) {
        error_release(&im.errors[i]);
    }
    if (im.bulk && engine_bulk_end(im.bulk, false, NULL, NULL) != ERR_OK && code == ERR_OK) {
        code = ERROR(err, ERR_INTERNAL, "rows that were set aside could not be thrown away");
    }
    return code;
}
