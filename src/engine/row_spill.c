#include "engine/row_spill.h"

#include "base/attr.h"

#define ROW_MAX ((size_t)128 << 20)

void row_spill_init(struct row_spill *s, const char *folder, size_t n_columns)
{
    *s = (struct row_spill){.n_columns = n_columns};
    spill_init(&s->bytes, folder, ROW_MAX);
    buf_init(&s->piece, 2 * ROW_MAX);
}

void row_spill_free(struct row_spill *s)
{
    spill_release(&s->bytes);
    buf_release(&s->piece);
}

static void pack(struct buf *b, const struct value *v)
{
    buf_addc(b, (char)v->kind);
    switch (v->kind) {
    case VALUE_BOOL:
        buf_addc(b, (char)v->b);
        return;
    case VALUE_INT:
        buf_add(b, &v->i, sizeof v->i);
        return;
    case VALUE_FLOAT:
        buf_add(b, &v->f, sizeof v->f);
        return;
    case VALUE_TEXT:
    case VALUE_BYTES:
        buf_add(b, &v->s.n, sizeof v->s.n);
        buf_add_str(b, v->s);
        return;
    case VALUE_NULL:
        return;
    }
}

/* What is packed at *@at; the caller knows that it is whole. */
static struct value unpack(const char **at)
{
    struct value v = {.kind = (enum value_kind)(unsigned char)*(*at)++};
    switch (v.kind) {
    case VALUE_BOOL:
        v.b = *(*at)++ != 0;
        break;
    case VALUE_INT:
        memcpy(&v.i, *at, sizeof v.i);
        *at += sizeof v.i;
        break;
    case VALUE_FLOAT:
        memcpy(&v.f, *at, sizeof v.f);
        *at += sizeof v.f;
        break;
    case VALUE_TEXT:
    case VALUE_BYTES:
        memcpy(&v.s.n, *at, sizeof v.s.n);
        *at += sizeof v.s.n;
        v.s.p = *at;
        *at += v.s.n;
        break;
    case VALUE_NULL:
        break;
    }
    return v;
}

/* A row is its length and its values. */
enum errcode row_spill_add(struct row_spill *s, const struct value *row, struct error *err)
{
    struct buf *rows = &s->bytes.tail;
    size_t from = rows->n;
    size_t length = 0;
    buf_add(rows, &length, sizeof length);
    for (size_t i = 0; i < s->n_columns; i++) {
        pack(rows, &row[i]);
    }
    if (!buf_failed(rows)) {
        length = rows->n - from - sizeof length;
        memcpy(rows->p + from, &length, sizeof length);
        s->n_rows++;
    }
    return spill_settle(&s->bytes, err);
}

void row_spill_rewind(struct row_spill *s)
{
    buf_clear(&s->piece);
    s->at = 0;
    spill_rewind(&s->bytes);
}

enum errcode row_spill_next(struct row_spill *s, struct value *row, bool *found, struct error *err)
{
    size_t length = 0;
    TRY(spill_fill(&s->bytes, &s->piece, &s->at, sizeof length, err));
    *found = s->piece.n > s->at;
    if (!*found) {
        return ERR_OK;
    }
    memcpy(&length, s->piece.p + s->at, sizeof length);
    TRY(spill_fill(&s->bytes, &s->piece, &s->at, sizeof length + length, err));
    const char *packed = s->piece.p + s->at + sizeof length;
    for (size_t i = 0; i < s->n_columns; i++) {
        row[i] = unpack(&packed);
    }
    s->at += sizeof length + length;
    return ERR_OK;
}
