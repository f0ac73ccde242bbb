#include "api/custom/upload.h"

#include "base/multipart.h"

struct upload {
    struct request *request;
    struct arena *arena;
    int64_t n, max;
    bool is_form;
    struct multipart_reader form;
    struct multipart_taker taker;
    struct buf file; /* of the form's file, not given yet */
    bool has_file, in_file, is_given;
    struct str filename, content_type;
};

static enum errcode begin(void *arg, const struct multipart_part *part, struct error *err)
{
    struct upload *u = arg;
    u->in_file = part->filename.p != NULL;
    if (!u->in_file) {
        (void)ERROR(err, ERR_UNKNOWN_FIELD, "the form takes a file only; \"%.*s\" is none",
                    (int)(part->name.n < 64 ? part->name.n : 64), part->name.p);
        return error_hint(err, "options are parameters of the address");
    }
    if (u->has_file) {
        return ERROR(err, ERR_INVALID, "the form has more than one file");
    }
    u->has_file = true;
    u->filename = str_of(arena_str(u->arena, part->filename));
    if (part->content_type.p) {
        u->content_type = str_of(arena_str(u->arena, part->content_type));
    }
    return ERR_OK;
}

static enum errcode data(void *arg, struct str bytes, struct error *err)
{
    struct upload *u = arg;
    buf_add_str(&u->file, bytes);
    return buf_failed(&u->file) ? ERROR(err, ERR_TOO_LARGE, "a piece of the form is too large")
                                : ERR_OK;
}

static enum errcode read_body(struct upload *u, struct str *piece, struct error *err)
{
    TRY(request_read(u->request, piece, err));
    u->n += (int64_t)piece->n;
    if (u->n > u->max) {
        return ERROR(err, ERR_TOO_LARGE, "an upload has at most %lld bytes", (long long)u->max);
    }
    return ERR_OK;
}

/* Until there are bytes of the file, or nothing more comes. */
static enum errcode read_form(struct upload *u, bool until_begin, struct error *err)
{
    struct str piece = {0};
    if (u->is_given) {
        buf_clear(&u->file);
        u->is_given = false;
    }
    while (u->file.n == 0 && !(until_begin && u->has_file)) {
        TRY(read_body(u, &piece, err));
        if (piece.n == 0) {
            TRY(multipart_end(&u->form, err));
            return u->has_file ? ERR_OK : ERROR(err, ERR_INVALID, "the form has no file");
        }
        TRY(multipart_push(&u->form, piece, err));
    }
    return ERR_OK;
}

enum errcode upload_read(void *arg, struct str *piece, struct error *err)
{
    struct upload *u = arg;
    if (!u->is_form) {
        return read_body(u, piece, err);
    }
    TRY(read_form(u, false, err));
    *piece = buf_str(&u->file);
    u->is_given = true;
    return ERR_OK;
}

static void release(void *arg)
{
    struct upload *u = arg;
    multipart_release(&u->form);
    buf_release(&u->file);
}

static enum errcode open_form(struct upload *u, struct str boundary, struct error *err)
{
    u->is_form = true;
    u->taker = (struct multipart_taker){.begin = begin, .data = data, .arg = u};
    multipart_init(&u->form, boundary, &u->taker);
    buf_init(&u->file, BUF_MAX_DEFAULT);
    arena_defer(u->arena, release, u);
    return read_form(u, true, err);
}

static enum errcode choose_format(const struct upload *u, struct str named, enum format *format,
                                  struct error *err)
{
    *format = named.p ? format_by_name(named) : format_by_media(u->content_type);
    if (named.p && *format == FORMAT_NONE) {
        (void)ERROR(err, ERR_INVALID_PARAMETER, "\"format\" is csv, tsv, json or ndjson");
        return error_where(err, "/query/format");
    }
    if (*format == FORMAT_NONE && u->is_form) {
        *format = format_by_file(u->filename);
    }
    return *format != FORMAT_NONE
               ? ERR_OK
               : ERROR(err, ERR_UNSUPPORTED_MEDIA,
                       "an import takes text/csv, text/tab-separated-values, application/json, "
                       "application/x-ndjson or a form with such a file");
}

enum errcode upload_open(struct call *c, struct str named, struct upload **out, enum format *format,
                         struct error *err)
{
    struct upload *u = ARENA_NEW(c->arena, struct upload);
    struct str media = request_header(c->request, "Content-Type");
    struct str coding = request_header(c->request, "Content-Encoding");
    struct str boundary = multipart_boundary(media);
    u->request = c->request;
    u->arena = c->arena;
    u->max = c->app->settings->integer[SETTING_MAX_UPLOAD_BYTES];
    u->content_type = media;
    if (coding.p && !str_eq_nocase(coding, STR("identity"))) {
        return ERROR(err, ERR_UNSUPPORTED_MEDIA, "a body is sent as it is, without a coding");
    }
    if (request_length(c->request) > u->max) {
        return ERROR(err, ERR_TOO_LARGE, "an upload has at most %lld bytes", (long long)u->max);
    }
    if (!boundary.p) {
        TRY(choose_format(u, named, format, err));
    } else {
        TRY(open_form(u, boundary, err));
        TRY(choose_format(u, named, format, err));
    }
    *out = u;
    return ERR_OK;
}
