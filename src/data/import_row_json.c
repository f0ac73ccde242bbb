#include "base/json.h"
#include "data/import_parts.h"
#include "query/value_json.h"

struct object {
    struct importer *im;
    const struct column **columns;
    struct value *values;
    size_t n;
};

static bool has(const struct object *o, const struct column *c)
{
    for (size_t i = 0; i < o->n; i++) {
        if (o->columns[i] == c) {
            return true;
        }
    }
    return false;
}

static void add(struct object *o, const struct column *c, struct value v)
{
    o->columns[o->n] = c;
    o->values[o->n++] = v;
}

static enum errcode read_member(struct object *o, const char *name, const json_t *member,
                                struct error *err)
{
    struct importer *im = o->im;
    const struct column *c = NULL;
    struct value v = value_null();
    TRY(import_column(im, str_of(name), &c, err));
    if (!c) {
        return ERR_OK;
    }
    if (has(o, c)) {
        return ERROR(err, ERR_INVALID, "\"%s\" is named twice", c->name);
    }
    TRY(value_from_json(im->scratch, member, c, &v, err));
    if (v.kind == VALUE_NULL && import_is_key(im, c)) {
        if (c == im->id) {
            v = import_new_id(im->scratch);
        }
    } else {
        TRY(rules_judge(im->scratch, &im->rules[c - im->ctx->table->columns], v, err));
    }
    add(o, c, v);
    return ERR_OK;
}

static enum errcode check_required(const struct object *o, struct error *err)
{
    const struct table *t = o->im->ctx->table;
    for (size_t i = 0; i < t->n_columns; i++) {
        const struct column *c = &t->columns[i];
        if (import_is_required(o->im, c) && !has(o, c)) {
            (void)ERROR(err, ERR_NOT_NULL_VIOLATION, "\"%s\" is required", c->name);
            return import_at(err, c->name);
        }
    }
    for (size_t i = 0; i < o->im->n_conflict; i++) {
        if (!has(o, o->im->conflict[i])) {
            (void)ERROR(err, ERR_NOT_NULL_VIOLATION, "\"%s\" says which row is meant",
                        o->im->conflict[i]->name);
            return import_at(err, o->im->conflict[i]->name);
        }
    }
    return ERR_OK;
}

static void add_fill(struct object *o)
{
    struct importer *im = o->im;
    if (im->id && !has(o, im->id)) {
        add(o, im->id, import_new_id(im->scratch));
    }
    for (size_t i = 0; i < im->n_fill; i++) {
        add(o, im->fill[i], im->fill_values[i]);
    }
}

static enum errcode read_object(struct object *o, struct str text, struct error *err)
{
    struct importer *im = o->im;
    json_t *doc = NULL;
    const char *name;
    json_t *member;
    TRY(doc_parse(im->scratch, text, JSON_DEPTH_MAX, &doc, err));
    if (!json_is_object(doc)) {
        return ERROR(err, ERR_INVALID, "a row is an object");
    }
    size_t room = json_object_size(doc) + 1 + im->n_fill;
    o->columns = ARENA_ARRAY(im->scratch, room, const struct column *);
    o->values = ARENA_ARRAY(im->scratch, room, struct value);
    json_object_foreach(doc, name, member)
    {
        enum errcode code = read_member(o, name, member, err);
        if (code != ERR_OK) {
            return import_at(err, name);
        }
    }
    TRY(check_required(o, err));
    add_fill(o);
    return ERR_OK;
}

enum errcode import_object(void *arg, struct str text, struct error *err)
{
    struct importer *im = arg;
    struct object o = {.im = im};
    struct error wrong = ERROR_INIT;
    int64_t number = ++im->out->rows;
    if (read_object(&o, text, &wrong) != ERR_OK) {
        return import_reject(im, number, &wrong, err);
    }
    struct import_row row = {o.columns, o.values, o.n, number};
    return import_take(im, &row, err);
}
