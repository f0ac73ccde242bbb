#include "app/transfer.h"

#include "app/rows.h"
#include "base/json.h"

static enum errcode open_rows(const struct caller *c, struct str name, enum action action,
                              struct rows *out, struct error *err)
{
    return rows_open(c, ROWS_BY_TABLE, name, action, out, err);
}

void import_result_encode(const struct import_result *r, struct buf *out)
{
    struct json_writer w;
    jsonw_init(&w, out);
    jsonw_begin_object(&w);
    jsonw_kv_int(&w, "rows", r->rows);
    jsonw_kv_int(&w, "inserted", r->inserted);
    jsonw_kv_int(&w, "updated", r->updated);
    jsonw_kv_int(&w, "skipped", r->skipped);
    jsonw_kv_int(&w, "errorCount", r->n_errors);
    jsonw_key(&w, "errors");
    jsonw_begin_array(&w);
    for (size_t i = 0; i < r->n_kept; i++) {
        const struct import_error *e = &r->errors[i];
        jsonw_begin_object(&w);
        jsonw_kv_int(&w, "row", e->row);
        jsonw_kv_text(&w, "column", e->column);
        jsonw_kv_text(&w, "code", errcode_row(e->code)->wire);
        jsonw_kv_text(&w, "message", e->message);
        jsonw_end_object(&w);
    }
    jsonw_end_array(&w);
    jsonw_end_object(&w);
}

static enum errcode audit(const struct caller *c, const char *table, const struct import_result *r,
                          struct error *err)
{
    return caller_audit(
        c, "data.import", "table", table,
        arena_printf(c->arena, "{\"inserted\":%lld,\"updated\":%lld,\"skipped\":%lld}",
                     (long long)r->inserted, (long long)r->updated, (long long)r->skipped),
        err);
}

/* What the caller sees of a refused import: every row that has an error, in the error's params. */
static void tell_rows(const struct import_result *r, struct error *err)
{
    struct buf b;
    if (!err || r->n_errors == 0) {
        return;
    }
    buf_init(&b, BUF_MAX_DEFAULT);
    import_result_encode(r, &b);
    if (!buf_failed(&b)) {
        (void)error_params(err, buf_text(&b));
    }
    buf_release(&b);
}

enum errcode transfer_import(const struct caller *c, struct str name,
                             const struct import_request *in, struct import_result *out,
                             struct error *err)
{
    struct rows rows;
    *out = (struct import_result){0};
    TRY(open_rows(c, name, ACTION_DATA_IMPORT, &rows, err));
    if (in->upsert) {
        TRY(tenant_table_check(c, ACTION_DATA_UPDATE, rows.table, err));
    }
    enum errcode code = data_import(&rows.data, c->arena, in, out, err);
    if (code != ERR_OK) {
        tell_rows(out, err);
    }
    bool has_written = !in->dry_run && out->inserted + out->updated > 0;
    if (has_written) { /* also what a partial import wrote before it broke off */
        enum errcode audited = audit(c, rows.table->table->name, out, code == ERR_OK ? err : NULL);
        code = code == ERR_OK ? audited : code;
    }
    return code;
}

enum errcode transfer_export(const struct caller *c, struct str name,
                             const struct export_request *in, const struct row_sink *sink,
                             struct error *err)
{
    struct rows rows;
    TRY(open_rows(c, name, ACTION_DATA_EXPORT, &rows, err));
    return data_export(&rows.data, c->arena, in, sink, err);
}
