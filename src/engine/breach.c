#include "engine/breach.h"

#include "base/arena.h"
#include "base/attr.h"
#include "base/json.h"
#include "catalog/doc_json.h"

static void write_params(struct buf *out, const struct breach *b)
{
    struct json_writer w;
    jsonw_init(&w, out);
    jsonw_begin_object(&w);
    if (b->table.n) {
        jsonw_kv_str(&w, "table", b->table);
    }
    if (b->n) {
        jsonw_key(&w, "columns");
        jsonw_begin_array(&w);
        for (size_t i = 0; i < b->n; i++) {
            jsonw_str(&w, b->columns[i]);
        }
        jsonw_end_array(&w);
    }
    if (b->constraint.n) {
        jsonw_kv_str(&w, "constraint", b->constraint);
    }
    jsonw_end_object(&w);
}

void breach_tell(struct error *err, const struct breach *b)
{
    if (!err || (!b->table.n && !b->n && !b->constraint.n)) {
        return;
    }
    struct buf text;
    buf_init(&text, 1 << 20);
    write_params(&text, b);
    (void)error_params(err, buf_text(&text));
    if (b->n == 1) {
        struct arena *a AUTO(arena_freep) = arena_new();
        buf_clear(&text);
        doc_pointer_token(&text, arena_str(a, b->columns[0]));
        (void)error_where(err, "%s", buf_text(&text));
    }
    buf_release(&text);
}

void breach_names(struct buf *out, const struct breach *b)
{
    for (size_t i = 0; i < b->n; i++) {
        buf_adds(out, i ? ", \"" : "\"");
        buf_add_str(out, b->columns[i]);
        buf_addc(out, '"');
    }
}
