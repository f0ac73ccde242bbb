#include "engine/mongodb/filter.h"

#include "base/attr.h"
#include "engine/mongodb/core.h"
#include "engine/mongodb/values.h"

struct writing {
    struct arena *arena;
    const struct table *table;
    struct error *err;
    enum errcode code; /* the first failure */
};

const char *mongo_field(const struct table *t, const struct column *column)
{
    const struct column *key = table_single_key(t);
    return key && text_eq(key->name, column->name) ? "_id" : column->name;
}

const bson_t *mongo_nothing(struct arena *a)
{
    bson_t *doc = mongo_doc(a);
    bson_t in, list;
    BSON_APPEND_DOCUMENT_BEGIN(doc, "_id", &in);
    BSON_APPEND_ARRAY_BEGIN(&in, "$in", &list);
    bson_append_array_end(&in, &list);
    bson_append_document_end(doc, &in);
    return doc;
}

static const bson_t *everything(struct writing *w)
{
    return mongo_doc(w->arena);
}

/* {key: [parts…]} */
static const bson_t *chain(struct writing *w, const char *key, const bson_t *const *parts, size_t n)
{
    bson_t *doc = mongo_doc(w->arena);
    bson_t list;
    BSON_APPEND_ARRAY_BEGIN(doc, key, &list);
    for (size_t i = 0; i < n; i++) {
        char room[16];
        const char *at = NULL;
        bson_uint32_to_string((uint32_t)i, &at, room, sizeof room);
        BSON_APPEND_DOCUMENT(&list, at, parts[i]);
    }
    bson_append_array_end(doc, &list);
    return doc;
}

/* {field: {…}} */
static const bson_t *on_field(struct writing *w, const char *field, const bson_t *condition)
{
    bson_t *doc = mongo_doc(w->arena);
    BSON_APPEND_DOCUMENT(doc, field, condition);
    return doc;
}

static void put(struct writing *w, bson_t *doc, const char *key, const struct column *c,
                struct value v)
{
    if (w->code == ERR_OK) {
        w->code = mongo_put(doc, key, &c->type, v, c->name, w->err);
    }
}

/* Where a field may hold a list, {field: null} would look into it. */
static bool may_be_list(const struct column *c)
{
    return c->type.kind == TYPE_JSON || c->type.kind == TYPE_ARRAY || c->type.kind == TYPE_NATIVE ||
           c->type.kind == TYPE_NONE;
}

static const bson_t *is_null(struct writing *w, const struct column *c, bool yes)
{
    const char *field = mongo_field(w->table, c);
    bson_t *doc = mongo_doc(w->arena);
    if (may_be_list(c)) {
        const char *path = arena_printf(w->arena, "$%s", field);
        BCON_APPEND(doc, "$expr", "{", yes ? "$lte" : "$gt", "[", BCON_UTF8(path), BCON_NULL, "]",
                    "}");
    } else if (yes) {
        BSON_APPEND_NULL(doc, field);
    } else {
        BCON_APPEND(doc, field, "{", "$ne", BCON_NULL, "}");
    }
    return doc;
}

static const bson_t *compare(struct writing *w, const char *op, const struct column *c,
                             struct value v)
{
    bson_t *condition = mongo_doc(w->arena);
    put(w, condition, op, c, v);
    return on_field(w, mongo_field(w->table, c), condition);
}

/* {field: {op: [values…, null]}} */
static const bson_t *in_list(struct writing *w, const char *op, const struct filter *f,
                             bool with_null)
{
    bson_t *condition = mongo_doc(w->arena);
    bson_t list;
    char room[16];
    const char *at = NULL;
    uint32_t n = 0;
    BSON_APPEND_ARRAY_BEGIN(condition, op, &list);
    for (size_t i = 0; i < f->n_values; i++) {
        if (f->values[i].kind != VALUE_NULL) {
            bson_uint32_to_string(n++, &at, room, sizeof room);
            put(w, &list, at, f->column, f->values[i]);
        }
    }
    if (with_null) {
        bson_uint32_to_string(n, &at, room, sizeof room);
        BSON_APPEND_NULL(&list, at);
    }
    bson_append_array_end(condition, &list);
    return on_field(w, mongo_field(w->table, f->column), condition);
}

static bool has_null(const struct filter *f)
{
    for (size_t i = 0; i < f->n_values; i++) {
        if (f->values[i].kind == VALUE_NULL) {
            return true;
        }
    }
    return false;
}

static const bson_t *write_one(struct writing *w, const struct filter *f, bool truth);

static const bson_t *write_chain(struct writing *w, const struct filter *f, bool truth)
{
    bool is_and = (f->op == FILTER_AND) == truth; /* not (a and b) is (not a) or (not b) */
    if (f->n_args == 0) {
        return is_and ? everything(w) : mongo_nothing(w->arena);
    }
    const bson_t **parts = ARENA_ARRAY(w->arena, f->n_args, const bson_t *);
    for (size_t i = 0; i < f->n_args; i++) {
        parts[i] = write_one(w, f->args[i], truth);
    }
    return f->n_args == 1 ? parts[0] : chain(w, is_and ? "$and" : "$or", parts, f->n_args);
}

static const bson_t *write_not(struct writing *w, const struct filter *f, bool truth)
{
    return write_one(w, f->args[0], !truth);
}

static const bson_t *write_equal(struct writing *w, const struct filter *f, bool truth)
{
    if (f->values[0].kind == VALUE_NULL) {
        return mongo_nothing(w->arena);
    }
    bool equal = (f->op == FILTER_EQ) == truth;
    return equal ? compare(w, "$eq", f->column, f->values[0]) : in_list(w, "$nin", f, true);
}

static const bson_t *write_order(struct writing *w, const struct filter *f, bool truth)
{
    static const struct {
        const char *yes, *no;
    } words[] = {
        [FILTER_LT] = {"$lt", "$gte"},
        [FILTER_LTE] = {"$lte", "$gt"},
        [FILTER_GT] = {"$gt", "$lte"},
        [FILTER_GTE] = {"$gte", "$lt"},
    };
    if (f->values[0].kind == VALUE_NULL) {
        return mongo_nothing(w->arena);
    }
    return compare(w, truth ? words[f->op].yes : words[f->op].no, f->column, f->values[0]);
}

static const bson_t *write_in(struct writing *w, const struct filter *f, bool truth)
{
    if (f->n_values == 0) {
        return truth ? mongo_nothing(w->arena) : everything(w);
    }
    if (!truth && has_null(f)) {
        return mongo_nothing(w->arena);
    }
    return in_list(w, truth ? "$in" : "$nin", f, !truth);
}

static const bson_t *write_between(struct writing *w, const struct filter *f, bool truth)
{
    const struct value *v = f->values;
    const bson_t *parts[2];
    size_t n = 0;
    if (truth && has_null(f)) {
        return mongo_nothing(w->arena);
    }
    if (v[0].kind != VALUE_NULL) {
        parts[n++] = compare(w, truth ? "$gte" : "$lt", f->column, v[0]);
    }
    if (v[1].kind != VALUE_NULL) {
        parts[n++] = compare(w, truth ? "$lte" : "$gt", f->column, v[1]);
    }
    return n ? chain(w, truth ? "$and" : "$or", parts, n) : mongo_nothing(w->arena);
}

static const bson_t *write_null(struct writing *w, const struct filter *f, bool truth)
{
    return is_null(w, f->column, (f->op == FILTER_IS_NULL) == truth);
}

/* $ne takes rows without the field too, as IS DISTINCT FROM does. */
static const bson_t *write_distinct(struct writing *w, const struct filter *f, bool truth)
{
    if (f->values[0].kind == VALUE_NULL) {
        return is_null(w, f->column, !truth);
    }
    return compare(w, truth ? "$ne" : "$eq", f->column, f->values[0]);
}

static const bson_t *match_pattern(struct writing *w, const struct column *c, const char *pattern,
                                   bool truth, bool null_counts)
{
    bson_t *condition = mongo_doc(w->arena);
    if (truth) {
        BSON_APPEND_UTF8(condition, "$regex", pattern);
        BSON_APPEND_UTF8(condition, "$options", "s");
    } else {
        BCON_APPEND(condition, "$not", BCON_REGEX(pattern, "s"));
    }
    if (!truth && !null_counts) {
        BSON_APPEND_NULL(condition, "$ne");
    }
    return on_field(w, mongo_field(w->table, c), condition);
}

static const bson_t *write_like(struct writing *w, const struct filter *f, bool truth)
{
    if (f->values[0].kind != VALUE_TEXT) {
        return mongo_nothing(w->arena);
    }
    const char *pattern = mongo_like_pattern(w->arena, f->values[0].s, f->op == FILTER_ILIKE);
    return match_pattern(w, f->column, pattern, truth, false);
}

static const bson_t *write_search(struct writing *w, const struct filter *f, bool truth)
{
    if (f->n_columns == 0) {
        return truth ? mongo_nothing(w->arena) : everything(w);
    }
    if (f->values[0].kind != VALUE_TEXT) {
        return mongo_nothing(w->arena);
    }
    const char *pattern = mongo_word_pattern(w->arena, f->values[0].s);
    const bson_t **parts = ARENA_ARRAY(w->arena, f->n_columns, const bson_t *);
    for (size_t i = 0; i < f->n_columns; i++) {
        parts[i] = match_pattern(w, f->columns[i], pattern, truth, true);
    }
    return chain(w, truth ? "$or" : "$and", parts, f->n_columns);
}

static const bson_t *write_constant(struct writing *w, const struct filter *f, bool truth)
{
    return (f->op == FILTER_TRUE) == truth ? everything(w) : mongo_nothing(w->arena);
}

static const struct form {
    const bson_t *(*write)(struct writing *w, const struct filter *f, bool truth);
    size_t n_args, n_values;
    bool needs_column;
} forms[] = {
    [FILTER_AND] = {write_chain, 0, 0, false},
    [FILTER_OR] = {write_chain, 0, 0, false},
    [FILTER_NOT] = {write_not, 1, 0, false},
    [FILTER_EQ] = {write_equal, 0, 1, true},
    [FILTER_NEQ] = {write_equal, 0, 1, true},
    [FILTER_LT] = {write_order, 0, 1, true},
    [FILTER_LTE] = {write_order, 0, 1, true},
    [FILTER_GT] = {write_order, 0, 1, true},
    [FILTER_GTE] = {write_order, 0, 1, true},
    [FILTER_LIKE] = {write_like, 0, 1, true},
    [FILTER_ILIKE] = {write_like, 0, 1, true},
    [FILTER_IN] = {write_in, 0, 0, true},
    [FILTER_BETWEEN] = {write_between, 0, 2, true},
    [FILTER_IS_NULL] = {write_null, 0, 0, true},
    [FILTER_IS_NOT_NULL] = {write_null, 0, 0, true},
    [FILTER_IS_DISTINCT] = {write_distinct, 0, 1, true},
    [FILTER_SEARCH] = {write_search, 0, 1, false},
    [FILTER_TRUE] = {write_constant, 0, 0, false},
    [FILTER_FALSE] = {write_constant, 0, 0, false},
};

static const bson_t *write_one(struct writing *w, const struct filter *f, bool truth)
{
    const struct form *form = (size_t)f->op < ARRAY_LEN(forms) ? &forms[f->op] : NULL;
    if (!form || !form->write || f->n_args < form->n_args || f->n_values < form->n_values ||
        (form->needs_column && !f->column)) {
        w->code = ERROR(w->err, ERR_INVALID, "a condition without its parts");
        return everything(w);
    }
    return form->write(w, f, truth);
}

enum errcode mongo_filter(struct arena *a, const struct table *t, const struct filter *f,
                          const bson_t **out, struct error *err)
{
    struct writing w = {.arena = a, .table = t, .err = err};
    *out = f ? write_one(&w, f, true) : everything(&w);
    return w.code;
}

/* Where @o's values stand behind @v; NULL when nothing can. */
static const bson_t *behind(struct writing *w, const struct order *o, const struct value *v)
{
    if (v->kind == VALUE_NULL) {
        return o->nulls_first ? is_null(w, o->column, false) : NULL;
    }
    const bson_t *parts[2] = {compare(w, o->is_descending ? "$lt" : "$gt", o->column, *v), NULL};
    if (!o->column->is_nullable || o->nulls_first) {
        return parts[0];
    }
    parts[1] = is_null(w, o->column, true);
    return chain(w, "$or", parts, 2);
}

static const bson_t *same(struct writing *w, const struct order *o, const struct value *v)
{
    return v->kind == VALUE_NULL ? is_null(w, o->column, true) : compare(w, "$eq", o->column, *v);
}

/* a > x, or a = x and b > y, or … */
static const bson_t *write_after(struct writing *w, const struct query *q)
{
    const bson_t **ways = ARENA_ARRAY(w->arena, q->n_order, const bson_t *);
    size_t n = 0;
    for (size_t i = 0; i < q->n_order; i++) {
        const bson_t **parts = ARENA_ARRAY(w->arena, i + 1, const bson_t *);
        for (size_t k = 0; k < i; k++) {
            parts[k] = same(w, &q->order[k], &q->after[k]);
        }
        parts[i] = behind(w, &q->order[i], &q->after[i]);
        if (parts[i]) {
            ways[n++] = i ? chain(w, "$and", parts, i + 1) : parts[0];
        }
    }
    return n ? chain(w, "$or", ways, n) : mongo_nothing(w->arena);
}

static const bson_t *write_where(struct writing *w, const struct query *q)
{
    const bson_t *parts[2];
    size_t n = 0;
    if (q->where) {
        parts[n++] = write_one(w, q->where, true);
    }
    if (q->after && q->n_order) {
        parts[n++] = write_after(w, q);
    }
    return n == 0 ? everything(w) : n == 1 ? parts[0] : chain(w, "$and", parts, n);
}

/* MongoDB puts NULL below everything: first, or last in descending order. */
static bool needs_null_key(const struct order *o)
{
    return o->column->is_nullable && o->nulls_first == o->is_descending;
}

static const bson_t *write_projection(struct writing *w, const struct query *q)
{
    bson_t *doc = mongo_doc(w->arena);
    bool has_id = false;
    for (size_t i = 0; i < q->n_columns; i++) {
        const char *field = mongo_field(q->table, q->columns[i]);
        if (!bson_has_field(doc, field)) {
            BSON_APPEND_INT32(doc, field, 1);
        }
        has_id = has_id || text_eq(field, "_id");
    }
    if (!has_id && q->n_columns > 0) {
        BSON_APPEND_INT32(doc, "_id", 0);
    }
    return doc;
}

static const bson_t *write_sort(struct writing *w, const struct query *q, bson_t *keys)
{
    bson_t *sort = mongo_doc(w->arena);
    for (size_t i = 0; i < q->n_order; i++) {
        const struct order *o = &q->order[i];
        const char *field = mongo_field(q->table, o->column);
        if (needs_null_key(o)) {
            const char *key = arena_printf(w->arena, TELAIO_PREFIX "n%zu", i);
            const char *path = arena_printf(w->arena, "$%s", field);
            BCON_APPEND(keys, key, "{", "$cond", "[", "{", "$lte", "[", BCON_UTF8(path), BCON_NULL,
                        "]", "}", BCON_INT32(o->nulls_first ? 0 : 1),
                        BCON_INT32(o->nulls_first ? 1 : 0), "]", "}");
            BSON_APPEND_INT32(sort, key, 1);
        }
        if (!bson_has_field(sort, field)) {
            BSON_APPEND_INT32(sort, field, o->is_descending ? -1 : 1);
        }
    }
    return sort;
}

static void add_stage(bson_t *list, uint32_t *n, const char *name, const bson_t *body)
{
    char room[16];
    const char *at = NULL;
    bson_t stage;
    bson_uint32_to_string((*n)++, &at, room, sizeof room);
    BSON_APPEND_DOCUMENT_BEGIN(list, at, &stage);
    BSON_APPEND_DOCUMENT(&stage, name, body);
    bson_append_document_end(list, &stage);
}

static void add_number(bson_t *list, uint32_t *n, const char *name, int64_t number)
{
    char room[16];
    const char *at = NULL;
    bson_uint32_to_string((*n)++, &at, room, sizeof room);
    BCON_APPEND(list, at, "{", name, BCON_INT64(number), "}");
}

static const bson_t *write_pipeline(struct writing *w, const struct query *q,
                                    const struct mongo_question *question, const bson_t *keys)
{
    bson_t *doc = mongo_doc(w->arena);
    bson_t list;
    uint32_t n = 0;
    BSON_APPEND_ARRAY_BEGIN(doc, "pipeline", &list);
    add_stage(&list, &n, "$match", question->filter);
    if (q->count_only) {
        char room[16];
        const char *at = NULL;
        bson_uint32_to_string(n, &at, room, sizeof room);
        BCON_APPEND(&list, at, "{", "$count", BCON_UTF8("n"), "}");
    } else {
        add_stage(&list, &n, "$addFields", keys);
        add_stage(&list, &n, "$sort", question->sort);
        if (q->offset > 0) {
            add_number(&list, &n, "$skip", q->offset);
        }
        if (q->limit > 0) {
            add_number(&list, &n, "$limit", q->limit);
        }
        add_stage(&list, &n, "$project", question->projection);
    }
    bson_append_array_end(doc, &list);
    return doc;
}

enum errcode mongo_question_of(struct arena *a, const struct query *q, struct mongo_question *out,
                               struct error *err)
{
    struct writing w = {.arena = a, .table = q->table, .err = err};
    bson_t *keys = mongo_doc(a);
    *out = (struct mongo_question){.filter = write_where(&w, q)};
    TRY(w.code);
    if (!q->count_only) {
        out->projection = write_projection(&w, q);
        out->sort = write_sort(&w, q, keys);
    }
    if (q->count_only || !bson_empty(keys)) {
        out->pipeline = write_pipeline(&w, q, out, keys);
    }
    return w.code;
}
