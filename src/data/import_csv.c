#include "data/cell.h"
#include "data/import_parts.h"

static enum errcode take_names(struct importer *im, const struct csv_field *fields, size_t n,
                               struct error *err)
{
    im->has_header = true;
    im->n_header = n;
    im->field_columns = ARENA_ARRAY(im->arena, n, const struct column *);
    im->columns = ARENA_ARRAY(im->arena, n + 1 + im->n_fill, const struct column *);
    im->values = ARENA_ARRAY(im->arena, n + 1 + im->n_fill, struct value);
    for (size_t i = 0; i < n; i++) {
        const struct column *c = NULL;
        TRY(import_column(im, str_trim(fields[i].text), &c, err));
        for (size_t k = 0; c && k < im->n_given; k++) {
            if (im->columns[k] == c) {
                return ERROR(err, ERR_INVALID, "the first line names \"%s\" twice", c->name);
            }
        }
        im->field_columns[i] = c;
        if (c) {
            im->columns[im->n_given++] = c;
        }
    }
    return ERR_OK;
}

static bool is_given(const struct importer *im, const struct column *c)
{
    for (size_t i = 0; i < im->n_given; i++) {
        if (im->columns[i] == c) {
            return true;
        }
    }
    return false;
}

static enum errcode check_names(struct importer *im, struct error *err)
{
    const struct table *t = im->ctx->table;
    if (im->n_given == 0) {
        return ERROR(err, ERR_INVALID, "the first line names no column of \"%s\"", t->name);
    }
    for (size_t i = 0; i < t->n_columns; i++) {
        const struct column *c = &t->columns[i];
        if (import_is_required(im, c) && !is_given(im, c)) {
            (void)ERROR(err, ERR_NOT_NULL_VIOLATION, "\"%s\" is required and the file has none",
                        c->name);
            return import_at(err, c->name);
        }
    }
    for (size_t i = 0; i < im->n_conflict; i++) {
        if (!is_given(im, im->conflict[i])) {
            (void)ERROR(err, ERR_INVALID_PARAMETER, "\"upsert\" needs \"%s\" in the file",
                        im->conflict[i]->name);
            return error_where(err, "/query/upsert");
        }
    }
    return ERR_OK;
}

/* Behind the columns of the file stand those of the server. */
static void add_fill(struct importer *im)
{
    im->n_columns = im->n_given;
    if (im->id && !is_given(im, im->id)) {
        im->columns[im->n_columns++] = im->id;
    }
    for (size_t i = 0; i < im->n_fill; i++) {
        im->columns[im->n_columns] = im->fill[i];
        im->values[im->n_columns++] = im->fill_values[i];
    }
}

static enum errcode read_field(struct importer *im, const struct csv_field *field,
                               const struct column *c, struct value *out, struct error *err)
{
    bool is_nothing = field->text.n == 0 && (!field->was_quoted || !type_is_text(&c->type));
    if (!is_nothing) {
        TRY(cell_from_text(im->scratch, field->text, c, out, err));
    } else if (c->is_nullable || !import_default(im->scratch, c, out)) {
        *out = value_null();
    }
    if (out->kind == VALUE_NULL && import_is_key(im, c)) {
        if (c == im->id) {
            *out = import_new_id(im->scratch);
        }
        return ERR_OK;
    }
    return rules_judge(im->scratch, &im->rules[c - im->ctx->table->columns], *out, err);
}

/* The values of one line; an error has where = "/COLUMN". */
static enum errcode read_fields(struct importer *im, const struct csv_field *fields, size_t n,
                                struct error *err)
{
    size_t k = 0;
    if (n != im->n_header) {
        return ERROR(err, ERR_INVALID, "the row has %zu fields, the first line names %zu", n,
                     im->n_header);
    }
    for (size_t i = 0; i < n; i++) {
        const struct column *c = im->field_columns[i];
        if (!c) {
            continue;
        }
        enum errcode code = read_field(im, &fields[i], c, &im->values[k++], err);
        if (code != ERR_OK) {
            return import_at(err, c->name);
        }
    }
    if (im->id && k < im->n_columns && im->columns[k] == im->id) {
        im->values[k] = import_new_id(im->scratch);
    }
    return ERR_OK;
}

enum errcode import_fields(void *arg, const struct csv_field *fields, size_t n, struct error *err)
{
    struct importer *im = arg;
    if (!im->has_header) {
        TRY(take_names(im, fields, n, err));
        TRY(check_names(im, err));
        add_fill(im);
        return ERR_OK;
    }
    struct error wrong = ERROR_INIT;
    int64_t number = ++im->out->rows;
    if (read_fields(im, fields, n, &wrong) != ERR_OK) {
        return import_reject(im, number, &wrong, err);
    }
    struct import_row row = {im->columns, im->values, im->n_columns, number};
    return import_take(im, &row, err);
}
