#include "api/custom/custom.h"

/*
 * The list: rows go from the cursor into a buffer and from there, when there are many, to the
 * socket. An answer below HOLD_BYTES is complete before its first byte is sent, so its headers may
 * tell what only its end knows.
 */
#define HOLD_BYTES     ((size_t)1 << 20)
#define CELL_LIMIT_MAX ((int64_t)1 << 30)

struct listing {
    struct call *call;
    struct buf text;
    bool is_sent;
};

static enum errcode begin_sending(struct listing *l, struct error *err)
{
    l->is_sent = true;
    enum errcode code = response_write(l->call->request, l->text.p, l->text.n, err);
    buf_clear(&l->text);
    return code;
}

static enum errcode take(void *arg, const void *p, size_t n, struct error *err)
{
    struct listing *l = arg;
    buf_add(&l->text, p, n);
    return l->text.n > HOLD_BYTES ? begin_sending(l, err) : ERR_OK;
}

static void add_pagination(struct json_writer *w, const struct rows_listed *r)
{
    int64_t total = r->result.total, limit = r->query.limit;
    jsonw_begin_object(w);
    jsonw_key(w, "total");
    total < 0 ? jsonw_null(w) : jsonw_int(w, total);
    jsonw_key(w, "page");
    r->query.by_cursor ? jsonw_null(w) : jsonw_int(w, r->query.page);
    jsonw_kv_int(w, "limit", limit);
    jsonw_key(w, "pages");
    total < 0 ? jsonw_null(w) : jsonw_int(w, (total + limit - 1) / limit);
    jsonw_kv_bool(w, "exact", r->result.exact);
    jsonw_end_object(w);
}

static void add_end(struct listing *l, const struct rows_listed *r)
{
    struct json_writer w;
    buf_adds(&l->text, ",\"pagination\":");
    jsonw_init(&w, &l->text);
    add_pagination(&w, r);
    buf_adds(&l->text, "},\"meta\":");
    jsonw_init(&w, &l->text);
    jsonw_begin_object(&w);
    if (r->result.next_cursor) {
        jsonw_kv_text(&w, "nextCursor", r->result.next_cursor);
    }
    if (r->truncated) {
        jsonw_kv_bool(&w, "truncated", true);
    }
    jsonw_end_object(&w);
    buf_addc(&l->text, '}');
}

/* The parameters as they came, without the place in the list; safe inside of < >. */
static void add_query(struct buf *b, struct str query)
{
    struct str part;
    while (query.p && str_split(&query, '&', &part)) {
        bool is_place = str_starts(part, STR("page=")) || str_starts(part, STR("cursor="));
        if (part.n == 0 || is_place) {
            continue;
        }
        for (size_t i = 0; i < part.n; i++) {
            unsigned char c = (unsigned char)part.p[i];
            if (c > ' ' && c < 0x7f && c != '<' && c != '>' && c != '"') {
                buf_addc(b, (char)c);
            } else {
                buf_printf(b, "%%%02X", c);
            }
        }
        buf_addc(b, '&');
    }
}

/* RFC 8288: where the list goes on, as a reference that keeps the path. */
static void add_link(struct call *c, const struct rows_listed *r)
{
    struct buf b;
    if (!r->result.next_cursor) {
        return;
    }
    buf_init(&b, 32768);
    buf_adds(&b, "<?");
    add_query(&b, request_query(c->request));
    buf_adds(&b, "cursor=");
    buf_adds(&b, r->result.next_cursor);
    buf_adds(&b, ">; rel=\"next\"");
    if (!buf_failed(&b)) {
        response_header(c->request, "Link", buf_text(&b));
    }
    buf_release(&b);
}

static enum errcode answer(struct listing *l, const struct rows *rows,
                           const struct rows_question *q, struct error *err)
{
    struct rows_listed r = {0};
    struct row_sink sink = {.fn = take, .arg = l};
    response_header(l->call->request, "Content-Type", "application/json");
    buf_adds(&l->text, "{\"success\":true,\"data\":{\"rows\":");
    TRY(rows_list(rows, q, &sink, &r, err));
    add_end(l, &r);
    if (buf_failed(&l->text)) {
        return ERROR(err, ERR_TOO_LARGE, "the answer is too large; ask for less at once");
    }
    if (!l->is_sent) {
        add_link(l->call, &r);
    }
    return response_write(l->call->request, l->text.p, l->text.n, err);
}

enum errcode custom_list(struct call *c, struct error *err)
{
    struct rows rows;
    struct rows_question q = {.params = custom_params(c)};
    TRY(custom_open(c, ACTION_DATA_READ, &rows, err));
    TRY(custom_choice(c, "shape", "objects", "arrays", &q.as_arrays, err));
    TRY(custom_number(c, "cellLimit", CELL_LIMIT_MAX, &q.cell_limit, err));
    struct listing l = {.call = c};
    buf_init(&l.text, BUF_MAX_DEFAULT);
    enum errcode code = answer(&l, &rows, &q, err);
    buf_release(&l.text);
    return code;
}
