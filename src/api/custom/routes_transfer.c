#include "api/custom/custom.h"
#include "api/custom/export_json.h"
#include "api/custom/import_job.h"
#include "api/custom/upload.h"
#include "app/jobs.h"
#include "app/transfer.h"
#include "base/percent.h"

/* ---- import -------------------------------------------------------------------------------- */

static const char *text_of(const struct call *c, const char *name)
{
    struct str text = call_query(c, name);
    return text.n ? arena_str(c->arena, text) : NULL;
}

static enum errcode import_options(const struct call *c, struct import_request *in,
                                   struct error *err)
{
    in->map = text_of(c, "map");
    in->upsert = text_of(c, "upsert");
    TRY(custom_source(c, err));
    TRY(custom_choice(c, "mode", "all-or-nothing", "partial", &in->partial, err));
    return call_flag(c, "dryRun", &in->dry_run, err);
}

/* An answer that has been told to go away stops what it waits for. */
static bool is_wanted(void *arg, int64_t rows, int64_t bytes)
{
    (void)arg;
    (void)rows;
    (void)bytes;
    return !loop_cancelled();
}

static enum errcode import(struct call *c, struct error *err)
{
    struct rows rows;
    struct upload *upload = NULL;
    struct import_request in = {.progress = is_wanted};
    struct import_result result = {0};
    struct answer a;
    bool is_async = false;
    TRY(import_options(c, &in, err));
    TRY(call_flag(c, "async", &is_async, err));
    /* judged before the body is looked at */
    TRY(custom_open(c, ACTION_DATA_IMPORT, &rows, err));
    TRY(upload_open(c, call_query(c, "format"), &upload, &in.format, err));
    if (is_async) {
        return import_job(c, upload, &in, err);
    }
    in.read = upload_read;
    in.arg = upload;
    TRY(transfer_import(c->caller, str_of(call_param(c, "table")), &in, &result, err));
    answer_begin(c, &a, 200);
    import_result_encode(&result, a.buf);
    return answer_end(c, &a, NULL, err);
}

/* ---- export -------------------------------------------------------------------------------- */

struct sending {
    struct call *call;
    enum format format;
    bool has_begun;
};

/* attachment; filename="custom_x.csv", with the name as it is behind it when it is not ASCII. */
static void name_file(struct call *c, enum format f)
{
    struct buf b;
    struct str table = str_of(call_param(c, "table"));
    buf_init(&b, 8192);
    buf_adds(&b, "attachment; filename=\"");
    for (size_t i = 0; i < table.n; i++) {
        unsigned char ch = (unsigned char)table.p[i];
        bool is_plain = (ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z') ||
                        (ch >= 'a' && ch <= 'z') || ch == '_' || ch == '-';
        buf_addc(&b, is_plain ? (char)ch : '_');
    }
    buf_printf(&b, ".%s\"; filename*=UTF-8''", format_name(f));
    percent_encode(&b, table, ",");
    buf_printf(&b, ".%s", format_name(f));
    if (!buf_failed(&b)) {
        response_header(c->request, "Content-Disposition", buf_text(&b));
    }
    buf_release(&b);
}

static enum errcode send(void *arg, const void *p, size_t n, struct error *err)
{
    struct sending *s = arg;
    if (!s->has_begun) {
        s->has_begun = true;
        response_status(s->call->request, 200);
        response_header(s->call->request, "Content-Type", format_media(s->format));
        name_file(s->call, s->format);
    }
    return response_write(s->call->request, p, n, err);
}

static enum errcode export(struct call *c, struct error *err) {
    struct export_request in = {.params = custom_params(c)};
    struct str format = call_query(c, "format"); TRY(custom_source(c, err));
    TRY(call_flag(c, "safeFormulas", &in.safe_formulas, err));
    TRY(export_decode(c, &format, &in, err));
    in.format = format.p ? format_by_name(format) : FORMAT_CSV; if (in.format == FORMAT_NONE){
        (void)ERROR(err, ERR_INVALID_PARAMETER, "\"format\" is csv, tsv, json or ndjson");
        return error_where(err, "/query/format");}
struct sending s = {.call = c, .format = in.format};
struct row_sink sink = {.fn = send, .arg = &s};
return transfer_export(c->caller, str_of(call_param(c, "table")), &in, &sink, err);
}

/* ---- jobs ---------------------------------------------------------------------------------- */

static enum errcode answer_job(struct call *c, int status, const struct job *j, struct error *err)
{
    struct answer a;
    answer_begin(c, &a, status);
    job_encode(j, a.buf);
    return answer_end(c, &a, NULL, err);
}

static enum errcode list_jobs(struct call *c, struct error *err)
{
    struct answer a;
    struct job *jobs = NULL;
    size_t n = 0;
    int64_t limit = 50;
    TRY(custom_number(c, "limit", 200, &limit, err));
    TRY(jobs_list(c->caller, limit, &jobs, &n, err));
    answer_begin(c, &a, 200);
    buf_adds(a.buf, "{\"jobs\":[");
    for (size_t i = 0; i < n; i++) {
        buf_adds(a.buf, i ? "," : "");
        job_encode(&jobs[i], a.buf);
    }
    buf_adds(a.buf, "]}");
    return answer_end(c, &a, NULL, err);
}

static enum errcode get_job(struct call *c, struct error *err)
{
    struct job job;
    TRY(jobs_get(c->caller, str_of(call_param(c, "id")), &job, err));
    return answer_job(c, 200, &job, err);
}

static enum errcode cancel_job(struct call *c, struct error *err)
{
    struct job job;
    TRY(jobs_cancel(c->caller, str_of(call_param(c, "id")), &job, err));
    return answer_job(c, 200, &job, err);
}

#define EXPORT_QUERY "format sort order filters search fields page limit cursor safeFormulas source"

const struct route routes_transfer[] = {
    {"POST", "/api/db-editor/import/{table}", ACTION_DATA_IMPORT, BODY_STREAM, import,
     "map upsert mode dryRun format async source", "insert or change the rows of a file"},
    {"GET", "/api/db-editor/export/{table}", ACTION_DATA_EXPORT, BODY_NONE, export, EXPORT_QUERY,
     "rows as a file"},
    {"POST", "/api/db-editor/export/{table}", ACTION_DATA_EXPORT, BODY_OPTIONAL, export,
     EXPORT_QUERY, "rows as a file, chosen by the body"},
    {"GET", "/api/jobs", ACTION_JOBS_READ, BODY_NONE, list_jobs, "limit", "background work"},
    {"GET", "/api/jobs/{id}", ACTION_JOBS_READ, BODY_NONE, get_job, "", "one piece of it"},
    {"POST", "/api/jobs/{id}:cancel", ACTION_JOBS_CANCEL, BODY_OPTIONAL, cancel_job, "",
     "end it soon"},
    {0},
};
